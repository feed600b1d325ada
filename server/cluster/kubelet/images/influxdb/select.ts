import { aggregate, type Sample, type Value } from './aggregate.ts';
import { type Database, type Measurement, type Series, tagKeys } from './database.ts';
import type { Condition, Column, Operand, Select } from './parser.ts';
import { QueryError } from './tokens.ts';

/** One series of an answer; times are nanoseconds, at the first column. */
export interface ResultSeries {
  name?: string;
  tags?: Record<string, string>;
  columns: string[];
  values: (Value | bigint)[][];
}

interface Row {
  time: bigint;
  tags: ReadonlyMap<string, string>;
  fields: Map<string, number | string | boolean>;
}

const MOST_BUCKETS = 100_000;
const HIGHEST = 0x7fff_ffff_ffff_ffffn;

/** What a SELECT gives. After influxdb 1.8 query/select.go, as far as the small server goes. */
export function runSelect(database: Database, query: Select, now: bigint): ResultSeries[] {
  const measurement = database.get(query.measurement);
  if (measurement === undefined) return [];
  const by = query.by.includes('*') ? tagKeys(measurement) : [...new Set(query.by)].sort();
  const groups = new Map<string, { tags: Record<string, string>; rows: Row[] }>();
  for (const series of measurement.series.values()) {
    const tags = Object.fromEntries(by.map((key) => [key, series.tags.get(key) ?? '']));
    const key = JSON.stringify(Object.values(tags));
    const group = groups.get(key) ?? { tags, rows: [] };
    for (const row of rowsOf(series)) if (query.where === undefined || fits(query.where, row, measurement)) group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, { tags, rows }]) => {
      rows.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
      const found = query.columns.some(({ call }) => call !== undefined) ? aggregated(query, measurement, rows, now) : plain(query, measurement, rows, by);
      if (query.descending) found.values.reverse();
      const values = found.values.slice(query.offset, query.limit === 0 ? undefined : query.offset + query.limit);
      return values.length === 0 ? [] : [{ name: query.measurement, ...(by.length === 0 ? {} : { tags }), columns: found.columns, values }];
    });
}

function* rowsOf({ tags, points }: Series): Generator<Row> {
  for (const [time, fields] of points) yield { time, tags, fields: new Map([...fields].map(([name, { value }]) => [name, value])) };
}

const valueOf = (row: Row, name: string): Value | bigint => (name === 'time' ? row.time : (row.fields.get(name) ?? row.tags.get(name) ?? null));

