type Piece = { kind: 'char'; char: string } | { kind: 'one' } | { kind: 'star' } | { kind: 'globstar' } | { kind: 'folders' };

const MOST_STARS = 9;

/**
 * A matcher for patterns of assets: `*` and `?` stay within a folder, `**` does not, and `**` with a slash behind it may
 * stand for no folder at all. Time is proportional to pattern times path, whatever the pattern.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  const pieces: Piece[] = [];
  // Nobody writes that many; some write them to keep a matcher busy.
  if (pattern.replace(/\*+/g, '*').split('*').length > MOST_STARS) return () => false;
  const text = pattern.replace(/^(?:\.\/)+/, '').slice(0, 1000);
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '?') pieces.push({ kind: 'one' });
    else if (char !== '*') pieces.push({ kind: 'char', char });
    else {
      let end = i;
      while (text[end + 1] === '*') end += 1;
      const atStart = i === 0 || text[i - 1] === '/';
      if (end === i) pieces.push({ kind: 'star' });
      else if (atStart && text[end + 1] === '/') {
        pieces.push({ kind: 'folders' });
        end += 1;
      } else pieces.push({ kind: 'globstar' });
      i = end;
    }
  }
  return (path) => {
    let states = new Set<number>();
    // What may be nothing is passed at once.
    const enter = (into: Set<number>, state: number) => {
      for (let at = state; !into.has(at); at++) {
        into.add(at);
        const kind = pieces[at]?.kind;
        if (kind !== 'star' && kind !== 'globstar' && kind !== 'folders') return;
      }
    };
    enter(states, 0);
    for (const char of path) {
      const next = new Set<number>();
      for (const state of states) {
        const piece = pieces[state];
        if (piece === undefined) continue;
        if (piece.kind === 'char' ? piece.char === char : piece.kind === 'one' && char !== '/') enter(next, state + 1);
        else if ((piece.kind === 'star' && char !== '/') || piece.kind === 'globstar') enter(next, state);
        else if (piece.kind === 'folders') {
          // Stays until a slash, behind which what follows may begin.
          if (char === '/') enter(next, state);
          else next.add(state);
        }
      }
      states = next;
      if (states.size === 0) return false;
    }
    return states.has(pieces.length);
  };
}
