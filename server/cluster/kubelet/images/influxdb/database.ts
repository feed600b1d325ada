import type { Field, FieldType, Point } from './line-protocol.ts';

/** The points of one measurement with the same tags, by time. */
export interface Series {
  tags: ReadonlyMap<string, string>;
  points: Map<bigint, Map<string, Field>>;
}

export interface Measurement {
  fields: Map<string, FieldType>;
  series: Map<string, Series>;
}

export type Database = Map<string, Measurement>;

/** How many points one server holds: what comes beyond is refused, as from a full disk. */
const MOST_POINTS = 1_000_000;

/** The databases of one server; they go with its container. */
export class Databases {
  readonly #databases = new Map<string, Database>([['_internal', new Map()]]);
  #count = 0;
  #last = 0n;

  get names(): string[] {
    return [...this.#databases.keys()];
  }

  get(name: string): Database | undefined {
    return this.#databases.get(name);
  }

  create(name: string): void {
    if (!this.#databases.has(name)) this.#databases.set(name, new Map());
  }

  drop(name: string): void {
    this.#databases.delete(name);
    this.#count = 0;
    for (const database of this.#databases.values()) for (const { series } of database.values()) for (const { points } of series.values()) this.#count += points.size;
  }

  /** Now in nanoseconds, never twice the same: a clock of milliseconds would put one point in another's place. */
  now(ms: number): bigint {
    const now = BigInt(ms) * 1_000_000n;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }

  /** Why points were not written; undefined where all were. */
  write(database: Database, points: readonly Point[]): string | undefined {
    let dropped = 0;
    let reason = '';
    for (const point of points) {
      const problem = this.#count >= MOST_POINTS ? 'engine: cache-max-memory-size exceeded' : this.#put(database, point);
      if (problem === undefined) continue;
      dropped += 1;
      if (reason === '') reason = problem;
    }
    return dropped === 0 ? undefined : `partial write: ${reason} dropped=${dropped}`;
  }

  #put(database: Database, { measurement: name, tags, fields, time }: Point): string | undefined {
    const measurement: Measurement = database.get(name) ?? { fields: new Map(), series: new Map() };
    for (const [field, { type }] of fields) {
      const known = measurement.fields.get(field);
      if (known !== undefined && known !== type) return `field type conflict: input field "${field}" on measurement "${name}" is type ${type}, already exists as type ${known}`;
    }
    for (const [field, { type }] of fields) measurement.fields.set(field, type);
    const sorted = new Map([...tags].sort(([a], [b]) => (a < b ? -1 : 1)));
    const key = seriesKey(name, sorted);
    const series = measurement.series.get(key) ?? { tags: sorted, points: new Map() };
    const before = series.points.get(time);
    if (before === undefined) this.#count += 1;
    series.points.set(time, new Map([...(before ?? []), ...fields]));
    measurement.series.set(key, series);
    database.set(name, measurement);
    return undefined;
  }
}

export function seriesKey(name: string, tags: ReadonlyMap<string, string>): string {
  const escape = (text: string) => text.replace(/[,= ]/g, '\\$&');
  return [name.replace(/[, ]/g, '\\$&'), ...[...tags].map(([key, value]) => `${escape(key)}=${escape(value)}`)].join(',');
}

export function tagKeys({ series }: Measurement): string[] {
  return [...new Set([...series.values()].flatMap(({ tags }) => [...tags.keys()]))].sort();
}
