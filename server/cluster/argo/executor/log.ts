import type { ProgramContext } from '../../program.ts';

export type Level = 'info' | 'warning' | 'error' | 'fatal';
export type Say = (level: Level, message: string, fields?: string) => void;

const VERSION = '&Version{Version:v3.7.6,BuildDate:2025-12-09T10:32:24Z,GitCommit:9572e7b8243834b951385584c2a344378accb76d,GitTag:v3.7.6,GitTreeState:clean,GoVersion:go1.24.11,Compiler:gc,Platform:linux/amd64,}';

/** A text as logrus prints it: in quotes only when it has to be. */
export function quoted(text: string): string {
  return /^[A-Za-z0-9\-._\/@^+]+$/.test(text) ? text : JSON.stringify(text);
}

/** Writes log lines as logrus does. */
export function logger(context: ProgramContext): Say {
  return (level, message, fields = '') => context.stderr(`time="${new Date(context.clock.now()).toISOString()}" level=${level} msg=${quoted(message)}${fields}\n`);
}

/** The lines that argoexec begins with in a workflow's pod. */
export function sayInitialized(context: ProgramContext, template: string): void {
  const log = logger(context);
  const deadline = (context.env['ARGO_DEADLINE'] ?? '0001-01-01T00:00:00Z').replace('T', ' ').replace('Z', ' +0000 UTC');
  log('info', 'Starting Workflow Executor', ' version=v3.7.6');
  log('info', 'Using executor retry strategy', ' Duration=1s Factor=1.6 Jitter=0.5 Steps=5');
  log('info', 'Executor initialized', ` deadline="${deadline}" includeScriptOutput=${context.env['ARGO_INCLUDE_SCRIPT_OUTPUT'] ?? 'false'} namespace=${context.pod.metadata.namespace ?? ''} podName=${context.pod.metadata.name} templateName=${template} version="${VERSION}"`);
}
