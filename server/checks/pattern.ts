import { createContext, Script } from 'node:vm';
import { z } from 'zod';

/** An author's pattern, ready to be tried. */
export interface CompiledPattern {
  /** Throws where the pattern takes longer than a second: some need for ever on an unlucky text. */
  test(text: string): boolean;
}

const MATCH_MS = 1000;
/** Code that the engine can be stopped in, which a plain `test` is not. */
const matching = new Script('pattern.test(text)');

/** Compiles an author's pattern. `(?i)` in front, as other languages write it, means: letters of either case. */
export function compilePattern(text: string, flags = ''): CompiledPattern {
  const either = text.startsWith('(?i)');
  const pattern = new RegExp(either ? text.slice('(?i)'.length) : text, either ? `${flags}i` : flags);
  // Without a repetition inside a repetition or a choice there is nothing that could run away.
  if (!/[*+}]\)?[*+{?]|\)[*+{]|\|/.test(text)) return pattern;
  return {
    test(subject) {
      try {
        return matching.runInContext(createContext({ pattern, text: subject }), { timeout: MATCH_MS }) === true;
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
