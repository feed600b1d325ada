import type { ExprEnv } from '../expressions/expr/index.ts';

/** What expressions of `submit.metadata` may call beside the event. */
export const metadataFunctions: ExprEnv = {};
