/** Whether a rule can be compiled, said as the compiler of cel-go says it. */
import { ParseError, type Environment } from '@marcbachmann/cel-js';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { kubernetesCel } from './cel.ts';

let environment: Environment | undefined;
const MACROS = new Set(['all', 'exists', 'exists_one', 'existsOne', 'map', 'filter', 'bind']);

/** What is wrong with a rule of a schema; undefined when nothing is. */
export function ruleProblem(schema: JsonRecord, rule: string): string | undefined {
  return expressionProblem(rule, { self: schema, oldSelf: schema });
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
      return undefined;
    case 'id': {
      const name = String(node.args);
      if (!scope.has(name) && !['int', 'uint', 'double', 'bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type', 'optional', 'cel', 'google'].includes(name)) problems.push(located(text, node.pos, `undeclared reference to '${name}' (in container '')`));
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
      const [first] = list;
      if (!MACROS.has(String(name)) || !isNode(first) || first.op !== 'id') {
        typeOf(list, text, scope, problems);
        return undefined;
      }
      const inner = new Map(scope).set(String(first.args), name === 'bind' ? typeOf(list[1], text, scope, problems) : overOf(base));
      typeOf(list.slice(1), text, inner, problems);
      return name === 'filter' ? base : undefined;
    }
    case 'call':
      typeOf(args[1], text, scope, problems);
      return undefined;
    default:
      typeOf(args, text, scope, problems);
      return undefined;
  }
}

function fieldOf(base: Known, name: string, at: number, text: string, problems: string[]): Known {
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
