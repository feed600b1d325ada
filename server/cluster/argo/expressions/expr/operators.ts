import { BoundedRegExp } from '../../../../lib/bounded-regexp.ts';
import { timeMethod } from './time-methods.ts';
import { deepEqual, goTypeName, goValue, GoDuration, GoTime, isAnyMap, isMap } from './values.ts';

const isNumber = (value: unknown): value is number | bigint => typeof value === 'number' || typeof value === 'bigint';
const int = (value: bigint): bigint => BigInt.asIntN(64, value);

function mismatch(operator: string, a: unknown, b: unknown): never {
  throw new Error(`invalid operation: ${goTypeName(a)} ${operator} ${goTypeName(b)}`);
}

/** Applies an arithmetic or comparing operator; throws an Error with expr-lang's reason. After vm/runtime of v1.17. */
export function binaryOperation(operator: string, a: unknown, b: unknown): unknown {
  switch (operator) {
    case '==':
      return deepEqual(a, b);
    case '!=':
      return !deepEqual(a, b);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return compare(operator, a, b);
    case '+':
      if (typeof a === 'string' && typeof b === 'string') return a + b;
      if (a instanceof GoTime && b instanceof GoDuration) return new GoTime(a.ms + b.ms);
      if (a instanceof GoDuration && b instanceof GoTime) return new GoTime(a.ms + b.ms);
      if (a instanceof GoDuration && b instanceof GoDuration) return new GoDuration(a.ms + b.ms);
      return arithmetic(operator, a, b, (x, y) => x + y, (x, y) => x + y);
    case '-':
      if (a instanceof GoTime && b instanceof GoTime) return new GoDuration(a.ms - b.ms);
      if (a instanceof GoTime && b instanceof GoDuration) return new GoTime(a.ms - b.ms);
      if (a instanceof GoDuration && b instanceof GoDuration) return new GoDuration(a.ms - b.ms);
      return arithmetic(operator, a, b, (x, y) => x - y, (x, y) => x - y);
    case '*':
      if (a instanceof GoDuration && isNumber(b)) return new GoDuration(a.ms * Number(b));
      if (isNumber(a) && b instanceof GoDuration) return new GoDuration(Number(a) * b.ms);
      return arithmetic(operator, a, b, (x, y) => x * y, (x, y) => x * y);
    case '/':
      return isNumber(a) && isNumber(b) ? Number(a) / Number(b) : mismatch('/', a, b);
    case '%':
      if (typeof a !== 'bigint' || typeof b !== 'bigint') return mismatch('%', a, b);
      if (b === 0n) throw new Error('runtime error: integer divide by zero');
      return a % b;
    case '**':
    case '^':
      return isNumber(a) && isNumber(b) ? Number(a) ** Number(b) : mismatch('^', a, b);
    case '..': {
      const from = toInt(a);
      const to = toInt(b);
      if (to - from >= 1_000_000n) throw new Error('memory budget exceeded');
      return to < from ? [] : Array.from({ length: Number(to - from) + 1 }, (_, i) => from + BigInt(i));
    }
    case 'in':
      return isIn(a, b);
    case 'matches':
      return onText(a, b, (value, part) => goRegExp(part).test(value));
    case 'contains':
      return onText(a, b, (value, part) => value.includes(part));
    case 'startsWith':
      return onText(a, b, (value, part) => value.startsWith(part));
    case 'endsWith':
      return onText(a, b, (value, part) => value.endsWith(part));
    default:
      throw new Error(`unknown operator (${operator})`);
  }
}

/** Text operators: nil answers false, anything else that is no string is a failed assertion. */
function onText(a: unknown, b: unknown, test: (value: string, part: string) => boolean): boolean {
  if (a === null || a === undefined || b === null || b === undefined) return false;
  if (typeof b !== 'string') throw new Error(`interface conversion: interface {} is ${goTypeName(b)}, not string`);
  if (typeof a !== 'string') throw new Error(`interface conversion: interface {} is ${goTypeName(a)}, not string`);
  return test(a, b);
}

function arithmetic(operator: string, a: unknown, b: unknown, ints: (x: bigint, y: bigint) => bigint, floats: (x: number, y: number) => number): unknown {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(ints(a, b));
  return isNumber(a) && isNumber(b) ? floats(Number(a), Number(b)) : mismatch(operator, a, b);
}

function compare(operator: '<' | '>' | '<=' | '>=', a: unknown, b: unknown): boolean {
  const order = (x: number | string, y: number | string): boolean =>
    operator === '<' ? x < y : operator === '>' ? x > y : operator === '<=' ? x <= y : x >= y;
  if (isNumber(a) && isNumber(b)) return order(Number(a), Number(b));
  if (typeof a === 'string' && typeof b === 'string') return order(a, b);
  if ((a instanceof GoTime && b instanceof GoTime) || (a instanceof GoDuration && b instanceof GoDuration)) return order(a.ms, b.ms);
  return mismatch(operator, a, b);
}

