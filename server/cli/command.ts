import type { Command } from 'commander';
import type { Workshop } from '../runner/workshop.ts';
import type { Flags, StartedLab } from './flags.ts';

/** What the commands need of the rooms above them. */
export interface CommandParts {
  startLab(flags: Flags, folders: readonly string[]): Promise<StartedLab>;
  /** The lab without its site, for runs without a browser. */
  openWorkshop(flags: Flags, folders: readonly string[]): Promise<Workshop>;
  /** The folder with Argo's built user interface. */
  argoUi(): Promise<string>;
}

export interface CommandContext {
  parts: CommandParts;
  /** The exit code of the whole run: 0 fine, 1 findings or a failure, 2 wrong use. */
  exit(code: number): void;
}

/** Adds one subcommand. What it needs at run time is imported in its action, so that `--help` costs nothing. */
export type AddCommand = (program: Command, context: CommandContext) => void;

/** For an option that may be repeated. */
export function collect(value: string, list: string[] = []): string[] {
  return [...list, value];
}
