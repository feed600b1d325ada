/** What clicking a piece of code does. */
export interface CodeAction {
  action: 'exec' | 'exec-interrupt' | 'exec-no-newline' | 'ctrl-seq' | 'copy' | 'open' | 'none';
  /** `T2` → 2; absent where nothing is said: the terminal that the learner uses. */
  terminal?: number;
  /** A terminal by its name. */
  terminalName?: string;
  /** `HOST2`, `node01`: which machine, as `host02` or `node01`. */
  host?: string;
}

/** What stood behind a piece of code. `flaw` says what an author should mend. */
export interface ReadAction {
  action: CodeAction;
  flaw?: string;
}

const FIRST_WORDS = ['exec', 'execute', 'copy', 'open', 'interrupt'] as const;
const ARGUMENTS = new Set(['exec', 'execute', 'interrupt', 'copy', 'open', 'no-newline', 'ctrl-seq']);
const COPY: CodeAction = { action: 'copy' };

/** How many letters have to change to get from one word to the other; counted up to 3. */
export function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2 || a.length > 40) return 3;
  let before = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) row.push(Math.min((before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    before = row;
  }
  return Math.min(3, before[b.length] ?? 3);
}

/** The word that was meant, where a single word is nearly one of ours. */
function meant(word: string): string | undefined {
  if (word.length < 3 || !/^[\p{L}\p{Sc}-]+$/u.test(word)) return undefined;
  return FIRST_WORDS.find((known) => editDistance(word, known) <= (known === 'copy' || known === 'open' ? 1 : 2) && word !== known);
}

/**
 * Reads the inside of `{{…}}` behind a piece of code. Undefined when it is none of ours (a Go template, say), so that
 * it stays in the text. Words come in any order and case: `execute T2 interrupt`.
 */
export function parseAction(inside: string): CodeAction | undefined {
  const read = readAction(inside);
  return read === undefined || read.flaw?.startsWith('is no action') === true ? undefined : read.action;
}

/** The same with what is wrong with it. Nearly ours (`exeute`, `T2`) is an action that only copies, so that no token is left in the page. */
export function readAction(inside: string): ReadAction | undefined {
  const words = inside
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => word.replace(/^["'“”]|["'“”]$/g, ''));
  const first = words[0]?.toLowerCase();
  if (first === undefined) return { action: { action: 'none' } };
  if (words.length > 8) return undefined;
  if (!FIRST_WORDS.some((known) => known === first)) {
    if (words.every((word) => /^T\d{1,2}$/i.test(word))) return { action: COPY, flaw: `is no action by itself: write {{exec ${inside.trim()}}}` };
    const known = meant(first);
    return known === undefined ? undefined : { action: COPY, flaw: `is no action: did you mean {{${[known, ...words.slice(1)].join(' ')}}}?` };
  }
  const lower = words.map((word) => word.toLowerCase());
  const rest = words.slice(1).filter((_, i) => !ARGUMENTS.has(lower[i + 1] ?? ''));
  const out: CodeAction = { action: first === 'copy' || first === 'open' ? first : lower.includes('ctrl-seq') ? 'ctrl-seq' : lower.includes('no-newline') ? 'exec-no-newline' : lower.includes('interrupt') ? 'exec-interrupt' : 'exec' };
  let flaw: string | undefined;
  for (const word of rest) {
    const terminal = /^t(\d{1,2})$/i.exec(word)?.[1];
    const host = /^host0?(\d)$/i.exec(word)?.[1];
    if (terminal !== undefined) out.terminal = Math.max(1, Number(terminal));
    else if (host !== undefined) out.host = `host0${host}`;
    else if (/^(?:node\d\d?|controlplane|master|client)$/i.test(word)) out.host = word.toLowerCase();
    else {
      const known = [...ARGUMENTS].find((argument) => editDistance(word.toLowerCase(), argument) <= 2);
      if (known !== undefined) flaw = `has the argument “${word}”: did you mean ${known}?`;
      else if (/^[\w-]{1,40}$/.test(word)) {
        out.terminalName = word;
        flaw = `has the argument “${word}”, which is taken for the name of a terminal`;
      } else flaw = `has the argument “${word.slice(0, 40)}”, which means nothing`;
    }
  }
  return { action: out, ...(flaw === undefined ? {} : { flaw }) };
}

/** Everything in `{{…}}` at the start of what follows a piece of code: the first counts, whatever else is there goes. */
export function takeActions(after: string): { read: ReadAction; length: number; flaw?: string } | undefined {
  const first = /^\s?\{\{([^{}\n]{0,120})\}\}/.exec(after);
  if (first?.[1] === undefined) {
    // One brace or round ones instead: the token would stay in the page as text.
    const odd = /^\s?(?:\{([a-z]{4,9})\}|\(\(([a-z]{4,9})\)\))/i.exec(after);
    const word = odd?.[1] ?? odd?.[2];
    if (odd === null || word === undefined || !FIRST_WORDS.some((known) => known === word.toLowerCase())) return undefined;
    return { read: { action: COPY }, length: odd[0].length, flaw: `${odd[0].trim()} is no action: write {{${word.toLowerCase()}}}` };
  }
  const read = readAction(first[1]);
  if (read === undefined) return undefined;
  let length = first[0].length;
  let flaw = read.flaw;
  for (let more = /^(?:\|\w{1,20})?\{\{([\w -]{0,40})\}\}/.exec(after.slice(length)); more !== null; more = /^(?:\|\w{1,20})?\{\{([\w -]{0,40})\}\}/.exec(after.slice(length))) {
    flaw = 'has a second action behind it; only the first counts';
    length += more[0].length;
  }
  return { read, length, ...(flaw === undefined ? {} : { flaw: `${after.slice(0, length).trim()} ${flaw}` }) };
}

/**
 * What may be typed for the learner: control characters, terminal escapes and the marks that turn text around are
 * taken out, so that what runs is what is shown.
 */
export function typeable(code: string): string {
  return code.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '');
}
