import { rfc3339 } from '../../../../lib/clock.ts';
import { type Database, type Databases, type Measurement, seriesKey, tagKeys } from './database.ts';
import { parseQuery, type Statement } from './parser.ts';
import { type ResultSeries, runSelect } from './select.ts';
import { QueryError } from './tokens.ts';

export interface QueryOptions {
  database: string;
  /** `epoch=`: the unit of times; absent: RFC 3339. */
  epoch: string;
  readOnly: boolean;
  now: bigint;
}

export interface StatementResult {
  statement_id: number;
  messages?: { level: string; text: string }[];
  series?: { name?: string; tags?: Record<string, string>; columns: string[]; values: unknown[][] }[];
  error?: string;
}

const EPOCHS: Readonly<Record<string, bigint>> = { ns: 1n, n: 1n, u: 1_000n, µ: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n };

/** The results of the statements of `q`, up to the first that fails; throws QueryError for what can't be read. */
export function runQuery(databases: Databases, text: string, options: QueryOptions): StatementResult[] {
  const results: StatementResult[] = [];
  for (const statement of parseQuery(text, options.now)) {
    const result: StatementResult = { statement_id: results.length };
    results.push(result);
    try {
      const series = run(databases, statement, options);
      if ('text' in statement && options.readOnly) result.messages = [{ level: 'warning', text: `deprecated use of '${statement.text}' in a read only context, please use a POST request instead` }];
      if (series.length > 0) result.series = series.map((one) => ({ ...one, values: one.values.map((row) => row.map((value) => (typeof value === 'bigint' ? timeText(value, options.epoch) : value))) }));
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      result.error = error.message;
      break;
    }
  }
  return results;
}

/** RFC 3339 to the nanosecond without zeros at the end, or a number in the unit of `epoch=`. */
function timeText(time: bigint, epoch: string): string | number {
  const unit = Object.hasOwn(EPOCHS, epoch) ? EPOCHS[epoch] : undefined;
  if (unit !== undefined) return Number(time / unit);
  const second = time / 1_000_000_000n - (time % 1_000_000_000n < 0n ? 1n : 0n);
  const rest = String(time - second * 1_000_000_000n).padStart(9, '0').replace(/0+$/, '');
  return `${rfc3339(Number(second) * 1000).replace('Z', '')}${rest === '' ? '' : `.${rest}`}Z`;
}

function run(databases: Databases, statement: Statement, options: QueryOptions): ResultSeries[] {
  switch (statement.kind) {
    case 'create-database':
      databases.create(statement.name);
      return [];
    case 'drop-database':
      databases.drop(statement.name);
      return [];
    case 'show-databases':
      return [{ name: 'databases', columns: ['name'], values: databases.names.map((name) => [name]) }];
    case 'drop-measurement': {
      if (!named(databases, options.database).delete(statement.name)) throw new QueryError(`measurement not found: ${statement.name}`);
      return [];
    }
    case 'select':
      return runSelect(named(databases, statement.database ?? options.database), statement, options.now);
    default:
      return show(named(databases, statement.database ?? options.database), statement);
  }
}

function named(databases: Databases, name: string): Database {
  if (name === '') throw new QueryError('database name required');
  const found = databases.get(name);
  if (found === undefined) throw new QueryError(`database not found: ${name}`);
  return found;
}

type Show = Extract<Statement, { measurement?: string }> & { kind: `show-${string}` };

function show(database: Database, statement: Show): ResultSeries[] {
  const measurements = [...database].filter(([name]) => statement.measurement === undefined || name === statement.measurement).sort(([a], [b]) => (a < b ? -1 : 1));
  const each = (columns: string[], rows: (measurement: Measurement) => string[][]) =>
    measurements.map(([name, measurement]) => ({ name, columns, values: rows(measurement) })).filter(({ values }) => values.length > 0);
  const one = (name: string | undefined, columns: string[], values: string[][]): ResultSeries[] => (values.length === 0 ? [] : [{ ...(name === undefined ? {} : { name }), columns, values }]);
  switch (statement.kind) {
    case 'show-measurements':
      return one('measurements', ['name'], measurements.map(([name]) => [name]));
    case 'show-series':
      return one(undefined, ['key'], measurements.flatMap(([name, { series }]) => [...series.values()].map(({ tags }) => [seriesKey(name, tags)])).sort());
    case 'show-tag-keys':
      return each(['tagKey'], (measurement) => tagKeys(measurement).map((key) => [key]));
    case 'show-field-keys':
      return each(['fieldKey', 'fieldType'], ({ fields }) => [...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
    case 'show-tag-values':
      return each(['key', 'value'], ({ series }) => [...statement.keys].sort().flatMap((key) => [...new Set([...series.values()].flatMap(({ tags }) => tags.get(key) ?? []))].sort().map((value) => [key, value])));
    default:
      return [{ columns: ['name', 'duration', 'shardGroupDuration', 'replicaN', 'default'], values: [['autogen', '0s', '168h0m0s', 1, true]] }];
  }
}
