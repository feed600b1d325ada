/** A character of a pattern, or what stands for any one, or for any number of them. */
export type GlobPart = { char: string } | 'one' | 'any';

/** `*` stands for anything, `?` for one character. */
export function globParts(pattern: string): GlobPart[] {
  return [...pattern].map((char) => (char === '*' ? 'any' : char === '?' ? 'one' : { char }));
}

/** Whether a whole text fits; goes back to the last `any` alone, so that no pattern takes long: at most pattern times text steps. */
export function fitsGlob(pattern: string | readonly GlobPart[], text: string): boolean {
  const parts = typeof pattern === 'string' ? globParts(pattern) : pattern;
  const chars = [...text];
  let at = 0;
  let star = -1;
  let from = 0;
  for (let i = 0; i < chars.length; ) {
    const part = parts[at];
    if (part === 'any') {
      star = at++;
      from = i;
    } else if (part === 'one' || (part !== undefined && part.char === chars[i])) {
      at += 1;
      i += 1;
    } else if (star >= 0) {
      at = star + 1;
      i = from += 1;
    } else return false;
  }
  while (parts[at] === 'any') at += 1;
  return at === parts.length;
}
