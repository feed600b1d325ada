/** Protobuf's wire format: numbered fields, each a varint, 8 bytes, a run of bytes, or 4 bytes. */
export interface WireField {
  number: number;
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes */
  type: number;
  /** Empty for a varint. */
  bytes: Uint8Array<ArrayBuffer>;
  /** 0n for anything but a varint. */
  varint: bigint;
}

/** Throws RangeError where the bytes end too early. */
export function* fields(source: Uint8Array): Generator<WireField> {
  const bytes = new Uint8Array(source.buffer as ArrayBuffer, source.byteOffset, source.byteLength);
  let offset = 0;
  while (offset < bytes.length) {
    const [tag, afterTag] = bigVarint(bytes, offset);
    const [number, type] = [Number(tag >> 3n), Number(tag & 7n)];
    offset = afterTag;
    if (type === 0) {
      const [varint, next] = bigVarint(bytes, offset);
      offset = next;
      yield { number, type, bytes: new Uint8Array(), varint };
      continue;
    }
    let length = type === 1 ? 8 : 4;
    if (type === 2) {
      const [size, next] = bigVarint(bytes, offset);
      length = Number(size);
      offset = next;
    } else if (type !== 1 && type !== 5) throw new RangeError(`wire type ${type}`);
    if (offset + length > bytes.length) throw new RangeError('unexpected end');
    yield { number, type, bytes: bytes.subarray(offset, offset + length), varint: 0n };
    offset += length;
  }
}

/** The number at `offset`, and where the next thing begins. */
export function bigVarint(bytes: Uint8Array, offset: number): [bigint, number] {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = bytes[offset++];
    if (byte === undefined || shift > 63n) throw new RangeError('unexpected end');
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return [value, offset];
  }
}

export function signed(varint: bigint): number {
  return Number(BigInt.asIntN(64, varint));
}

const decoder = new TextDecoder();

export function utf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}
