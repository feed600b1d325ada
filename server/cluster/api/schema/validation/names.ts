/** What names may look like, in Kubernetes' words. After kubernetes 1.32 apimachinery/pkg/util/validation/validation.go */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const DNS_1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const QUALIFIED_NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED_NAME})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);
const tooLong = (text: string, max: number): string[] => (text.length > max ? [`must be no more than ${max} characters`] : []);
const mismatch = (text: string, pattern: string, message: string, ...examples: string[]): string[] => {
  if (whole(pattern).test(text)) return [];
  const shown = examples.map((e) => `'${e}'`).join(',  or ');
  return [`${message} (${examples.length === 0 ? '' : `e.g. ${shown}, `}regex used for validation is '${pattern}')`];
};

/** A check gives everything that is wrong with a name; nothing when it is well. */
export type NameCheck = (name: string) => string[];

export const dnsLabel: NameCheck = (name) => [
  ...tooLong(name, 63),
  // What would do as a subdomain has but its dots too many.
  ...(name.includes('.') && whole(SUBDOMAIN).test(name) ? ['must not contain dots'] : mismatch(name, LABEL, "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character", 'my-name', '123-abc')),
];

export const dnsSubdomain: NameCheck = (name) => [
  ...tooLong(name, 253),
  ...mismatch(name, SUBDOMAIN, "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character", 'example.com'),
];

export const dns1035Label: NameCheck = (name) => [
  ...tooLong(name, 63),
  ...mismatch(name, DNS_1035, "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character", 'my-name', 'abc-123'),
];

/** Anything that can stand in a URL. */
export const pathSegment: NameCheck = (name) => {
  if (name === '.' || name === '..') return [`may not be '${name}'`];
  return ['/', '%'].filter((c) => name.includes(c)).map((c) => `may not contain '${c}'`);
};

/** `a`, `example.com/a` */
export const qualifiedName: NameCheck = (name) => {
  const parts = name.split('/');
  const problems: string[] = [];
  let last = name;
  if (parts.length === 2) {
    const [prefix = '', rest = ''] = parts;
    last = rest;
    if (prefix === '') problems.push('prefix part must be non-empty');
    else problems.push(...dnsSubdomain(prefix).map((p) => `prefix part ${p}`));
  } else if (parts.length > 2) {
    return mismatch('/', QUALIFIED_NAME, "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", 'MyName', 'my.name', '123-abc').map((p) => `${p} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`);
  }
  if (last === '') problems.push('name part must be non-empty');
  else problems.push(...tooLong(last, 63).map((p) => `name part ${p}`));
  problems.push(...mismatch(last, QUALIFIED_NAME, "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", 'MyName', 'my.name', '123-abc'));
  return problems;
};

export const labelValue: NameCheck = (value) => [
  ...tooLong(value, 63),
  ...mismatch(value, LABEL_VALUE, "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character", 'MyValue', 'my_value', '12345'),
];

export const configMapKey: NameCheck = (key) => {
  const problems = [...tooLong(key, 253), ...mismatch(key, CONFIG_KEY, "a valid config key must consist of alphanumeric characters, '-', '_' or '.'", 'key.name', 'KEY_NAME', 'key-name')];
  if (key === '.') problems.push("must not be '.'");
  else if (key === '..') problems.push("must not be '..'");
  else if (key.startsWith('..')) problems.push("must not start with '..'");
  return problems;
};

export const portName: NameCheck = (name) => {
  const problems = tooLong(name, 15);
  if (!/^[-a-z0-9]+$/.test(name)) problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) problems.push('must not begin or end with a hyphen');
  return problems;
};

export const environmentName: NameCheck = (name) => (/^[ -<>-~]+$/.test(name) ? [] : ["a valid environment variable name must consist only of printable ASCII characters other than '='"]);

export function isIp(text: string): boolean {
  if (/^(\d{1,3}\.){3}\d{1,3}$/.test(text)) return text.split('.').every((n) => Number(n) <= 255 && String(Number(n)) === n);
  return /^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$/.test(text);
}

export const httpHeaderName: NameCheck = (name) => mismatch(name, '[-A-Za-z0-9]+', "a valid HTTP header must consist of alphanumeric characters or '-'", 'X-Header-Name');

const WILDCARD = `\\*\\.${SUBDOMAIN}`;

/** `*.example.com` */
export const wildcardSubdomain: NameCheck = (name) => mismatch(name, WILDCARD, "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character", '*.example.com');

export const CIDR_PROBLEM = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

export function isCidr(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/');
  if (more !== undefined || !/^\d{1,3}$/.test(bits) || !isIp(address)) return false;
  return Number(bits) <= (address.includes(':') ? 128 : 32);
}

/** `acme.io/foo` */
export const domainPath: NameCheck = (path) => {
  const slash = path.indexOf('/');
  if (slash < 0 || slash === 0 || slash === path.length - 1) return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  return [...dnsSubdomain(path.slice(0, slash)), ...(/^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/.test(path.slice(slash + 1)) ? [] : ['Invalid path'])];
};
