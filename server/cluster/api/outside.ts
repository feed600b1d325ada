import type { Ids } from '../../lib/ids.ts';
import type { ApiCore } from './core.ts';
import { StoreFull } from '../store/object-store.ts';
import { fromEtcd, internalError } from './errors.ts';
import type { RequestContext } from './hooks.ts';

/** Something that only somebody outside can tell: a webhook. */
export interface Question {
  /** The same question has the same key. */
  key: string;
  ask(): Promise<unknown>;
}

/** What a request has been told so far. */
export interface Outside {
  answers: ReadonlyMap<string, unknown>;
  /** Gives the same names each time that the request is made again. */
  ids: Ids;
}

/** Thrown where a request can't go on without an answer. Nothing has been written by then. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
  constructor(readonly questions: readonly Question[]) {
    super('somebody outside has to be asked first');
  }
}

/** A request that still has questions after so many rounds does not end by itself. */
const MAX_ROUNDS = 100;

/**
 * Performs a request. What it does is done at one go, so that nothing is written in between; where somebody outside has to
 * be asked, it is given up, and made anew with the answer: at the same time, with the same generated names. When something
 * has changed meanwhile, the question is another one, and is asked again.
 */
export async function asking<R>(core: ApiCore, context: RequestContext, action: (core: ApiCore, context: RequestContext) => R | Promise<R>): Promise<R> {
  try {
    return await action(core, context);
  } catch (error) {
    if (!(error instanceof Unanswered)) throw known(error);
  }
  const answers = new Map<string, unknown>();
  const draws: string[] = [];
  const now = core.clock.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const warnings: string[] = [];
    const ids = repeated(core.ids, draws);
    const clock = { now: () => now, after: core.clock.after.bind(core.clock), every: core.clock.every.bind(core.clock) };
    const finish = (): void => warnings.forEach((text) => context.warn(text));
    try {
      const result = await action({ ...core, ids, clock }, { ...context, outside: { answers, ids }, warn: (text) => void warnings.push(text) });
      finish();
      return result;
    } catch (error) {
      if (!(error instanceof Unanswered)) {
        finish();
        throw known(error);
      }
      await Promise.all(error.questions.map(async ({ key, ask }) => answers.set(key, await ask())));
    }
  }
  throw internalError('admission webhooks change the object for ever');
}

const known = (error: unknown): unknown => (error instanceof StoreFull ? fromEtcd(error.message) : error);

/** What was drawn before comes again in the same order. */
function repeated(ids: Ids, draws: string[]): Ids {
  let at = 0;
  const draw = (fresh: () => string): string => {
    const value = draws[at] ?? fresh();
    draws[at] = value;
    at += 1;
    return value;
  };
  return { uuid: () => draw(() => ids.uuid()), suffix: () => draw(() => ids.suffix()), alphanumeric: (length) => draw(() => ids.alphanumeric(length)), secret: () => draw(() => ids.secret()) };
}

/** The part of a context that admission is given. */
export function outsideOf({ outside }: RequestContext): { outside?: Outside } {
  return outside === undefined ? {} : { outside };
}
