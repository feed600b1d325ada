import { fitsGlob, type GlobPart, globParts } from '../../../../lib/glob.ts';
import { parseJsonText, stringOf } from './json-text.ts';
import type { JsonNode } from './json-text.ts';

/**
 * Paths of tidwall/gjson, by which filters and parameters of sensors name a part of an event: `body.items.0.name`,
 * `items.#`, `items.#.name`, `items.#(id=="x").name`, `items.#(n>3)#`, `na*e`, `a\.b`, `a|@reverse`, `[a,b]`, `{a,b}`.
 */
export function getPath(root: JsonNode, path: string): JsonNode | undefined {
  return path === '' ? undefined : walk(root, path, 0);
}

const MAX_STEPS = 200;

function walk(node: JsonNode, path: string, depth: number): JsonNode | undefined {
  if (path === '') return node;
  if (depth > MAX_STEPS) return undefined;
  const first = path.charAt(0);
  if (first === '@') {
    const { name, argument, rest } = modifierOf(path);
    const changed = modify(node, name, argument);
    return changed === undefined ? undefined : walk(changed, rest, depth + 1);
  }
  if (first === '[' || first === '{') {
    const end = closing(path, 0);
    if (end > 0) return walk(gather(node, path.slice(1, end), first, depth), path.slice(end + 1).replace(/^[.|]/, ''), depth + 1);
  }
  const { name, wild, rest, piped } = component(path);
  if (node.kind === 'array') return ofArray(node, name, rest, piped, depth);
  if (node.kind !== 'object') return undefined;
  const matches = wild === undefined ? (key: string) => key === name : (key: string) => fitsGlob(wild, key);
  const found = node.members.find(([key]) => matches(key))?.[1];
  return found === undefined ? undefined : walk(found, rest, depth + 1);
}

interface Component {
  name: string;
  wild: readonly GlobPart[] | undefined;
  rest: string;
  /** Whether what follows stands behind a pipe: it is then asked of the whole, not of each item. */
  piped: boolean;
}

/** The first name of a path and what follows it. Queries keep their parentheses. */
function component(path: string): Component {
  let name = '';
  const pattern: GlobPart[] = [];
  let wild = false;
  let at = 0;
  if (path.startsWith('#(') || path.startsWith('#[')) {
    const end = closing(path, 1);
    at = end < 0 ? path.length : end + 1;
    if (path.charAt(at) === '#') at++;
    name = path.slice(0, at);
  } else {
    for (; at < path.length; at++) {
      const c = path.charAt(at);
      if (c === '.' || c === '|') break;
      if (c === '\\' && at + 1 < path.length) {
        const escaped = path.charAt(++at);
        name += escaped;
        pattern.push({ char: escaped });
        continue;
      }
      if (c === '*' || c === '?') wild = true;
      name += c;
      pattern.push(...globParts(c));
    }
  }
  return { name, wild: wild ? pattern : undefined, rest: path.slice(at + 1), piped: path.charAt(at) === '|' };
}

function ofArray(node: JsonNode & { kind: 'array' }, name: string, rest: string, piped: boolean, depth: number): JsonNode | undefined {
  if (name === '#') {
    if (rest === '' || piped) return walk({ kind: 'number', raw: String(node.items.length) }, rest, depth + 1);
    return arrayOf(node.items.flatMap((item) => walk(item, rest, depth + 1) ?? []));
  }
  const query = /^#[([]([\s\S]*)[)\]](#?)$/.exec(name);
  if (query !== null) {
    const [, condition = '', all] = query;
    const matching = node.items.filter((item) => meets(item, condition, depth));
    if (all !== '#') return matching[0] === undefined ? undefined : walk(matching[0], rest, depth + 1);
    if (rest === '' || piped) return walk(arrayOf(matching), rest, depth + 1);
    return arrayOf(matching.flatMap((item) => walk(item, rest, depth + 1) ?? []));
  }
  if (!/^\d+$/.test(name)) return undefined;
  const item = node.items[Number(name)];
  return item === undefined ? undefined : walk(item, rest, depth + 1);
}

function arrayOf(items: readonly JsonNode[]): JsonNode {
  return { kind: 'array', raw: `[${items.map(({ raw }) => raw).join(',')}]`, items };
}

