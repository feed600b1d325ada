import { structType, type StructType, type TypeExpr } from '../schema/types.ts';

/*
 * The other way round: an object, in its JSON form, as a protobuf message of its type. What the JSON leaves out is left
 * out; members that the type does not know are dropped.
 */

const VARINT = 0;
const EIGHT_BYTES = 1;
const RUN = 2;

/** Bytes that grow: doubling a buffer is far cheaper than joining thousands of small ones. */
class Writer {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  #room(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + size));
    this.#bytes.copy(bigger, 0, 0, this.#length);
    this.#bytes = bigger;
  }

  varint(value: bigint): void {
    this.#room(10);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#length++] = Number(rest);
  }

  small(value: number): void {
    if (value >= 0 && value < 0x80) {
      this.#room(1);
      this.#bytes[this.#length++] = value;
    } else this.varint(BigInt(value));
  }

  run(bytes: Uint8Array): void {
    this.small(bytes.length);
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  double(value: number): void {
    this.#room(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}

type Members = Readonly<Record<string, unknown>>;

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object as a message of the type that `ref` names (`core/v1.Pod`). */
export function encodeMessage(ref: string, value: unknown): Buffer {
  return message(structType(ref), isMembers(value) ? value : {});
}

function message(type: StructType, value: Members): Buffer {
  const writer = new Writer();
  for (const field of type.byNumber.values()) {
    if (field.inline && field.type.k === 'struct') {
      const inner = structType(field.type.ref);
      if (![...inner.byName.keys()].some((name) => value[name] !== undefined && value[name] !== null)) continue;
      tag(writer, field.number, RUN);
      writer.run(message(inner, value));
      continue;
    }
    const item = value[field.name];
    if (item !== undefined && item !== null) write(writer, field.number, field.type, item);
  }
  return writer.done();
}

function tag(writer: Writer, number: number, wire: number): void {
  writer.small(number * 8 + wire);
}

function write(writer: Writer, number: number, type: TypeExpr, value: unknown): void {
  if (type.k === 'list') {
    if (Array.isArray(value)) for (const item of value) nested(writer, number, type.of, item);
    return;
  }
  if (type.k === 'map') {
    if (!isMembers(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const entry = new Writer();
      write(entry, 1, { k: 'string', go: 'string' }, key);
      if (item !== null && item !== undefined) nested(entry, 2, type.of, item);
      tag(writer, number, RUN);
      writer.run(entry.done());
    }
    return;
  }
  single(writer, number, type, value);
}

/** A list inside a list or a map is a message with its items under number 1. */
function nested(writer: Writer, number: number, type: TypeExpr, value: unknown): void {
  if (type.k !== 'list') return write(writer, number, type, value);
  const inner = new Writer();
  write(inner, 1, type, value);
  tag(writer, number, RUN);
  writer.run(inner.done());
}

function single(writer: Writer, number: number, type: TypeExpr, value: unknown): void {
  switch (type.k) {
    case 'bool':
      tag(writer, number, VARINT);
      writer.small(value === true ? 1 : 0);
      return;
    case 'int32':
    case 'int64':
    case 'byte':
      tag(writer, number, VARINT);
      writer.varint(BigInt(Math.trunc(Number(value))));
      return;
    case 'float':
      tag(writer, number, EIGHT_BYTES);
      writer.double(Number(value));
      return;
    default:
      tag(writer, number, RUN);
      writer.run(runOf(type, value));
  }
}

function runOf(type: TypeExpr, value: unknown): Uint8Array {
  switch (type.k) {
    case 'struct':
      return encodeMessage(type.ref, value);
    case 'bytes':
      return Buffer.from(String(value), 'base64');
    case 'quantity':
      return wrapped(String(value));
    case 'raw':
    case 'json':
      return wrapped(JSON.stringify(value));
    case 'time':
    case 'microTime':
      return time(String(value));
    case 'intOrString':
      return intOrString(value);
    default:
      return Buffer.from(String(value));
  }
}

/** A message with one string under number 1. */
function wrapped(text: string): Buffer {
  const writer = new Writer();
  tag(writer, 1, RUN);
  writer.run(Buffer.from(text));
  return writer.done();
}

/** seconds = 1, nanos = 2 */
function time(text: string): Buffer {
  const writer = new Writer();
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return writer.done();
  tag(writer, 1, VARINT);
  writer.varint(BigInt(Math.floor(ms / 1000)));
  const micros = Number((/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0').slice(0, 6));
  if (micros > 0) {
    tag(writer, 2, VARINT);
    writer.varint(BigInt(micros) * 1000n);
  }
  return writer.done();
}

/** type = 1 (0 an int, 1 a string), intVal = 2, strVal = 3 */
function intOrString(value: unknown): Buffer {
  const writer = new Writer();
  const isString = typeof value === 'string';
  tag(writer, 1, VARINT);
  writer.small(isString ? 1 : 0);
  if (isString) {
    tag(writer, 3, RUN);
    writer.run(Buffer.from(value));
  } else {
    tag(writer, 2, VARINT);
    writer.varint(BigInt(Math.trunc(Number(value))));
  }
  return writer.done();
}
