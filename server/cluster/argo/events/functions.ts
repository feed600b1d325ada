import { argoExprEnv, type ExprEnv } from '../expressions/index.ts';

/** An event as the expressions of `submit.metadata` see it: with the functions that other templates have, too. */
export function withFunctions(env: ExprEnv): ExprEnv {
  return argoExprEnv(env);
}
