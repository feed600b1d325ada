import { goRegExp } from './expr/operators.ts';

/**
 * The language of `when`: govaluate, with Argo's twist that a word without quotes is a string.
 * After Knetic/govaluate v3.0.1-0.20171022003610, and argo-workflows v3.7.6 workflow/controller/steps.go
 */
type Kind =
  | 'PREFIX' | 'NUMERIC' | 'BOOLEAN' | 'STRING' | 'TIME' | 'VARIABLE' | 'ACCESSOR'
  | 'COMPARATOR' | 'LOGICALOP' | 'MODIFIER' | 'TERNARY' | 'CLAUSE' | 'CLAUSE_CLOSE' | 'SEPARATOR';

interface Token {
  kind: Kind;
  value: string | number | boolean;
}

const PREFIXES = new Set(['-', '!', '~']);
const MODIFIERS = new Set(['+', '-', '*', '/', '%', '**', '&', '|', '^', '>>', '<<']);
const LOGICAL = new Set(['&&', '||']);
const COMPARATORS = new Set(['==', '!=', '>', '>=', '<', '<=', '=~', '!~', 'in']);
const TERNARIES = new Set(['?', ':', '??']);

const VALUES: readonly Kind[] = ['NUMERIC', 'BOOLEAN', 'VARIABLE', 'STRING', 'TIME', 'ACCESSOR'];
const AFTER_VALUE: readonly Kind[] = ['MODIFIER', 'COMPARATOR', 'LOGICALOP', 'CLAUSE_CLOSE', 'TERNARY', 'SEPARATOR'];
const OPERAND: readonly Kind[] = ['PREFIX', ...VALUES, 'CLAUSE'];

/** Which kinds may follow which. */
const NEXT: Record<Kind | 'UNKNOWN', readonly Kind[]> = {
  UNKNOWN: OPERAND,
  CLAUSE: [...OPERAND, 'CLAUSE_CLOSE'],
  CLAUSE_CLOSE: ['COMPARATOR', 'MODIFIER', ...VALUES, 'CLAUSE', 'CLAUSE_CLOSE', 'LOGICALOP', 'TERNARY', 'SEPARATOR'],
  NUMERIC: AFTER_VALUE,
  BOOLEAN: AFTER_VALUE,
  STRING: AFTER_VALUE,
  TIME: AFTER_VALUE,
  VARIABLE: AFTER_VALUE,
  ACCESSOR: ['CLAUSE', ...AFTER_VALUE],
  MODIFIER: OPERAND,
  COMPARATOR: OPERAND,
  LOGICALOP: OPERAND,
  PREFIX: ['NUMERIC', 'BOOLEAN', 'VARIABLE', 'ACCESSOR', 'CLAUSE', 'CLAUSE_CLOSE'],
  TERNARY: [...OPERAND, 'SEPARATOR'],
  SEPARATOR: OPERAND,
};
const MAY_END = new Set<Kind>([...VALUES, 'CLAUSE_CLOSE']);

