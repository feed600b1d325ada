import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { ask, diagnose, diagnosisText } from '../runner/doctor.ts';
import { createSandbox } from '../sandbox/detect.ts';
import { programOnPath } from './on-path.ts';

/** `argo-lab doctor`: 0 when the default lab works here, 1 when it does not. */
export async function doctor(json: boolean): Promise<number> {
  const diagnosis = await diagnose({
    platform: process.platform,
    nodeVersion: process.versions.node,
    find: (program) => programOnPath(program, process.env['PATH'] ?? ''),
    run: ask,
    sandboxProblem,
  });
  process.stdout.write(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : diagnosisText(diagnosis));
  return diagnosis.ok ? 0 : 1;
}

/** Makes a sandbox for real and joins it. */
async function sandboxProblem(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'argo-lab-doctor-'));
  try {
    const sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 1, wanted: 'bubblewrap' }, systemClock);
    await sandbox.close();
    return undefined;
  } catch (error) {
    return messageOf(error).replace(/^no sandbox: /, '');
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
