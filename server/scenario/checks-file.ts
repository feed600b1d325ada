import { join } from 'node:path';
import { z } from 'zod';
import type { CheckSpec, Page, Problem } from './model.ts';
import { readYaml } from './read-file.ts';
import { fieldName } from './source-position.ts';
import { Words, wordsIn } from './words.ts';

const COMMON_KEYS = new Set(['id', 'title', 'live', 'hints', 'why', 'next']);

/** One check: its id, its words, and exactly one key that names its kind. */
export const CheckEntry = z
  .object({
    id: z.string().regex(/^[a-z0-9-]+$/, 'use lower-case letters, digits and hyphens').describe('Lower-case letters, digits and hyphens'),
    title: Words.describe('What is asked, as the learner reads it'),
    live: z.boolean().default(false).describe('Cheap: asked again while the learner works'),
    hints: z.array(Words).default([]).describe('Shown one after another, when asked for'),
    why: Words.optional().describe("Why it fails, in the author's own words"),
    next: Words.optional().describe("What to do next, in the author's own words"),
  })
  .catchall(z.unknown());

export const ChecksFile = z
  .object({
    /** Names of shell variables that the checks ask about. */
    variables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a shell variable')).default([]),
    checks: z.array(CheckEntry).min(1),
    exercise: z
      .object({
        /** What the first failing check says (its `why`) before anything was done. */
        expectBefore: z.string().min(1),
        solution: z.string().min(1),
        /** Ids of earlier steps (`step2`) whose result the solution takes back on purpose. */
        undoes: z.array(z.string()).default([]),
        nearMisses: z.array(z.object({ title: z.string().min(1), run: z.string().min(1), expect: z.string().min(1) }).strict()).default([]),
      })
      .strict()
      .optional(),
  })
  .strict();

/** Whether a check's kind exists and its settings are right; answered by the checks room, which is above this one. */
export type CheckValidator = (kind: string, spec: unknown) => string | undefined;

/** Reads `checks.yaml` into a page: its checks, its exercise. Returns the shell variables that they ask about. */
export async function loadChecks(folder: string, prefix: string, file: string, page: Page, validate: CheckValidator, problems: Problem[]): Promise<string[]> {
  const read = await readYaml(join(folder, file), `${prefix}${file}`, ChecksFile);
  problems.push(...read.problems);
  if (!read.ok) return [];
  const wrongWith = (path: PropertyKey[], message: string) => problems.push({ code: 'check-invalid', file: `${prefix}${file}`, ...read.place(path), field: fieldName(path), message, severity: 'error' });
  for (const [index, entry] of read.value.checks.entries()) {
    const kinds = Object.keys(entry).filter((key) => !COMMON_KEYS.has(key));
    const [kind] = kinds;
    if (kind === undefined || kinds.length > 1) {
      wrongWith(['checks', index], kinds.length > 1 ? `has two kinds: ${kinds.join(', ')}` : 'names no kind of check');
      continue;
    }
    const wrong = validate(kind, entry[kind]);
    if (wrong !== undefined) wrongWith(['checks', index, kind], wrong);
    const { title, hints, why, next } = entry;
    const words = { title, hints, ...(why === undefined ? {} : { why }), ...(next === undefined ? {} : { next }) };
    const check: CheckSpec = { id: entry.id, title: wordsIn(title, []), kind, spec: entry[kind], hints: hints.map((hint) => wordsIn(hint, [])), live: entry.live, words, at: read.place(['checks', index]) };
    page.checks.push(check);
  }
  const { exercise } = read.value;
  if (exercise) {
    page.exercise = {
      solution: exercise.solution,
      expectBefore: exercise.expectBefore,
      undoes: exercise.undoes,
      nearMisses: exercise.nearMisses.map((miss) => ({ title: miss.title, script: miss.run, expectMessage: miss.expect })),
    };
  }
  return read.value.variables;
}
