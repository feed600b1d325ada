/** The two expression languages of Argo Workflows and its templating. */
export { ExprError, compile, evalBool, evalExpr, goJsonOf, goTypeName, goValue, toPlainJson } from './expr/index.ts';
export type { ExprEnv } from './expr/index.ts';
export { GoTime } from './expr/values.ts';
export { argoExprEnv, expandKeys } from './env.ts';
export { sprig } from './sprig.ts';
export { shouldExecute } from './govaluate.ts';
export { TemplateError, goQuoted, replaceTags, resolveVariable, visitTags } from './template.ts';
export type { Values } from './template.ts';
export { STRFTIME, formatGoLayout } from './go-time-format.ts';
export { NotFoundError, processArgs, replaceInJson, fillerOf, substitute } from './process-args.ts';
export type { ArgumentSource, ConfigMapReader, ProcessOptions } from './process-args.ts';
