import type { z } from 'zod';
import type { CheckContext } from './check.ts';

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
  /** What stands under the kind's name in `checks.yaml`. */
  schema: z.ZodType<Spec>;
  run(spec: Spec, context: CheckContext, runNested: RunNested): Promise<Outcome>;
}

/** Runs a check inside another one (`all`, `any`, `not`, `within`). */
export type RunNested = (check: NestedCheck, context: CheckContext) => Promise<Outcome>;

/** `{request: {…}, next: "…"}`: one kind, and optionally the author's own words for why it fails and what to do. */
export type NestedCheck = Record<string, unknown>;

/** Gives a kind its type once, so that the registry can hold all of them. */
export function defineKind<Spec>(kind: CheckKind<Spec>): { name: string; accepts(spec: unknown): string | undefined; run(spec: unknown, context: CheckContext, runNested: RunNested): Promise<Outcome> } {
  return {
    name: kind.name,
    accepts(spec) {
      const parsed = kind.schema.safeParse(spec);
      if (parsed.success) return undefined;
      return parsed.error.issues.map((issue) => (issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`)).join('; ');
    },
    run: (spec, context, runNested) => kind.run(kind.schema.parse(spec), context, runNested),
  };
}
export type RegisteredKind = ReturnType<typeof defineKind>;
