/** Whether a rule can be compiled, said as the compiler of cel-go says it. */
import { ParseError, type Environment } from '@marcbachmann/cel-js';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { kubernetesCel } from './cel.ts';

let environment: Environment | undefined;
const MACROS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter']);
/** The language and its library here know more than Kubernetes offers. */
const ABSENT = new Set(['reverse', 'sort', 'sortBy', 'distinct', 'flatten', 'slice', 'first', 'last', 'transformList', 'transformMap', 'transformMapEntry', 'bind', 'encode', 'decode', 'greatest', 'least', 'abs', 'ceil', 'floor', 'round', 'trunc', 'json']);

/** What is wrong with a rule of a schema; undefined when nothing is. */
export function ruleProblem(schema: JsonRecord, rule: string): string | undefined {
  return expressionProblem(rule, { self: schema, oldSelf: schema });
}

/** What an expression gives, as far as that is plain: `bool`, `int`, `double`, `string`; undefined where it shows at run time, or does not compile. */
export function expressionType(expression: string, variables: Readonly<Record<string, JsonRecord>>): string | undefined {
  environment ??= kubernetesCel();
  try {
    return celType(typeOf(environment.parse(expression).ast, expression, new Map(Object.entries(variables)), []));
  } catch {
    return undefined;
  }
}

/** `variables` are what the expression may speak of, with their schemas; an empty one can be anything. */
export function expressionProblem(expression: string, variables: Readonly<Record<string, JsonRecord>>): string | undefined {
  environment ??= kubernetesCel();
  let ast: unknown;
  try {
    ast = environment.parse(expression).ast;
  } catch (error) {
    return syntaxProblem(expression, error);
  }
  const problems: string[] = [];
  typeOf(ast, expression, new Map(Object.entries(variables)), problems);
  return problems.length === 0 ? undefined : problems.join('\n');
}

/** What an expression without known variables gives: `bool`, `int`, `list<string>`; `dyn` when only its values tell. */
export function resultType(expression: string): string {
  environment ??= kubernetesCel();
  return environment.check(expression).type ?? 'dyn';
}

const EXPECTED = "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

function syntaxProblem(expression: string, error: unknown): string {
  const text = error instanceof ParseError ? error.message : String(error);
  const caret = /\^/.test(text) ? Math.max(0, (text.split('\n').at(-1)?.indexOf('^') ?? 0) - (/^> +\d+ \| /m.exec(text)?.[0].length ?? 0)) : expression.length;
  const at = text.includes('EOF') ? expression.length : caret;
  const open = [...expression].filter((c) => c === '(').length - [...expression].filter((c) => c === ')').length;
  if (text.includes('EOF') && open > 0 && /[\w\])]$/.test(expression.trimEnd())) return located(expression, at, "Syntax error: missing ')' at '<EOF>'");
  if (text.includes('EOF')) return located(expression, at, expression.trimEnd().endsWith('.') ? "Syntax error: no viable alternative at input '.'" : `Syntax error: mismatched input '<EOF>' expecting ${EXPECTED}`);
  return located(expression, at, `Syntax error: extraneous input '${expression.charAt(at)}' expecting ${EXPECTED}`);
}

/** The message, the line and a mark below the place. */
function located(expression: string, at: number, message: string): string {
  const before = expression.slice(0, at).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = expression.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

type Node = { op: string; args: unknown; pos: number };
type Known = JsonRecord | undefined;

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string' && 'args' in value && 'pos' in value && typeof value.pos === 'number';
}

