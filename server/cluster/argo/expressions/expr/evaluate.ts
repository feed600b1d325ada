import type { Node } from './ast.ts';
import { builtins, predicateBuiltins } from './builtins.ts';
import { ExprError } from './error.ts';
import { binaryOperation, fetchMember, sliceOf, unaryOperation } from './operators.ts';
import { goTypeName, isFunction } from './values.ts';

interface Scope {
  item: unknown;
  index: number;
  acc?: unknown;
}

const MAX_ELEMENTS = 1_000_000;
const MAX_STEPS = 3_000_000;
/** No workflow could hold a longer text. */
const MAX_TEXT = 2_000_000;

/** Leaves a chain of `?.` at once when it meets nil. */
class ChainEnd extends Error {}

/** Runs a parsed expression; throws ExprError with expr-lang's message. */
export function evaluate(root: Node, source: string, env: Record<string, unknown>, now: () => number): unknown {
  const scopes: Scope[] = [];
  const variables: { name: string; value: unknown }[] = [];

  /** Turns what a step throws into an error at the step's place. */
  const at = <T>(node: Node, step: () => T): T => {
    try {
      return step();
    } catch (error) {
      if (error instanceof ExprError || error instanceof ChainEnd || !(error instanceof Error)) throw error;
      throw new ExprError(error.message, source, node.at);
    }
  };

  const truth = (node: Node): boolean => {
    const value = visit(node);
    if (typeof value === 'boolean') return value;
    return at(node, () => {
      throw new Error(`interface conversion: interface {} is ${value === null ? 'nil' : goTypeName(value)}, not bool`);
    });
  };

  const identifier = (name: string): unknown => {
    const variable = variables.findLast((candidate) => candidate.name === name);
    if (variable !== undefined) return variable.value;
    if (name === '$env') return env;
    if (Object.hasOwn(env, name)) return env[name];
    return builtins(now)[name] ?? null;
  };

  const predicate = (node: Node, scope: Scope): unknown => {
    scopes.push(scope);
    try {
      return visit(node.kind === 'predicate' ? node.body : node);
    } finally {
      scopes.pop();
    }
  };

  const builtin = (node: Extract<Node, { kind: 'builtin' }>): unknown => {
    const special = predicateBuiltins[node.name];
    if (special !== undefined) {
      const [collection, test, extra] = node.args;
      const items = collection === undefined ? [] : visit(collection);
      if (!Array.isArray(items)) {
        return at(node, () => {
          throw new Error(`builtin ${node.name} takes only array (got ${goTypeName(items)})`);
        });
      }
      return at(node, () => special(items, test === undefined ? undefined : (scope) => predicate(test, scope), extra === undefined ? undefined : () => visit(extra)));
    }
    const args = node.args.map(visit);
    return at(node, () => {
      const call = builtins(now)[node.name];
      if (call === undefined) throw new Error(`unknown builtin ${node.name}`);
      return call(...args);
    });
  };

  const call = (node: Extract<Node, { kind: 'call' }>): unknown => {
    const callee = visit(node.callee);
    const args = node.args.map(visit);
    return at(node, () => {
      if (!isFunction(callee)) {
        if (callee === null || callee === undefined) throw new Error('reflect: call of reflect.Value.Call on zero Value');
        throw new Error(`${goTypeName(callee)} is not callable`);
      }
      return callee(...args) ?? null;
    });
  };

  const pointer = (name: string): unknown => {
    const scope = scopes.at(-1);
    if (name === 'acc') return scope?.acc;
    if (name === 'index') return BigInt(scope?.index ?? 0);
    return scope?.item ?? null;
  };

  // What an expression may cost: expr-lang counts the elements that it makes; steps are counted as well.
  let steps = 0;
  let elements = 0;
  const spend = (node: Node, made: unknown): void => {
    if (Array.isArray(made)) elements += made.length;
    if (++steps <= MAX_STEPS && elements <= MAX_ELEMENTS && !(typeof made === 'string' && made.length > MAX_TEXT)) return;
    throw new ExprError('memory budget exceeded', source, node.at);
  };

  const visit = (node: Node): unknown => {
    const made = step(node);
    if (node.kind === 'binary' || node.kind === 'builtin' || node.kind === 'array' || node.kind === 'call') spend(node, node.kind === 'binary' && node.operator !== '..' && node.operator !== '+' ? undefined : made);
    return made;
  };

  const step = (node: Node): unknown => {
    switch (node.kind) {
      case 'nil':
        return null;
      case 'bool':
      case 'int':
      case 'float':
      case 'string':
        return node.value;
      case 'identifier':
        return identifier(node.name);
      case 'unary': {
        const value = visit(node.operand);
        return at(node, () => unaryOperation(node.operator, value));
      }
      case 'binary': {
        if (node.operator === '&&' || node.operator === 'and') return truth(node.left) && truth(node.right);
        if (node.operator === '||' || node.operator === 'or') return truth(node.left) || truth(node.right);
        if (node.operator === '??') return visit(node.left) ?? visit(node.right);
        const left = visit(node.left);
        const right = visit(node.right);
        return at(node, () => binaryOperation(node.operator, left, right));
      }
      case 'chain':
        try {
          return visit(node.node);
        } catch (error) {
          if (error instanceof ChainEnd) return null;
          throw error;
        }
      case 'member': {
        const base = visit(node.node);
        if (node.optional && (base === null || base === undefined)) throw new ChainEnd();
        const key = visit(node.property);
        return at(node, () => fetchMember(base, key)) ?? null;
      }
      case 'slice': {
        const value = visit(node.node);
        const from = node.from === undefined ? undefined : visit(node.from);
        const to = node.to === undefined ? undefined : visit(node.to);
        return at(node, () => sliceOf(value, from, to));
      }
      case 'call':
        return call(node);
      case 'builtin':
        return builtin(node);
      case 'predicate':
        return visit(node.body);
      case 'pointer': {
        const item = pointer(node.name);
        // `.name` inside a predicate is the item itself; the property follows as a member.
        return item;
      }
      case 'let': {
        variables.push({ name: node.name, value: visit(node.value) });
        try {
          return visit(node.body);
        } finally {
          variables.pop();
        }
      }
      case 'sequence':
        return node.nodes.map(visit).at(-1);
      case 'conditional':
        return truth(node.condition) ? visit(node.then) : visit(node.otherwise);
      case 'array':
        return node.items.map(visit);
      case 'map': {
        const out: Record<string, unknown> = {};
        for (const pair of node.pairs) {
          const key = visit(pair.key);
          at(node, () => {
            if (typeof key !== 'string') throw new Error(`interface conversion: interface {} is ${key === null ? 'nil' : goTypeName(key)}, not string`);
            out[key] = visit(pair.value);
          });
        }
        return out;
      }
    }
  };

  const result = visit(root);
  return result ?? null;
}
