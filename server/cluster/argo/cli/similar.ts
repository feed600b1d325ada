/** Names that somebody may have meant: two letters away at most, or begun alike. After spf13/cobra command.go */
export function similarTo(word: string, names: readonly string[]): string[] {
  const lower = word.toLowerCase();
  return [...names].sort().filter((name) => distance(lower, name.toLowerCase()) <= 2 || name.toLowerCase().startsWith(lower));
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
