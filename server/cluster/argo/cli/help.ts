import recorded from './help.json' with { type: 'json' };
import type { Flag } from './flags.ts';

/** What `argo --help` of the real v3.7.6 says of a command, and so which flags it has. */
export interface HelpText {
  /** What stands behind the path in the usage line: `WORKFLOW... [flags]`. */
  use: string;
  short: string;
  long?: string;
  aliases?: readonly string[];
  example?: string;
  flags: readonly Flag[];
}

type Row = readonly (string | undefined)[];

/** `[name, short, value, help, default]`, as recorded. */
function flagOf([name = '', short = '', value = '', help = '', fallback]: Row): Flag {
  const many = value === 'strings' ? 'strings' : value.endsWith('Array') ? 'array' : undefined;
  const choices = /^(?:Output format|Linting results output format)\. One of: (\S+)$/.exec(help)?.[1];
  return {
    name,
    ...(short === '' ? {} : { short }),
    ...(value === '' ? {} : { value: many === undefined ? value : 'string' }),
    ...(many === undefined ? {} : { many }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(choices === undefined ? {} : { oneOf: choices.split('|') }),
    help,
  };
}

/** The flags that every command has. */
export const GLOBAL_FLAGS: readonly Flag[] = recorded.global.map(flagOf);

interface RecordedCommand {
  use: string;
  short: string;
  long?: string;
  aliases?: string[];
  example?: string;
  flags?: Row[];
}

const commands: Readonly<Record<string, RecordedCommand>> = recorded.commands;
const texts = new Map<string, HelpText>();

/** Throws for a command that the real `argo` does not have: a mistake of ours. */
export function helpText(path: readonly string[]): HelpText {
  const key = path.join(' ');
  const known = texts.get(key);
  if (known !== undefined) return known;
  const found = commands[key];
  if (found === undefined) throw new Error(`argo has no command ${key}`);
  const made: HelpText = { ...found, flags: (found.flags ?? []).map(flagOf) };
  texts.set(key, made);
  return made;
}

/** The names of the commands below a path. */
export function subcommands(path: readonly string[]): string[] {
  const depth = path.length + 1;
  return Object.keys(commands).filter((key) => key !== '').map((key) => key.split(' ')).filter((parts) => parts.length === depth && path.every((part, index) => parts[index] === part)).map((parts) => parts[depth - 1] ?? '');
}
