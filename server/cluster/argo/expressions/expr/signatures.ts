/** What the checker knows of a value: its Go type, as far as it matters. */
export type Nature = 'nil' | 'bool' | 'int' | 'float' | 'string' | 'array' | 'map' | 'time' | 'duration' | 'func' | 'unknown';

export const GO_NAME: Record<Nature, string> = {
  nil: 'unknown', bool: 'bool', int: 'int', float: 'float64', string: 'string', array: '[]interface {}', map: 'map[string]interface {}',
  time: 'time.Time', duration: 'time.Duration', func: 'func(...interface {}) (interface {}, error)', unknown: 'unknown',
};

/** Parameters of builtins by Go's types, one list an overload; the last one's complaint is told. After expr-lang v1.17 builtin/builtin.go */
const OVERLOADS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  type: [['any']], string: [['any']], toJSON: [['any']],
  trim: [['string'], ['string', 'string']], trimPrefix: [['string', 'string'], ['string']], trimSuffix: [['string', 'string'], ['string']],
  upper: [['string']], lower: [['string']], repeat: [['string', 'int']],
  split: [['string', 'string'], ['string', 'string', 'int']], splitAfter: [['string', 'string'], ['string', 'string', 'int']],
  replace: [['string', 'string', 'string', 'int'], ['string', 'string', 'string']],
  join: [['[]any', 'string'], ['[]any'], ['[]string', 'string'], ['[]string']],
  indexOf: [['string', 'string']], lastIndexOf: [['string', 'string']], hasPrefix: [['string', 'string']], hasSuffix: [['string', 'string']],
  fromJSON: [['string']], toBase64: [['string']], fromBase64: [['string']], duration: [['string']], timezone: [['string']],
  sort: [['[]any', 'string'], ['[]int', 'string'], ['[]float64', 'string'], ['[]string', 'string'], ['[]any'], ['[]float64'], ['[]string'], ['[]int']],
  bitand: [['int', 'int']], bitor: [['int', 'int']], bitxor: [['int', 'int']], bitnand: [['int', 'int']], bitshl: [['int', 'int']], bitshr: [['int', 'int']], bitushr: [['int', 'int']], bitnot: [['int']],
};

interface Rule {
  /** How many arguments: just so many, or with `atLeast` as many or more. */
  count?: number;
  atLeast?: boolean;
  takes: readonly Nature[];
  problem: (type: string) => string;
}

const numbers: readonly Nature[] = ['int', 'float'];
const lists: readonly Nature[] = ['array'];
const invalid = (name: string) => (type: string) => `invalid argument for ${name} (type ${type})`;
const cannot = (before: string, after = '') => (type: string) => `cannot ${before} ${type}${after}`;

/** Builtins that look at their arguments themselves. */
const RULES: Readonly<Record<string, Rule>> = {
  len: { count: 1, takes: ['array', 'map', 'string'], problem: invalid('len') },
  abs: { count: 1, takes: numbers, problem: invalid('abs') },
  ceil: { count: 1, takes: numbers, problem: invalid('ceil') },
  floor: { count: 1, takes: numbers, problem: invalid('floor') },
  round: { count: 1, takes: numbers, problem: invalid('round') },
  int: { count: 1, takes: ['int', 'float', 'string', 'duration'], problem: invalid('int') },
  float: { count: 1, takes: ['int', 'float', 'string'], problem: invalid('float') },
  max: { takes: ['int', 'float', 'array'], problem: invalid('max') },
  min: { takes: ['int', 'float', 'array'], problem: invalid('min') },
  mean: { takes: ['int', 'float', 'array'], problem: invalid('mean') },
  median: { takes: ['int', 'float', 'array'], problem: invalid('median') },
  first: { count: 1, takes: lists, problem: cannot('get first element from') },
  last: { count: 1, takes: lists, problem: cannot('get last element from') },
  keys: { count: 1, takes: ['map'], problem: cannot('get keys from') },
  values: { count: 1, takes: ['map'], problem: cannot('get values from') },
  toPairs: { count: 1, takes: ['map'], problem: cannot('transform', ' to pairs') },
  fromPairs: { count: 1, takes: lists, problem: cannot('transform', ' from pairs') },
  reverse: { count: 1, takes: lists, problem: cannot('reverse') },
  uniq: { count: 1, takes: lists, problem: cannot('uniq') },
  concat: { count: 1, atLeast: true, takes: lists, problem: cannot('concat') },
  flatten: { count: 1, takes: lists, problem: cannot('flatten') },
  now: { count: 0, takes: [], problem: () => '' },
};

