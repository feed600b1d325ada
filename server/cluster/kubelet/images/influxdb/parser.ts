import { durationOf, QueryError, Tokens } from './tokens.ts';

export interface Column {
  /** `mean`; absent for a field or a tag itself. */
  call?: string;
  /** `*` for all. */
  of: string;
  /** The number of percentile, top and the like. */
  amount?: number;
  as?: string;
}

export type Operand = { kind: 'name'; name: string } | { kind: 'string'; value: string } | { kind: 'number'; value: number } | { kind: 'boolean'; value: boolean } | { kind: 'time'; value: bigint };
export type Condition = { kind: 'both'; left: Condition; right: Condition } | { kind: 'either'; left: Condition; right: Condition } | { kind: 'compare'; operator: string; left: Operand; right: Operand };

export interface Select {
  kind: 'select';
  columns: Column[];
  measurement: string;
  database?: string;
  where?: Condition;
  /** Names of tags; `*` for all. */
  by: string[];
  /** Nanoseconds of a bucket. */
  every?: bigint;
  fill: 'null' | 'none' | 'previous' | number;
  descending: boolean;
  limit: number;
  offset: number;
}

export type Statement =
  | Select
  | { kind: 'create-database' | 'drop-database' | 'drop-measurement'; name: string; text: string }
  | { kind: 'show-databases' }
  | { kind: 'show-measurements' | 'show-series' | 'show-tag-keys' | 'show-field-keys' | 'show-retention-policies'; database?: string; measurement?: string }
  | { kind: 'show-tag-values'; database?: string; measurement?: string; keys: string[] };

const CALLS = ['count', 'sum', 'mean', 'median', 'min', 'max', 'first', 'last', 'spread', 'stddev', 'mode', 'distinct', 'percentile'];

/** The statements of `q`. After influxql 1.1 parser.go, as far as the small server goes. */
export function parseQuery(text: string, now: bigint): Statement[] {
  const tokens = new Tokens(text);
  const statements: Statement[] = [];
  let separated = true;
  while (tokens.next.kind !== 'end') {
    if (tokens.has(';')) separated = true;
    else if (!separated) tokens.fail(';');
    else {
      statements.push(statement(tokens, now));
      separated = false;
    }
  }
  return statements;
}

function statement(tokens: Tokens, now: bigint): Statement {
  if (tokens.has('SELECT')) return select(tokens, now);
  if (tokens.has('SHOW')) return show(tokens);
  if (tokens.has('CREATE')) {
    tokens.expect('DATABASE');
    const name = tokens.name();
    return { kind: 'create-database', name, text: `CREATE DATABASE ${quoted(name)}` };
  }
  if (tokens.has('DROP')) {
    const what = tokens.has('DATABASE') ? 'DATABASE' : tokens.has('MEASUREMENT') ? 'MEASUREMENT' : tokens.fail('DATABASE', 'MEASUREMENT');
    const name = tokens.name();
    return { kind: what === 'DATABASE' ? 'drop-database' : 'drop-measurement', name, text: `DROP ${what} ${quoted(name)}` };
  }
  if (['DELETE', 'EXPLAIN', 'GRANT', 'REVOKE', 'ALTER', 'SET', 'KILL'].includes(tokens.next.text.toUpperCase())) throw new QueryError(`the small server that stands for InfluxDB in this cluster does not know ${tokens.next.text.toUpperCase()}`);
  return tokens.fail('SELECT', 'DELETE', 'SHOW', 'CREATE', 'DROP', 'EXPLAIN', 'GRANT', 'REVOKE', 'ALTER', 'SET', 'KILL');
}

function quoted(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
}

function show(tokens: Tokens): Statement {
  if (tokens.has('DATABASES')) return { kind: 'show-databases' };
  const scope = () => ({ ...(tokens.has('ON') ? { database: tokens.name() } : {}), ...(tokens.has('FROM') ? source(tokens) : {}) });
  if (tokens.has('MEASUREMENTS')) return { kind: 'show-measurements', ...scope() };
  if (tokens.has('SERIES')) return { kind: 'show-series', ...scope() };
  if (tokens.has('RETENTION')) {
    tokens.expect('POLICIES');
    return { kind: 'show-retention-policies', ...scope() };
  }
  if (tokens.has('FIELD')) {
    tokens.expect('KEYS');
    return { kind: 'show-field-keys', ...scope() };
  }
  if (!tokens.has('TAG')) return tokens.fail('DATABASES', 'FIELD', 'MEASUREMENTS', 'RETENTION', 'SERIES', 'TAG');
  if (tokens.has('KEYS')) return { kind: 'show-tag-keys', ...scope() };
  if (!tokens.has('VALUES')) tokens.fail('KEYS', 'VALUES');
  const where = scope();
  tokens.expect('WITH', 'KEY');
  if (tokens.has('=')) return { kind: 'show-tag-values', ...where, keys: [tokens.name()] };
  tokens.expect('IN', '(');
  const keys = [tokens.name()];
  while (tokens.has(',')) keys.push(tokens.name());
  tokens.expect(')');
  return { kind: 'show-tag-values', ...where, keys };
}

/** `cpu`, `autogen.cpu`, `mydb..cpu`, `mydb.autogen.cpu`: there is one retention policy. */
function source(tokens: Tokens): { measurement: string; database?: string } {
  const parts = [tokens.name()];
  while (tokens.has('.')) parts.push(tokens.next.text === '.' ? '' : tokens.name());
  const [database] = parts.length > 2 ? parts : [];
  return { measurement: parts.at(-1) ?? '', ...(database === undefined ? {} : { database }) };
}

