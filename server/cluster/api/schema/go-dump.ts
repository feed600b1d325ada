import { record } from './fill.ts';
import { goFieldName } from './go-names.ts';
import { parseQuantity } from './quantity.ts';
import { type StructType, structType, type TypeExpr } from './types.ts';

/**
 * What Go's spew prints of a value of a built-in type, as controllers hash it: every field of every struct by name, with its
 * type, and what pointers point to. Empty lists and maps are nil, as they are after protobuf.
 * After kubernetes 1.32 apimachinery/pkg/util/dump and go-spew's %#v.
 */
export function goDump(value: unknown, ref: string): string {
  const struct = structType(ref);
  return `(${struct.ref.slice(struct.ref.indexOf('/') + 1)})${structBody(value, struct)}`;
}

function structBody(value: unknown, struct: StructType): string {
  const own = record(value);
  const fields = struct.fields.map((field) => {
    const name = goFieldName(struct, field);
    const inner = field.inline ? own : own[field.name];
    const { type } = field;
    if (!field.pointer) return `${name}:(${type.go})${body(inner, type)}`;
    if (inner === undefined || inner === null) return `${name}:(*${type.go})<nil>`;
    return `${name}:(*${type.go})${body(inner, type)}`;
  });
  return `{${fields.join(' ')}}`;
}

/** The value without the type before it. */
function body(value: unknown, type: TypeExpr): string {
  switch (type.k) {
    case 'struct':
      return structBody(value, structType(type.ref));
    case 'list': {
      const list: unknown[] = Array.isArray(value) ? value : [];
      return list.length === 0 ? '<nil>' : `[${list.map((item) => body(item, type.of)).join(' ')}]`;
    }
    case 'map': {
      const entries = Object.entries(record(value)).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return entries.length === 0 ? '<nil>' : `map[${entries.map(([key, item]) => `${key}:${body(item, type.of)}`).join(' ')}]`;
    }
    case 'string':
      return typeof value === 'string' ? value : '';
    case 'bool':
      return value === true ? 'true' : 'false';
    case 'int32':
    case 'int64':
    case 'byte':
    case 'float':
      return typeof value === 'number' ? String(value) : '0';
    case 'bytes':
      return '<nil>';
    case 'intOrString': {
      const text = typeof value === 'string';
      return `{Type:(intstr.Type)${text ? 1 : 0} IntVal:(int32)${typeof value === 'number' ? value : 0} StrVal:(string)${text ? value : ''}}`;
    }
    case 'time':
    case 'microTime':
      return timeBody(value);
    case 'quantity':
      return quantityBody(String(value));
    default:
      return '{}';
  }
}

function timeBody(value: unknown): string {
  // Years from 1 to 1970; a template's times are never set but by hand.
  const seconds = typeof value === 'string' ? Math.floor(Date.parse(value) / 1000) + 62_135_596_800 : 0;
  return `{Time:(time.Time){wall:(uint64)0 ext:(int64)${seconds} loc:(*time.Location)<nil>}}`;
}

/** Digits that surely fit 64 bits. */
const SURE_DIGITS = 18;
const LARGEST = 2n ** 63n - 1n;

/** A quantity as Go's parser leaves it. */
export interface GoQuantity {
  value: bigint;
  scale: number;
  /** The text, where that is the shortest form already. */
  kept: string;
  format: string;
  /** Surely fits no int64: `value` is in billionths. */
  large: boolean;
}

export function readQuantity(text: string): GoQuantity {
  const made = (value: bigint, scale: number, kept: string, format: string): GoQuantity => ({ value, scale, kept, format, large: false });
  if (text === '0') return made(0n, 0, '0', 'DecimalSI');
  const parsed = parseQuantity(text);
  const parts = /^([+-]?)(\d+)(.*)$/.exec(text);
  if ('error' in parsed || parts === null) return made(0n, 0, '', '');
  const [, sign = '', digits = '', suffix = ''] = parts;
  const number = BigInt(digits);
  const signed = (value: bigint) => (sign === '-' ? -value : value);
  const large = (value: bigint, power: number): GoQuantity => ({ value: power >= -9 ? value * 10n ** BigInt(9 + power) : value, scale: 9, kept: '', format: parsed.format, large: true });
  if (parsed.format === 'BinarySI') {
    const exponent = 10 * ('KMGTPE'.indexOf(suffix.charAt(0)) + 1);
    const value = number << BigInt(exponent);
    const precision = 15 - digits.length - Math.floor((exponent * 3) / 10) - 1;
    if (precision >= 0 && value <= LARGEST) return made(signed(value), 0, (number & 7n) !== 0n ? text : '', parsed.format);
    return large(signed(value > LARGEST ? LARGEST : value), 0);
  }
  const power = parsed.format === 'DecimalExponent' ? Number(suffix.slice(1)) : (POWERS[suffix] ?? 0);
  if (digits.length <= SURE_DIGITS && power >= -9) return made(signed(number), power, power % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0') ? text : '', parsed.format);
  return large(signed(number), power);
}

const POWERS: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** In an int64 with a power of ten; what fits none with certainty is kept in words of 64 bits. */
function quantityBody(text: string): string {
  const { value, scale, kept, format, large } = readQuantity(text);
  if (!large) return `{i:(resource.int64Amount){value:(int64)${value} scale:(resource.Scale)${scale}} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)${kept} Format:(resource.Format)${format}}`;
  const words: bigint[] = [];
  for (let rest = value < 0n ? -value : value; rest > 0n; rest >>= 64n) words.push(rest & (2n ** 64n - 1n));
  const unscaled = `{neg:(bool)${value < 0n} abs:(big.nat)[${words.join(' ')}]}`;
  return `{i:(resource.int64Amount){value:(int64)0 scale:(resource.Scale)0} d:(resource.infDecAmount){Dec:(*inf.Dec){unscaled:(big.Int)${unscaled} scale:(inf.Scale)${scale}}} s:(string) Format:(resource.Format)${format}}`;
}
