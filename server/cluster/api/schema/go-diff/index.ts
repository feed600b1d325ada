/** What Go's cmp.Diff says of two values: the API server puts it behind errors about what can't be changed. After go-cmp v0.7 cmp/report_compare.go and cmp/report_reflect.go */
import { compareValues, type DiffNode } from './compare.ts';
import { asStruct, elements, entries, fieldsOf, type GoType, type GoValue, isNil, isZero } from './go-values.ts';
import { addStats, appendEllipsis, braces, lengthOf, line, NIL, render, sameText, type Stats, type TextNode, type TextRecord, wrap } from './text.ts';
import { isRecord } from '../../patch/json-values.ts';

export { internalPodSpec, internalValue } from './go-values.ts';

interface Options {
  mode: 'both' | 'same' | '-' | '+';
  types: 'emit' | 'elide' | 'auto';
  verbosity: number;
  /** Whether it is shortened at all. */
  limited: boolean;
  avoidStringer: boolean;
}

const CONTEXT = 2;
const LAST_PRESET = 6;

/** The differences as text with an end of line; empty where there are none. */
export function goDiff(x: GoValue, y: GoValue): string {
  const node = compareValues(x.type, x, y);
  return node.different === 0 ? '' : render(formatDiff(node, undefined, { mode: 'both', types: 'emit', verbosity: 0, limited: false, avoidStringer: false }) ?? NIL);
}

const level = (options: Options): number => Math.min(16, Math.max(0, options.verbosity));

function preset(options: Options, i: number): Options {
  return { ...options, verbosity: level(options) + 2 * i, avoidStringer: options.avoidStringer || i > 0 };
}

function formatDiff(node: DiffNode, parent: GoType | undefined, given: Options): TextNode | undefined {
  const options = given.mode === 'same' ? { ...given, verbosity: 1, limited: true } : level(given) < 3 ? { ...given, verbosity: 3, limited: true } : given;
  const value = (side: GoValue | undefined, changed: Partial<Options> = {}): TextNode | undefined => formatValue(side, parent, { ...options, ...changed });
  if (node.depth === 0) {
    if (options.mode === '-') return value(node.x);
    if (options.mode === '+') return value(node.y);
    if (node.different === 0) {
      const [x, y] = [value(node.x) ?? NIL, value(node.y) ?? NIL];
      return lengthOf(x) < lengthOf(y) ? x : y;
    }
    let [x, y] = [value(node.x, { types: 'elide' }), value(node.y, { types: 'elide' })];
    for (let i = 0; i <= LAST_PRESET && x !== undefined && y !== undefined && sameText(x, y); i++) [x, y] = [value(node.x, { ...preset(options, i), types: 'elide' }), value(node.y, { ...preset(options, i), types: 'elide' })];
    const records: TextRecord[] = [];
    if (x !== undefined) records.push({ diff: '-', value: x });
    if (y !== undefined) records.push({ diff: '+', value: y });
    return withType(node.type, { t: 'list', records }, { ...options, types: 'emit' });
  }
  if (node.inner !== undefined) return wrap('&', formatDiff(node.inner, node.type, options) ?? NIL);
  return withType(node.type, formatRecords(node, options), options);
}