function select(tokens: Tokens, now: bigint): Select {
  const columns = [column(tokens)];
  while (tokens.has(',')) columns.push(column(tokens));
  tokens.expect('FROM');
  const result: Select = { kind: 'select', columns, ...source(tokens), by: [], fill: 'null', descending: false, limit: 0, offset: 0 };
  if (tokens.has('WHERE')) result.where = either(tokens, now);
  if (tokens.has('GROUP')) {
    tokens.expect('BY');
    do group(tokens, result);
    while (tokens.has(','));
    if (tokens.has('FILL')) {
      tokens.expect('(');
      const { kind, text } = tokens.take();
      result.fill = kind === 'number' ? Number(text) : text === 'none' || text === 'previous' ? text : 'null';
      tokens.expect(')');
    }
  }
  if (tokens.has('ORDER')) {
    tokens.expect('BY');
    if (tokens.name().toLowerCase() !== 'time') throw new QueryError('only ORDER BY time supported at this time');
    result.descending = tokens.has('DESC');
    if (!result.descending) tokens.has('ASC');
  }
  if (tokens.has('LIMIT')) result.limit = tokens.integer();
  if (tokens.has('OFFSET')) result.offset = tokens.integer();
  const called = columns.filter(({ call }) => call !== undefined).length;
  if (called > 0 && called < columns.length) throw new QueryError('mixing aggregate and non-aggregate queries is not supported');
  if (called === 0 && result.every !== undefined) throw new QueryError('GROUP BY requires at least one aggregate function');
  return result;
}

function column(tokens: Tokens): Column {
  if (tokens.has('*')) return { of: '*' };
  const first = tokens.name();
  let found: Column = { of: first };
  if (tokens.has('(')) {
    if (!CALLS.includes(first.toLowerCase())) throw new QueryError(`undefined function ${first}()`);
    found = { call: first.toLowerCase(), of: tokens.has('*') ? '*' : tokens.name() };
    if (tokens.has(',')) found.amount = Number(tokens.take().text);
    tokens.expect(')');
  } else if (tokens.has('::')) tokens.name();
  if (tokens.has('AS')) found.as = tokens.name();
  return found;
}

function group(tokens: Tokens, result: Select): void {
  if (tokens.has('*')) return void result.by.push('*');
  const name = tokens.name();
  if (name.toLowerCase() !== 'time' || !tokens.has('(')) return void result.by.push(name);
  if (tokens.next.kind !== 'duration') throw new QueryError('time dimension must have duration argument');
  result.every = durationOf(tokens.take().text);
  if (result.every === 0n) throw new QueryError('time dimension must have duration argument');
  tokens.expect(')');
}

function either(tokens: Tokens, now: bigint): Condition {
  let left = both(tokens, now);
  while (tokens.has('OR')) left = { kind: 'either', left, right: both(tokens, now) };
  return left;
}

function both(tokens: Tokens, now: bigint): Condition {
  let left = compare(tokens, now);
  while (tokens.has('AND')) left = { kind: 'both', left, right: compare(tokens, now) };
  return left;
}

function compare(tokens: Tokens, now: bigint): Condition {
  if (tokens.has('(')) {
    const inner = either(tokens, now);
    tokens.expect(')');
    return inner;
  }
  const left = operand(tokens, now);
  const operator = tokens.next.text;
  if (operator === '=~' || operator === '!~') throw new QueryError('the small server that stands for InfluxDB in this cluster compares by no regular expressions');
  if (!['=', '!=', '<>', '<', '<=', '>', '>='].includes(operator)) tokens.fail('operator');
  tokens.take();
  const right = operand(tokens, now);
  const time = left.kind === 'name' && left.name.toLowerCase() === 'time';
  return { kind: 'compare', operator: operator === '<>' ? '!=' : operator, left, right: time ? timeOf(right) : right };
}

function timeOf(operand: Operand): Operand {
  if (operand.kind === 'number') return { kind: 'time', value: BigInt(Math.trunc(operand.value)) };
  if (operand.kind !== 'string') return operand;
  const [, date = '', fraction = ''] = /^(\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d:\d\d)?)(?:\.(\d{1,9}))?Z?$/.exec(operand.value) ?? [];
  const ms = Date.parse(date.includes(':') ? `${date.replace(' ', 'T')}Z` : date);
  if (Number.isNaN(ms)) throw new QueryError(`invalid operation: time and *influxql.StringLiteral are not compatible`);
  return { kind: 'time', value: BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0')) };
}

function operand(tokens: Tokens, now: bigint): Operand {
  const negative = tokens.has('-');
  const { kind, text } = tokens.next;
  if (kind === 'number') return { kind: 'number', value: Number(tokens.take().text) * (negative ? -1 : 1) };
  if (kind === 'duration') return { kind: 'time', value: durationOf(tokens.take().text) * (negative ? -1n : 1n) };
  if (negative) return tokens.fail('number');
  if (kind === 'string') return { kind: 'string', value: tokens.take().text };
  if (kind === 'word' && /^(true|false)$/i.test(text)) return { kind: 'boolean', value: tokens.take().text.toLowerCase() === 'true' };
  const name = tokens.name();
  if (name.toLowerCase() !== 'now' || !tokens.has('(')) {
    if (tokens.has('::')) tokens.name();
    return { kind: 'name', name };
  }
  tokens.expect(')');
  const sign = tokens.has('-') ? -1n : tokens.has('+') ? 1n : 0n;
  return { kind: 'time', value: now + (sign === 0n ? 0n : sign * durationOf(tokens.take().text)) };
}
