export type { CheckContext, CheckResult, CommandResult, FileState, ShellState } from './check.ts';
export type { RegisteredKind } from './kind.ts';
export { isRight, type QuizQuestion, quizzesOf } from './quiz.ts';
export { checkKinds, findKind, validateCheck } from './registry.ts';
export { runChecks } from './run.ts';
