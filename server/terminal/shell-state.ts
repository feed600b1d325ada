import type { ShellMark } from './shell-integration.ts';

const KEPT = 200;

/** What the terminals of a session told about their shells; given to checks as it is. */
export class ShellHistory {
  variables: Record<string, string> = {};
  readonly commands: { command: string; exitCode: number; at: number; cwd: string }[] = [];

  apply(mark: ShellMark, now: number): void {
    if (mark.type !== 'prompt') return;
    this.variables = mark.variables;
    if (mark.command === undefined) return;
    this.commands.push({ command: mark.command, exitCode: mark.exitCode, at: now, cwd: mark.cwd });
    if (this.commands.length > KEPT) this.commands.splice(0, this.commands.length - KEPT);
  }
}
