import { rfc3339, rfc3339Micro } from '../../../lib/clock.ts';
import type { KubeObject } from '../../store/object.ts';
import { canonicalQuantity } from '../schema/quantity.ts';
import { structOutput, zero } from '../schema/canonical.ts';
import { kindType, structType, type StructType, type TypeExpr } from '../schema/types.ts';
import { ApiStatus } from '../status.ts';
import { bigVarint, fields, signed, utf8, type WireField } from './wire.ts';

/** What a body of `application/vnd.kubernetes.protobuf` begins with. */
const MAGIC = 'k8s\0';

export function isKubernetesProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && utf8(bytes.subarray(0, 4)) === MAGIC;
}

/**
 * Reads `k8s\0` + runtime.Unknown + the message of the kind that it names, and returns the object as its JSON would be:
 * Go's fields in Go's order, empty ones left out as their tags say. Throws ApiStatus 400 for anything else, and for a
 * kind that is not built in.
 */
export function decodeKubernetesProtobuf(bytes: Uint8Array): KubeObject {
  if (!isKubernetesProtobuf(bytes)) throw new ApiStatus(400, 'BadRequest', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  let apiVersion = '';
  let kind = '';
  let raw = new Uint8Array();
  try {
    // runtime.Unknown: typeMeta = 1 {apiVersion = 1, kind = 2}, raw = 2
    for (const field of fields(bytes.subarray(4))) {
      if (field.number === 1) {
        for (const inner of fields(field.bytes)) {
          if (inner.number === 1) apiVersion = utf8(inner.bytes);
          if (inner.number === 2) kind = utf8(inner.bytes);
        }
      } else if (field.number === 2) raw = field.bytes;
    }
    const type = kindType(apiVersion, kind);
    if (type === undefined) throw new ApiStatus(400, 'BadRequest', `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`);
    const { kind: _kind, apiVersion: _version, metadata = {}, ...rest } = message(type, raw);
    return { kind, apiVersion, metadata, ...rest } as KubeObject;
  } catch (error) {
    if (error instanceof RangeError) throw new ApiStatus(400, 'BadRequest', 'unexpected EOF');
    throw error;
  }
}

type Target = Record<string, unknown>;

function message(type: StructType, bytes: Uint8Array): Target {
  return structOutput(type, seenFields(type, bytes));
}

/** What a message of the type says, by JSON name; nothing is added for what it leaves out. Throws RangeError when it is cut off. */
export function seenFields(type: StructType, bytes: Uint8Array): Record<string, unknown> {
  const seen: Target = {};
  for (const wire of fields(bytes)) {
    const field = type.byNumber.get(wire.number);
    if (field === undefined) continue;
    if (field.inline && field.type.k === 'struct') Object.assign(seen, seenFields(structType(field.type.ref), wire.bytes));
    else seen[field.name] = append(field.type, seen[field.name], wire);
  }
  return seen;
}

function append(type: TypeExpr, before: unknown, wire: WireField): unknown {
  if (type.k === 'list') return [...(Array.isArray(before) ? before : []), ...elements(type.of, wire)];
  if (type.k !== 'map') return single(type, wire);
  const entry: { key: string; value: unknown } = { key: '', value: zero(type.of) };
  for (const part of fields(wire.bytes)) {
    if (part.number === 1) entry.key = utf8(part.bytes);
    if (part.number === 2) entry.value = nested(type.of, part);
  }
  const map: Target = typeof before === 'object' && before !== null ? { ...before } : {};
  map[entry.key] = entry.value;
  return map;
}

/** Repeated numbers may come packed into one field. */
function elements(of: TypeExpr, wire: WireField): unknown[] {
  if (wire.type !== 2 || !['int32', 'int64', 'bool', 'byte'].includes(of.k)) return [nested(of, wire)];
  const out: unknown[] = [];
  let offset = 0;
  while (offset < wire.bytes.length) {
    const [value, next] = bigVarint(wire.bytes, offset);
    out.push(single(of, { number: 0, type: 0, bytes: new Uint8Array(), varint: value }));
    offset = next;
  }
  return out;
}

/** A list inside a list or a map (`ExtraValue`) is a message with its items under number 1. */
function nested(type: TypeExpr, wire: WireField): unknown {
  if (type.k !== 'list') return single(type, wire);
  return [...fields(wire.bytes)].filter((f) => f.number === 1).flatMap((f) => elements(type.of, f));
}

function single(type: TypeExpr, wire: WireField): unknown {
  switch (type.k) {
    case 'string':
      return utf8(wire.bytes);
    case 'bool':
      return wire.varint !== 0n;
    case 'int32':
    case 'int64':
    case 'byte':
      return signed(wire.varint);
    case 'float':
      return new DataView(wire.bytes.buffer, wire.bytes.byteOffset, 8).getFloat64(0, true);
    case 'bytes':
      return Buffer.from(wire.bytes).toString('base64');
    case 'struct':
      return message(structType(type.ref), wire.bytes);
    case 'quantity':
      return canonicalQuantity(first(wire.bytes, 1) ?? '0');
    case 'time':
    case 'microTime':
      return time(type.k, wire.bytes);
    case 'intOrString':
      return intOrString(wire.bytes);
    case 'duration':
      return `${[...fields(wire.bytes)].reduce((sum, f) => (f.number === 1 ? signed(f.varint) : sum), 0) / 1e9}s`;
    case 'raw':
    case 'json':
      return JSON.parse(first(wire.bytes, 1) ?? 'null');
    default:
      throw new Error(`protobuf: ${type.k} is not a single value`);
  }
}

function first(bytes: Uint8Array, number: number): string | undefined {
  for (const field of fields(bytes)) if (field.number === number) return utf8(field.bytes);
  return undefined;
}

function time(kind: 'time' | 'microTime', bytes: Uint8Array): string | null {
  let seconds: bigint | undefined;
  let nanos = 0;
  for (const field of fields(bytes)) {
    if (field.number === 1) seconds = BigInt.asIntN(64, field.varint);
    if (field.number === 2) nanos = signed(field.varint);
  }
  // Go's zero time is the year 1, written as an empty message.
  if (seconds === undefined || seconds <= -62135596800n) return null;
  const ms = Number(seconds) * 1000;
  return kind === 'time' ? rfc3339(ms) : `${rfc3339Micro(ms).slice(0, 20)}${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`;
}

/** type = 1 (0 an int, 1 a string), intVal = 2, strVal = 3 */
function intOrString(bytes: Uint8Array): number | string {
  let isString = false;
  let int = 0;
  let string = '';
  for (const field of fields(bytes)) {
    if (field.number === 1) isString = field.varint === 1n;
    if (field.number === 2) int = signed(field.varint);
    if (field.number === 3) string = utf8(field.bytes);
  }
  return isString ? string : int;
}
