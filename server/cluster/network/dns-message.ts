/** Messages of the Domain Name System, as far as a cluster's DNS needs them (RFC 1035, RFC 2782). */

export const TYPES = { A: 1, CNAME: 5, SOA: 6, PTR: 12, TXT: 16, AAAA: 28, SRV: 33, ANY: 255 } as const;
export const CODES = { OK: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4 } as const;

const INTERNET = 1;
/** What fits into one datagram without more having been agreed on. */
const DATAGRAM = 512;
const POINTER = 0xc0;

export interface Question {
  /** Lower case, without the last dot. */
  name: string;
  /** As it was asked: answers repeat that. */
  asked: string;
  type: number;
}

export type DnsRecord =
  | { name: string; type: 'A'; ttl: number; address: string }
  | { name: string; type: 'CNAME' | 'PTR'; ttl: number; target: string }
  | { name: string; type: 'SRV'; ttl: number; port: number; target: string }
  | { name: string; type: 'SOA'; ttl: number; target: string };

export interface DnsQuery {
  id: number;
  recursion: boolean;
  question: Question;
}

/** A query with its one question; undefined for what is none. */
export function readQuery(message: Uint8Array): DnsQuery | undefined {
  if (message.length < 12) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  // Answers, and anything but a standard query of one question.
  if ((flags & 0x8000) !== 0 || (flags & 0x7800) !== 0 || view.getUint16(4) !== 1) return undefined;
  const labels: string[] = [];
  let offset = 12;
  for (;;) {
    const length = message[offset];
    if (length === undefined || (length & POINTER) !== 0) return undefined;
    offset++;
    if (length === 0) break;
    const end = offset + length;
    if (end > message.length) return undefined;
    labels.push(Buffer.from(message.subarray(offset, end)).toString('latin1'));
    offset = end;
  }
  if (offset + 4 > message.length) return undefined;
  const asked = labels.join('.');
  return { id: view.getUint16(0), recursion: (flags & 0x0100) !== 0, question: { name: asked.toLowerCase(), asked, type: view.getUint16(offset) } };
}

export interface Answer {
  code: number;
  records: readonly DnsRecord[];
  /** Who is responsible for names that there are not. */
  authority?: readonly DnsRecord[];
}

/** An answer's bytes. Over datagrams, one that is too long is cut and says so: the client asks again over TCP. */
export function writeAnswer(query: DnsQuery, answer: Answer, overTcp: boolean): Buffer {
  const whole = pack(query, answer, false);
  return overTcp || whole.length <= DATAGRAM ? whole : pack(query, { code: answer.code, records: [] }, true);
}

function pack({ id, recursion, question }: DnsQuery, { code, records, authority = [] }: Answer, cut: boolean): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x8000 | 0x0400 | (cut ? 0x0200 : 0) | (recursion ? 0x0100 : 0) | 0x0080 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt16BE(authority.length, 8);
  const numbers = (...values: number[]) => Buffer.from(values.flatMap((value) => [value >> 8, value & 0xff]));
  return Buffer.concat([header, nameBytes(question.asked), numbers(question.type, INTERNET), ...[...records, ...authority].map(recordBytes)]);
}

function recordBytes(record: DnsRecord): Buffer {
  const data = dataOf(record);
  const head = Buffer.alloc(10);
  head.writeUInt16BE(TYPES[record.type], 0);
  head.writeUInt16BE(INTERNET, 2);
  head.writeUInt32BE(record.ttl, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(record.name), head, data]);
}

function dataOf(record: DnsRecord): Buffer {
  switch (record.type) {
    case 'A':
      return Buffer.from(record.address.split('.').map(Number));
    case 'CNAME':
    case 'PTR':
      return nameBytes(record.target);
    case 'SRV':
      return Buffer.concat([Buffer.from([0, 0, 0, 100, record.port >> 8, record.port & 0xff]), nameBytes(record.target)]);
    case 'SOA': {
      const times = Buffer.alloc(20);
      [1, 7200, 1800, 86_400, record.ttl].forEach((value, i) => times.writeUInt32BE(value, i * 4));
      return Buffer.concat([nameBytes(record.target), nameBytes(`hostmaster.${record.name}`), times]);
    }
  }
}

function nameBytes(name: string): Buffer {
  const labels = name.split('.').filter((label) => label !== '');
  return Buffer.concat([...labels.map((label) => Buffer.concat([Buffer.from([Math.min(label.length, 63)]), Buffer.from(label.slice(0, 63), 'latin1')])), Buffer.from([0])]);
}
