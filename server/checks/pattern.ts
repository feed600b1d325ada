import { z } from 'zod';
import { BoundedRegExp } from '../lib/bounded-regexp.ts';

/** An author's pattern, ready to be tried. */
export interface CompiledPattern {
  /** Throws where the pattern takes longer than a second: some need for ever on an unlucky text. */
  test(text: string): boolean;
}

const MATCH_MS = 1000;
/** Compiles an author's pattern. `(?i)` in front, as other languages write it, means: letters of either case. */
export function compilePattern(text: string, flags = ''): CompiledPattern {
  const either = text.startsWith('(?i)');
  const pattern = new BoundedRegExp(either ? text.slice('(?i)'.length) : text, either ? `${flags}i` : flags, MATCH_MS);
  return {
    test(subject) {
      try {
        return pattern.test(subject);
      } catch (error) {
        throw new Error(`the pattern ${text} takes longer than a second on this text`, { cause: error });
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
