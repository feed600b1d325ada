import { goValue, sprig } from '../../expressions/index.ts';

/**
 * Go's text/template with sprig's functions, as far as a sensor's `dataTemplate` goes: fields, variables, pipelines,
 * `if`, `range`, `with`, comments, trimmed space. No templates of templates.
 */
export function renderTemplate(name: string, source: string, data: unknown): string {
  const nodes = new Parser(name, source).parse();
  const run: Run = { name, variables: new Map([['$', data]]), steps: 0, size: 0 };
  return nodes.map((node) => render(run, node, data)).join('');
}

type Value = unknown;
type Term = { kind: 'value'; value: Value } | { kind: 'path'; base: 'dot' | 'pipe' | Word[][] | string; fields: string[] } | { kind: 'call'; name: string };
type Word = Term;
interface Pipeline {
  declares?: string;
  assigns?: string;
  index?: string;
  commands: Word[][];
  text: string;
}
type Node =
  | { kind: 'text'; text: string }
  | { kind: 'print'; pipeline: Pipeline }
  | { kind: 'if' | 'with' | 'range'; pipeline: Pipeline; then: Node[]; otherwise: Node[] };

const MAX_STEPS = 100_000;
const MAX_SIZE = 1 << 20;

class Parser {
  readonly #tokens: ({ text: string } | { action: string })[] = [];
  #at = 0;

  constructor(
    private readonly name: string,
    source: string,
  ) {
    let rest = source;
    for (;;) {
      const open = rest.indexOf('{{');
      if (open < 0) break;
      const close = closeOf(rest, open + 2);
      if (close < 0) throw new Error(`template: ${name}:1: unclosed action`);
      let text = rest.slice(0, open);
      let action = rest.slice(open + 2, close);
      rest = rest.slice(close + 2);
      if (/^-\s/.test(action)) {
        text = text.trimEnd();
        action = action.slice(1);
      }
      if (/\s-$/.test(action)) {
        rest = rest.trimStart();
        action = action.slice(0, -1);
      }
      if (text !== '') this.#tokens.push({ text });
      if (!/^\s*\/\*[\s\S]*\*\/\s*$/.test(action)) this.#tokens.push({ action: action.trim() });
    }
    if (rest !== '') this.#tokens.push({ text: rest });
  }

  parse(): Node[] {
    const { nodes, end } = this.#list();
    if (end !== undefined) throw new Error(`template: ${this.name}:1: unexpected {{${end}}}`);
    return nodes;
  }

  #list(): { nodes: Node[]; end: string | undefined } {
    const nodes: Node[] = [];
    for (;;) {
      const token = this.#tokens[this.#at++];
      if (token === undefined) return { nodes, end: undefined };
      if ('text' in token) {
        nodes.push({ kind: 'text', text: token.text });
        continue;
      }
      const [, keyword = '', rest = ''] = /^(if|with|range|end|else|define|template|block|break|continue)\b([\s\S]*)$/.exec(token.action) ?? [];
      if (keyword === 'end' || keyword === 'else') return { nodes, end: token.action };
      if (keyword === 'if' || keyword === 'with' || keyword === 'range') nodes.push(this.#block(keyword, rest.trim()));
      else if (keyword !== '') throw new Error(`template: ${this.name}:1: {{${keyword}}} is not known to this cluster`);
      else nodes.push({ kind: 'print', pipeline: this.#pipeline(token.action) });
    }
  }

  #block(kind: 'if' | 'with' | 'range', head: string): Node {
    const pipeline = this.#pipeline(head);
    const { nodes: then, end } = this.#list();
    if (end === undefined) throw new Error(`template: ${this.name}:1: unexpected EOF`);
    if (end === 'end') return { kind, pipeline, then, otherwise: [] };
    const chained = /^else\s+(if|with)\s+([\s\S]+)$/.exec(end);
    if (chained !== null) return { kind, pipeline, then, otherwise: [this.#block(chained[1] === 'with' ? 'with' : 'if', chained[2] ?? '')] };
    const { nodes: otherwise, end: last } = this.#list();
    if (last !== 'end') throw new Error(`template: ${this.name}:1: unexpected EOF`);
    return { kind, pipeline, then, otherwise };
  }

  #pipeline(text: string): Pipeline {
    if (text === '') throw new Error(`template: ${this.name}:1: missing value for command`);
    const declared = /^(\$\w*)(?:\s*,\s*(\$\w+))?\s*(:?=)\s*([\s\S]*)$/.exec(text);
    const [, first, second, sign, rest] = declared ?? [];
    const words = new Words(this.name, rest ?? text);
    const commands = words.commands();
    const target = second ?? first;
    return { commands, text, ...(target === undefined ? {} : sign === ':=' ? { declares: target } : { assigns: target }), ...(second === undefined || first === undefined ? {} : { index: first }) };
  }
}

/** Where the action that begins at `from` ends; strings may hold braces. */
function closeOf(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const c = text.charAt(at);
    if (c === '"' || c === '`' || c === "'") {
      for (at++; at < text.length && text.charAt(at) !== c; at++) if (c !== '`' && text.charAt(at) === '\\') at++;
    } else if (text.startsWith('}}', at)) return at;
  }
  return -1;
}

class Words {
  #at = 0;

