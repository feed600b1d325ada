import { z } from 'zod';
import { defineKind, fail, type Outcome, pass } from '../kind.ts';
import { Text } from '../words.ts';

const Nested = z.record(z.string(), z.unknown());
const List = z.array(Nested).min(1);

/** Every one has to pass; the first that fails is spoken of. */
export const all = defineKind({
  name: 'all',
  description: 'Do all of these pass? The first that fails is spoken of.',
  example: `all:
  - resource: {resource: v1/pods, namespace: default, name: web}
  - http: {url: 'http://localhost:8080/', status: 200}`,
  schema: List,
  async run(checks, context, runNested) {
    const outcomes: Outcome[] = [];
    for (const check of checks) {
      const outcome = await runNested(check, context);
      if (!outcome.passed) return outcome;
      outcomes.push(outcome);
    }
    return pass(outcomes.map((outcome) => outcome.expected).join('; '), outcomes.map((outcome) => outcome.observed).join('; '));
  },
});

/** One has to pass; when none does, the last is spoken of: put the usual way there. */
export const any = defineKind({
  name: 'any',
  description: 'Does one of these pass? When none does, the last is spoken of: put the usual way there.',
  example: `any:
  - resource: {resource: v1/pods, namespace: default, name: web}
  - resource: {resource: v1/pods, namespace: default, selector: app=web}
    why: There is no pod web yet.`,
  schema: List,
  async run(checks, context, runNested) {
    const outcomes: Outcome[] = [];
    for (const check of checks) {
      const outcome = await runNested(check, context);
      if (outcome.passed) return outcome;
      outcomes.push(outcome);
    }
    const last = outcomes.at(-1);
    return fail(outcomes.map((outcome) => outcome.expected).join(', or '), last?.observed ?? '', last?.why ?? '', last?.next ?? '');
  },
});

/** Passes when the check inside fails; the author says why that matters. */
export const not = defineKind({
  name: 'not',
  description: 'Does the check inside fail? You say why that matters.',
  example: `not:
  check:
    resource: {resource: v1/secrets, namespace: default, name: password}
  why: The secret is still there.
  next: 'Delete it: kubectl delete secret password'`,
  schema: z.object({ check: Nested, why: Text, next: Text }).strict(),
  async run(spec, context, runNested) {
    const outcome = await runNested(spec.check, context);
    const expected = `not: ${outcome.expected}`;
    return outcome.passed ? fail(expected, outcome.observed, spec.why, spec.next) : pass(expected, outcome.observed);
  },
});

/** Asks again, twice a second, until the check inside passes or the time is over. */
export const within = defineKind({
  name: 'within',
  description: 'Does the check inside pass before the time is over? Asks twice a second.',
  example: `within:
  seconds: 20
  check:
    workflow: {namespace: argo, phase: Succeeded}`,
  schema: z.object({ seconds: z.number().positive().max(120), check: Nested }).strict(),
  limit: (spec) => spec.seconds * 1000,
  async run(spec, context, runNested) {
    const end = context.now() + spec.seconds * 1000;
    for (;;) {
      const outcome = await runNested(spec.check, context);
      if (outcome.passed || context.now() >= end || context.signal.aborted) return outcome;
      await context.sleep(500);
    }
  },
});