function tokenize(expression: string): Token[] {
  const runes = [...expression];
  const tokens: Token[] = [];
  let pos = 0;
  const take = (test: (rune: string) => boolean, options: { whitespace?: boolean } = {}): { text: string; closed: boolean } => {
    let text = '';
    while (pos < runes.length) {
      const rune = runes[pos] ?? '';
      if (rune === '\\') {
        text += runes[pos + 1] ?? '';
        pos += 2;
        continue;
      }
      if (/\s/.test(rune) && options.whitespace !== true) {
        if (text !== '') return { text, closed: true };
        pos++;
        continue;
      }
      if (!test(rune)) return { text, closed: true };
      text += rune;
      pos++;
    }
    return { text, closed: false };
  };
  while (pos < runes.length) {
    const rune = runes[pos] ?? '';
    if (/\s/.test(rune)) {
      pos++;
      continue;
    }
    if (/[0-9.]/.test(rune)) {
      if (rune === '0' && runes[pos + 1] === 'x' && pos + 2 < runes.length) {
        pos += 2;
        const { text } = take((r) => /[0-9a-fA-F]/.test(r));
        if (text === '') throw new Error(`Unable to parse hex value '${text}' to uint64\n`);
        tokens.push({ kind: 'NUMERIC', value: Number.parseInt(text, 16) });
        continue;
      }
      const { text } = take((r) => /[0-9.]/.test(r));
      if (!/^(\d+\.?\d*|\.\d+)$/.test(text)) throw new Error(`Unable to parse numeric value '${text}' to float64\n`);
      tokens.push({ kind: 'NUMERIC', value: Number(text) });
    } else if (rune === ',') {
      pos++;
      tokens.push({ kind: 'SEPARATOR', value: ',' });
    } else if (rune === '[') {
      pos++;
      const { text, closed } = take((r) => r !== ']', { whitespace: true });
      if (!closed) throw new Error('Unclosed parameter bracket');
      pos++;
      tokens.push({ kind: 'VARIABLE', value: text });
    } else if (/\p{L}/u.test(rune)) {
      tokens.push(word(take((r) => /[\p{L}\p{Nd}_.]/u.test(r)).text));
    } else if (rune === "'" || rune === '"') {
      pos++;
      const { text, closed } = take((r) => r !== "'" && r !== '"', { whitespace: true });
      if (!closed) throw new Error('Unclosed string literal');
      pos++;
      const time = timeOf(text);
      tokens.push(time === undefined ? { kind: 'STRING', value: text } : { kind: 'TIME', value: time });
    } else if (rune === '(' || rune === ')') {
      pos++;
      tokens.push({ kind: rune === '(' ? 'CLAUSE' : 'CLAUSE_CLOSE', value: rune });
    } else {
      const { text } = take((r) => !/[\p{L}\p{Nd}()[\],'"]/u.test(r));
      tokens.push(symbol(text, tokens.at(-1)));
    }
  }
  let depth = 0;
  for (const token of tokens) depth += token.kind === 'CLAUSE' ? 1 : token.kind === 'CLAUSE_CLOSE' ? -1 : 0;
  if (depth !== 0) throw new Error('Unbalanced parenthesis');
  // Patterns that are written out are read at once.
  for (const [i, token] of tokens.entries()) if (token.kind === 'STRING' && (tokens[i - 1]?.value === '=~' || tokens[i - 1]?.value === '!~')) goRegExp(String(token.value));
  return tokens;
}

function word(text: string): Token {
  if (text === 'true' || text === 'false') return { kind: 'BOOLEAN', value: text === 'true' };
  if (text === 'in' || text === 'IN') return { kind: 'COMPARATOR', value: 'in' };
  const dot = text.indexOf('.');
  if (dot <= 0) return { kind: 'VARIABLE', value: text };
  if (text.endsWith('.')) throw new Error(`Hanging accessor on token '${text}'`);
  for (const part of text.split('.').slice(1)) {
    const first = part.charAt(0);
    if (first.toUpperCase() !== first) throw new Error(`Unable to access unexported field '${part}' in token '${text}'`);
  }
  return { kind: 'ACCESSOR', value: text };
}

function symbol(text: string, previous: Token | undefined): Token {
  if (PREFIXES.has(text) && NEXT[previous?.kind ?? 'UNKNOWN'].includes('PREFIX')) return { kind: 'PREFIX', value: text };
  if (MODIFIERS.has(text)) return { kind: 'MODIFIER', value: text };
  if (LOGICAL.has(text)) return { kind: 'LOGICALOP', value: text };
  if (COMPARATORS.has(text)) return { kind: 'COMPARATOR', value: text };
  if (TERNARIES.has(text)) return { kind: 'TERNARY', value: text };
  throw new Error(`Invalid token: '${text}'`);
}

/** Times become their seconds: both sides of a comparison do. */
function timeOf(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?([Zz]|[+-]\d{2}:?\d{2})?)?$/.test(text)) return undefined;
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
}

function checkOrder(tokens: Token[]): void {
  let last: Token | undefined;
  for (const token of tokens) {
    const from = last?.kind ?? 'UNKNOWN';
    if (!NEXT[from].includes(token.kind)) {
      if (last?.kind === 'VARIABLE' && token.kind === 'CLAUSE') throw new Error(`Undefined function ${String(last.value)}`);
      throw new Error(`Cannot transition token types from ${from} [${last === undefined ? '<nil>' : shown(last)}] to ${token.kind} [${shown(token)}]`);
    }
    last = token;
  }
  if (last === undefined || !MAY_END.has(last.kind)) throw new Error('Unexpected end of expression');
}

