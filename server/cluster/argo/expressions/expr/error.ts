/** A failure at a place of an expression; the message shows the line and points at the place, as expr-lang's does. */
export class ExprError extends Error {
  override readonly name = 'ExprError';

  /** `offset` counts code points. Without a source (an empty expression) only the message is shown. */
  constructor(
    readonly reason: string,
    source: string,
    offset: number,
  ) {
    super(bind(reason, [...source], offset));
  }
}

// After expr-lang v1.17 file/error.go: column from 1, tabs shown as blanks, dots up to the caret.
function bind(reason: string, runes: string[], offset: number): string {
  if (runes.length === 0) return reason;
  let line = 1;
  let column = 0;
  for (let i = 0; i < runes.length && i !== offset; i++) {
    if (runes[i] === '\n') {
      line++;
      column = 0;
    } else column++;
  }
  const text = (runes.join('').split('\n')[line - 1] ?? '').replaceAll('\t', ' ');
  const before = [...text].slice(0, column + 1);
  const plain = before.every((rune) => rune.charCodeAt(0) < 0x80);
  const marks = plain ? `\n | ${'.'.repeat(Math.min(column, [...text].length))}^` : '';
  return `${reason} (${line}:${column + 1})\n | ${text}${marks}`;
}
