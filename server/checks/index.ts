export type { CheckContext, CheckResult, ShellState } from './check.ts';
export { findKind, validateCheck } from './registry.ts';
export { runChecks } from './run.ts';
