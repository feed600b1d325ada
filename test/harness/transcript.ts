import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded command of a real cluster and what it answered. */
export interface Recorded {
  id: string;
  command: string;
  exitCode: number;
  output: string;
}

export function readTranscript(name: string): Recorded[] {
  return readFileSync(join(import.meta.dirname, '../golden', name), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line): Recorded => JSON.parse(line));
}
