/** The simple JSONPaths of printer columns and selectable fields: `.status.conditions[?(@.type=="Ready")].status`, `.a['b.c'][0]`. */
import { isRecord } from '../patch/json-values.ts';

type Step = { key: string } | { index: number } | { all: true } | { recursive: string } | { path: Step[]; operator: string; value: unknown };

const cache = new Map<string, Step[] | undefined>();

/** Everything that the path finds; nothing for a path that can't be read. */
export function findPath(object: unknown, path: string): unknown[] {
  if (!cache.has(path)) cache.set(path, parse(path.replace(/^\{|\}$/g, '').replace(/^\$/, '')));
  const steps = cache.get(path);
  return steps === undefined ? [] : walk([object], steps);
}

function parse(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let rest = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  while (rest !== '' && rest !== '.') {
    const read = /^\.\.([\w-]+)|^\.?\[\*\]|^\.\*|^\.((?:\\.|[^.[\]\\])+)|^\.?\[(-?\d+)\]|^\.?\['((?:\\.|[^'\\])*)'\]|^\.?\["((?:\\.|[^"\\])*)"\]|^\.?\[\?\(@([^=<>!]*?)\s*(==|!=|<=|>=|<|>)\s*(.+?)\)\]|^\.?\[\?\(@([^)]*)\)\]/.exec(rest);
    if (read === null) return undefined;
    const [whole, recursive, key, index, quoted, doubled, filterPath, operator, operand, exists] = read;
    if (recursive !== undefined) steps.push({ recursive });
    else if (key !== undefined) steps.push({ key: key.replace(/\\(.)/g, '$1') });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else if (quoted !== undefined || doubled !== undefined) steps.push({ key: (quoted ?? doubled ?? '').replace(/\\(.)/g, '$1') });
    else if (operator !== undefined && operand !== undefined) {
      const inner = parse(filterPath ?? '');
      if (inner === undefined) return undefined;
      steps.push({ path: inner, operator, value: literal(operand.trim()) });
    } else if (exists !== undefined) {
      const inner = parse(exists);
      if (inner === undefined) return undefined;
      steps.push({ path: inner, operator: 'exists', value: undefined });
    } else steps.push({ all: true });
    rest = rest.slice(whole.length);
  }
  return steps;
}

function literal(text: string): unknown {
  const quoted = /^(['"])(.*)\1$/.exec(text);
  if (quoted !== null) return quoted[2];
  if (text === 'true' || text === 'false') return text === 'true';
  return Number.isNaN(Number(text)) ? text : Number(text);
}

function walk(values: readonly unknown[], steps: readonly Step[]): unknown[] {
  return steps.reduce<unknown[]>((now, step) => now.flatMap((value) => take(value, step)), [...values]);
}

function take(value: unknown, step: Step): unknown[] {
  if ('key' in step) return isRecord(value) && value[step.key] !== undefined ? [value[step.key]] : [];
  if ('index' in step) {
    const found: unknown = Array.isArray(value) ? value.at(step.index) : undefined;
    return found === undefined ? [] : [found];
  }
  const children: unknown[] = Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
  if ('all' in step) return children;
  if ('recursive' in step) return [...take(value, { key: step.recursive }), ...children.flatMap((child) => take(child, step))];
  return Array.isArray(value) ? value.filter((item) => passes(walk([item], step.path)[0], step.operator, step.value)) : [];
}

function passes(actual: unknown, operator: string, wanted: unknown): boolean {
  if (operator === 'exists') return actual !== undefined;
  if (operator === '==') return actual === wanted;
  if (operator === '!=') return actual !== undefined && actual !== wanted;
  if (typeof actual !== typeof wanted || (typeof actual !== 'number' && typeof actual !== 'string') || (typeof wanted !== 'number' && typeof wanted !== 'string')) return false;
  if (operator === '<') return actual < wanted;
  if (operator === '>') return actual > wanted;
  return operator === '<=' ? actual <= wanted : actual >= wanted;
}
