import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Recording {
  id: string;
  command: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

const lines = readFileSync(join(import.meta.dirname, '../../../golden/kind/transcripts.jsonl'), 'utf8').split('\n').filter((line) => line !== '');

/** What the real commands were recorded to print. */
export const recordings: Recording[] = lines.map((line) => {
  const parsed = JSON.parse(line) as Recording & { exitCode: string };
  return { ...parsed, exitCode: Number(parsed.exitCode) };
});

export function recording(id: string): Recording {
  const found = recordings.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no recording ${id}`);
  return found;
}
