import type { ShellMark } from './shell-integration.ts';

const KEPT = 200;

/** What the terminals of a session told about their shells; given to checks as it is. */
export class ShellHistory {
  variables: Record<string, string> = {};
  readonly commands: { command: string; exitCode: number; at: number; cwd: string }[] = [];

  /** What runs in a terminal, by the terminal's id. */
  readonly #running = new Map<string, string>();

  apply(terminal: string, mark: ShellMark, now: number): void {
    if (mark.type === 'start') {
      // Of a block of several lines, each line is a command; a prompt comes after the last.
      const before = this.#running.get(terminal);
      if (before !== undefined) this.#add({ command: before, ...mark.before, at: now });
      this.#running.set(terminal, mark.command);
      return;
    }
    this.#running.delete(terminal);
    this.variables = mark.variables;
    if (mark.command !== undefined) this.#add({ command: mark.command, exitCode: mark.exitCode, at: now, cwd: mark.cwd });
  }

  #add(command: (typeof this.commands)[number]): void {
    this.commands.push(command);
    if (this.commands.length > KEPT) this.commands.splice(0, this.commands.length - KEPT);
  }
}
