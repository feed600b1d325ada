import type { z } from 'zod';
import type { CheckContext } from './check.ts';
import { meantOf, settingsOf } from './settings.ts';
import { inLanguage } from './words.ts';

/** What a kind of check found, in words for the learner. `why` and `next` are empty when it passed. */
export interface Outcome {
  passed: boolean;
  expected: string;
  observed: string;
  why: string;
  next: string;
}

export function pass(expected: string, observed: string): Outcome {
  return { passed: true, expected, observed, why: '', next: '' };
}

export function fail(expected: string, observed: string, why: string, next: string): Outcome {
  return { passed: false, expected, observed, why, next };
}

/** A kind of check. One file each under `kinds/`, one line in the registry. */
export interface CheckKind<Spec = unknown> {
  name: string;
  /** One sentence for authors: what it asks. */
  description: string;
  /** A whole use of it, as it stands in `checks.yaml`: YAML of the object under the kind's name, that name included. */
  example: string;
  /** What stands under the kind's name in `checks.yaml`. */
  schema: z.ZodType<Spec>;
  /** Milliseconds after which it counts as failed; 30 s where nothing is said. */
  limit?(spec: Spec): number;
  run(spec: Spec, context: CheckContext, runNested: RunNested): Promise<Outcome>;
}

/** Runs a check inside another one (`all`, `any`, `not`, `within`). */
export type RunNested = (check: NestedCheck, context: CheckContext) => Promise<Outcome>;

/** `{request: {…}, next: "…"}`: one kind, and optionally the author's own words for why it fails and what to do. */
export type NestedCheck = Record<string, unknown>;

/** A kind as the registry holds it. */
export interface RegisteredKind {
  name: string;
  description: string;
  example: string;
  /** For generators of schemas and documentation. */
  schema: z.ZodType;
  /** What is wrong with the settings; undefined when nothing is. */
  accepts(spec: unknown): string | undefined;
  limit(spec: unknown): number;
  run(spec: unknown, context: CheckContext, runNested: RunNested): Promise<Outcome>;
}

function unknownKeys(keys: readonly string[], schema: z.ZodType): string {
  return keys
    .map((key) => {
      const meant = meantOf(key, settingsOf(schema, true));
      return `“${key}” is no setting here${meant === undefined ? '' : `: did you mean ${meant}?`}`;
    })
    .join('; ');
}

export const DEFAULT_LIMIT_MS = 30_000;

/** Gives a kind its type once, so that the registry can hold all of them. */
export function defineKind<Spec>(kind: CheckKind<Spec>): RegisteredKind {
  return {
    name: kind.name,
    description: kind.description,
    example: kind.example,
    schema: kind.schema,
    accepts(spec) {
      const parsed = kind.schema.safeParse(spec);
      if (parsed.success) return undefined;
      return parsed.error.issues.map((issue) => `${issue.path.length === 0 ? '' : `${issue.path.join('.')}: `}${issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, kind.schema) : issue.message}`).join('; ');
    },
    limit(spec) {
      const parsed = kind.schema.safeParse(spec);
      return parsed.success && kind.limit !== undefined ? kind.limit(parsed.data) : DEFAULT_LIMIT_MS;
    },
    run: (spec, context, runNested) => kind.run(kind.schema.parse(inLanguage(spec, context.languages)), context, runNested),
  };
}
