/** Texts longer than this are not kept: there are few, and they are large. */
const LONGEST = 100_000;

/**
 * A function of a text that remembers its last answers: a page is asked about by the loader and by several rules, one
 * soon after the other. Answers are shared, so they must not be changed.
 */
export function remember<T>(most: number, answer: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const found = answer(text);
    if (text.length > LONGEST) return found;
    if (known.size >= most) known.clear();
    known.set(text, found);
    return found;
  };
}
