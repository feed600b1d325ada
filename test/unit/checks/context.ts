import type { CheckContext, CheckResult } from '../../../server/checks/index.ts';
import { runChecks, validateCheck } from '../../../server/checks/index.ts';
import type { Clock } from '../../../server/lib/clock.ts';
import type { CheckSpec } from '../../../server/scenario/model.ts';

function notUsed(): never {
  throw new Error('not used in this test');
}

/** A context in which nothing may be asked but what a test gives. */
export function contextWith(over: Partial<CheckContext>): CheckContext {
  return {
    client: { get: notUsed, list: notUsed, create: notUsed, logs: notUsed } as unknown as CheckContext['client'],
    dial: notUsed,
    shell: { variables: {}, commands: [] },
    requests: () => [],
    readScript: notUsed,
    runScript: notUsed,
    runCommand: notUsed,
    readFile: notUsed,
    statFile: notUsed,
    quizzes: [],
    quizAnswers: {},
    languages: [],
    now: () => 1000,
    sleep: async () => {},
    stepOpenedAt: 500,
    signal: new AbortController().signal,
    ...over,
  };
}

/** One check as an author would write it; `over` is what the session looks like. */
export async function verdict(kind: string, spec: unknown, over: Partial<CheckContext> = {}, extra: Partial<CheckSpec> = {}, clock?: Clock): Promise<CheckResult> {
  const problem = validateCheck(kind, spec);
  if (problem !== undefined) throw new Error(problem);
  const [result] = await runChecks([{ id: 'c', title: 'C', kind, spec, hints: [], live: false, ...extra }], contextWith(over), clock);
  if (result === undefined) throw new Error('no result');
  return result;
}
