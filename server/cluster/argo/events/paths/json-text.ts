import type { Json } from '../../../../lib/json.ts';

/**
 * JSON that remembers its text: numbers keep their digits, members their order, and a part can be handed on as it was
 * written. What paths of events need, where a parsed value would have lost it.
 */
export type JsonNode =
  | { kind: 'object'; raw: string; members: readonly (readonly [string, JsonNode])[] }
  | { kind: 'array'; raw: string; items: readonly JsonNode[] }
  | { kind: 'string'; raw: string; text: string }
  | { kind: 'number' | 'true' | 'false' | 'null'; raw: string };

const MAX_DEPTH = 1000;

/** Throws SyntaxError where the text is no JSON. */
export function parseJsonText(text: string): JsonNode {
  // The platform's parser is the judge; what follows can then trust the text.
  JSON.parse(text);
  return new Reader(text).read();
}

class Reader {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  read(): JsonNode {
    this.#space();
    const from = this.#at;
    const first = this.text.charAt(from);
    if (first === '{' || first === '[') {
      if (++this.#depth > MAX_DEPTH) throw new SyntaxError('JSON is nested too deeply');
      const node = first === '{' ? this.#object(from) : this.#array(from);
      this.#depth--;
      return node;
    }
    if (first === '"') {
      const raw = this.#string();
      return { kind: 'string', raw, text: String(JSON.parse(raw)) };
    }
    while (this.#at < this.text.length && !/[\s,\]}]/.test(this.text.charAt(this.#at))) this.#at++;
    const raw = this.text.slice(from, this.#at);
    return { kind: raw === 'true' || raw === 'false' || raw === 'null' ? raw : 'number', raw };
  }

  #space(): void {
    while (/\s/.test(this.text.charAt(this.#at))) this.#at++;
  }

  #string(): string {
    const from = this.#at++;
    while (this.text.charAt(this.#at) !== '"') this.#at += this.text.charAt(this.#at) === '\\' ? 2 : 1;
    return this.text.slice(from, ++this.#at);
  }

  #object(from: number): JsonNode {
    const members: [string, JsonNode][] = [];
    this.#list('}', () => {
      const name = String(JSON.parse(this.#string()));
      this.#space();
      this.#at++;
      members.push([name, this.read()]);
    });
    return { kind: 'object', raw: this.text.slice(from, this.#at), members };
  }

  #array(from: number): JsonNode {
    const items: JsonNode[] = [];
    this.#list(']', () => items.push(this.read()));
    return { kind: 'array', raw: this.text.slice(from, this.#at), items };
  }

  #list(end: string, one: () => void): void {
    this.#at++;
    for (;;) {
      this.#space();
      if (this.text.charAt(this.#at) === end) break;
      if (this.text.charAt(this.#at) === ',') this.#at++;
      else one();
    }
    this.#at++;
  }
}

/** The text without space between its tokens and with the characters escaped that Go escapes for HTML. */
export function compact(node: JsonNode): string {
  const text = node.kind === 'object' ? `{${node.members.map(([name, value]) => `${JSON.stringify(name)}:${compact(value)}`).join(',')}}` : node.kind === 'array' ? `[${node.items.map(compact).join(',')}]` : node.raw;
  return node.kind === 'object' || node.kind === 'array' ? text : text.replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What gjson's `String()` gives. */
export function stringOf(node: JsonNode): string {
  switch (node.kind) {
    case 'string':
      return node.text;
    case 'null':
      return '';
    case 'number':
      return /^-?\d+$/.test(node.raw) ? node.raw : plainNumber(Number(node.raw));
    default:
      return node.raw;
  }
}

/** Go's `FormatFloat(f, 'f', -1, 64)`: never an exponent. */
export function plainNumber(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', head = '', tail = '', power = '0'] = match;
  const digits = head + tail;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length ? `${sign}${digits}${'0'.repeat(point - digits.length)}` : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** The value as JavaScript has it. */
export function valueOf(node: JsonNode): Json {
  return JSON.parse(node.raw) as Json;
}
