import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assetFile } from '../scenario/assets.ts';
import type { Scenario } from '../scenario/model.ts';

/** The file with a scenario's recording: `recording.cast`, or the first in its folder `recordings`; undefined when there is none. */
export async function recordingOf(scenario: Scenario): Promise<string | undefined> {
  const own = await assetFile(scenario, 'recording.cast');
  if (own !== undefined) return own;
  const names = await readdir(join(scenario.folder, 'recordings')).catch((): string[] => []);
  const first = names.filter((name) => name.endsWith('.cast')).sort()[0];
  return first === undefined ? undefined : assetFile(scenario, `recordings/${first}`);
}
