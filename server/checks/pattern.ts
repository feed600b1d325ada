import { createContext, Script } from 'node:vm';
import { z } from 'zod';

/** An author's pattern, ready to be tried. */
export interface CompiledPattern {
  /** Throws where the pattern takes longer than a second: some need for ever on an unlucky text. */
  test(text: string): boolean;
}

const MATCH_MS = 1000;
/** On a text no longer than this, repetitions that stand side by side come to an end soon enough. */
const SHORT = 2000;
/** Code that the engine can be stopped in, which a plain `test` is not. */
const matching = new Script('pattern.test(text)');
const question: { pattern: RegExp; text: string } = { pattern: /^/, text: '' };
const context = createContext(question);

/** Compiles an author's pattern. `(?i)` in front, as other languages write it, means: letters of either case. */
export function compilePattern(text: string, flags = ''): CompiledPattern {
  const either = text.startsWith('(?i)');
  const pattern = new RegExp(either ? text.slice('(?i)'.length) : text, either ? `${flags}i` : flags);
  // A repetition inside a repetition, or of a choice, may run away on any text; several of them on a long one.
  const nested = /[*+}]\)?[*+{?]|\)[*+{]|\|/.test(text);
  const repeats = /[*+{]/.test(text);
  return {
    test(subject) {
      if (!nested && (!repeats || subject.length <= SHORT)) return pattern.test(subject);
      question.pattern = pattern;
      question.text = subject;
      try {
        return matching.runInContext(context, { timeout: MATCH_MS }) === true;
      } catch (error) {
        if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw new Error(`the pattern ${text} takes longer than a second on this text`, { cause: error });
        throw error;
      }
    },
  };
}

/** A regular expression as an author writes it; a broken one is named when the scenario is loaded, not when it is met. */
export const Pattern = z.string().refine((text) => {
  try {
    compilePattern(text);
    return true;
  } catch {
    return false;
  }
}, 'is no regular expression that JavaScript understands');
