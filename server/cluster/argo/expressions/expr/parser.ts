import type { Node } from './ast.ts';
import { ExprError } from './error.ts';
import { lex, showToken } from './lexer.ts';
import type { Token, TokenKind } from './lexer.ts';

// After expr-lang v1.17 parser/operator/operator.go
const UNARY: Record<string, number> = { not: 50, '!': 50, '-': 90, '+': 90 };
const BINARY: Record<string, number> = {
  '|': 0, or: 10, '||': 10, and: 15, '&&': 15, '==': 20, '!=': 20, '<': 20, '>': 20, '>=': 20, '<=': 20,
  in: 20, matches: 20, contains: 20, startsWith: 20, endsWith: 20, '..': 25, '+': 30, '-': 30,
  '*': 60, '/': 60, '%': 60, '**': 100, '^': 100, '??': 500,
};
const NEGATABLE = new Set(['contains', 'matches', 'startsWith', 'endsWith', 'in']);
const COMPARISONS = new Set(['<', '>', '>=', '<=']);

/** Builtins that take a predicate: how many further arguments may follow the collection. */
const PREDICATES: Record<string, readonly ('expr' | 'predicate' | 'predicate?' | 'expr?')[]> = {
  all: ['expr', 'predicate'], none: ['expr', 'predicate'], any: ['expr', 'predicate'], one: ['expr', 'predicate'],
  filter: ['expr', 'predicate'], map: ['expr', 'predicate'], count: ['expr', 'predicate?'], sum: ['expr', 'predicate?'],
  find: ['expr', 'predicate'], findIndex: ['expr', 'predicate'], findLast: ['expr', 'predicate'], findLastIndex: ['expr', 'predicate'],
  groupBy: ['expr', 'predicate'], sortBy: ['expr', 'predicate', 'expr?'], reduce: ['expr', 'predicate', 'expr?'],
};

export interface ParseOptions {
  isBuiltin(name: string): boolean;
  /** Names of the environment hide builtins. */
  isOverridden(name: string): boolean;
}

/** Parses an expression; throws ExprError with expr-lang's message. */
export function parse(source: string, options: ParseOptions): Node {
  return new Parser(source, options).run();
}

class Parser {
  readonly #tokens: Token[];
  #pos = 0;
  #depth = 0;

  constructor(
    readonly source: string,
    readonly options: ParseOptions,
  ) {
    this.#tokens = lex(source);
  }

  run(): Node {
    const node = this.#sequence();
    if (this.#current.kind !== 'EOF') this.#unexpected();
    return node;
  }

  get #current(): Token {
    return this.#tokens[this.#pos] ?? { kind: 'EOF', value: '', at: 0 };
  }

