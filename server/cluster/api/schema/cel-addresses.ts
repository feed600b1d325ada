/** CEL's types for addresses, blocks of them and URLs. After kubernetes 1.32 apiserver/pkg/cel/library/{ip,cidr,urls}.go */
import { isIP } from 'node:net';

/** An IP address: 32 or 128 bits. */
export class Ip {
  constructor(
    readonly bits: bigint,
    readonly v4: boolean,
  ) {}

  /** Undefined for what is none: zones and IPv4 inside of IPv6 are not taken. */
  static read(text: string): Ip | undefined {
    const family = isIP(text);
    if (family === 4) return new Ip(text.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n), true);
    if (family !== 6 || text.includes('%')) return undefined;
    const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
    const plain = dotted === null ? text : `${dotted[1] ?? ''}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
    const [head = '', tail] = plain.split('::');
    const words = (part: string): string[] => (part === '' ? [] : part.split(':'));
    const [front, back] = [words(head), words(tail ?? '')];
    const all = tail === undefined ? front : [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
    const bits = all.reduce((sum, word) => (sum << 16n) | BigInt(`0x${word}`), 0n);
    return bits >> 32n === 0xffffn ? undefined : new Ip(bits, false);
  }

  get length(): number {
    return this.v4 ? 32 : 128;
  }

  toString(): string {
    if (this.v4) return [24n, 16n, 8n, 0n].map((shift) => String((this.bits >> shift) & 255n)).join('.');
    const words = Array.from({ length: 8 }, (_, i) => ((this.bits >> BigInt(16 * (7 - i))) & 0xffffn).toString(16));
    // The longest run of zeros, at least two, becomes `::`.
    let [best, length] = [-1, 1];
    for (let i = 0; i < 8; i++) {
      let end = i;
      while (words[end] === '0') end++;
      if (end - i > length) [best, length] = [i, end - i];
    }
    return best < 0 ? words.join(':') : `${words.slice(0, best).join(':')}::${words.slice(best + length).join(':')}`;
  }

  #begins(prefix: bigint, bits: number): boolean {
    return this.bits >> BigInt(this.length - bits) === prefix;
  }

  isUnspecified(): boolean {
    return this.bits === 0n;
  }

  isLoopback(): boolean {
    return this.v4 ? this.#begins(127n, 8) : this.bits === 1n;
  }

  isLinkLocalMulticast(): boolean {
    return this.v4 ? this.#begins(0xe00000n, 24) : ((this.bits >> 112n) & 0xff0fn) === 0xff02n;
  }

  isLinkLocalUnicast(): boolean {
    return this.v4 ? this.#begins(0xa9fen, 16) : this.#begins(0xfe80n >> 6n, 10);
  }

  isGlobalUnicast(): boolean {
    const multicast = this.v4 ? this.#begins(0xen, 4) : this.#begins(0xffn, 8);
    const broadcast = this.v4 && this.bits === 0xffffffffn;
    return !multicast && !broadcast && !this.isUnspecified() && !this.isLoopback() && !this.isLinkLocalUnicast();
  }
}

function hex(high = '0', low = '0'): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}

/** An address with a number of bits that count. */
export class Cidr {
  constructor(
    readonly ip: Ip,
    readonly prefix: number,
  ) {}

  static read(text: string): Cidr | undefined {
    const [address = '', prefix = '', ...more] = text.split('/');
    const ip = Ip.read(address);
    if (ip === undefined || more.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > ip.length) return undefined;
    return new Cidr(ip, Number(prefix));
  }

  masked(): Cidr {
    const rest = BigInt(this.ip.length - this.prefix);
    return new Cidr(new Ip((this.ip.bits >> rest) << rest, this.ip.v4), this.prefix);
  }

  contains(ip: Ip): boolean {
    const rest = BigInt(this.ip.length - this.prefix);
    return ip.v4 === this.ip.v4 && ip.bits >> rest === this.ip.bits >> rest;
  }

  toString(): string {
    return `${this.ip.toString()}/${this.prefix}`;
  }
}

/** A URL, or an absolute path, taken apart as Go does it. */
export class Url {
  constructor(
    readonly text: string,
    readonly scheme: string,
    /** With the port. */
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}

  static read(text: string): Url | undefined {
    const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):\/\/(?:[^/?@]*@)?([^/?]*))?(\/[^?]*|)(?:\?(.*))?$/s.exec(text);
    if (parts === null || /[\s\x00-\x1f\x7f]/.test(text)) return undefined;
    const [, scheme = '', host = '', path = '', query = ''] = parts;
    if ((scheme === '' && path === '') || !/^(\[[0-9a-fA-F:.%]+\]|[^:[\]]*)(:\d*)?$/.test(host)) return undefined;
    return new Url(text, scheme.toLowerCase(), host, path, query);
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[|\]$/g, '');
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host.replace(/^\[.*\]/, ''))?.[1] ?? '';
  }

  get values(): Record<string, string[]> {
    const out: Record<string, string[]> = {};
    for (const [key, value] of new URLSearchParams(this.query)) (out[key] ??= []).push(value);
    return out;
  }

  toString(): string {
    return this.text;
  }
}