function formatRecords(node: DiffNode, given: Options): TextNode {
  const { type } = node;
  const key = (name: string): { key?: string } => (type.kind === 'slice' ? {} : { key: type.kind === 'map' ? mapKey(type, name) : name });
  const options: Options = { ...given, types: type.kind === 'struct' ? 'auto' : 'elide', verbosity: given.limited ? given.verbosity - 1 : given.verbosity };
  const most = !given.limited ? Infinity : given.mode === 'same' ? ((1 << level(given)) >> 1) << 2 : (1 << level(given)) << 1;
  const records: TextRecord[] = [];
  if (given.mode !== 'both') {
    for (const record of node.records) {
      if (records.length === most) {
        appendEllipsis(records);
        break;
      }
      const empty = (side: GoValue | undefined): boolean => side === undefined || isZero(side);
      const { x, y } = record.node;
      if (type.kind === 'struct' && (given.mode === '-' ? empty(x) : given.mode === '+' ? empty(y) : empty(x) || empty(y))) continue;
      const text = formatDiff(record.node, type, options);
      if (text !== undefined) records.push({ ...key(record.key), value: text });
    }
    return braces(records);
  }
  const name = type.kind === 'struct' ? 'field' : type.kind === 'slice' ? 'element' : 'entry';
  const groups = grouped(node.records);
  let differences = 0;
  let dropped: Stats | undefined;
  groups.forEach(({ equal, list }, index) => {
    const stats = statsOf(name, list);
    if (differences >= most) {
      dropped = dropped === undefined ? stats : addStats(dropped, stats);
      return;
    }
    if (equal) {
      const low = index === 0 ? 0 : Math.min(CONTEXT, list.length);
      let high = index === groups.length - 1 ? 0 : Math.min(CONTEXT, list.length - low);
      if (list.length - (low + high) === 1) high++;
      const same = (record: DiffNode['records'][number]): void => void records.push({ ...key(record.key), value: formatDiff(record.node, type, { ...options, mode: 'same' }) ?? NIL });
      list.slice(0, low).forEach(same);
      if (list.length > low + high) appendEllipsis(records, { ...stats, identical: list.length - low - high });
      list.slice(list.length - high).forEach(same);
      return;
    }
    for (const record of list) {
      if (record.node.children === record.node.depth) {
        const side = (mode: '-' | '+', chosen: Options): TextNode | undefined => formatDiff(record.node, type, { ...chosen, mode });
        let [x, y] = [side('-', options), side('+', options)];
        for (let i = 0; i <= LAST_PRESET && x !== undefined && y !== undefined && sameText(x, y); i++) [x, y] = [side('-', preset(options, i)), side('+', preset(options, i))];
        if (x !== undefined) records.push({ diff: '-', ...key(record.key), value: x });
        if (y !== undefined) records.push({ diff: '+', ...key(record.key), value: y });
      } else records.push({ ...key(record.key), value: formatDiff(record.node, type, options) ?? NIL });
    }
    differences += list.length;
  });
  if (dropped !== undefined) appendEllipsis(records, dropped);
  return braces(records);
}

/** Neighbours that are equal, and neighbours that are not. */
function grouped(records: DiffNode['records']): { equal: boolean; list: DiffNode['records'] }[] {
  const groups: { equal: boolean; list: DiffNode['records'] }[] = [];
  for (const record of records) {
    const equal = record.node.different === 0;
    const last = groups.at(-1);
    if (last?.equal === equal) last.list.push(record);
    else groups.push({ equal, list: [record] });
  }
  return groups;
}

function statsOf(name: string, list: DiffNode['records']): Stats {
  const count = (holds: (node: DiffNode) => boolean): number => list.filter(({ node }) => holds(node)).length;
  const removed = count((n) => n.different > 0 && n.y === undefined);
  const inserted = count((n) => n.different > 0 && n.x === undefined);
  const identical = count((n) => n.different === 0);
  return { name, identical, removed, inserted, modified: list.length - removed - inserted - identical };
}

function withType(type: GoType, text: TextNode, options: Options): TextNode {
  if (options.types === 'elide') return text;
  if (options.types === 'auto' && (!['struct', 'slice', 'map'].includes(type.kind) || sameText(text, NIL) || options.mode === 'same')) return text;
  const name = type.kind === 'ptr' ? `(${type.text})` : type.text;
  const bare = text.t === 'wrap' && ((text.prefix.startsWith('(') && text.suffix.endsWith(')')) || (text.prefix.startsWith('{') && text.suffix.endsWith('}')));
  return wrap(name, bare ? text : wrap('(', text, ')'));
}