/** Parentheses are runes to govaluate, and print as numbers. */
function shown(token: Token): string {
  if (token.kind === 'CLAUSE' || token.kind === 'CLAUSE_CLOSE') return String(String(token.value).charCodeAt(0));
  return token.kind === 'ACCESSOR' ? `[${String(token.value).replaceAll('.', ' ')}]` : String(token.value);
}

type Value = string | number | boolean | null | Value[];

const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '>', '>=', '<', '<=', '=~', '!~', 'in'], ['&', '|', '^'], ['<<', '>>'], ['+', '-'], ['*', '/', '%'], ['**']];

class Evaluation {
  #pos = 0;
  constructor(readonly tokens: readonly Token[]) {}

  run(): Value {
    return this.#separated();
  }

  get #current(): Token | undefined {
    return this.tokens[this.#pos];
  }

  #separated(): Value {
    const first = this.#ternary();
    if (this.#current?.kind !== 'SEPARATOR') return first;
    const out: Value[] = [first];
    while (this.#current?.kind === 'SEPARATOR') {
      this.#pos++;
      out.push(this.#ternary());
    }
    return out;
  }

  #ternary(): Value {
    const condition = this.#level(0);
    const operator = this.#current;
    if (operator?.kind !== 'TERNARY' || operator.value === ':') return condition;
    this.#pos++;
    if (operator.value === '??') {
      const other = this.#ternary();
      return condition ?? other;
    }
    if (typeof condition !== 'boolean') throw new Error(`Value '${show(condition)}' cannot be used with the ternary operator '?', it is not a bool`);
    const then = this.#ternary();
    if (this.#current?.value !== ':') return condition ? then : null;
    this.#pos++;
    const otherwise = this.#ternary();
    return condition ? then : otherwise;
  }

  #level(level: number): Value {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#prefix();
    let left = this.#level(level + 1);
    for (;;) {
      const token = this.#current;
      if (token === undefined || (token.kind !== 'COMPARATOR' && token.kind !== 'LOGICALOP' && token.kind !== 'MODIFIER') || !operators.includes(String(token.value))) return left;
      this.#pos++;
      const operator = String(token.value);
      const right = this.#level(level + 1);
      left = apply(operator, left, right);
    }
  }

  #prefix(): Value {
    const token = this.#current;
    if (token?.kind !== 'PREFIX') return this.#value();
    this.#pos++;
    const value = this.#prefix();
    if (token.value === '!') {
      if (typeof value !== 'boolean') throw new Error(`Value '${show(value)}' cannot be used with the prefix '!'`);
      return !value;
    }
    if (typeof value !== 'number') throw new Error(`Value '${show(value)}' cannot be used with the prefix '${String(token.value)}'`);
    return token.value === '-' ? -value : ~Math.trunc(value);
  }

  #value(): Value {
    const token = this.#current;
    if (token === undefined) return null;
    this.#pos++;
    if (token.kind === 'CLAUSE') {
      const inner = this.#current?.kind === 'CLAUSE_CLOSE' ? null : this.#separated();
      this.#pos++;
      return inner;
    }
    if (token.kind === 'ACCESSOR') throw new Error(`No parameter '${String(token.value).split('.')[0] ?? ''}' found.`);
    return token.value;
  }
}

const show = (value: Value): string => (value === null ? '<nil>' : Array.isArray(value) ? `[${value.map(show).join(' ')}]` : String(value));

