export interface Token {
  kind: 'word' | 'name' | 'string' | 'number' | 'duration' | 'sign' | 'end';
  text: string;
  /** Offset in the query. */
  at: number;
}

/** A query that can't be read; the text is what the server answers. */
export class QueryError extends Error {}

const UNITS: Readonly<Record<string, bigint>> = { ns: 1n, u: 1_000n, µ: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n, d: 86_400_000_000_000n, w: 604_800_000_000_000n };

/** Nanoseconds of `1h30m`. */
export function durationOf(text: string): bigint {
  return [...text.matchAll(/(\d+)(ns|ms|u|µ|s|m|h|d|w)/g)].reduce((sum, [, count = '0', unit = 's']) => sum + BigInt(count) * (UNITS[unit] ?? 1n), 0n);
}

const PATTERN = /\s+|--[^\n]*|"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?:\d+(?:ns|ms|u|µ|s|m|h|d|w))+)|(\d+\.\d+|\d+|\.\d+)|([A-Za-z_][A-Za-z0-9_]*)|(=~|!~|<>|!=|<=|>=|::|[-+*/%(),;=<>.:])/y;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const pattern = new RegExp(PATTERN);
  while (at < text.length) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found === null) {
      tokens.push({ kind: 'sign', text: text[at] ?? '', at });
      at += 1;
      continue;
    }
    const [, name, quoted, duration, number, word, sign] = found;
    const unescaped = (part: string) => part.replace(/\\(.)/g, '$1');
    if (name !== undefined) tokens.push({ kind: 'name', text: unescaped(name), at });
    else if (quoted !== undefined) tokens.push({ kind: 'string', text: unescaped(quoted), at });
    else if (duration !== undefined) tokens.push({ kind: 'duration', text: duration, at });
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
    at = pattern.lastIndex;
  }
  return [...tokens, { kind: 'end', text: 'EOF', at: text.length }];
}

/** Goes through the tokens of a query; errors say what was found and what was expected, as InfluxQL's parser does. */
export class Tokens {
  readonly #tokens: Token[];
  #at = 0;

  constructor(readonly text: string) {
    this.#tokens = tokenize(text);
  }

  get next(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: 'EOF', at: this.text.length };
  }

  take(): Token {
    const token = this.next;
    this.#at += 1;
    return token;
  }

  /** Takes a keyword or a sign if it is next. */
  has(text: string): boolean {
    const { kind, text: found } = this.next;
    const fits = kind === 'word' ? found.toUpperCase() === text : kind === 'sign' && found === text;
    if (fits) this.#at += 1;
    return fits;
  }

  expect(...texts: string[]): void {
    for (const text of texts) if (!this.has(text)) this.fail(text);
  }

  /** A name, quoted or not. */
  name(): string {
    return this.next.kind === 'word' || this.next.kind === 'name' ? this.take().text : this.fail('identifier');
  }

  integer(): number {
    return this.next.kind === 'number' && /^\d+$/.test(this.next.text) ? Number(this.take().text) : this.fail('integer');
  }

  fail(...expected: string[]): never {
    const { text, at, kind } = this.next;
    const before = this.text.slice(0, at).split('\n');
    throw new QueryError(`found ${kind === 'word' && /^(from|select|where|group|order|limit|by|show|create|on|with)$/i.test(text) ? text.toUpperCase() : text}, expected ${expected.join(', ')} at line ${before.length}, char ${(before.at(-1)?.length ?? 0) + 1}`);
  }
}