function formatValue(value: GoValue | undefined, parent: GoType | undefined, given: Options): TextNode | undefined {
  if (value === undefined) return undefined;
  const { type, json } = value;
  const said = given.avoidStringer ? undefined : stringOf(value);
  if (said !== undefined) return formatString('s', said, given);
  const options = { ...given, verbosity: given.limited ? given.verbosity - 1 : given.verbosity };
  const most = given.limited ? ((1 << level(given)) >> 1) << 2 : Infinity;
  const listed = (items: Iterable<[string | undefined, GoValue]>): TextNode => {
    const records: TextRecord[] = [];
    for (const [key, item] of items) {
      if (records.length === most) {
        appendEllipsis(records);
        break;
      }
      const text = formatValue(item, type, { ...options, types: type.kind === 'struct' ? 'auto' : 'elide' });
      records.push({ ...(key === undefined ? {} : { key }), value: text ?? NIL });
    }
    return braces(records);
  };
  switch (type.kind) {
    case 'ptr':
      return isNil(value) ? withType(type, NIL, given) : wrap('&', formatValue({ type: type.of, json }, type, given) ?? NIL);
    case 'struct': {
      const own = asStruct(value);
      const present = fieldsOf(type.text).map((field): [string, GoValue] => [field.name, { type: field.type, json: field.from(own) }]);
      return withType(type, listed(present.filter(([, field]) => !isZero(field))), options);
    }
    case 'slice':
      return withType(type, isNil(value) ? NIL : listed(elements(value).map((item): [undefined, GoValue] => [undefined, item])), isNil(value) ? given : options);
    case 'map':
      return withType(type, isNil(value) ? NIL : listed([...entries(value)].map(([key, item]): [string, GoValue] => [mapKey(type, key), item])), isNil(value) ? given : options);
    case 'string':
      return withType(type, formatString('', typeof json === 'string' ? json : '', given), given);
    case 'bool':
      return withType(type, line(String(json === true)), given);
    default:
      return withType(type, line(String(json ?? 0)), given);
  }
}

/** Names of resources say what they are by a method of theirs. */
function mapKey(type: GoType, key: string): string {
  return `${type.kind === 'map' && type.text === 'core.ResourceList' ? 's' : ''}${quote(key)}`;
}

function stringOf({ type, json }: GoValue): string | undefined {
  if (type.text === 'core.ResourceName') return typeof json === 'string' ? json : '';
  if (type.kind !== 'ptr' || type.of.text !== 'v1.LabelSelector' || !isRecord(json)) return undefined;
  const labels = isRecord(json.matchLabels) ? Object.entries(json.matchLabels).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}: ${String(value)},`) : [];
  const expressions = Array.isArray(json.matchExpressions) ? json.matchExpressions.filter(isRecord) : [];
  const listed = expressions.map((e) => `LabelSelectorRequirement{Key:${String(e.key)},Operator:${String(e.operator)},Values:[${Array.isArray(e.values) ? e.values.join(' ') : ''}],},`);
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${listed.join('')}},}`;
}

function formatString(prefix: string, text: string, options: Options): TextNode {
  const most = options.limited ? (1 << level(options)) << 5 : Infinity;
  const lines = text.replace(/\n$/, '').split('\n');
  const plain = (part: string): boolean => !part.startsWith('"""') && !part.startsWith('...') && !/[^\t\P{C}]/u.test(part) && part.length <= most;
  if (lines.length >= 4 && (options.mode === '-' || options.mode === '+') && lines.every(plain)) {
    const mostLines = options.limited ? (1 << level(options)) << 2 : Infinity;
    const row = (value: string): TextRecord => ({ diff: options.mode === '-' ? '-' : '+', value: line(value), elideComma: true });
    const shown = lines.length > mostLines ? [...lines.slice(0, mostLines - 1), '...'] : lines;
    return wrap('(', { t: 'list', records: [row(`${prefix}"""`), ...shown.map(row), row(`${prefix}"""`)] }, ')');
  }
  const bytes = Buffer.from(text);
  return line(bytes.length > most + 3 ? `${prefix}${quote(bytes.subarray(0, most).toString('utf8'))}...` : `${prefix}${quote(text)}`);
}

/** Between quotes; between backquotes where that needs no escapes. */
function quote(text: string): string {
  const quoted = JSON.stringify(text);
  if (quoted.length === text.length + 2) return quoted;
  return /[`\n]|[^\t\P{C}]/u.test(text) ? quoted : `\`${text}\``;
}
