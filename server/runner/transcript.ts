import { join } from 'node:path';
import { z } from 'zod';
import type { Scenario } from '../scenario/model.ts';
import { readText } from '../scenario/source-file.ts';

/** The file beside index.json that `record` writes and `test --compare` reads: one JSON object a line. */
export const TRANSCRIPT = 'transcript.jsonl';

const TranscriptLine = z.object({
  page: z.string(),
  command: z.string(),
  exitCode: z.number().int().optional(),
  output: z.string(),
});
/** One command of a solution and what it answered. */
export type TranscriptLine = z.infer<typeof TranscriptLine>;

/** Undefined when the scenario has none; `problem` says which line is none of ours. */
export async function readTranscript(scenario: Pick<Scenario, 'folder'>): Promise<{ lines: TranscriptLine[]; problem?: { line: number; message: string } } | undefined> {
  const text = await readText(join(scenario.folder, TRANSCRIPT));
  if (text === undefined) return undefined;
  const lines: TranscriptLine[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    try {
      lines.push(TranscriptLine.parse(JSON.parse(line)));
    } catch {
      return { lines, problem: { line: index + 1, message: 'is no line of a transcript: an object with page, command, exitCode and output' } };
    }
  }
  return { lines };
}

export function transcriptOf(lines: readonly TranscriptLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
