import { TimeLimitError, withinTime } from './time-limit.ts';

const LIMIT_MS = 250;
/** On a text no longer than this, repetitions that stand side by side come to an end soon enough. */
const SHORT = 2000;
/** A repetition inside a repetition, or of a choice, may run away on any text. */
const NESTED = /[*+}]\)?[*+{?]|\)[*+{]|\|/;
const REPEATED = /[*+{]/;

/**
 * A regular expression of somebody else's. Go's take linear time; JavaScript's may take forever, and then give up with an
 * Error. All of String's and RegExp's methods go through `exec`, so all of them are bounded, each match for itself.
 */
export class BoundedRegExp extends RegExp {
  readonly #limitMs: number;

  /** Throws SyntaxError. `limitMs`: milliseconds a match may take, default 250. */
  constructor(source: string, flags = '', limitMs = LIMIT_MS) {
    super(source, flags);
    this.#limitMs = limitMs;
  }

  override exec(text: string): RegExpExecArray | null {
    if (!NESTED.test(this.source) && (!REPEATED.test(this.source) || text.length <= SHORT)) return super.exec(text);
    try {
      return withinTime(this.#limitMs, () => super.exec(text));
    } catch (error) {
      if (error instanceof TimeLimitError) throw new Error(`the regular expression takes too long`, { cause: error });
      throw error;
    }
  }
}
