import { type Command, CommandError } from '../app.ts';
import type { FlagValues } from '../flags.ts';

// How many arguments a command takes, in the words of cobra's args.go.

type Check = NonNullable<Command['check']>;

export function atLeast(least: number): Check {
  return (args) => {
    if (args.length < least) throw new CommandError(`requires at least ${least} arg(s), only received ${args.length}`);
  };
}

export function exactly(count: number): Check {
  return (args) => {
    if (args.length !== count) throw new CommandError(`accepts ${count} arg(s), received ${args.length}`);
  };
}

export function between(least: number, most: number): Check {
  return (args) => {
    if (args.length < least || args.length > most) throw new CommandError(`accepts between ${least} and ${most} arg(s), received ${args.length}`);
  };
}

/** At least one argument, or one of the flags that pick workflows. */
export function namedOr(flags: readonly string[], message: string): Check {
  return (args, given: FlagValues) => {
    if (args.length === 0 && !flags.some((name) => given.text(name) !== '' && given.text(name) !== 'false')) throw new CommandError(message);
  };
}
