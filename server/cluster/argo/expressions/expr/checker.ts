import { isTimeMethod } from './time-methods.ts';
import type { Node } from './ast.ts';
import { ExprError } from './error.ts';
import { argumentsProblem, DECIDES, GO_NAME } from './signatures.ts';
import type { Nature } from './signatures.ts';
import { goTypeName, isFunction } from './values.ts';

const NATURES: Record<string, Nature> = {
  '<nil>': 'unknown', bool: 'bool', int: 'int', float64: 'float', string: 'string', '[]interface {}': 'array', 'map[string]interface {}': 'map',
  'time.Time': 'time', 'time.Duration': 'duration',
};

function natureOf(value: unknown): Nature {
  return isFunction(value) ? 'func' : (NATURES[goTypeName(value)] ?? 'unknown');
}

const isNumber = (nature: Nature): boolean => nature === 'int' || nature === 'float';

/** What builtins give back, where the checker of expr-lang knows it. */
const RESULTS: Record<string, Nature> = {
  len: 'int', type: 'string', string: 'string', trim: 'string', trimPrefix: 'string', trimSuffix: 'string', upper: 'string', lower: 'string',
  split: 'array', splitAfter: 'array', replace: 'string', repeat: 'string', join: 'string', indexOf: 'int', lastIndexOf: 'int', hasPrefix: 'bool',
  hasSuffix: 'bool', toJSON: 'string', toBase64: 'string', fromBase64: 'string', now: 'time', duration: 'duration', date: 'time', int: 'int', float: 'float',
  all: 'bool', none: 'bool', any: 'bool', one: 'bool', count: 'int', filter: 'array', map: 'array', findIndex: 'int', findLastIndex: 'int', groupBy: 'map',
  sortBy: 'array', keys: 'array', values: 'array', toPairs: 'array', fromPairs: 'map', reverse: 'array', uniq: 'array', concat: 'array', flatten: 'array', sort: 'array',
};