/** A query's condition: `path op value`, or a path alone that must be there. */
function meets(item: JsonNode, condition: string, depth: number): boolean {
  const match = /^\s*((?:\\.|"(?:\\.|[^"])*"|[^=!<>%\\"])*?)\s*(==|=|!=|<=|>=|<|>|%|!%)\s*([\s\S]*)$/.exec(condition);
  const path = (match === null ? condition : (match[1] ?? '')).trim();
  const left = path === '' ? item : walk(item, path, depth + 1);
  if (match === null) return left !== undefined;
  if (left === undefined) return false;
  const operator = match[2] ?? '';
  const text = (match[3] ?? '').trim();
  if (text.startsWith('"') || operator === '%' || operator === '!%') {
    const right = text.startsWith('"') ? text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined).replace(/\\(["\\])/g, '$1') : text;
    if (left.kind !== 'string') return false;
    if (operator === '%' || operator === '!%') {
      const { wild } = component(right.replaceAll('.', '\\.'));
      return (wild === undefined ? left.text === right : fitsGlob(wild, left.text)) === (operator === '%');
    }
    return compare(operator, left.text, right);
  }
  if (text === 'true' || text === 'false') return (left.kind === 'true' || left.kind === 'false') && compare(operator, Number(left.kind === 'true'), Number(text === 'true'));
  if (text === 'null') return (operator === '!=') !== (left.kind === 'null');
  return left.kind === 'number' && compare(operator, Number(left.raw), Number(text));
}

function compare<T extends string | number>(operator: string, a: T, b: T): boolean {
  switch (operator) {
    case '=':
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    default:
      return a >= b;
  }
}

/** Where the bracket at `from` is closed; -1 where it is not. */
function closing(path: string, from: number): number {
  let depth = 0;
  for (let at = from; at < path.length; at++) {
    const c = path.charAt(at);
    if (c === '\\') at++;
    else if (c === '"') {
      for (at++; at < path.length && path.charAt(at) !== '"'; at++) if (path.charAt(at) === '\\') at++;
    } else if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c) && --depth === 0) return at;
  }
  return -1;
}

function modifierOf(path: string): { name: string; argument: string; rest: string } {
  const [, name = '', more = ''] = /^@([^.|:]*)([\s\S]*)$/.exec(path) ?? [];
  if (!more.startsWith(':')) return { name, argument: '', rest: more.slice(1) };
  const end = '{["'.includes(more.charAt(1)) ? (more.charAt(1) === '"' ? more.indexOf('"', 2) : closing(more, 1)) + 1 : more.search(/[.|]/);
  const stop = end <= 0 ? more.length : end;
  return { name, argument: more.slice(1, stop), rest: more.slice(stop + 1) };
}

function modify(node: JsonNode, name: string, argument: string): JsonNode | undefined {
  switch (name) {
    case 'this':
    case 'valid':
      return node;
    case 'ugly':
      return parseJsonText(JSON.stringify(JSON.parse(node.raw)));
    case 'pretty':
      return parseJsonText(`${JSON.stringify(JSON.parse(node.raw), undefined, 2)}\n`);
    case 'reverse':
      if (node.kind === 'array') return arrayOf(node.items.toReversed());
      return node.kind === 'object' ? objectOf(node.members.toReversed()) : node;
    case 'keys':
      return node.kind === 'object' ? arrayOf(node.members.map(([key]) => parseJsonText(JSON.stringify(key)))) : arrayOf([]);
    case 'values':
      return node.kind === 'object' ? arrayOf(node.members.map(([, value]) => value)) : node.kind === 'array' ? node : arrayOf([node]);
    case 'flatten':
      return node.kind === 'array' ? arrayOf(node.items.flatMap((item) => (item.kind === 'array' ? (argument.includes('"deep":true') ? flat(item) : item.items) : [item]))) : node;
    case 'join':
      return node.kind === 'array' ? objectOf([...new Map(node.items.flatMap((item) => (item.kind === 'object' ? item.members : [])))]) : node;
    case 'tostr':
      return parseJsonText(JSON.stringify(node.raw));
    case 'fromstr':
      return node.kind === 'string' ? parsed(node.text) : undefined;
    default:
      return undefined;
  }
}

function flat(node: JsonNode): readonly JsonNode[] {
  return node.kind === 'array' ? node.items.flatMap(flat) : [node];
}

function parsed(text: string): JsonNode | undefined {
  try {
    return parseJsonText(text);
  } catch {
    return undefined;
  }
}

function objectOf(members: readonly (readonly [string, JsonNode])[]): JsonNode {
  return { kind: 'object', raw: `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value.raw}`).join(',')}}`, members };
}

/** `[a,b]` and `{a,"name":b}`: several paths at once; what is not there is left out. */
function gather(node: JsonNode, list: string, kind: '[' | '{', depth: number): JsonNode {
  const found: [string, JsonNode][] = [];
  for (const part of splitList(list)) {
    const [, quoted, path = ''] = /^(?:("(?:\\.|[^"])*"):)?([\s\S]*)$/.exec(part) ?? [];
    const value = walk(node, path, depth + 1);
    const name = quoted === undefined ? (path.split(/[.|]/).at(-1) ?? path) : String(JSON.parse(quoted));
    if (value !== undefined) found.push([name, value]);
  }
  return kind === '[' ? arrayOf(found.map(([, value]) => value)) : objectOf(found);
}

function splitList(list: string): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < list.length; at++) {
    const c = list.charAt(at);
    if (c === '\\') at++;
    else if ('([{"'.includes(c)) {
      const end = c === '"' ? list.indexOf('"', at + 1) : closing(list, at);
      at = end < 0 ? list.length : end;
    } else if (c === ',') {
      parts.push(list.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, list.slice(from)].filter((part) => part !== '');
}

/** The text at a path of a JSON document, as `gjson.Get(…).String()`; undefined where nothing is. */
export function textAt(json: string, path: string): string | undefined {
  const node = getPath(parseJsonText(json), path);
  return node === undefined ? undefined : stringOf(node);
}
