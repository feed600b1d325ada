import { BoundedRegExp } from '../../../lib/bounded-regexp.ts';

/**
 * The JSONPath of the `jsonpath` function. One definite path gives its value, an indefinite one (wildcard, descent, slice,
 * union, filter) the list of matches. Throws when a definite path leads nowhere. After evilmonkeyinc/jsonpath v0.8.1
 */
export function queryJsonPath(root: unknown, path: string): unknown {
  return walk(root, root, stepsOf(path), path);
}

type Step =
  | { kind: 'key'; name: string; descend?: boolean }
  | { kind: 'index'; index: number }
  | { kind: 'script'; script: string }
  | { kind: 'all'; descend?: boolean }
  | { kind: 'union'; keys: (string | number)[] }
  | { kind: 'slice'; from: number | undefined; to: number | undefined; step: number }
  | { kind: 'filter'; filter: string };

/** Where the bracket that opens at `at` closes: quotes and brackets inside it are skipped. */
function closing(path: string, at: number): number {
  let depth = 0;
  let quote = '';
  for (let i = at; i < path.length; i++) {
    const char = path.charAt(i);
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"') quote = char;
    else if (char === '[') depth++;
    else if (char === ']' && --depth === 0) return i;
  }
  return -1;
}

function stepsOf(path: string): Step[] {
  const bad = (why: string): never => {
    throw new Error(`invalid JSONPath selector '${path}' ${why}`);
  };
  const unexpected = (index: number): never => bad(`unexpected token '${path.charAt(index)}' at index ${index}`);
  if (!/^[$@]/.test(path)) unexpected(0);
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    const descend = path.startsWith('..', at);
    if (path[at] === '[') {
      const end = closing(path, at);
      if (end < 0) bad(`invalid token. '${path.slice(at)}' does not match any token format`);
      steps.push(bracket(path.slice(at + 1, end).trim()) ?? bad(`invalid token. '${path.slice(at, end + 1)}' does not match any token format`));
      at = end + 1;
      continue;
    }
    if (path[at] !== '.') unexpected(at);
    at += descend ? 2 : 1;
    const name = /^[^.[]*/.exec(path.slice(at))?.[0] ?? '';
    if (name === '' && !(descend && (path[at] === '[' || at === path.length))) bad('invalid token. token string is empty');
    at += name.length;
    if (name === '' || name === '*') steps.push({ kind: 'all', ...(descend ? { descend } : {}) });
    else steps.push({ kind: 'key', name, ...(descend ? { descend } : {}) });
  }
  return steps;
}

