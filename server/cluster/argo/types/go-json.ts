import type { Json } from '../../../lib/json.ts';

/** Bad JSON, in the words of Go's encoding/json. */
export class GoJsonError extends Error {
  override readonly name = 'GoJsonError';
}

const END = '';

/** A character as Go's scanner quotes it. */
function quoteChar(c: string): string {
  if (c === "'") return `'\\''`;
  if (c === '"') return `'"'`;
  const escapes: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', '\0': '\\x00' };
  const code = c.codePointAt(0) ?? 0;
  return `'${escapes[c] ?? (code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : c)}'`;
}

/** Walks one JSON value and says where and why it is none. */
class Scanner {
  position = 0;
  constructor(private readonly text: string) {}

  skipSpace(): void {
    while (/[ \t\r\n]/.test(this.peek())) this.position++;
  }

  peek(): string {
    return this.text.charAt(this.position);
  }

  fail(context: string): never {
    const c = this.peek();
    throw new GoJsonError(c === END ? 'unexpected end of JSON input' : `invalid character ${quoteChar(c)} ${context}`);
  }

  value(): void {
    this.skipSpace();
    const c = this.peek();
    if (c === '{') return this.object();
    if (c === '[') return this.array();
    if (c === '"') return this.string();
    if (c === 't') return this.literal('true');
    if (c === 'f') return this.literal('false');
    if (c === 'n') return this.literal('null');
    if (c === '-' || (c >= '0' && c <= '9')) return this.number();
    this.fail('looking for beginning of value');
  }

  private object(): void {
    this.position++;
    this.skipSpace();
    if (this.peek() === '}') {
      this.position++;
      return;
    }
    for (;;) {
      this.skipSpace();
      if (this.peek() !== '"') this.fail('looking for beginning of object key string');
      this.string();
      this.skipSpace();
      if (this.peek() !== ':') this.fail('after object key');
      this.position++;
      this.value();
      this.skipSpace();
      const c = this.peek();
      if (c !== ',' && c !== '}') this.fail('after object key:value pair');
      this.position++;
      if (c === '}') return;
    }
  }

  private array(): void {
    this.position++;
    this.skipSpace();
    if (this.peek() === ']') {
      this.position++;
      return;
    }
    for (;;) {
      this.value();
      this.skipSpace();
      const c = this.peek();
      if (c !== ',' && c !== ']') this.fail('after array element');
      this.position++;
      if (c === ']') return;
    }
  }

  private string(): void {
    this.position++;
    for (;;) {
      const c = this.peek();
      if (c === '"') {
        this.position++;
        return;
      }
      if (c === END || c < ' ') this.fail('in string literal');
      this.position++;
      if (c !== '\\') continue;
      const escape = this.peek();
      if (escape === 'u') {
        this.position++;
        for (let i = 0; i < 4; i++, this.position++) if (!/^[0-9a-fA-F]$/.test(this.peek())) this.fail('in \\u hexadecimal character escape');
      } else if (escape !== END && 'bfnrt\\/"'.includes(escape)) this.position++;
      else this.fail('in string escape code');
    }
  }

  private literal(word: string): void {
    for (let i = 0; i < word.length; i++, this.position++) {
      if (this.peek() !== word.charAt(i)) this.fail(`in literal ${word} (expecting ${quoteChar(word.charAt(i))})`);
    }
  }

  private digits(): void {
    while (/^[0-9]$/.test(this.peek())) this.position++;
  }

  private number(): void {
    if (this.peek() === '-') {
      this.position++;
      if (!/^[0-9]$/.test(this.peek())) this.fail('in numeric literal');
    }
    if (this.peek() === '0') this.position++;
    else this.digits();
    if (this.peek() === '.') {
      this.position++;
      if (!/^[0-9]$/.test(this.peek())) this.fail('after decimal point in numeric literal');
      this.digits();
    }
    if (/^[eE]$/.test(this.peek())) {
      this.position++;
      if (/^[+-]$/.test(this.peek())) this.position++;
      if (!/^[0-9]$/.test(this.peek())) this.fail('in exponent of numeric literal');
      this.digits();
    }
  }
}

/** Like json.Unmarshal: the whole text is one value. Throws GoJsonError. */
export function unmarshal(text: string): Json {
  const scanner = new Scanner(text);
  scanner.value();
  scanner.skipSpace();
  if (scanner.peek() !== END) scanner.fail('after top-level value');
  return JSON.parse(text) as Json;
}

/** Like json.Decoder.Decode: the first value of a stream; undefined when there is none. Throws GoJsonError. */
export function decodeFirst(text: string): Json | undefined {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  const start = scanner.position;
  if (scanner.peek() === END) return undefined;
  try {
    scanner.value();
  } catch (error) {
    // A stream that ends in the middle of a value is not bad JSON yet.
    if (error instanceof GoJsonError && error.message === 'unexpected end of JSON input') throw new GoJsonError('unexpected EOF');
    throw error;
  }
  return JSON.parse(text.slice(start, scanner.position)) as Json;
}
