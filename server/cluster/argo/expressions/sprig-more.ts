import { createCipheriv, createDecipheriv, randomBytes, randomInt, randomUUID } from 'node:crypto';
import { posix } from 'node:path';
import { parseGoDuration } from '../../../lib/go-duration.ts';
import { goRegExp } from './expr/operators.ts';
import { floatOf } from './expr/builtins.ts';
import { certificateFunctions } from './sprig-certificates.ts';
import { goTypeName, goValue, GoTime, isMap } from './expr/values.ts';
import type { ExprFunction } from './expr/values.ts';

const str = (value: unknown): string => goValue(value);
const pick = (alphabet: string) => (count: unknown) => Array.from({ length: Math.min(Number(count), 1_000_000) }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
const ASCII = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join('');
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const out = (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five.padEnd(5, '0'), 2))).join('');
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function unbase32(text: string): string {
  const bits = [...text.replace(/=+$/, '')].map((char) => BASE32.indexOf(char).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString('utf8');
}

function adler32(text: string): string {
  let a = 1;
  let b = 0;
  for (const byte of Buffer.from(text)) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return String(b * 65_536 + a);
}

interface Version {
  parts: [number, number, number];
  pre: string;
  meta: string;
}

function version(text: string): Version {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([\w.-]+))?(?:\+([\w.-]+))?$/.exec(text.trim());
  if (match === null) throw new Error('Invalid Semantic Version');
  return { parts: [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)], pre: match[4] ?? '', meta: match[5] ?? '' };
}

function comparePre(a: string, b: string): number {
  if (a === b) return 0;
  if (a === '' || b === '') return a === '' ? 1 : -1;
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x, y] = [left[i], right[i]];
    if (x === y) continue;
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    const [numeric, other] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (numeric && other) return Math.sign(Number(x) - Number(y));
    if (numeric !== other) return numeric ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

function compare(a: Version, b: Version): number {
  for (let i = 0; i < 3; i++) if (a.parts[i] !== b.parts[i]) return Math.sign((a.parts[i] ?? 0) - (b.parts[i] ?? 0));
  return comparePre(a.pre, b.pre);
}

/** One term of a constraint: `^1.2`, `~1.2.3`, `>=1`, `1.x`, `*`. */
function satisfies(term: string, candidate: Version): boolean {
  const match = /^(!=|>=|=>|<=|=<|=|>|<|~>?|\^)?\s*v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(term.trim());
  if (match === null) throw new Error(`improper constraint: ${term}`);
  const [, operator = '', ...numbers] = match;
  const raw = numbers.slice(0, 3);
  const wild = raw.findIndex((part) => part === undefined || /[xX*]/.test(part));
  const base: Version = { parts: raw.map((part) => (part === undefined || /[xX*]/.test(part) ? 0 : Number(part))) as [number, number, number], pre: numbers[3] ?? '', meta: '' };
  if (candidate.pre !== '' && base.pre === '') return false;
  const order = compare(candidate, base);
  const sameUpTo = (count: number) => candidate.parts.slice(0, count).every((part, i) => part === base.parts[i]);
  switch (operator) {
    case '!=':
      return wild >= 0 ? !sameUpTo(wild) : order !== 0;
    case '>':
      return wild >= 0 ? order > 0 && !sameUpTo(wild) : order > 0;
    case '<':
      return order < 0;
    case '>=':
    case '=>':
      return order >= 0;
    case '<=':
    case '=<':
      return wild >= 0 ? order <= 0 || sameUpTo(wild) : order <= 0;
    case '~':
    case '~>':
      return order >= 0 && sameUpTo(wild === 0 ? 0 : wild === 1 ? 1 : 2);
    case '^': {
      const lead = base.parts.findIndex((part) => part > 0);
      return order >= 0 && sameUpTo(wild === 0 ? 0 : lead < 0 ? (wild < 0 ? 3 : wild) : lead + 1);
    }
    default:
      return wild >= 0 ? sameUpTo(wild) : order === 0;
  }
}

