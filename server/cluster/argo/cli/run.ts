import { App, type Command, type World } from './app.ts';
import { COMMANDS, GROUPS } from './commands/index.ts';
import { FlagError, type Flag, parseFlags } from './flags.ts';
import { GLOBAL_FLAGS } from './global-flags.ts';
import { describeError } from './transport.ts';
import { groupHelp, helpOf, usageOf } from './usage.ts';

const HELP: Flag = { name: 'help', short: 'h', help: '' };

/** Runs `argo ARGS`; resolves with the exit code. */
export async function runArgo(args: readonly string[], world: World): Promise<number> {
  const fail = (message: string, usage = '') => {
    world.stderr(`Error: ${message}\n${usage}`);
    return 1;
  };
  const words = commandWords(args);
  if (words[0] === 'help') return help(words.slice(1), world);
  const command = find(words);
  if (command === undefined) {
    if (words.length === 0 || GROUPS[words[0] ?? ''] !== undefined) {
      const group = words.length === 0 ? [] : [words[0] ?? ''];
      if (words.length > 1 && words[1] !== undefined && !COMMANDS.some((one) => one.path[0] === words[0] && one.path[1] === words[1])) return fail(`unknown command ${JSON.stringify(words[1])} for "argo ${group.join(' ')}"`, `Run 'argo ${group.join(' ')} --help' for usage.\n`);
      return help(group, world);
    }
    return fail(`unknown command ${JSON.stringify(words[0])} for "argo"`, "Run 'argo --help' for usage.\n");
  }
  let parsed: ReturnType<typeof parseFlags>;
  try {
    parsed = parseFlags(args, [...command.flags, ...GLOBAL_FLAGS.filter((flag) => !command.flags.some((own) => own.name === flag.name)), HELP]);
  } catch (error) {
    if (error instanceof FlagError) return fail(error.message, `${usageOf(command)}\n`);
    throw error;
  }
  if (parsed.values.on('help')) {
    world.stdout(helpOf(command));
    return 0;
  }
  const app = new App(world, parsed.values);
  try {
    return await command.run(app, parsed.rest.slice(command.path.length), parsed.values);
  } catch (error) {
    return fail(describeError(error));
  } finally {
    app.close();
  }
}

function help(path: readonly string[], world: World): number {
  const command = find(path);
  world.stdout(command === undefined ? groupHelp(path) : helpOf(command));
  return 0;
}

/** The first words that are no flags: enough to know the command. */
function commandWords(args: readonly string[]): string[] {
  const words: string[] = [];
  const takesValue = new Set(GLOBAL_FLAGS.filter((flag) => flag.value !== undefined).flatMap((flag) => [`--${flag.name}`, ...(flag.short === undefined ? [] : [`-${flag.short}`])]));
  for (let i = 0; i < args.length && words.length < 3; i++) {
    const arg = args[i] ?? '';
    if (arg.startsWith('-') && arg !== '-') {
      if (takesValue.has(arg)) i++;
    } else words.push(arg);
  }
  return words;
}

function find(words: readonly string[]): Command | undefined {
  return COMMANDS.find((command) => command.path.every((part, index) => words[index] === part));
}
