import { z } from 'zod';

/** Compiles an author's pattern. `(?i)` in front, as other languages write it, means: letters of either case. */
export function compilePattern(text: string, flags = ''): RegExp {
  const either = text.startsWith('(?i)');
  return new RegExp(either ? text.slice('(?i)'.length) : text, either ? `${flags}i` : flags);
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