/** Finds what cannot work whatever the values are; throws ExprError. After expr-lang v1.17 checker/checker.go. */
export function check(node: Node, source: string, env: Record<string, unknown>, isBuiltin: (name: string) => boolean, takesPredicate: (name: string) => boolean): void {
  const variables: string[] = [];

  const fail = (at: Node, reason: string): never => {
    throw new ExprError(reason, source, at.at);
  };

  const identifier = (at: Node, name: string): Nature => {
    if (variables.includes(name) || name === '$env') return 'unknown';
    if (Object.hasOwn(env, name)) return natureOf(env[name]);
    if (isBuiltin(name)) return 'func';
    return fail(at, `unknown name ${name}`);
  };

  const binary = (n: Extract<Node, { kind: 'binary' }>): Nature => {
    const l = visit(n.left);
    const r = visit(n.right);
    const both = (test: (nature: Nature) => boolean) => test(l) && test(r);
    const either = (...tests: ((nature: Nature) => boolean)[]) =>
      (l === 'unknown' && r === 'unknown') || (l === 'unknown' && tests.some((test) => test(r))) || (r === 'unknown' && tests.some((test) => test(l)));
    const is = (...natures: Nature[]) => (nature: Nature) => natures.includes(nature);
    const bool = is('bool');
    const string = is('string');
    const integer = is('int');
    const combined: Nature = l === 'float' || r === 'float' ? 'float' : 'int';
    switch (n.operator) {
      case '==':
      case '!=':
        if (l === 'unknown' || r === 'unknown' || l === 'nil' || r === 'nil' || l === r || both(isNumber)) return 'bool';
        break;
      case 'or':
      case '||':
      case 'and':
      case '&&':
        if (both(bool) || either(bool)) return 'bool';
        break;
      case '<':
      case '>':
      case '>=':
      case '<=':
        if (both(isNumber) || (l === r && is('string', 'time', 'duration')(l)) || either(isNumber, is('string', 'time', 'duration'))) return 'bool';
        break;
      case '-':
        if (both(isNumber)) return combined;
        if (l === 'time' && r === 'time') return 'duration';
        if ((l === 'time' || l === 'duration') && r === 'duration') return l;
        if (either(isNumber, is('time', 'duration'))) return 'unknown';
        break;
      case '*':
        if (both(isNumber)) return combined;
        if (is('int', 'float', 'duration')(l) && is('int', 'float', 'duration')(r)) return 'duration';
        if (either(isNumber, is('duration'))) return 'unknown';
        break;
      case '/':
      case '**':
      case '^':
        if (both(isNumber) || either(isNumber)) return 'float';
        break;
      case '%':
        if (both(integer) || either(integer)) return 'int';
        break;
      case '+':
        if (both(isNumber)) return combined;
        if (both(string)) return 'string';
        if (l === 'duration' && r === 'duration') return 'duration';
        if (is('time', 'duration')(l) && is('time', 'duration')(r)) return 'time';
        if (either(isNumber, is('string', 'time', 'duration'))) return 'unknown';
        break;
      case 'in':
        if (r === 'map') {
          if (l !== 'unknown' && l !== 'string') return fail(n, `cannot use ${GO_NAME[l]} as type string in map key`);
          return 'bool';
        }
        if (r === 'array' || r === 'unknown' || (l === 'unknown' && r === 'string')) return 'bool';
        break;
      case 'matches':
      case 'contains':
      case 'startsWith':
      case 'endsWith':
        if (both(string) || either(string)) return 'bool';
        break;
      case '..':
        if (both(integer) || either(integer)) return 'array';
        break;
      case '??':
        return l === 'nil' ? r : r === 'nil' || l === r ? l : 'unknown';
    }
    return fail(n, `invalid operation: ${n.operator} (mismatched types ${GO_NAME[l]} and ${GO_NAME[r]})`);
  };

  const unary = (n: Extract<Node, { kind: 'unary' }>): Nature => {
    const nature = visit(n.operand);
    if (n.operator === '!' || n.operator === 'not') {
      if (nature === 'bool' || nature === 'unknown') return 'bool';
    } else if (isNumber(nature) || nature === 'unknown') return nature;
    return fail(n, `invalid operation: ${n.operator} (mismatched type ${GO_NAME[nature]})`);
  };

  const member = (n: Extract<Node, { kind: 'member' }>): Nature => {
    if (n.node.kind === 'identifier' && n.node.name === '$env') {
      if (n.property.kind !== 'string') return 'unknown';
      return n.optional && !Object.hasOwn(env, n.property.value) ? 'unknown' : identifier(n, n.property.value);
    }
    const base = visit(n.node);
    const property = visit(n.property);
    const name = n.property.kind === 'string' ? n.property.value : undefined;
    switch (base) {
      case 'unknown':
        return 'unknown';
      case 'nil':
        return fail(n, name === undefined ? `type unknown[${GO_NAME[property]}] is undefined` : `type nil has no field ${name}`);
      case 'map':
        if (property !== 'string' && property !== 'unknown') return fail(n.property, `cannot use ${GO_NAME[property]} to get an element from map[string]interface {}`);
        return 'unknown';
      case 'array':
        if (property !== 'int' && property !== 'unknown') return fail(n.property, `array elements can only be selected using an integer (got ${GO_NAME[property]})`);
        return 'unknown';
      default:
        if (name !== undefined && (base === 'time' || base === 'duration') && isTimeMethod(base, name)) return 'func';
        if (name !== undefined) return fail(n, `type ${GO_NAME[base]} has no field ${name}`);
        return fail(n, `type ${GO_NAME[base]}[${GO_NAME[property]}] is undefined`);
    }
  };

  const call = (n: Extract<Node, { kind: 'call' }>): Nature => {
    const callee = visit(n.callee);
    // What is called is not known, nor what it takes: its arguments are not looked at.
    if (callee !== 'unknown') n.args.forEach(visit);
    const name = n.callee.kind === 'identifier' ? n.callee.name : n.callee.kind === 'member' && n.callee.property.kind === 'string' ? n.callee.property.value : 'function';
    if (callee === 'nil') return fail(n, `${name} is nil; cannot call nil as function`);
    if (callee !== 'unknown' && callee !== 'func') return fail(n, `${GO_NAME[callee]} is not callable`);
    const target = n.callee.kind === 'identifier' ? env[n.callee.name] : undefined;
    if (isFunction(target) && target.length > 0) {
      if (n.args.length > target.length) return fail(n, `too many arguments to call ${name}`);
      if (n.args.length < target.length) return fail(n, `not enough arguments to call ${name}`);
    }
    return 'unknown';
  };

  const visit = (n: Node): Nature => {
    switch (n.kind) {
      case 'nil':
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
        return n.kind;
      case 'identifier':
        return identifier(n, n.name);
      case 'unary':
        return unary(n);
      case 'binary':
        return binary(n);
      case 'chain':
        return visit(n.node);
      case 'member':
        return member(n);
      case 'slice': {
        const nature = visit(n.node);
        if (!['unknown', 'string', 'array'].includes(nature)) return fail(n, `cannot slice ${GO_NAME[nature]}`);
        for (const bound of [n.from, n.to]) {
          if (bound === undefined) continue;
          const kind = visit(bound);
          if (kind !== 'int' && kind !== 'unknown') return fail(bound, `non-integer slice index ${GO_NAME[kind]}`);
        }
        return nature;
      }
      case 'call':
        return call(n);
      case 'builtin': {
        const natures = n.args.map(visit);
        const [collection, test] = n.args;
        if (takesPredicate(n.name)) {
          const nature = natures[0] ?? 'unknown';
          if (collection !== undefined && nature !== 'array' && nature !== 'unknown') return fail(collection, `builtin ${n.name} takes only array (got ${GO_NAME[nature]})`);
          const decision = natures[1] ?? 'unknown';
          if (test !== undefined && DECIDES.has(n.name) && decision !== 'bool' && decision !== 'unknown') return fail(test, `predicate should return boolean (got ${GO_NAME[decision]})`);
        }
        const problem = argumentsProblem(n.name, natures);
        if (problem !== undefined) return fail((problem.argument === undefined ? undefined : n.args[problem.argument]) ?? n, problem.message);
        return RESULTS[n.name] ?? 'unknown';
      }
      case 'predicate':
        return visit(n.body);
      case 'pointer':
        return 'unknown';
      case 'let': {
        visit(n.value);
        if (Object.hasOwn(env, n.name)) return fail(n, `cannot redeclare ${n.name}`);
        if (isBuiltin(n.name)) return fail(n, `cannot redeclare builtin ${n.name}`);
        if (variables.includes(n.name)) return fail(n, `cannot redeclare variable ${n.name}`);
        variables.push(n.name);
        const nature = visit(n.body);
        variables.pop();
        return nature;
      }
      case 'sequence':
        return n.nodes.map(visit).at(-1) ?? 'unknown';
      case 'conditional': {
        const condition = visit(n.condition);
        if (condition !== 'bool' && condition !== 'unknown') return fail(n.condition, `non-bool expression (type ${GO_NAME[condition]}) used as condition`);
        const then = visit(n.then);
        const otherwise = visit(n.otherwise);
        if (then === 'nil') return otherwise;
        return otherwise === 'nil' || then === otherwise ? then : 'unknown';
      }
      case 'array':
        n.items.forEach(visit);
        return 'array';
      case 'map':
        for (const pair of n.pairs) {
          visit(pair.key);
          visit(pair.value);
        }
        return 'map';
    }
  };
  visit(node);
}
