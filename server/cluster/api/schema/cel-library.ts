/** The functions that Kubernetes adds to CEL. After kubernetes 1.32 apiserver/pkg/cel/library */
import { type Environment, Optional } from '@marcbachmann/cel-js';
import { Cidr, Ip, Url } from './cel-addresses.ts';
import { durationText, formatText } from './cel-format.ts';
import { formatQuantity, parseQuantity, type Quantity as Parsed } from './quantity.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, labelValue, qualifiedName } from './validation/names.ts';

class Quantity {
  constructor(readonly parsed: Parsed) {}

  static read(text: string): Quantity {
    const parsed = parseQuantity(text);
    if ('error' in parsed) throw new Error(parsed.error);
    return new Quantity(parsed);
  }

  plus(nano: bigint): Quantity {
    return new Quantity({ ...this.parsed, nano: this.parsed.nano + nano });
  }

  toString(): string {
    return formatQuantity(this.parsed);
  }
}

const UNIT = 1_000_000_000n;

/** A name that functions hang on: `sets.contains(…)`. */
class SetsNamespace {}
class IpNamespace {}
class StringsNamespace {}
class FormatNamespace {}

/** Tells whether a text has a form, and what is wrong with it. */
class Format {
  constructor(readonly problems: (text: string) => readonly string[]) {}
}

const matching = (pattern: RegExp, problem: string) => (text: string): string[] => (pattern.test(text) ? [] : [problem]);
/** What comes before a generated ending may end with a dash. */
const prefix = (check: (text: string) => readonly string[]) => (text: string): readonly string[] => check(text.endsWith('-') ? `${text.slice(0, -1)}a` : text);
const FORMATS: Readonly<Record<string, Format>> = {
  dns1123Label: new Format(dnsLabel),
  dns1123Subdomain: new Format(dnsSubdomain),
  dns1035Label: new Format(dns1035Label),
  qualifiedName: new Format(qualifiedName),
  dns1123LabelPrefix: new Format(prefix(dnsLabel)),
  dns1123SubdomainPrefix: new Format(prefix(dnsSubdomain)),
  dns1035LabelPrefix: new Format(prefix(dns1035Label)),
  labelValue: new Format(labelValue),
  uri: new Format((text) => (Url.read(text) === undefined ? [`parse ${JSON.stringify(text)}: invalid URI for request`] : [])),
  uuid: new Format(matching(/^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i, 'does not match the UUID format')),
  byte: new Format(matching(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, 'invalid base64')),
  date: new Format(matching(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'invalid date')),
  datetime: new Format(matching(/^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/, 'invalid datetime')),
};

function needed<T>(value: T | undefined, problem: string): T {
  if (value === undefined) throw new Error(problem);
  return value;
}

const ip = (text: string): Ip => needed(Ip.read(text), `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`);
const cidr = (text: string): Cidr => needed(Cidr.read(text), `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): no '/'`);
const url = (text: string): Url => needed(Url.read(text), `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`);
const same = (a: unknown, b: unknown): boolean => a === b || String(a) === String(b);
const within = (list: readonly unknown[], item: unknown): boolean => list.some((other) => same(other, item));

