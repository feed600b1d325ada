/** What clicking a piece of code does. */
export interface CodeAction {
  action: 'exec' | 'exec-interrupt' | 'copy' | 'none';
  /** `T2` → 2; 1 where nothing is said. */
  terminal: number;
}

const FIRST_WORDS = new Set(['exec', 'execute', 'copy', 'open', 'interrupt']);

/**
 * Reads the inside of `{{…}}` behind a piece of code. Undefined when it is none of ours (a Go template, say), so that
 * it stays in the text. Words come in any order and case: `execute T2 interrupt`.
 */
export function parseAction(inside: string): CodeAction | undefined {
  const words = inside.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const [first] = words;
  if (first === undefined) return { action: 'none', terminal: 1 };
  if (!FIRST_WORDS.has(first)) return undefined;
  const terminal = words.map((word) => /^t(\d)$/.exec(word)?.[1]).find((n) => n !== undefined);
  const action = first === 'copy' || first === 'open' ? 'copy' : words.includes('interrupt') ? 'exec-interrupt' : 'exec';
  return { action, terminal: terminal === undefined ? 1 : Math.max(1, Number(terminal)) };
}

/**
 * What may be typed for the learner: control characters, terminal escapes and the marks that turn text around are
 * taken out, so that what runs is what is shown.
 */
export function typeable(code: string): string {
  return code.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}

/**
 * Moves `{{…}}` from a closing fence to the opening one, where a Markdown parser hands it on as the info string:
 * CommonMark knows no words after a closing fence. Also splits `EOF```{{exec}}` at the end of a last code line.
 */
export function liftFenceActions(markdown: string): string {
  const out: string[] = [];
  let open: { index: number; marker: string } | undefined;
  for (const line of markdown.split('\n')) {
    if (open === undefined) {
      const start = /^\s*(?:[-*+>]\s+|\d+[.)]\s+)*(`{3,}|~{3,})([^`]*)$/.exec(line);
      if (start?.[1] !== undefined) open = { index: out.length, marker: start[1] };
      out.push(line);
      continue;
    }
    const close = /^(.*?)(`{3,}|~{3,})\s*(?:\{\{([^{}]*)\}\})?\s*$/.exec(line);
    const marker = close?.[2];
    const before = close?.[1] ?? '';
    const action = close?.[3];
    const closes = marker !== undefined && marker[0] === open.marker[0] && marker.length >= open.marker.length && (/^[\s>]*$/.test(before) || action !== undefined);
    if (!closes) {
      out.push(line);
      continue;
    }
    if (action !== undefined && parseAction(action) !== undefined) out[open.index] = `${out[open.index] ?? ''} {{${action}}}`;
    if (/^[\s>]*$/.test(before)) out.push(`${before}${marker}`);
    else out.push(before, `${/^\s*/.exec(before)?.[0] ?? ''}${open.marker}`);
    open = undefined;
  }
  return out.join('\n');
}
