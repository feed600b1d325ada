/**
 * The JSONPath of the `jsonpath` function: `$.a.b[0]['c']`, `[*]`, `..name`, slices. One definite path gives its value,
 * an indefinite one (wildcard, descent, slice, filter) the list of matches. Throws when a definite path leads nowhere.
 */
export function queryJsonPath(root: unknown, path: string): unknown {
  const steps = [...path.matchAll(/\.\.([\w-]+|\*)|\.([\w-]+|\*)|\[\s*(?:'([^']*)'|"([^"]*)"|(-?\d+)|(\*)|(-?\d*):(-?\d*)|\?\((.*?)\))\s*\]/g)];
  const consumed = steps.reduce((length, step) => length + step[0].length, 0);
  if (!path.startsWith('$') || consumed !== path.length - 1) throw new Error(`invalid JSONPath selector '${path}'`);
  let values: unknown[] = [root];
  let definite = true;
  for (const [text, descend, dotted, single, double, index, star, from, to, filter] of steps) {
    const key = dotted ?? single ?? double;
    if (descend !== undefined) {
      definite = false;
      values = values.flatMap(descendants).flatMap((value) => (descend === '*' ? children(value) : member(value, descend)));
    } else if (star !== undefined || key === '*') {
      definite = false;
      values = values.flatMap(children);
    } else if (index !== undefined) values = values.flatMap((value) => (Array.isArray(value) && value.at(Number(index)) !== undefined ? [value.at(Number(index)) as unknown] : []));
    else if (from !== undefined || to !== undefined) {
      definite = false;
      values = values.flatMap((value) => (Array.isArray(value) ? value.slice(from ? Number(from) : 0, to ? Number(to) : undefined) : []));
    } else if (filter !== undefined) {
      definite = false;
      values = values.flatMap(children).filter((value) => passes(value, filter));
    } else if (key !== undefined) values = values.flatMap((value) => member(value, key));
    if (definite && values.length === 0) throw new Error(`key: invalid token key '${key ?? index ?? text}' not found`);
  }
  return definite ? values[0] : values;
}

const children = (value: unknown): unknown[] => (Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : []);
const descendants = (value: unknown): unknown[] => [value, ...children(value).flatMap(descendants)];

function member(value: unknown, key: string): unknown[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, key)) return [];
  return [(value as Record<string, unknown>)[key]];
}

/** `@.a.b == 'x'`, `@.n > 3`, `@.a`. */
function passes(value: unknown, filter: string): boolean {
  const match = /^\s*@((?:\.[\w-]+)*)\s*(?:(==|!=|<=|>=|<|>)\s*(?:'([^']*)'|"([^"]*)"|([-\w.]+))\s*)?$/.exec(filter);
  if (match === null) return false;
  const [, path, operator, single, double, bare] = match;
  const found = (path ?? '').split('.').slice(1).reduce<unknown[]>((values, key) => values.flatMap((item) => member(item, key)), [value])[0];
  if (operator === undefined) return found !== undefined;
  const literal: unknown = single ?? double ?? JSON.parse(bare ?? 'null');
  if (operator === '==') return found === literal;
  if (operator === '!=') return found !== literal;
  const order = Number(found) - Number(literal);
  return operator === '<' ? order < 0 : operator === '>' ? order > 0 : operator === '<=' ? order <= 0 : order >= 0;
}
