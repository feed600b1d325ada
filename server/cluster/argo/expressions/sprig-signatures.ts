import { goTypeName } from './expr/values.ts';
import type { ExprFunction } from './expr/values.ts';

/**
 * What the functions of sprig v3.3.0 take: Go's parameter types, and the functions with just these. `list` is
 * []interface {}, `map` map[string]interface {}, `cert` sprig's certificate, `...T` any number of T.
 */
const SIGNATURES: Readonly<Record<string, string>> = {
  '': 'hello now uuidv4',
  '...any': 'add addf all any cat coalesce concat dict dig list quote squote tuple',
  '...int': 'seq',
  '...map': 'keys',
  'any':
    'add1 add1f ago ceil compact deepCopy duration durationRound empty first float64 floor htmlDate initial int int64 kindOf last mustCompact mustDeepCopy mustFirst mustInitial mustLast mustRest mustReverse mustToJson mustToPrettyJson mustToRawJson mustUniq rest reverse sortAlpha toDecimal toJson toPrettyJson toRawJson toString toStrings typeOf uniq',
  'any ...any': 'biggest default divf max maxf min minf mul mulf mustSlice mustWithout slice subf without',
  'any any': 'append deepEqual div has mod mustAppend mustHas mustPrepend mustPush prepend push sub',
  'any any bool': 'ternary',
  'any int ...float64': 'round',
  'any string': 'htmlDateInZone',
  'int': 'randAlpha randAlphaNum randAscii randBytes randNumeric until',
  'int any': 'chunk mustChunk',
  'int int': 'randInt',
  'int int int': 'untilStep',
  'int int string': 'abbrevboth substr',
  'int string': 'abbrev indent nindent repeat trunc wrap',
  'int string string': 'wrapWith',
  'map': 'urlJoin values',
  'map ...map': 'merge mergeOverwrite mustMerge mustMergeOverwrite',
  'map ...string': 'omit pick',
  'map string': 'get hasKey unset',
  'map string any': 'set',
  'string':
    'adler32sum atoi b32dec b32enc b64dec b64enc base bcrypt camelcase clean dir ext fail fromJson genPrivateKey getHostByName initials isAbs kebabcase lower mustFromJson nospace osBase osClean osDir osExt osIsAbs regexQuoteMeta semver sha1sum sha256sum sha512sum shuffle snakecase swapcase title trim untitle upper urlParse',
  'string ...map': 'pluck',
  'string any': 'date join kindIs typeIs typeIsLike',
  'string any string': 'dateInZone date_in_zone',
  'string int': 'genCA',
  'string int string': 'genCAWithKey splitn',
  'string list list int': 'genSelfSignedCert',
  'string list list int cert': 'genSignedCert',
  'string list list int cert string': 'genSignedCertWithKey',
  'string list list int string': 'genSelfSignedCertWithKey',
  'string string':
    'buildCustomCert contains decryptAES encryptAES hasPrefix hasSuffix htpasswd mustRegexFind mustRegexMatch mustToDate regexFind regexMatch semverCompare split splitList toDate trimAll trimPrefix trimSuffix trimall',
  'string string int': 'mustRegexFindAll mustRegexSplit plural regexFindAll regexSplit',
  'string string string': 'mustRegexReplaceAll mustRegexReplaceAllLiteral regexReplaceAll regexReplaceAllLiteral replace',
  'string time': 'dateModify date_modify mustDateModify must_date_modify',
  'time': 'unixEpoch',
  'uint32 string string string string': 'derivePassword',
};

const GO_TYPES: Readonly<Record<string, string>> = { any: 'interface {}', list: '[]interface {}', map: 'map[string]interface {}', time: 'time.Time', cert: 'sprig.certificate' };
const goType = (type: string): string => GO_TYPES[type] ?? type.replace(/(?<=\])any$/, 'interface {}');

const ZERO: Readonly<Record<string, unknown>> = { string: '', int: 0n, uint32: 0n, bool: false, list: [], map: {}, any: null };

const parameters = new Map<string, readonly string[]>(Object.entries(SIGNATURES).flatMap(([types, names]) => names.split(' ').map((name) => [name, types === '' ? [] : types.split(' ')] as const)));

function fits(type: string, value: unknown): boolean {
  return type === 'any' || type === 'cert' || goTypeName(value) === goType(type);
}

/** Checks a call as Go's reflect does; answers with the arguments, zero values where nil was given. Throws in its words. */
function called(types: readonly string[], args: readonly unknown[]): unknown[] {
  const variadic = types.at(-1)?.startsWith('...') === true;
  const rest = variadic ? (types.at(-1) ?? '').slice(3) : '';
  const fixed = variadic ? types.length - 1 : types.length;
  const out = args.map((value, i) => {
    if (value !== null && value !== undefined) return value;
    if (i >= types.length) throw new Error(`runtime error: index out of range [${i}] with length ${types.length}`);
    return i >= fixed ? null : (ZERO[types[i] ?? ''] ?? null);
  });
  if (out.length < fixed) throw new Error('reflect: Call with too few input arguments');
  if (!variadic && out.length > fixed) throw new Error('reflect: Call with too many input arguments');
  for (const [i, value] of out.entries()) {
    const type = i < fixed ? (types[i] ?? 'any') : rest;
    if (value === null || fits(type, value)) continue;
    throw new Error(i < fixed ? `reflect: Call using ${goTypeName(value)} as type ${goType(type)}` : `reflect: cannot use ${goTypeName(value)} as type ${goType(type)} in Call`);
  }
  return out;
}

/** The functions, called only with what Go would call them with. */
export function withSignatures(functions: Readonly<Record<string, ExprFunction>>): Record<string, ExprFunction> {
  const out: Record<string, ExprFunction> = {};
  for (const [name, run] of Object.entries(functions)) {
    const types = parameters.get(name);
    out[name] = types === undefined ? run : (...args) => run(...called(types, args));
  }
  return out;
}
