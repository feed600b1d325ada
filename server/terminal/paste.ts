/** Characters that a shell or terminal would act upon instead of inserting; newlines and tabs stay. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const PASTE_MARKS = /\u001b\[20[01]~/g;

/** A block's code as it may be typed: no control characters, no end-of-paste marks, no newline at the end. */
export function cleanCode(code: string): string {
  return code.replace(PASTE_MARKS, '').replace(/\r\n?/g, '\n').replace(CONTROL, '').replace(/\n+$/, '');
}

/** The keys that enter a block: one paste where the reader supports it, so that many lines arrive whole; Enter after it. */
export function typed(code: string, bracketed: boolean, newline = true): string {
  const clean = cleanCode(code);
  const enter = newline ? '\r' : '';
  return bracketed ? `\u001b[200~${clean}\u001b[201~${enter}` : `${clean.replace(/\n/g, '\r')}${enter}`;
}
