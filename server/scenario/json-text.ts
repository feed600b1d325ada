/** Deeper than this nothing in the format is; a file that is would exhaust the stack. */
const MAX_DEPTH = 100;
/** Where more entries than this are, positions of the rest are not remembered. */
const MAX_SPANS = 100_000;

export interface JsonFlaw {
  code: 'json-trailing-comma' | 'json-comment' | 'json-duplicate-key' | 'json-forbidden-key';
  message: string;
  offset: number;
}

/** Offsets of keys and values by path: `['details', 'steps', 0]` is `pathKey(...)`. */
export type Spans = Map<string, { key: number; value: number }>;
export type JsonText = { ok: true; value: unknown; flaws: JsonFlaw[]; spans: Spans } | { ok: false; code: 'json-syntax' | 'json-too-deep'; message: string; offset: number };

export function pathKey(path: readonly PropertyKey[]): string {
  return path.map(String).join('\0');
}

class Broken extends Error {
  constructor(
    readonly offset: number,
    message: string,
    readonly code: 'json-syntax' | 'json-too-deep' = 'json-syntax',
  ) {
    super(message);
  }
}

/**
 * Reads JSON as the scenarios have it: comments and commas after the last entry are forgiven, of a key that is there twice
 * the last counts, and each of these is named. A key `__proto__` is left out. Never throws.
 */
export function readJsonText(text: string): JsonText {
  const flaws: JsonFlaw[] = [];
  const spans: Spans = new Map();
  const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  let at = 0;

  const skip = () => {
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09 || code === 0xa0 || code === 0xfeff) at += 1;
      else if (code === 0x2f && (text[at + 1] === '/' || text[at + 1] === '*')) {
        if (!flaws.some((flaw) => flaw.code === 'json-comment')) flaws.push({ code: 'json-comment', message: 'has a comment, which JSON does not know', offset: at });
        const end = text[at + 1] === '/' ? text.indexOf('\n', at) : text.indexOf('*/', at + 2);
        if (end < 0 && text[at + 1] === '*') throw new Broken(at, 'this comment does not end');
        at = end < 0 ? text.length : text[at + 1] === '/' ? end : end + 2;
      } else return;
    }
  };
  const shown = () => (at >= text.length ? 'the end of the file' : `“${text.slice(at, at + 1)}”`);

  const string = (): string => {
    const start = at;
    let end = start + 1;
    let escaped = false;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (Number.isNaN(code)) throw new Broken(start, 'this text does not end: a quotation mark is missing');
      if (code === 0x22) break;
      if (code === 0x0a) throw new Broken(start, 'this text does not end on its line: a quotation mark is missing, or a line break that should be \\n');
      if (code < 0x20) escaped = true;
      if (code === 0x5c) {
        escaped = true;
        end += 1;
      }
    }
    at = end + 1;
    if (!escaped) return text.slice(start + 1, end);
    try {
      // A raw tab is what authors see as one; JSON wants it escaped.
      const value: unknown = JSON.parse(text.slice(start, at).replaceAll('\t', '\\t'));
      return String(value);
    } catch {
      throw new Broken(start, 'this text has a backslash that means nothing, or a control character');
    }
  };

  const value = (path: string, depth: number): unknown => {
    if (depth > MAX_DEPTH) throw new Broken(at, `is nested more than ${MAX_DEPTH} levels deep`, 'json-too-deep');
    const char = text[at];
    if (char === '"') return string();
    if (char === '{') return object(path, depth);
    if (char === '[') return list(path, depth);
    for (const [word, meant] of [['true', true], ['false', false], ['null', null]] as const) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return meant;
      }
    }
    number.lastIndex = at;
    const digits = number.exec(text)?.[0];
    if (digits === undefined) throw new Broken(at, `a value should stand here, not ${shown()}`);
    at += digits.length;
    return Number(digits);
  };

  /** After an entry: true when there is another one. */
  const another = (close: string): boolean => {
    skip();
    if (text[at] === close) return false;
    if (text[at] !== ',') throw new Broken(at, at >= text.length ? `“${close}” is missing at the end` : `a comma or “${close}” is missing before ${shown()}`);
    const comma = at;
    at += 1;
    skip();
    if (text[at] !== close) return true;
    if (!flaws.some((flaw) => flaw.code === 'json-trailing-comma')) flaws.push({ code: 'json-trailing-comma', message: 'has a comma after the last entry of a list or object', offset: comma });
    return false;
  };

  const list = (path: string, depth: number): unknown[] => {
    const out: unknown[] = [];
    at += 1;
    skip();
    if (text[at] !== ']') {
      do {
        const inner = path === '' ? String(out.length) : `${path}\0${out.length}`;
        if (spans.size < MAX_SPANS) spans.set(inner, { key: at, value: at });
        out.push(value(inner, depth + 1));
      } while (another(']'));
    }
    at += 1;
    return out;
  };

  const object = (path: string, depth: number): Record<string, unknown> => {
    const out: Record<string, unknown> = {};
    at += 1;
    skip();
    if (text[at] !== '}') {
      do {
        const start = at;
        if (text[at] !== '"') throw new Broken(at, `a key in quotation marks should stand here, not ${shown()}`);
        const key = string();
        skip();
        if (text[at] !== ':') throw new Broken(at, `a colon is missing after the key “${key.slice(0, 60)}”`);
        at += 1;
        skip();
        const inner = path === '' ? key : `${path}\0${key}`;
        if (spans.size < MAX_SPANS) spans.set(inner, { key: start, value: at });
        const found = value(inner, depth + 1);
        if (key === '__proto__') flaws.push({ code: 'json-forbidden-key', message: 'has a key “__proto__”, which is left out', offset: start });
        else {
          if (Object.hasOwn(out, key)) flaws.push({ code: 'json-duplicate-key', message: `has the key “${key.slice(0, 60)}” twice; the last one counts`, offset: start });
          out[key] = found;
        }
      } while (another('}'));
    }
    at += 1;
    return out;
  };

  try {
    skip();
    const start = at;
    const read = value('', 0);
    spans.set('', { key: start, value: start });
    skip();
    if (at < text.length) throw new Broken(at, `nothing should follow after the end, but ${shown()} does`);
    return { ok: true, value: read, flaws: flaws.slice(0, 50), spans };
  } catch (error) {
    if (error instanceof Broken) return { ok: false, code: error.code, message: error.message, offset: error.offset };
    throw error;
  }
}