const cipherKey = (password: unknown): Buffer => Buffer.concat([Buffer.from(str(password)), Buffer.alloc(32)]).subarray(0, 32);

/** What has no host. */
function relativeUrl(given: string, scheme: string): Record<string, string> {
  const [, before = '', query = '', fragment = ''] = /^([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(scheme === '' ? given : given.slice(scheme.length + 1)) ?? [];
  return { scheme: scheme.toLowerCase(), host: '', hostname: '', path: scheme === '' ? before : '', query, fragment, opaque: scheme === '' ? '' : before, userinfo: '' };
}

/** The rest of Masterminds/sprig v3 that a workflow has a use for: randomness, versions, addresses, paths, ciphers. */
export const sprigMore: Readonly<Record<string, ExprFunction>> = {
  hello: () => 'Hello!',
  uuidv4: () => randomUUID(),
  randAlphaNum: pick(LETTERS + DIGITS),
  randAlpha: pick(LETTERS),
  randNumeric: pick(DIGITS),
  randAscii: pick(ASCII),
  randBytes: (count) => randomBytes(Math.min(Number(count), 1_000_000)).toString('base64'),
  randInt: (from, to) => BigInt(randomInt(Number(from), Number(to))),
  shuffle: (s) => [...str(s)].map((char) => ({ char, at: randomInt(2 ** 32) })).sort((a, b) => a.at - b.at).map(({ char }) => char).join(''),
  swapcase: (s) => [...str(s)].map((char) => (char === char.toUpperCase() ? char.toLowerCase() : char.toUpperCase())).join(''),
  b32enc: (s) => base32(str(s)),
  b32dec: (s) => {
    const bad = /[^A-Z2-7=\r\n]/.exec(str(s));
    return bad === null ? unbase32(str(s)) : `illegal base32 data at input byte ${bad.index}`;
  },
  adler32sum: (s) => adler32(str(s)),
  toDecimal: (value) => BigInt(Number.parseInt(str(value), 8) || 0),
  durationRound: (value) => {
    const ms = typeof value === 'string' ? (parseGoDuration(value) ?? 0) : floatOf(value) / 1e6;
    const units: [string, number][] = [['y', 365 * 86_400_000], ['mo', 30 * 86_400_000], ['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]];
    const unit = units.find(([, size]) => Math.abs(ms) >= size);
    if (Math.abs(ms) <= 1000) return '0s';
    return unit === undefined ? '0s' : `${Math.floor(Math.abs(ms) / unit[1])}${unit[0]}`;
  },
  semver: (text) => {
    const { parts, pre, meta } = version(str(text));
    return { Major: () => BigInt(parts[0]), Minor: () => BigInt(parts[1]), Patch: () => BigInt(parts[2]), Prerelease: () => pre, Metadata: () => meta, Original: () => str(text), String: () => `${parts.join('.')}${pre === '' ? '' : `-${pre}`}${meta === '' ? '' : `+${meta}`}` };
  },
  semverCompare: (constraint, text) => {
    const candidate = version(str(text));
    return str(constraint).split('||').some((group) => {
      const range = /^\s*(\S+)\s+-\s+(\S+)\s*$/.exec(group);
      const terms = range === null ? group.trim().split(/\s*,\s*|\s+(?=[<>=!~^])/) : [`>=${range[1] ?? ''}`, `<=${range[2] ?? ''}`];
      return terms.every((term) => satisfies(term, candidate));
    });
  },
  urlParse: (text) => {
    const given = str(text);
    const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(given)?.[1];
    if (scheme === undefined && given.startsWith(':')) throw new Error(`unable to parse url: parse ${JSON.stringify(given)}: missing protocol scheme`);
    if (scheme === undefined || !given.slice(scheme.length + 1).startsWith('/')) return relativeUrl(given, scheme ?? '');
    const url = new URL(given);
    const userinfo = url.username === '' ? '' : url.password === '' ? url.username : `${url.username}:${url.password}`;
    return { scheme: url.protocol.slice(0, -1), host: url.host, hostname: url.hostname, path: url.pathname, query: url.search.slice(1), fragment: url.hash.slice(1), opaque: '', userinfo };
  },
  urlJoin: (value) => {
    const parts = isMap(value) ? value : {};
    const part = (name: string) => (parts[name] === undefined ? '' : str(parts[name]));
    const place = part('userinfo') === '' && part('host') === '' ? '' : `//${part('userinfo') === '' ? '' : `${part('userinfo')}@`}${part('host')}`;
    const path = encodeURI(part('path'));
    return `${part('scheme') === '' ? '' : `${part('scheme')}:`}${place}${place !== '' && path !== '' && !path.startsWith('/') ? '/' : ''}${path}${part('query') === '' ? '' : `?${part('query')}`}${part('fragment') === '' ? '' : `#${part('fragment')}`}`;
  },
  clean: (path) => posix.normalize(str(path)).replace(/(?<=.)\/$/, ''),
  osBase: (path) => posix.basename(str(path)),
  osDir: (path) => posix.dirname(str(path)),
  osExt: (path) => posix.extname(str(path)),
  osClean: (path) => posix.normalize(str(path)).replace(/(?<=.)\/$/, ''),
  osIsAbs: (path) => str(path).startsWith('/'),
  typeIs: (name, value) => goTypeName(value) === str(name),
  typeIsLike: (name, value) => [str(name), `*${str(name)}`].includes(goTypeName(value)),
  kindIs: (name, value) => (Array.isArray(value) ? 'slice' : isMap(value) ? 'map' : goTypeName(value)) === str(name),
  deepCopy: (value) => structuredClone(value),
  regexFindAllSubmatch: (pattern, text) => [...str(text).matchAll(goRegExp(str(pattern), 'g'))].map((match) => [...match]),
  getHostByName: (name) => (name === 'localhost' ? '127.0.0.1' : ''),
  encryptAES: (password, text) => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', cipherKey(password), iv);
    return Buffer.concat([iv, cipher.update(str(text)), cipher.final()]).toString('base64');
  },
  decryptAES: (password, text) => {
    const bytes = Buffer.from(str(text), 'base64');
    const decipher = createDecipheriv('aes-256-cbc', cipherKey(password), bytes.subarray(0, 16));
    return Buffer.concat([decipher.update(bytes.subarray(16)), decipher.final()]).toString('utf8');
  },
  ...certificateFunctions,
};

/** Functions that exist a second time, as `mustX`, and fail where the first gives an empty value. */
const TWICE = ['append', 'push', 'prepend', 'first', 'rest', 'last', 'initial', 'reverse', 'uniq', 'without', 'has', 'slice', 'compact', 'chunk', 'merge', 'mergeOverwrite', 'toJson', 'toPrettyJson', 'toRawJson', 'fromJson', 'toDate', 'dateModify', 'deepCopy', 'regexMatch', 'regexFind', 'regexFindAll', 'regexReplaceAll', 'regexReplaceAllLiteral', 'regexSplit'];

/** What the forms without `must` give where the others fail. */
const OTHERWISE: Readonly<Record<string, unknown>> = { fromJson: null, regexMatch: false, toJson: '', toPrettyJson: '', toRawJson: '', toDate: new GoTime(Date.UTC(1, 0, 1) - 59_926_608_000_000) };

/** Adds the `must…` forms to a table of functions. */
export function withMust(functions: Readonly<Record<string, ExprFunction>>): Record<string, ExprFunction> {
  const out = { ...functions };
  for (const name of TWICE) {
    const own = functions[name];
    if (own === undefined) continue;
    out[`must${name.charAt(0).toUpperCase()}${name.slice(1)}`] = own;
    if (!Object.hasOwn(OTHERWISE, name)) continue;
    out[name] = (...args) => {
      try {
        return own(...args);
      } catch {
        return OTHERWISE[name];
      }
    };
  }
  return out;
}
