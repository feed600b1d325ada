import { messageOf } from '../lib/errors.ts';
import type { CheckSpec } from '../scenario/model.ts';
import type { CheckContext, CheckResult } from './check.ts';
import { fail, type NestedCheck, type Outcome } from './kind.ts';
import { findKind, kindOf } from './registry.ts';

async function runOne(name: string, spec: unknown, context: CheckContext): Promise<Outcome> {
  const kind = findKind(name);
  if (!kind) return fail(name, '', `This lab knows no check of kind “${name}”.`, "Tell the scenario's author.");
  return kind.run(spec, context, runNested);
}

async function runNested(check: NestedCheck, context: CheckContext): Promise<Outcome> {
  const inner = kindOf(check);
  if (!inner) return fail('a check', '', 'A nested check names no kind.', "Tell the scenario's author.");
  const outcome = await runOne(inner.name, inner.spec, context);
  if (outcome.passed) return outcome;
  return { ...outcome, why: typeof check['why'] === 'string' ? check['why'] : outcome.why, next: typeof check['next'] === 'string' ? check['next'] : outcome.next };
}

/** Runs a page's checks one after another, in their order. A check that breaks has failed, and says so. */
export async function runChecks(checks: readonly CheckSpec[], context: CheckContext): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    let outcome: Outcome;
    try {
      outcome = await runOne(check.kind, check.spec, context);
    } catch (error) {
      outcome = fail(check.title, messageOf(error), 'The check itself could not be carried out.', 'Try again. If the cluster was stopped, reset the session.');
    }
    results.push({ id: check.id, title: check.title, ...outcome, hints: check.hints });
  }
  return results;
}