export function registerKubernetesLibrary(environment: Environment): Environment {
  environment
    .registerType('kubernetes.Quantity', Quantity)
    .registerType('net.IP', Ip)
    .registerType('net.CIDR', Cidr)
    .registerType('kubernetes.URL', Url)
    .registerType('kubernetes.NamedFormat', Format)
    .registerType('SetsNamespace', SetsNamespace)
    .registerType('IpNamespace', IpNamespace)
    .registerType('StringsNamespace', StringsNamespace)
    .registerType('FormatNamespace', FormatNamespace)
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerConstant('ip', 'IpNamespace', new IpNamespace())
    .registerConstant('strings', 'StringsNamespace', new StringsNamespace())
    .registerConstant('format', 'FormatNamespace', new FormatNamespace());

  const add = (signature: string, handler: (...args: never[]) => unknown): void => void environment.registerFunction(signature, handler);
  add('quantity(string): kubernetes.Quantity', (text: string) => Quantity.read(text));
  const q = 'kubernetes.Quantity';
  add(`${q}.isInteger(): bool`, ({ parsed }: Quantity) => parsed.nano % UNIT === 0n);
  add(`${q}.asInteger(): int`, ({ parsed }: Quantity) => {
    if (parsed.nano % UNIT !== 0n) throw new Error('cannot convert value to integer');
    return parsed.nano / UNIT;
  });
  add(`${q}.asApproximateFloat(): double`, ({ parsed }: Quantity) => Number(parsed.nano) / 1e9);
  add(`${q}.sign(): int`, ({ parsed }: Quantity) => (parsed.nano > 0n ? 1n : parsed.nano < 0n ? -1n : 0n));
  add(`${q}.compareTo(${q}): int`, (a: Quantity, b: Quantity) => (a.parsed.nano > b.parsed.nano ? 1n : a.parsed.nano < b.parsed.nano ? -1n : 0n));
  add(`${q}.isGreaterThan(${q}): bool`, (a: Quantity, b: Quantity) => a.parsed.nano > b.parsed.nano);
  add(`${q}.isLessThan(${q}): bool`, (a: Quantity, b: Quantity) => a.parsed.nano < b.parsed.nano);
  add(`${q}.add(${q}): ${q}`, (a: Quantity, b: Quantity) => a.plus(b.parsed.nano));
  add(`${q}.add(int): ${q}`, (a: Quantity, b: bigint) => a.plus(b * UNIT));
  add(`${q}.sub(${q}): ${q}`, (a: Quantity, b: Quantity) => a.plus(-b.parsed.nano));
  add(`${q}.sub(int): ${q}`, (a: Quantity, b: bigint) => a.plus(-b * UNIT));
  environment.registerOperator(`${q} == ${q}`, (a: Quantity, b: Quantity) => a.parsed.nano === b.parsed.nano);

  add('isIP(string): bool', (text: string) => Ip.read(text) !== undefined);
  add('ip(string): net.IP', ip);
  add('string(net.IP): string', String);
  add('IpNamespace.isCanonical(string): bool', (_: unknown, text: string) => ip(text).toString() === text);
  add('net.IP.family(): int', ({ v4 }: Ip) => (v4 ? 4n : 6n));
  for (const name of ['isUnspecified', 'isLoopback', 'isLinkLocalMulticast', 'isLinkLocalUnicast', 'isGlobalUnicast'] as const) add(`net.IP.${name}(): bool`, (self: Ip) => self[name]());
  environment.registerOperator('net.IP == net.IP', (a: Ip, b: Ip) => a.v4 === b.v4 && a.bits === b.bits);

  add('isCIDR(string): bool', (text: string) => Cidr.read(text) !== undefined);
  add('cidr(string): net.CIDR', cidr);
  add('string(net.CIDR): string', String);
  add('net.CIDR.containsIP(string): bool', (self: Cidr, text: string) => self.contains(ip(text)));
  add('net.CIDR.containsIP(net.IP): bool', (self: Cidr, other: Ip) => self.contains(other));
  const holds = (self: Cidr, other: Cidr): boolean => self.prefix <= other.prefix && self.contains(other.ip);
  add('net.CIDR.containsCIDR(string): bool', (self: Cidr, text: string) => holds(self, cidr(text)));
  add('net.CIDR.containsCIDR(net.CIDR): bool', holds);
  add('net.CIDR.ip(): net.IP', (self: Cidr) => self.ip);
  add('net.CIDR.prefixLength(): int', (self: Cidr) => BigInt(self.prefix));
  add('net.CIDR.masked(): net.CIDR', (self: Cidr) => self.masked());
  environment.registerOperator('net.CIDR == net.CIDR', (a: Cidr, b: Cidr) => a.toString() === b.toString());

  add('isURL(string): bool', (text: string) => Url.read(text) !== undefined);
  add('url(string): kubernetes.URL', url);
  add('kubernetes.URL.getScheme(): string', (self: Url) => self.scheme);
  add('kubernetes.URL.getHost(): string', (self: Url) => self.host);
  add('kubernetes.URL.getHostname(): string', (self: Url) => self.hostname);
  add('kubernetes.URL.getPort(): string', (self: Url) => self.port);
  add('kubernetes.URL.getEscapedPath(): string', (self: Url) => self.path);
  add('kubernetes.URL.getQuery(): map', (self: Url) => self.values);

  add('SetsNamespace.contains(list, list): bool', (_: unknown, list: unknown[], others: unknown[]) => others.every((item) => within(list, item)));
  add('SetsNamespace.equivalent(list, list): bool', (_: unknown, list: unknown[], others: unknown[]) => others.every((item) => within(list, item)) && list.every((item) => within(others, item)));
  add('SetsNamespace.intersects(list, list): bool', (_: unknown, list: unknown[], others: unknown[]) => others.some((item) => within(list, item)));

  add('StringsNamespace.quote(string): string', (_: unknown, text: string) => JSON.stringify(text));
  add('string.format(list): string', (text: string, values: unknown[]) => formatText(text, values));
  add('string(google.protobuf.Duration): string', (value: unknown) => durationText(value) ?? String(value));

  for (const [name, made] of Object.entries(FORMATS)) add(`FormatNamespace.${name}(): kubernetes.NamedFormat`, () => made);
  add('FormatNamespace.named(string): optional', (_: unknown, name: string) => (FORMATS[name] === undefined ? Optional.none() : Optional.of(FORMATS[name])));
  add('kubernetes.NamedFormat.validate(string): optional', (self: Format, text: string) => {
    const problems = self.problems(text);
    return problems.length === 0 ? Optional.none() : Optional.of([...problems]);
  });
  return environment;
}
