/** CEL's `format` of strings. After cel-go v0.22 ext/formatting.go */

/** A value as `%s` shows it; what stands in lists and maps is quoted. */
function plain(value: unknown, quoted: boolean): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted ? JSON.stringify(value) : value;
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
  if (Array.isArray(value)) return `[${value.map((item) => plain(item, true)).join(', ')}]`;
  if (value instanceof Date) return `${quoted ? 'timestamp("' : ''}${value.toISOString().replace('.000Z', 'Z')}${quoted ? '")' : ''}`;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  const entries = value instanceof Map ? [...value.entries()] : typeof value === 'object' && isPlain(value) ? Object.entries(value) : undefined;
  if (entries !== undefined) return `{${entries.map(([key, item]) => `${plain(key, true)}:${plain(item, true)}`).sort().join(', ')}}`;
  return durationText(value) ?? String(value);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** `90s`, as CEL writes durations; undefined for everything else. */
export function durationText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || !('seconds' in value) || !('nanos' in value) || typeof value.seconds !== 'bigint') return undefined;
  return `${Number(value.seconds) + Number(value.nanos) / 1e9}s`;
}

function wrong(clause: string, wanted: string, value: unknown): Error {
  const type = typeof value === 'bigint' ? 'int' : typeof value === 'number' ? 'double' : typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : Array.isArray(value) ? 'list' : 'map';
  return new Error(`error during formatting: ${clause} clause can only be used on ${wanted}, was given ${type}`);
}

const BASES: Readonly<Record<string, [base: number, name: string]>> = { b: [2, 'binary'], o: [8, 'octal'], x: [16, 'hex'], X: [16, 'hex'] };

function one(clause: string, precision: number | undefined, value: unknown): string {
  if (clause === 's') return plain(value, false);
  if (clause === 'd') {
    if (typeof value !== 'bigint' && !(typeof value === 'number' && !Number.isFinite(value))) throw wrong('decimal', 'integers', value);
    return plain(value, false);
  }
  if (clause === 'f' || clause === 'e') {
    const number = typeof value === 'bigint' || typeof value === 'number' ? Number(value) : Number.NaN;
    if (typeof value !== 'number' && typeof value !== 'bigint') throw wrong(clause === 'f' ? 'fixed-point' : 'scientific', 'doubles', value);
    if (!Number.isFinite(number)) return plain(number, false);
    return clause === 'f' ? number.toFixed(precision ?? 6) : number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
  }
  const [base, name] = BASES[clause] ?? [10, ''];
  let text: string;
  if (typeof value === 'bigint') text = value.toString(base);
  else if (typeof value === 'boolean' && clause === 'b') text = value ? '1' : '0';
  else if (base === 16 && (typeof value === 'string' || value instanceof Uint8Array)) text = Buffer.from(value).toString('hex');
  else throw wrong(name, base === 16 ? 'integers, byte buffers, and strings' : base === 2 ? 'integers and bools' : 'integers', value);
  return clause === 'X' ? text.toUpperCase() : text;
}

export function formatText(format: string, values: readonly unknown[]): string {
  let next = 0;
  return format.replace(/%(?:%|(?:\.(\d+))?(.))/gs, (whole: string, precision: string | undefined, clause: string | undefined) => {
    if (whole === '%%') return '%';
    if (clause === undefined || !'sdfexXbo'.includes(clause)) throw new Error(`error during formatting: unrecognized formatting clause "${clause ?? ''}"`);
    if (next >= values.length) throw new Error(`error during formatting: index ${next} out of range`);
    return one(clause, precision === undefined ? undefined : Number(precision), values[next++]);
  });
}
