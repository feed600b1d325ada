import { systemClock } from '../../../../lib/clock.ts';
import type { Node } from './ast.ts';
import { isBuiltin, takesPredicate } from './builtins.ts';
import { check } from './checker.ts';
import { evaluate } from './evaluate.ts';
import { parse } from './parser.ts';
import { goTypeName } from './values.ts';

export { ExprError } from './error.ts';
export { goJsonOf, goTypeName, goValue, toPlainJson } from './values.ts';

export type ExprEnv = Record<string, unknown>;

/** Parses and checks an expression against the names and types of an environment; throws ExprError. */
export function compile(source: string, env: ExprEnv): Node {
  const node = parse(source, { isBuiltin, isOverridden: (name) => Object.hasOwn(env, name) });
  check(node, source, env, isBuiltin, takesPredicate);
  return node;
}

/**
 * Evaluates an expression of expr-lang 1.17. Numbers of `env` are float64, as decoded JSON has them; whole numbers of
 * the expression are ints and come back as `bigint`; nil is null. Throws ExprError with expr-lang's message.
 */
export function evalExpr(source: string, env: ExprEnv, now: () => number = () => systemClock.now()): unknown {
  return evaluate(compile(source, env), source, env, now);
}

/**
 * Evaluates an expression that has to answer true or false. Throws with Argo's message.
 * After argo-workflows v3.7.6 util/expr/argoexpr/eval.go
 */
export function evalBool(source: string, env: ExprEnv): boolean {
  const node = compile(source, env);
  let result: unknown;
  try {
    result = evaluate(node, source, env, () => systemClock.now());
  } catch (error) {
    throw new Error(`unable to evaluate expression '${source}': ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof result === 'boolean') return result;
  throw new Error(`unable to cast expression result '${percentS(result)}' to bool`);
}

/** Go's `%s` of a value that is no string names the type: `%!s(int=1)`. */
function percentS(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '%!s(<nil>)';
  return `%!s(${goTypeName(value)}=${String(value)})`;
}