  #is(kind: TokenKind, value?: string): boolean {
    return this.#current.kind === kind && (value === undefined || this.#current.value === value);
  }

  #fail(reason: string, token = this.#current): never {
    throw new ExprError(reason, this.source, token.at);
  }

  #unexpected(token = this.#current): never {
    return this.#fail(`unexpected token ${showToken(token)}`, token);
  }

  #next(): Token {
    const token = this.#current;
    if (this.#pos + 1 >= this.#tokens.length) this.#fail('unexpected end of expression');
    this.#pos++;
    return token;
  }

  #expect(kind: TokenKind, value?: string): Token {
    return this.#is(kind, value) ? this.#next() : this.#unexpected();
  }

  #accept(kind: TokenKind, value: string): boolean {
    if (!this.#is(kind, value)) return false;
    this.#next();
    return true;
  }

  #sequence(): Node {
    const first = this.#expression(0);
    const nodes = [first];
    while (this.#accept('Operator', ';')) {
      if (this.#is('EOF')) break;
      nodes.push(this.#expression(0));
    }
    return nodes.length === 1 ? first : { kind: 'sequence', nodes, at: first.at };
  }

  #expression(precedence: number): Node {
    if (precedence === 0 && this.#is('Operator', 'let')) return this.#let();
    if (precedence === 0 && this.#is('Operator', 'if')) return this.#if();
    let left = this.#primary();
    let previous = '';
    while (this.#is('Operator')) {
      let operator = this.#current;
      const start = this.#pos;
      let negated: Token | undefined;
      if (operator.value === 'not') {
        this.#next();
        if (!NEGATABLE.has(this.#current.value)) this.#unexpected();
        negated = this.#current;
        operator = this.#current;
      }
      const level = BINARY[operator.value];
      if (level === undefined || level < precedence) {
        this.#pos = start;
        break;
      }
      this.#next();
      if (operator.value === '|') {
        const name = this.#expect('Identifier');
        left = this.#call(name, [left], true);
      } else if (previous === '??' && operator.value !== '??') {
        this.#fail(`Operator (${operator.value}) and coalesce expressions (??) cannot be mixed. Wrap either by parentheses.`, operator);
      } else if (COMPARISONS.has(operator.value)) {
        left = this.#comparison(left, operator, level);
      } else {
        const right = this.#expression(operator.value === '**' || operator.value === '^' ? level : level + 1);
        left = { kind: 'binary', operator: operator.value, left, right, at: operator.at };
        if (negated !== undefined) left = { kind: 'unary', operator: 'not', operand: left, at: negated.at };
      }
      previous = operator.value;
    }
    return precedence === 0 ? this.#conditional(left) : left;
  }

  #comparison(first: Node, firstOperator: Token, level: number): Node {
    let left = first;
    let operator = firstOperator;
    let root: Node | undefined;
    for (;;) {
      const right = this.#expression(level + 1);
      const node: Node = { kind: 'binary', operator: operator.value, left, right, at: operator.at };
      root = root === undefined ? node : { kind: 'binary', operator: '&&', left: root, right: node, at: operator.at };
      left = right;
      operator = this.#current;
      if (operator.kind !== 'Operator' || !COMPARISONS.has(operator.value)) return root;
      this.#next();
    }
  }

  #let(): Node {
    this.#next();
    const name = this.#expect('Identifier');
    this.#expect('Operator', '=');
    const value = this.#expression(0);
    this.#expect('Operator', ';');
    return { kind: 'let', name: name.value, value, body: this.#sequence(), at: name.at };
  }

  #if(): Node {
    const { at } = this.#next();
    const condition = this.#expression(0);
    this.#expect('Bracket', '{');
    const then = this.#sequence();
    this.#expect('Bracket', '}');
    this.#expect('Operator', 'else');
    this.#expect('Bracket', '{');
    const otherwise = this.#sequence();
    this.#expect('Bracket', '}');
    return { kind: 'conditional', condition, then, otherwise, at };
  }

  #conditional(start: Node): Node {
    let node = start;
    while (this.#accept('Operator', '?')) {
      let then = node;
      if (!this.#accept('Operator', ':')) {
        then = this.#expression(0);
        this.#expect('Operator', ':');
      }
      node = { kind: 'conditional', condition: node, then, otherwise: this.#expression(0), at: this.#current.at };
    }
    return node;
  }

  #primary(): Node {
    const token = this.#current;
    const level = token.kind === 'Operator' ? UNARY[token.value] : undefined;
    if (level !== undefined) {
      this.#next();
      return this.#postfix({ kind: 'unary', operator: token.value, operand: this.#expression(level), at: token.at });
    }
    if (this.#accept('Bracket', '(')) {
      const inner = this.#sequence();
      this.#expect('Bracket', ')');
      return this.#postfix(inner);
    }
    if (this.#depth > 0 && (this.#is('Operator', '#') || this.#is('Operator', '.'))) {
      let name = '';
      if (this.#accept('Operator', '#') && this.#is('Identifier')) name = this.#next().value;
      return this.#postfix({ kind: 'pointer', name, at: token.at });
    }
    if (this.#accept('Operator', '::')) return this.#postfix(this.#call(this.#expect('Identifier'), [], false));
    return this.#secondary(token);
  }

  #secondary(token: Token): Node {
    const at = token.at;
    switch (token.kind) {
      case 'Identifier':
        this.#next();
        if (token.value === 'true' || token.value === 'false') return { kind: 'bool', value: token.value === 'true', at };
        if (token.value === 'nil') return { kind: 'nil', at };
        return this.#postfix(this.#is('Bracket', '(') ? this.#call(token, [], true) : { kind: 'identifier', name: token.value, at });
      case 'Number':
        this.#next();
        return this.#number(token);
      case 'String':
        this.#next();
        return this.#postfix({ kind: 'string', value: token.value, at });
      default:
        if (this.#is('Bracket', '[')) return this.#postfix(this.#array());
        if (this.#is('Bracket', '{')) return this.#postfix(this.#map());
        return this.#unexpected(token);
    }
  }

  #number(token: Token): Node {
    const text = token.value.replaceAll('_', '').toLowerCase();
    if (!text.startsWith('0x') && /[.e]/.test(text)) return { kind: 'float', value: Number(text), at: token.at };
    const value = BigInt(text.replace(/^0+(?=\d)/, ''));
    if (value > 2n ** 63n - 1n) this.#fail(`invalid integer literal: strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
    return { kind: 'int', value, at: token.at };
  }

  #call(name: Token, given: Node[], checkOverrides: boolean): Node {
    const overridden = checkOverrides && this.options.isOverridden(name.value);
    const predicate = PREDICATES[name.value];
    if (predicate !== undefined && !overridden) return { kind: 'builtin', name: name.value, args: this.#predicateArguments(predicate.slice(given.length), given), at: name.at };
    const args = this.#arguments(given);
    if (!overridden && this.options.isBuiltin(name.value)) return { kind: 'builtin', name: name.value, args, at: name.at };
    return { kind: 'call', callee: { kind: 'identifier', name: name.value, at: name.at }, args, at: name.at };
  }

  #predicateArguments(kinds: readonly string[], given: Node[]): Node[] {
    const args = [...given];
    this.#expect('Bracket', '(');
    for (const [i, kind] of kinds.entries()) {
      if (this.#is('Bracket', ')')) {
        if (kind.endsWith('?')) break;
        this.#fail(`expected at least ${kinds.length} arguments`);
      }
      if (i > 0) this.#expect('Operator', ',');
      args.push(kind.startsWith('expr') ? this.#expression(0) : this.#predicate());
    }
    this.#accept('Operator', ',');
    this.#expect('Bracket', ')');
    return args;
  }

  #arguments(given: Node[]): Node[] {
    const args = [...given];
    this.#expect('Bracket', '(');
    while (!this.#is('Bracket', ')')) {
      if (args.length > given.length) this.#expect('Operator', ',');
      if (this.#is('Bracket', ')')) break;
      args.push(this.#expression(0));
    }
    this.#expect('Bracket', ')');
    return args;
  }

  #predicate(): Node {
    const at = this.#current.at;
    const braces = this.#accept('Bracket', '{');
    this.#depth++;
    const body = braces ? this.#sequence() : this.#expression(0);
    if (!braces && this.#is('Operator', ';')) this.#fail('wrap predicate with brackets { and }');
    this.#depth--;
    if (braces) this.#expect('Bracket', '}');
    return { kind: 'predicate', body, at };
  }

  #array(): Node {
    const { at } = this.#next();
    const items: Node[] = [];
    while (!this.#is('Bracket', ']')) {
      if (items.length > 0) this.#expect('Operator', ',');
      if (this.#is('Bracket', ']')) break;
      items.push(this.#expression(0));
    }
    this.#expect('Bracket', ']');
    return { kind: 'array', items, at };
  }

  #map(): Node {
    const { at } = this.#next();
    const pairs: { key: Node; value: Node }[] = [];
    while (!this.#is('Bracket', '}')) {
      if (pairs.length > 0) this.#expect('Operator', ',');
      if (this.#is('Bracket', '}')) break;
      const token = this.#current;
      let key: Node;
      if (token.kind === 'Number' || token.kind === 'String' || token.kind === 'Identifier') {
        this.#next();
        key = { kind: 'string', value: token.value, at: token.at };
      } else if (this.#is('Bracket', '(')) key = this.#expression(0);
      else this.#fail(`a map key must be a quoted string, a number, a identifier, or an expression enclosed in parentheses (unexpected token ${showToken(token)})`);
      this.#expect('Operator', ':');
      pairs.push({ key, value: this.#expression(0) });
    }
    this.#expect('Bracket', '}');
    return { kind: 'map', pairs, at };
  }

  #postfix(start: Node): Node {
    let node = start;
    for (;;) {
      let optional = false;
      if (this.#is('Operator', '.') || this.#is('Operator', '?.')) {
        optional = this.#next().value === '?.';
        if (!(optional && this.#is('Bracket', '['))) {
          node = this.#property(node, optional);
          continue;
        }
      }
      if (!this.#is('Bracket', '[')) return node;
      node = this.#index(node, optional);
    }
  }

  #property(target: Node, optional: boolean): Node {
    const name = this.#next();
    if (name.kind !== 'Identifier' && !(name.kind === 'Operator' && /^[A-Za-z_$][\w$]*$/.test(name.value))) this.#fail('expected name');
    const chained = target.kind === 'chain';
    let node: Node = {
      kind: 'member',
      node: chained ? target.node : target,
      property: { kind: 'string', value: name.value, at: name.at },
      optional,
      at: name.at,
    };
    if (this.#is('Bracket', '(')) node = { kind: 'call', callee: node, args: this.#arguments([]), at: name.at };
    return chained || optional ? { kind: 'chain', node, at: name.at } : node;
  }

  #index(target: Node, optional: boolean): Node {
    const { at } = this.#next();
    let from: Node | undefined;
    if (!this.#is('Operator', ':')) from = this.#expression(0);
    if (this.#accept('Operator', ':')) {
      const to = this.#is('Bracket', ']') ? undefined : this.#expression(0);
      this.#expect('Bracket', ']');
      return { kind: 'slice', node: target, from, to, at };
    }
    this.#expect('Bracket', ']');
    if (from === undefined) return this.#unexpected();
    const node: Node = { kind: 'member', node: target, property: from, optional, at };
    return optional ? { kind: 'chain', node, at } : node;
  }
}
