import { createContext, Script } from 'node:vm';

/** Go's expressions take linear time; JavaScript's may not when a group repeats. Such a one is given so many milliseconds. */
const LIMIT_MS = 250;
const REPEATED_GROUP = /\)(?:[*+]|\{)/;

const state: { pattern: RegExp | undefined; text: string } = { pattern: undefined, text: '' };
const context = createContext(state);
const step = new Script('pattern.exec(text)');

/** A regular expression that gives up with an Error instead of taking forever. All of String's and RegExp's methods go through `exec`. */
export class BoundedRegExp extends RegExp {
  override exec(text: string): RegExpExecArray | null {
    if (!REPEATED_GROUP.test(this.source)) return super.exec(text);
    const plain = new RegExp(this.source, this.flags);
    plain.lastIndex = this.lastIndex;
    Object.assign(state, { pattern: plain, text });
    let found: RegExpExecArray | null;
    try {
      found = step.runInContext(context, { timeout: LIMIT_MS }) as RegExpExecArray | null;
    } catch (error) {
      throw new Error('the regular expression takes too long', { cause: error });
    } finally {
      Object.assign(state, { pattern: undefined, text: '' });
    }
    this.lastIndex = plain.lastIndex;
    return found;
  }
}