/** A name that there is once is itself; the second one is `load_1`. */
function unique(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}_${before}`;
  });
}

function plain({ columns }: Select, measurement: Measurement, rows: readonly Row[], by: readonly string[]) {
  const all = [...measurement.fields.keys(), ...tagKeys(measurement).filter((key) => !by.includes(key))].sort();
  const picked: Column[] = columns.flatMap((column) => (column.of === '*' ? all.map((of): Column => ({ of })) : column.of === 'time' ? [] : [column]));
  const fields = picked.filter(({ of }) => measurement.fields.has(of));
  return {
    columns: unique(['time', ...picked.map(({ of, as }) => as ?? of)]),
    // A row is one where there is a field that was asked for; tags alone give none.
    values: rows.filter((row) => fields.some(({ of }) => row.fields.has(of))).map((row) => [row.time, ...picked.map(({ of }) => valueOf(row, of))]),
  };
}

function aggregated(query: Select, measurement: Measurement, rows: readonly Row[], now: bigint) {
  const numeric = (call: string | undefined) => !['count', 'first', 'last', 'distinct', 'mode'].includes(call ?? '');
  const columns = query.columns.flatMap((column) =>
    column.of !== '*' ? [column] : [...measurement.fields].filter(([, type]) => !numeric(column.call) || type === 'float' || type === 'integer').map(([of]): Column => ({ ...column, of, as: `${column.as ?? column.call}_${of}` })).sort((a, b) => ((a.as ?? '') < (b.as ?? '') ? -1 : 1)));
  const [from, to] = bounds(query.where);
  const result = (part: readonly Row[], time: bigint | undefined) => {
    const found = columns.map((column) => {
      const type = measurement.fields.get(column.of);
      if (numeric(column.call) && type !== undefined && type !== 'float' && type !== 'integer') throw new QueryError(`unsupported ${column.call} iterator type: *query.${type}Iterator`);
      return aggregate(column.call ?? '', part.flatMap((row): Sample[] => { const value = row.fields.get(column.of); return value === undefined ? [] : [{ time: row.time, value }]; }), column.amount);
    });
    const [only] = found;
    if (Array.isArray(only) && found.length === 1) return only.map((sample) => [time ?? from, sample.value]);
    const values = found.map((sample) => (Array.isArray(sample) ? null : (sample?.value ?? null)));
    // One selector alone keeps the time of what it selected.
    const selected = found.length === 1 && only !== undefined && !Array.isArray(only) && only.time !== 0n ? only.time : undefined;
    return [[time ?? selected ?? from, ...values]];
  };
  const names = unique(['time', ...columns.map(({ as, call }) => as ?? call ?? '')]);
  if (!rows.some((row) => columns.some(({ of }) => row.fields.has(of)))) return { columns: names, values: [] };
  if (query.every === undefined) return { columns: names, values: result(rows, undefined) };
  return { columns: names, values: filled(query, buckets(rows, query.every, from, to ?? now), result) };
}

function buckets(rows: readonly Row[], every: bigint, from: bigint, to: bigint): Map<bigint, Row[]> {
  const start = (time: bigint) => time - (((time % every) + every) % every);
  const first = start(from === 0n ? (rows[0]?.time ?? to) : from);
  const count = to < first ? 0n : (to - first) / every + 1n;
  if (count > BigInt(MOST_BUCKETS)) throw new QueryError(`max-select-buckets limit exceeded: (${count}/${MOST_BUCKETS})`);
  const found = new Map<bigint, Row[]>();
  for (let at = first; at <= to; at += every) found.set(at, []);
  for (const row of rows) found.get(start(row.time))?.push(row);
  return found;
}

function filled({ fill, columns }: Select, parts: Map<bigint, Row[]>, result: (part: readonly Row[], time: bigint) => (Value | bigint)[][]): (Value | bigint)[][] {
  const counts = columns.every(({ call }) => call === 'count');
  let before: (Value | bigint)[] = [];
  return [...parts].flatMap(([time, part]) => {
    const values = result(part, time);
    if (part.length > 0) {
      before = values[0] ?? [];
      return values;
    }
    if (fill === 'none') return [];
    return values.map((row) => row.map((value, index) => (index === 0 ? time : typeof fill === 'number' ? fill : fill === 'previous' ? (before[index] ?? null) : counts ? value : null)));
  });
}

/** The first and the last nanosecond that a condition leaves, both within. */
function bounds(where: Condition | undefined): [bigint, bigint | undefined] {
  if (where?.kind === 'both') {
    const [a, b] = bounds(where.left);
    const [c, d] = bounds(where.right);
    return [a > c ? a : c, b === undefined || (d !== undefined && d < b) ? d : b];
  }
  if (where?.kind !== 'compare' || where.left.kind !== 'name' || where.left.name.toLowerCase() !== 'time' || where.right.kind !== 'time') return [0n, undefined];
  const { value } = where.right;
  switch (where.operator) {
    case '>':
      return [value + 1n, undefined];
    case '>=':
      return [value, undefined];
    case '<':
      return [0n, value - 1n];
    case '<=':
      return [0n, value];
    case '=':
      return [value, value];
    default:
      return [0n, HIGHEST];
  }
}

function fits(condition: Condition, row: Row, measurement: Measurement): boolean {
  if (condition.kind === 'both') return fits(condition.left, row, measurement) && fits(condition.right, row, measurement);
  if (condition.kind === 'either') return fits(condition.left, row, measurement) || fits(condition.right, row, measurement);
  const of = (operand: Operand): Value | bigint => {
    if (operand.kind !== 'name') return operand.value;
    const name = operand.name.toLowerCase() === 'time' ? 'time' : operand.name;
    // A tag that a series has not is as one with an empty value.
    return valueOf(row, name) ?? (measurement.fields.has(name) ? null : '');
  };
  const left = of(condition.left);
  const right = of(condition.right);
  if (left === null || right === null || typeof left !== typeof right) return false;
  switch (condition.operator) {
    case '=':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