  constructor(
    private readonly name: string,
    private readonly text: string,
  ) {}

  commands(nested = false): Word[][] {
    const commands: Word[][] = [];
    let words: Word[] = [];
    for (;;) {
      while (/\s/.test(this.text.charAt(this.#at))) this.#at++;
      const c = this.text.charAt(this.#at);
      if (c === '' || c === ')' || c === '|') {
        if (words.length === 0) throw new Error(`template: ${this.name}:1: missing value for command`);
        commands.push(words);
        words = [];
        if (c === '' && nested) throw new Error(`template: ${this.name}:1: unclosed left paren`);
        if (c === ')' && !nested) throw new Error(`template: ${this.name}:1: unexpected right paren`);
        if (c !== '') this.#at++;
        if (c !== '|') return commands;
      } else words.push(this.#word(c));
    }
  }

  #word(c: string): Word {
    const rest = this.text.slice(this.#at);
    if (c === '(') {
      this.#at++;
      const inner = this.commands(true);
      return { kind: 'path', base: inner, fields: this.#fields() };
    }
    const take = (pattern: RegExp): RegExpExecArray | null => {
      const match = pattern.exec(rest);
      if (match !== null) this.#at += match[0].length;
      return match;
    };
    const quoted = take(/^"(?:\\.|[^"\\])*"/);
    if (quoted !== null) return { kind: 'value', value: JSON.parse(quoted[0]) };
    const raw = take(/^`([^`]*)`/);
    if (raw !== null) return { kind: 'value', value: raw[1] };
    const rune = take(/^'(\\.|[^'\\])'/);
    if (rune !== null) return { kind: 'value', value: BigInt((rune[1] ?? '').codePointAt(0) ?? 0) };
    const float = take(/^[+-]?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)/);
    if (float !== null) return { kind: 'value', value: Number(float[0]) };
    const int = take(/^[+-]?\d+/);
    if (int !== null) return { kind: 'value', value: BigInt(int[0]) };
    const variable = take(/^\$\w*/);
    if (variable !== null) return { kind: 'path', base: variable[0], fields: this.#fields() };
    if (c === '.') {
      if (!/^\.\w/.test(rest)) {
        this.#at++;
        return { kind: 'path', base: 'dot', fields: [] };
      }
      return { kind: 'path', base: 'dot', fields: this.#fields() };
    }
    const word = take(/^[A-Za-z_]\w*/);
    if (word === null) throw new Error(`template: ${this.name}:1: unexpected ${JSON.stringify(c)} in operand`);
    if (word[0] === 'true' || word[0] === 'false') return { kind: 'value', value: word[0] === 'true' };
    if (word[0] === 'nil') return { kind: 'value', value: null };
    if (!Object.hasOwn(FUNCTIONS, word[0])) throw new Error(`template: ${this.name}:1: function ${JSON.stringify(word[0])} not defined`);
    return { kind: 'call', name: word[0] };
  }

  #fields(): string[] {
    const match = /^(?:\.\w+)+/.exec(this.text.slice(this.#at));
    if (match === null) return [];
    this.#at += match[0].length;
    return match[0].slice(1).split('.');
  }
}

interface Run {
  name: string;
  variables: Map<string, Value>;
  steps: number;
  size: number;
}

function render(run: Run, node: Node, dot: Value): string {
  if (++run.steps > MAX_STEPS) throw new Error(`template: ${run.name}: it takes too long`);
  if (node.kind === 'text') return bounded(run, node.text);
  const value = evaluate(run, node.pipeline, dot);
  if (node.kind === 'print') {
    const { declares, assigns } = node.pipeline;
    return declares !== undefined || assigns !== undefined ? '' : bounded(run, value === null || value === undefined ? '<no value>' : goValue(value));
  }
  const all = (nodes: readonly Node[], inner: Value) => nodes.map((one) => render(run, one, inner)).join('');
  const outer = run.variables;
  run.variables = new Map(outer);
  try {
    if (node.kind === 'if') return isTrue(value) ? all(node.then, dot) : all(node.otherwise, dot);
    if (node.kind === 'with') return isTrue(value) ? all(node.then, value) : all(node.otherwise, dot);
    const entries = entriesOf(run, node.pipeline, value);
    if (entries.length === 0) return all(node.otherwise, dot);
    return entries
      .map(([key, item]) => {
        if (node.pipeline.index !== undefined) run.variables.set(node.pipeline.index, key);
        if (node.pipeline.declares !== undefined) run.variables.set(node.pipeline.declares, item);
        return all(node.then, item);
      })
      .join('');
  } finally {
    // What was assigned inside to a variable of outside stays.
    for (const key of outer.keys()) if (node.pipeline.declares !== key && node.pipeline.index !== key) outer.set(key, run.variables.get(key));
    run.variables = outer;
  }
}

function bounded(run: Run, text: string): string {
  run.size += text.length;
  if (run.size > MAX_SIZE) throw new Error(`template: ${run.name}: its text is too long`);
  return text;
}

function entriesOf(run: Run, pipeline: Pipeline, value: Value): [Value, Value][] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.map((item: unknown, i): [Value, Value] => [BigInt(i), item]);
  if (isRecord(value)) return Object.keys(value).sort().map((key) => [key, value[key]]);
  throw new Error(`template: ${run.name}:1: range can't iterate over ${goValue(value)} in <${pipeline.text}>`);
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value) && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null);

function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) return Object.keys(value).length > 0;
  return value !== null && value !== undefined && value !== '' && value !== false && value !== 0 && value !== 0n;
}

function evaluate(run: Run, pipeline: Pipeline, dot: Value): Value {
  const value = commandsValue(run, pipeline.commands, dot);
  if (pipeline.declares !== undefined) run.variables.set(pipeline.declares, value);
  if (pipeline.assigns !== undefined) {
    if (!run.variables.has(pipeline.assigns)) throw new Error(`template: ${run.name}:1: undefined variable ${JSON.stringify(pipeline.assigns)}`);
    run.variables.set(pipeline.assigns, value);
  }
  return value;
}

function commandsValue(run: Run, commands: readonly Word[][], dot: Value): Value {
  let value: Value;
  for (const [i, words] of commands.entries()) {
    const [first, ...more] = words;
    if (first === undefined) continue;
    if (++run.steps > MAX_STEPS) throw new Error(`template: ${run.name}: it takes too long`);
    if (first.kind === 'call') value = call(run, first.name, more, dot, i === 0 ? [] : [value]);
    else if (more.length > 0 || i > 0) throw new Error(`template: ${run.name}:1: can't give argument to non-function`);
    else value = wordValue(run, first, dot);
  }
  return value;
}

function call(run: Run, name: string, words: readonly Word[], dot: Value, piped: readonly Value[]): Value {
  // These two stop at the first that decides.
  if (name === 'and' || name === 'or') {
    let last: Value;
    for (const next of [...words.map((word) => () => wordValue(run, word, dot)), ...piped.map((value) => () => value)]) {
      last = next();
      if (isTrue(last) === (name === 'or')) return last;
    }
    return last;
  }
  const args = [...words.map((word) => wordValue(run, word, dot)), ...piped];
  try {
    return FUNCTIONS[name]?.(...args);
  } catch (error) {
    throw new Error(`template: ${run.name}:1: executing ${JSON.stringify(run.name)} at <${name}>: error calling ${name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function wordValue(run: Run, word: Word, dot: Value): Value {
  if (word.kind === 'value') return word.value;
  if (word.kind === 'call') return call(run, word.name, [], dot, []);
  let value: Value;
  if (word.base === 'dot') value = dot;
  else if (typeof word.base !== 'string') value = commandsValue(run, word.base, dot);
  else if (run.variables.has(word.base)) value = run.variables.get(word.base);
  else throw new Error(`template: ${run.name}:1: undefined variable ${JSON.stringify(word.base)}`);
  for (const [i, field] of word.fields.entries()) {
    if (isRecord(value)) value = Object.hasOwn(value, field) ? value[field] : undefined;
    else {
      const where = `<.${word.fields.slice(0, i + 1).join('.')}>`;
      if (value === null || value === undefined) throw new Error(`template: ${run.name}:1: executing ${JSON.stringify(run.name)} at ${where}: nil pointer evaluating interface {}.${field}`);
      throw new Error(`template: ${run.name}:1: executing ${JSON.stringify(run.name)} at ${where}: can't evaluate field ${field} in type interface {}`);
    }
  }
  return value;
}

const number = (value: Value): number => {
  if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
  throw new Error('incompatible types for comparison');
};
const order = (a: Value, b: Value): number => {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return number(a) - number(b);
};
const equal = (a: Value, b: Value): boolean => (typeof a === 'string' || typeof b === 'string' ? a === b : typeof a === 'boolean' || typeof b === 'boolean' || a === null || b === null || a === undefined || b === undefined ? (a ?? null) === (b ?? null) : order(a, b) === 0);

function index(value: Value, ...keys: Value[]): Value {
  let current = value;
  for (const key of keys) {
    if (Array.isArray(current)) {
      const at = number(key);
      if (at < 0 || at >= current.length) throw new Error(`index out of range: ${at}`);
      current = current[at];
    } else if (isRecord(current)) current = Object.hasOwn(current, String(key)) ? current[String(key)] : undefined;
    else throw new Error('index of untyped nil');
  }
  return current;
}

/** fmt.Sprintf, with the verbs that templates use. */
function printf(format: Value, ...args: Value[]): string {
  let next = 0;
  return String(format).replace(/%([-+0 #]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g, (_all, flags: string, width: string, precision: string | undefined, verb: string) => {
    if (verb === '%') return '%';
    if (next >= args.length) return `%!${verb}(MISSING)`;
    const value = args[next++];
    let text: string;
    switch (verb) {
      case 'd':
        text = String(typeof value === 'number' ? `%!d(float64=${value})` : goValue(value));
        break;
      case 'f':
        text = Number(value).toFixed(precision === undefined ? 6 : Number(precision));
        break;
      case 'q':
        text = JSON.stringify(goValue(value));
        break;
      case 'x':
        text = typeof value === 'string' ? Buffer.from(value).toString('hex') : Number(value).toString(16);
        break;
      case 't':
      case 's':
      case 'v':
        text = verb === 's' && precision !== undefined ? goValue(value).slice(0, Number(precision)) : goValue(value);
        break;
      default:
        text = `%!${verb}(${goValue(value)})`;
    }
    const length = Math.min(Number(width), 1000);
    return flags.includes('-') ? text.padEnd(length) : text.padStart(length, flags.includes('0') && verb !== 's' ? '0' : ' ');
  });
}

const FUNCTIONS: Readonly<Record<string, (...args: Value[]) => Value>> = {
  ...sprig,
  and: () => undefined,
  or: () => undefined,
  not: (value) => !isTrue(value),
  len: (value) => {
    if (typeof value === 'string') return BigInt(Buffer.byteLength(value));
    if (Array.isArray(value)) return BigInt(value.length);
    if (isRecord(value)) return BigInt(Object.keys(value).length);
    throw new Error('len of untyped nil');
  },
  index,
  slice: (value, from = 0n, to = undefined) => (typeof value === 'string' || Array.isArray(value) ? value.slice(Number(from), to === undefined ? undefined : Number(to)) : undefined),
  print: (...args) => args.map(goValue).join(args.some((arg) => typeof arg === 'string') ? '' : ' '),
  println: (...args) => `${args.map(goValue).join(' ')}\n`,
  printf,
  html: (value) => goValue(value).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`),
  urlquery: (value) => encodeURIComponent(goValue(value)).replaceAll('%20', '+'),
  eq: (first, ...others) => others.some((other) => equal(first, other)),
  ne: (a, b) => !equal(a, b),
  lt: (a, b) => order(a, b) < 0,
  le: (a, b) => order(a, b) <= 0,
  gt: (a, b) => order(a, b) > 0,
  ge: (a, b) => order(a, b) >= 0,
};