const fits = (nature: Nature, type: string): boolean => nature === 'unknown' || type === 'any' || type === nature || (type === '[]any' && nature === 'array');

/** What is wrong with the arguments of a builtin; `argument`: the index of the one that is told of, else the call itself. */
export function argumentsProblem(name: string, natures: readonly Nature[]): { message: string; argument?: number } | undefined {
  const shown = (nature: Nature) => (nature === 'nil' ? '%!s(<nil>)' : GO_NAME[nature]);
  const rule = RULES[name];
  if (rule !== undefined) {
    if (rule.count === undefined && natures.length === 0) return { message: `not enough arguments to call ${name}` };
    const wrong = rule.count !== undefined && (rule.atLeast === true ? natures.length < rule.count : natures.length !== rule.count);
    if (wrong) return { message: `invalid number of arguments (expected ${rule.atLeast === true ? 'at least ' : ''}${rule.count ?? 0}, got ${natures.length})` };
    const bad = natures.find((nature) => nature !== 'unknown' && !rule.takes.includes(nature));
    return bad === undefined ? undefined : { message: rule.problem(shown(bad)) };
  }
  if (name === 'get' || name === 'take') {
    if (natures.length !== 2) return { message: `invalid number of arguments (expected 2, got ${natures.length})` };
    const [from = 'unknown', at = 'unknown'] = natures;
    if (name === 'take') {
      if (from !== 'array' && from !== 'unknown') return { message: `cannot take from ${shown(from)}` };
      return at === 'int' || at === 'unknown' ? undefined : { message: `expected integer, got ${shown(at)}` };
    }
    if (from === 'array') return at === 'int' || at === 'unknown' ? undefined : { message: `non-integer slice index ${GO_NAME[at]}`, argument: 1 };
    if (from === 'map') return at === 'string' || at === 'unknown' ? undefined : { message: `cannot use ${GO_NAME[at]} to get an element from ${GO_NAME[from]}`, argument: 1 };
    return from === 'unknown' || from === 'nil' ? undefined : { message: `type ${GO_NAME[from]} does not support indexing`, argument: 0 };
  }
  let last: { message: string; argument?: number } | undefined;
  for (const parameters of OVERLOADS[name] ?? []) {
    last = mismatch(name, parameters, natures);
    if (last === undefined) return undefined;
  }
  return last;
}

function mismatch(name: string, parameters: readonly string[], natures: readonly Nature[]): { message: string; argument?: number } | undefined {
  if (natures.length !== parameters.length) return { message: `${natures.length > parameters.length ? 'too many' : 'not enough'} arguments to call ${name}` };
  for (const [i, nature] of natures.entries()) {
    const type = parameters[i] ?? 'any';
    const shown = type === '[]any' ? '[]interface {}' : type;
    if (nature === 'nil' && type !== 'any') return { message: `cannot use nil as argument (type ${shown}) to call ${name}`, argument: i };
    if (!fits(nature, type)) return { message: `cannot use ${GO_NAME[nature]} as argument (type ${shown}) to call ${name} `, argument: i };
  }
  return undefined;
}

/** Builtins whose predicate answers true or false. */
export const DECIDES = new Set(['all', 'none', 'any', 'one', 'filter', 'find', 'findIndex', 'findLast', 'findLastIndex', 'count']);
