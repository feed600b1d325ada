import { type Clock, systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { CheckSpec } from '../scenario/model.ts';
import { wordsIn } from '../scenario/words.ts';
import type { CheckContext, CheckResult } from './check.ts';
import { fail, type NestedCheck, type Outcome } from './kind.ts';
import { findKind, kindOf, limitOf } from './registry.ts';
import { Override } from './words.ts';

/** What a check says at most, a field: it goes to every open page. */
const LONGEST = 4000;

async function runOne(name: string, spec: unknown, context: CheckContext): Promise<Outcome> {
  const kind = findKind(name);
  if (!kind) return fail(name, '', `This lab knows no check of kind “${name}”.`, "Tell the scenario's author.");
  return kind.run(spec, context, runNested);
}

async function runNested(check: NestedCheck, context: CheckContext): Promise<Outcome> {
  const inner = kindOf(check);
  if (!inner) return fail('a check', '', 'A nested check names no kind.', "Tell the scenario's author.");
  return overridden(await runOne(inner.name, inner.spec, context), check, context.languages);
}

/** The author's own words for why it fails and what to do, where there are some. */
function overridden(outcome: Outcome, check: unknown, languages: readonly string[]): Outcome {
  const own = Override.safeParse(check);
  if (outcome.passed || !own.success) return outcome;
  const { why, next } = own.data;
  return { ...outcome, ...(why === undefined ? {} : { why: wordsIn(why, languages) }), ...(next === undefined ? {} : { next: wordsIn(next, languages) }) };
}

/**
 * Runs a page's checks one after another, in their order. A check that breaks, or that does not end within its kind's
 * limit, has failed, and says so.
 */
export async function runChecks(checks: readonly CheckSpec[], context: CheckContext, clock: Clock = systemClock): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const check of checks) {
    const title = wordsIn(check.words?.title ?? check.title, context.languages);
    let outcome: Outcome;
    try {
      outcome = overridden(await withinLimit(check, context, clock), check.words, context.languages);
    } catch (error) {
      outcome = fail(title, messageOf(error), 'The check itself could not be carried out.', 'Try again. If the cluster was stopped, reset the session.');
    }
    results.push({ id: check.id, title, ...bounded(outcome), hints: (check.words?.hints ?? check.hints).map((hint) => wordsIn(hint, context.languages)) });
  }
  return results;
}

async function withinLimit(check: CheckSpec, context: CheckContext, clock: Clock): Promise<Outcome> {
  const limit = limitOf(check.kind, check.spec);
  const controller = new AbortController();
  const abort = () => controller.abort(context.signal.reason);
  context.signal.addEventListener('abort', abort, { once: true });
  if (context.signal.aborted) abort();
  let cancel: () => void = () => {};
  const late = new Promise<Outcome>((resolve) => {
    cancel = clock.after(limit, () => resolve(fail(wordsIn(check.words?.title ?? check.title, context.languages), `no answer within ${limit / 1000} s`, 'The check took too long and was ended.', 'Try again; if it happens again, something that it waits for is missing.')));
  });
  try {
    const work = runOne(check.kind, check.spec, { ...context, signal: controller.signal });
    // It goes on after its time: nobody listens any more.
    work.catch(() => undefined);
    return await Promise.race([work, late]);
  } finally {
    cancel();
    context.signal.removeEventListener('abort', abort);
    controller.abort(new Error('the check is over'));
  }
}

function bounded(outcome: Outcome): Outcome {
  return { passed: outcome.passed, expected: readable(outcome.expected), observed: readable(outcome.observed), why: readable(outcome.why), next: readable(outcome.next) };
}

/** Output of programs ends up in these words: without control characters, and of a length that a person reads. */
function readable(text: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = text.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}