function bracket(text: string): Step | undefined {
  if (text === '*') return { kind: 'all' };
  const filter = /^\?\((.*)\)$/s.exec(text)?.[1] ?? /^\?(.*)$/s.exec(text)?.[1];
  if (filter !== undefined) return { kind: 'filter', filter };
  const script = /^\((.*)\)$/s.exec(text)?.[1];
  if (script !== undefined) return { kind: 'script', script };
  const slice = /^(-?\d*):(-?\d*)(?::(-?\d*))?$/.exec(text);
  if (slice !== null) {
    const number = (part: string | undefined) => (part === undefined || part === '' ? undefined : Number(part));
    return { kind: 'slice', from: number(slice[1]), to: number(slice[2]), step: number(slice[3]) ?? 1 };
  }
  const keys = [...text.matchAll(/\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(-?\d+)|([^,'"\s]+))\s*(?:,|$)/g)];
  if (keys.length === 0 || keys.reduce((length, [whole]) => length + whole.length, 0) !== text.length) return undefined;
  const parts = keys.map(([, single, double, index, bare]): string | number => (index === undefined ? (single ?? double ?? bare ?? '') : Number(index)));
  const [first, ...more] = parts;
  if (more.length > 0 || first === undefined) return { kind: 'union', keys: parts };
  return typeof first === 'number' ? { kind: 'index', index: first } : { kind: 'key', name: first };
}

function walk(root: unknown, start: unknown, steps: readonly Step[], path: string): unknown {
  let values: unknown[] = [start];
  let definite = true;
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1;
    let shown: string | undefined;
    const before = values[0];
    if ('descend' in step && step.descend === true) values = values.flatMap(descendants);
    switch (step.kind) {
      case 'key':
        shown = step.name;
        values = values.flatMap((value) => member(value, step.name));
        // What is found anywhere comes without its list around it.
        if (step.descend === true && last) values = values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
        break;
      case 'index':
        shown = String(step.index);
        values = values.flatMap((value) => element(value, step.index));
        break;
      case 'script':
        shown = step.script;
        values = values.flatMap((value) => {
          const key = calculate(root, value, step.script);
          return typeof key === 'number' ? element(value, key) : typeof key === 'string' ? member(value, key) : [];
        });
        break;
      case 'all':
        if (step.descend !== true || !last || !path.endsWith('..')) values = values.flatMap(children);
        break;
      case 'union':
        values = values.flatMap((value) => step.keys.flatMap((key) => (typeof key === 'number' ? element(value, key) : member(value, key))));
        break;
      case 'slice':
        values = values.flatMap((value) => (Array.isArray(value) ? sliced(value, step) : []));
        break;
      case 'filter':
        values = values.flatMap(children).filter((value) => truthy(evaluate(root, value, step.filter)));
        break;
    }
    if (!(step.kind === 'key' || step.kind === 'index' || step.kind === 'script') || ('descend' in step && step.descend === true)) definite = false;
    if (definite && values.length === 0) throw new Error(dead(step, before, shown ?? path));
  }
  return definite ? values[0] : values;
}

/** Why a step leads nowhere. */
function dead(step: Step, from: unknown, shown: string): string {
  const kind = from === null || from === undefined ? 'nil' : Array.isArray(from) ? 'slice' : typeof from === 'object' ? 'map' : typeof from === 'number' ? 'float64' : typeof from === 'boolean' ? 'bool' : typeof from;
  if (step.kind === 'index') return kind === 'slice' ? 'index: invalid token out of range' : `index: invalid token target. expected [array slice] got [${kind}]`;
  return kind === 'map' ? `key: invalid token key '${shown}' not found` : `key: invalid token target. expected [map] got [${kind}]`;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const children = (value: unknown): unknown[] => (Array.isArray(value) ? [...(value as unknown[])] : isObject(value) ? Object.keys(value).sort().map((key) => value[key]) : []);

/** A value and all lists and maps below it, from the top, one after the other. */
function descendants(value: unknown): unknown[] {
  const out: unknown[] = [];
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    out.push(next);
    for (const child of children(next).reverse()) if (typeof child === 'object' && child !== null) left.push(child);
  }
  return out;
}


function member(value: unknown, key: string): unknown[] {
  if (key === 'length' && (Array.isArray(value) || typeof value === 'string')) return [value.length];
  if (/^-?\d+$/.test(key) && Array.isArray(value)) return element(value, Number(key));
  return isObject(value) && Object.hasOwn(value, key) ? [value[key]] : [];
}

function element(value: unknown, index: number): unknown[] {
  if (!Array.isArray(value)) return member(value, String(index));
  const at = index < 0 ? index + value.length : index;
  return at >= 0 && at < value.length ? [value[at] as unknown] : [];
}

function sliced(list: readonly unknown[], { from, to, step }: { from: number | undefined; to: number | undefined; step: number }): unknown[] {
  if (step === 0) return [];
  const bound = (at: number | undefined, otherwise: number) => (at === undefined ? otherwise : at < 0 ? at + list.length : at);
  const out: unknown[] = [];
  if (step > 0) for (let i = Math.max(0, bound(from, 0)); i < Math.min(list.length, bound(to, list.length)); i += step) out.push(list[i]);
  else for (let i = Math.min(list.length - 1, bound(from, list.length - 1)); i > Math.max(-1, bound(to, -1)); i += step) out.push(list[i]);
  return out;
}

const truthy = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== '';

/** Cuts a text at an operator that stands outside of quotes and brackets; undefined when there is none. */
function cut(text: string, operators: readonly string[]): { left: string; operator: string; right: string } | undefined {
  let depth = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (quote !== '') {
      if (char === '\\') i++;
      else if (char === quote) quote = '';
    } else if (char === "'" || char === '"' || (char === '/' && /=~\s*$/.test(text.slice(0, i)))) quote = char;
    else if (char === '(' || char === '[') depth++;
    else if (char === ')' || char === ']') depth--;
    else if (depth === 0) {
      const operator = operators.find((candidate) => text.startsWith(candidate, i));
      if (operator !== undefined && i > 0) return { left: text.slice(0, i).trim(), operator: operator.trim(), right: text.slice(i + operator.length).trim() };
    }
  }
  return undefined;
}

/** A filter: paths from `@` and `$`, literals, comparisons, `&&`, `||` and `!`. What leads nowhere is undefined. */
function evaluate(root: unknown, current: unknown, given: string): unknown {
  const text = given.trim();
  const or = cut(text, ['||']);
  if (or !== undefined) return truthy(evaluate(root, current, or.left)) || truthy(evaluate(root, current, or.right));
  const and = cut(text, ['&&']);
  if (and !== undefined) return truthy(evaluate(root, current, and.left)) && truthy(evaluate(root, current, and.right));
  if (text.startsWith('!') && !text.startsWith('!=')) return !truthy(evaluate(root, current, text.slice(1)));
  const comparison = cut(text, ['==', '!=', '<=', '>=', '=~', '<', '>', ' not in ', ' in ']);
  if (comparison !== undefined) return compare(comparison.operator, evaluate(root, current, comparison.left), comparison.operator === '=~' ? comparison.right : evaluate(root, current, comparison.right));
  return calculate(root, current, text);
}

function compare(operator: string, left: unknown, right: unknown): boolean {
  if (operator === '==') return same(left, right);
  if (operator === '!=') return !same(left, right);
  if (operator === 'in' || operator === 'not in') return (Array.isArray(right) && right.some((item) => same(item, left))) === (operator === 'in');
  if (operator === '=~') return typeof left === 'string' && typeof right === 'string' && new BoundedRegExp(/^\/(.*)\/[a-z]*$/s.exec(right)?.[1] ?? right.replace(/^(['"])(.*)\1$/s, '$2'), 'u').test(left);
  if (typeof left !== typeof right || (typeof left !== 'number' && typeof left !== 'string') || (typeof right !== 'number' && typeof right !== 'string')) return false;
  if (operator === '<') return left < right;
  if (operator === '>') return left > right;
  return operator === '<=' ? left <= right : left >= right;
}

const same = (left: unknown, right: unknown): boolean => left !== undefined && right !== undefined && JSON.stringify(left) === JSON.stringify(right);

/** A value, or sums of values: `@.length-1`. */
function calculate(root: unknown, current: unknown, given: string): unknown {
  const text = given.trim();
  if (text.startsWith('(') && text.endsWith(')')) return evaluate(root, current, text.slice(1, -1));
  const sum = /^(.*[^\s+*/-])\s*([-+])\s*(\d+)$/s.exec(text);
  if (sum !== null && /^[@$\d]/.test(text)) {
    const left = calculate(root, current, sum[1] ?? '');
    if (typeof left === 'number') return sum[2] === '-' ? left - Number(sum[3]) : left + Number(sum[3]);
  }
  if (/^[@$]/.test(text)) {
    try {
      const steps = stepsOf(text);
      return walk(root, text.startsWith('$') ? root : current, steps, text);
    } catch {
      return undefined;
    }
  }
  try {
    return JSON.parse(text.replace(/'((?:[^'\\]|\\.)*)'/g, (_, inner: string) => JSON.stringify(inner))) as unknown;
  } catch {
    return undefined;
  }
}