function isIn(needle: unknown, container: unknown): boolean {
  if (container === null || container === undefined) return false;
  if (Array.isArray(container)) return container.some((item) => deepEqual(item, needle));
  if (isMap(container)) {
    if (needle === null || needle === undefined) return false;
    if (typeof needle !== 'string') throw new Error(`cannot use ${goTypeName(needle)} as field name of ${goTypeName(container)}`);
    return Object.hasOwn(container, needle);
  }
  throw new Error(`operator "in" not defined on ${goTypeName(container)}`);
}

export function unaryOperation(operator: string, value: unknown): unknown {
  if (operator === '!' || operator === 'not') {
    if (typeof value === 'boolean') return !value;
    throw new Error(`interface conversion: interface {} is ${goTypeName(value)}, not bool`);
  }
  if (operator === '+') return value;
  if (typeof value === 'bigint') return int(-value);
  if (typeof value === 'number') return -value;
  throw new Error(`invalid operation: - ${goTypeName(value)}`);
}

/** runtime.ToInt: whole numbers only. */
export function toInt(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return BigInt(Math.trunc(value));
  throw new Error(`invalid operation: int(${goTypeName(value)})`);
}

export function fetchMember(from: unknown, key: unknown): unknown {
  if (from === null || from === undefined) throw new Error(`cannot fetch ${goValue(key)} from <nil>`);
  if (Array.isArray(from) || typeof from === 'string') {
    const items: unknown[] = typeof from === 'string' ? [...Buffer.from(from)].map(BigInt) : from;
    let index = Number(toInt(key));
    if (index < 0) index += items.length;
    if (index < 0 || index >= items.length) throw new Error(`index out of range: ${index} (array length is ${items.length})`);
    return items[index];
  }
  if (isMap(from)) {
    if (typeof key === 'string') return Object.hasOwn(from, key) ? from[key] : null;
    if (isAnyMap(from)) return Object.hasOwn(from, goValue(key)) ? from[goValue(key)] : null;
    return null;
  }
  const method = timeMethod(from, key);
  if (method !== undefined) return method;
  throw new Error(`cannot fetch ${goValue(key)} from ${goTypeName(from)}`);
}

export function sliceOf(value: unknown, from: unknown, to: unknown): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) throw new Error(`cannot slice ${goValue(value)}`);
  const items = typeof value === 'string' ? Buffer.from(value) : value;
  const bound = (position: number) => Math.min(Math.max(position < 0 ? position + items.length : position, 0), items.length);
  const start = from === undefined ? 0 : bound(Number(toInt(from)));
  const end = to === undefined ? items.length : bound(Number(toInt(to)));
  const part = items.slice(Math.min(start, end), end);
  return Array.isArray(part) ? part : part.toString('utf8');
}

/** Go's words for the commonest mistakes in a pattern. After Go's src/regexp/syntax/parse.go */
function regexpProblem(pattern: string): string {
  const plain = pattern.replace(/\\[^]/gu, (escape) => '_'.repeat(escape.length));
  const repeat = /(?:^|[|]|\((?!\?))([*+?])/.exec(plain)?.[1];
  if (repeat !== undefined) return `missing argument to repetition operator: \`${repeat}\``;
  const open = /\[(?!\^?\]?[^\]]*\])/.exec(plain);
  if (open !== null) return `missing closing ]: \`${pattern.slice(open.index)}\``;
  const groups = plain.replace(/\[\^?\]?[^\]]*\]/g, '');
  const opened = groups.split('(').length - groups.split(')').length;
  if (opened > 0) return `missing closing ): \`${pattern}\``;
  if (opened < 0) return `unexpected ): \`${pattern}\``;
  if (/\(\?[=!<]/.test(groups)) return `invalid or unsupported Perl syntax: \`${/\(\?<?[=!]?/.exec(groups)?.[0] ?? ''}\``;
  if (pattern.endsWith('\\')) return 'trailing backslash at end of expression: ``';
  return `invalid escape sequence: \`${/\\[^]/u.exec(pattern)?.[0] ?? pattern}\``;
}

/** Go's RE2 syntax is nearly JavaScript's; inline flags and named groups are rewritten. */
export function goRegExp(pattern: string, flags = ''): RegExp {
  let source = pattern.replaceAll('(?P<', '(?<').replaceAll('\\z', '$').replaceAll('\\A', '^');
  let all = flags;
  const inline = /^\(\?([ims]+)\)/.exec(source);
  if (inline !== null) {
    source = source.slice(inline[0].length);
    all += inline[1] ?? '';
  }
  try {
    return new BoundedRegExp(source, `${all}u`);
  } catch {
    throw new Error(`error parsing regexp: ${regexpProblem(pattern)}`);
  }
}