/** The schema of what a node is, as far as it is known; gathers fields and names that are not there. */
function typeOf(node: unknown, text: string, scope: ReadonlyMap<string, Known>, problems: string[]): Known {
  if (Array.isArray(node)) {
    for (const item of node) typeOf(item, text, scope, problems);
    return undefined;
  }
  if (!isNode(node)) return undefined;
  const args: unknown[] = Array.isArray(node.args) ? node.args : [node.args];
  switch (node.op) {
    case 'value':
      return literal(node.args);
    case 'id': {
      const name = String(node.args);
      if (!scope.has(name) && !['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'optional', 'google', 'sets', 'ip', 'strings', 'format'].includes(name)) problems.push(located(text, node.pos, `undeclared reference to '${name}' (in container '')`));
      return scope.get(name);
    }
    case '.': {
      const base = typeOf(args[0], text, scope, problems);
      return fieldOf(base, String(args[1]), node.pos - 1, text, problems);
    }
    case '[]': {
      const base = typeOf(args[0], text, scope, problems);
      typeOf(args[1], text, scope, problems);
      return elementOf(base);
    }
    case 'rcall': {
      const [name, receiver, parameters] = args;
      const base = typeOf(receiver, text, scope, problems);
      const list: unknown[] = Array.isArray(parameters) ? parameters : [];
      if (ABSENT.has(String(name))) problems.push(located(text, Math.max(0, text.indexOf(`.${String(name)}(`, endOfReceiver(receiver))) + String(name).length + 1, `undeclared reference to '${String(name)}' (in container '')`));
      const [first] = list;
      if (!MACROS.has(String(name)) || !isNode(first) || first.op !== 'id') {
        typeOf(list, text, scope, problems);
        return RESULTS[String(name)];
      }
      const over = celType(base);
      if (over !== undefined) problems.push(located(text, startOf(receiver), `expression of type '${over}' cannot be range of a comprehension (must be list, map, or dynamic)`));
      const inner = new Map(scope).set(String(first.args), overOf(base));
      typeOf(list.slice(1), text, inner, problems);
      return name === 'filter' ? base : RESULTS[String(name)];
    }
    case 'call': {
      const name = String(args[0]);
      if (!functionNames().has(name)) problems.push(located(text, node.pos + name.length, `undeclared reference to '${name}' (in container '')`));
      typeOf(args[1], text, scope, problems);
      return RESULTS[name];
    }
    case '!_': {
      const type = celType(typeOf(node.args, text, scope, problems));
      if (type !== undefined && type !== 'bool') problems.push(located(text, node.pos, `found no matching overload for '!_' applied to '(${type})'`));
      return BOOLEAN;
    }
    case '?:': {
      const [, yes, no] = args.map((arg) => typeOf(arg, text, scope, problems));
      return celType(yes) === celType(no) ? yes : undefined;
    }
    default: {
      const types = args.map((arg) => typeOf(arg, text, scope, problems));
      return args.length === 2 ? operated(node.op, types, args[1], text, problems) : undefined;
    }
  }
}

const BOOLEAN: JsonRecord = { type: 'boolean' };
/** What functions give whatever they are given. */
const RESULTS: Readonly<Record<string, JsonRecord>> = { size: { type: 'integer' }, string: { type: 'string' }, int: { type: 'integer' }, double: { type: 'number' }, bool: BOOLEAN, has: BOOLEAN, startsWith: BOOLEAN, endsWith: BOOLEAN, contains: BOOLEAN, matches: BOOLEAN, all: BOOLEAN, exists: BOOLEAN, exists_one: BOOLEAN };
const COMPARISONS = ['==', '!=', '<', '<=', '>', '>='];
const NUMBERS = ['int', 'double'];

/** Kubernetes has functions of CEL that are not here: they are at least known by name. */
const MORE_FUNCTIONS = ['dyn', 'type', 'optional', 'sets', 'authorizer', 'has', 'math', 'format'];
let functions: ReadonlySet<string> | undefined;

function functionNames(): ReadonlySet<string> {
  environment ??= kubernetesCel();
  return (functions ??= new Set([...environment.getDefinitions().functions.map(({ name }) => name), ...MORE_FUNCTIONS]));
}

function literal(value: unknown): Known {
  if (typeof value === 'bigint') return { type: 'integer' };
  if (typeof value === 'number') return { type: 'number' };
  return typeof value === 'string' || typeof value === 'boolean' ? { type: typeof value } : undefined;
}

/** CEL's name for the plain types; undefined for all others, and for what only shows at run time. */
function celType(schema: Known): string | undefined {
  if (schema === undefined || schema['x-kubernetes-int-or-string'] === true || (schema.format !== undefined && schema.type === 'string')) return undefined;
  return { string: 'string', integer: 'int', number: 'double', boolean: 'bool' }[String(schema.type)];
}

function operated(op: string, types: readonly Known[], right: unknown, text: string, problems: string[]): Known {
  const [a, b] = types.map(celType);
  const isLogic = op === '&&' || op === '||';
  const isMath = ['+', '-', '*', '/', '%'].includes(op);
  if (a !== undefined && b !== undefined) {
    const numbers = NUMBERS.includes(a) && NUMBERS.includes(b);
    const fits = isLogic ? a === 'bool' && b === 'bool' : isMath ? a === b && a !== 'bool' && (op === '+' || a !== 'string') : COMPARISONS.includes(op) ? a === b || (numbers && op !== '==' && op !== '!=') : true;
    if (!fits) problems.push(located(text, text.lastIndexOf(op, startOf(right) - 1), `found no matching overload for '_${op}_' applied to '(${a}, ${b})'`));
  }
  if (isLogic || COMPARISONS.includes(op) || op === 'in') return BOOLEAN;
  return isMath && a === b ? types[0] : undefined;
}

/** Where a node begins: its own place may be that of a dot in it. */
function startOf(node: unknown): number {
  if (Array.isArray(node)) return Math.min(...node.map(startOf));
  return isNode(node) ? Math.min(node.pos, startOf(node.args)) : Number.POSITIVE_INFINITY;
}

/** From where on the dot after a node can be. */
function endOfReceiver(node: unknown): number {
  const start = startOf(node);
  return Number.isFinite(start) ? start : 0;
}

function fieldOf(base: Known, name: string, at: number, text: string, problems: string[]): Known {
  const plain = celType(base);
  if (plain !== undefined) problems.push(located(text, at, `type '${plain}' does not support field selection`));
  if (base === undefined || base['x-kubernetes-preserve-unknown-fields'] === true || base.type !== 'object') return undefined;
  if (isRecord(base.additionalProperties)) return base.additionalProperties;
  const properties = isRecord(base.properties) ? base.properties : {};
  const field = properties[name] ?? properties[name.replaceAll('__dash__', '-').replaceAll('__dot__', '.').replaceAll('__slash__', '/').replaceAll('__underscores__', '__')];
  if (isRecord(field)) return field;
  if (!(base['x-kubernetes-embedded-resource'] === true || ['metadata', 'apiVersion', 'kind'].includes(name))) problems.push(located(text, at, `undefined field '${name}'`));
  return undefined;
}

function elementOf(base: Known): Known {
  if (isRecord(base?.items)) return base.items;
  return isRecord(base?.additionalProperties) ? base.additionalProperties : undefined;
}

/** What a macro's variable goes over: the items of a list, the keys of a map. */
function overOf(base: Known): Known {
  return isRecord(base?.items) ? base.items : undefined;
}