function apply(operator: string, a: Value, b: Value): Value {
  const numbers = (family: string): [number, number] => {
    for (const value of [a, b]) if (typeof value !== 'number') throw new Error(`Value '${show(value)}' cannot be used with the ${family} '${operator}', it is not a number`);
    return [Number(a), Number(b)];
  };
  switch (operator) {
    case '&&':
    case '||':
      for (const value of [a, b]) if (typeof value !== 'boolean') throw new Error(`Value '${show(value)}' cannot be used with the logical operator '${operator}', it is not a bool`);
      return operator === '&&' ? a === true && b === true : a === true || b === true;
    case '==':
      return same(a, b);
    case '!=':
      return !same(a, b);
    case '>':
    case '>=':
    case '<':
    case '<=': {
      if (typeof a === 'string' && typeof b === 'string') return operator === '>' ? a > b : operator === '>=' ? a >= b : operator === '<' ? a < b : a <= b;
      const [x, y] = comparable(operator, a, b);
      return operator === '>' ? x > y : operator === '>=' ? x >= y : operator === '<' ? x < y : x <= y;
    }
    case '=~':
    case '!~': {
      for (const value of [a, b]) if (typeof value !== 'string') throw new Error(`Value '${show(value)}' cannot be used with the comparator '${operator}', it is not a number`);
      let pattern: RegExp;
      try {
        pattern = goRegExp(String(b));
      } catch (error) {
        throw new Error(`Unable to compile regexp pattern '${show(b)}': ${error instanceof Error ? error.message : String(error)}`);
      }
      return pattern.test(String(a)) === (operator === '=~');
    }
    case 'in':
      if (!Array.isArray(b)) throw new Error(`Value '${show(b)}' cannot be used with the comparator 'in', it is not a number`);
      return b.some((item) => same(item, a));
    case '+':
      if (typeof a === 'string' || typeof b === 'string') return show(a) + show(b);
      if (typeof a !== 'number' || typeof b !== 'number') throw new Error(`Value '${show(typeof a === 'number' ? b : a)}' cannot be used with the modifier '+', it is not a number`);
      return a + b;
    default: {
      const [x, y] = numbers('modifier');
      switch (operator) {
        case '-':
          return x - y;
        case '*':
          return x * y;
        case '/':
          return x / y;
        case '%':
          return x % y;
        case '**':
          return x ** y;
        case '&':
          return x & y;
        case '|':
          return x | y;
        case '^':
          return x ^ y;
        case '<<':
          return x << y;
        default:
          return x >> y;
      }
    }
  }
}

function comparable(operator: string, a: Value, b: Value): [number, number] {
  for (const value of [a, b]) if (typeof value !== 'number' || typeof a !== typeof b) throw new Error(`Value '${show(a)}' cannot be used with the comparator '${operator}', it is not a number`);
  return [Number(a), Number(b)];
}

const same = (a: Value, b: Value): boolean =>
  Array.isArray(a) && Array.isArray(b) ? a.length === b.length && a.every((item, i) => same(item, b[i] ?? null)) : a === b;

/** Whether a step's or task's `when` lets it run; an empty one does. Throws an Error with Argo's message. */
export function shouldExecute(when: string | undefined): boolean {
  if (when === undefined || when === '') return true;
  let tokens: Token[];
  try {
    tokens = tokenize(when);
    checkOrder(tokens);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const hint = reason.includes('Invalid token') ? ' (hint: try wrapping the affected expression in quotes ("))' : '';
    throw new Error(`Invalid 'when' expression '${when}': ${reason}${hint}`);
  }
  const bound = tokens.map((token): Token => (token.kind === 'VARIABLE' ? { ...token, kind: 'STRING' } : token));
  try {
    checkOrder(bound);
  } catch (error) {
    throw new Error(`Failed to parse 'when' expression '${when}': ${error instanceof Error ? error.message : String(error)}`);
  }
  let result: Value;
  try {
    result = new Evaluation(bound).run();
  } catch (error) {
    throw new Error(`Failed to evaluate 'when' expresion '${when}': ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof result !== 'boolean') throw new Error(`Expected boolean evaluation for '${when}'. Got ${show(result)}`);
  return result;
}

/**
 * Plain govaluate, as Argo Events' filters use it: words are parameters. A parameter that is an object is compared as its
 * JSON. Throws an Error with govaluate's message.
 */
export function evaluateWith(expression: string, parameters: ReadonlyMap<string, unknown>): unknown {
  const tokens = tokenize(expression);
  checkOrder(tokens);
  const bound = tokens.map((token): Token => {
    if (token.kind !== 'VARIABLE') return token;
    const name = String(token.value);
    if (!parameters.has(name)) throw new Error(`No parameter '${name}' found.`);
    const value = parameters.get(name);
    return typeof value === 'boolean' ? { kind: 'BOOLEAN', value } : typeof value === 'number' ? { kind: 'NUMERIC', value } : { kind: 'STRING', value: typeof value === 'string' ? value : JSON.stringify(value) };
  });
  return new Evaluation(bound).run();
}
