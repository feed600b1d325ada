import { logLine } from '../server/access-log.ts';
import { App, type Command, FatalError, plainLogLine, type World } from './app.ts';
import { COMMANDS } from './commands/index.ts';
import { FlagError, type Flag, type FlagValues, parseFlags } from './flags.ts';
import { GLOBAL_FLAGS, helpText, subcommands } from './help.ts';
import { similarTo } from './similar.ts';
import { describeError } from './transport.ts';
import { helpOf, usageOf } from './usage.ts';

const LEVELS = new Set(['panic', 'fatal', 'error', 'warn', 'warning', 'info', 'debug', 'trace']);
const HELP: Flag = { name: 'help', short: 'h', help: '' };

/** Runs `argo ARGS`; resolves with the exit code. */
export async function runArgo(args: readonly string[], world: World): Promise<number> {
  const fail = (message: string, usage = '') => {
    world.stderr(`Error: ${message}\n${usage}`);
    return 1;
  };
  const words = commandWords(args);
  if (words[0] === 'help') {
    world.stdout(helpOf(pathOf(words.slice(1)), undefined, world.env));
    return 0;
  }
  const path = pathOf(words);
  const [unknown] = words;
  if (path.length === 0 && unknown !== undefined) {
    const similar = similarTo(unknown, [...subcommands([]), 'help']);
    return fail(`unknown command ${JSON.stringify(unknown)} for "argo"${similar.length === 0 ? '' : `\n\nDid you mean this?\n${similar.map((name) => `\t${name}\n`).join('')}`}`, "Run 'argo --help' for usage.\n");
  }
  const own = helpText(path).flags;
  let parsed: ReturnType<typeof parseFlags>;
  try {
    parsed = parseFlags(args, [...own, ...GLOBAL_FLAGS.filter((flag) => !own.some((one) => one.name === flag.name)), HELP]);
  } catch (error) {
    if (error instanceof FlagError) return fail(error.message, `${usageOf(path, undefined, world.env)}\n`);
    throw error;
  }
  const { values, rest } = parsed;
  const command = COMMANDS.find((one) => one.path.join(' ') === path.join(' '));
  if (values.on('help') || command === undefined) {
    world.stdout(helpOf(path, values, world.env));
    return 0;
  }
  takeEnvironment(values, own, world);
  const level = values.text('loglevel');
  if (level !== '' && !LEVELS.has(level.toLowerCase())) {
    world.stderr(logLine(world.clock.now(), 'fatal', `not a valid logrus Level: ${JSON.stringify(level)}`, {}));
    return 1;
  }
  return runCommand(command, path, rest.slice(path.length), new App(world, values), fail);
}

async function runCommand(command: Command, path: readonly string[], args: readonly string[], app: App, fail: (message: string, usage?: string) => number): Promise<number> {
  try {
    command.check?.(args, app.flags);
  } catch (error) {
    // Only what is wrong with the arguments themselves is answered with the usage.
    return fail(describeError(error), `${usageOf(path, app.flags, app.world.env)}\n`);
  }
  try {
    return await command.run(app, args, app.flags);
  } catch (error) {
    if (!(error instanceof FatalError)) return fail(describeError(error));
    app.world.stderr(plainLogLine(app.now(), error.message));
    return 1;
  } finally {
    app.close();
  }
}

/** Flags whose variable means something else: ARGO_SERVER is the Argo Server's address, not the API's. */
const NOT_FROM_ENVIRONMENT = new Set(['server', 'token']);

/** Each global flag may also be given as a variable: `ARGO_LOGLEVEL=debug`. */
function takeEnvironment(values: FlagValues, own: readonly Flag[], world: World): void {
  for (const flag of GLOBAL_FLAGS) {
    const value = world.env[`ARGO_${flag.name.toUpperCase().replaceAll('-', '_')}`];
    if (value === undefined || value === '' || values.has(flag.name) || NOT_FROM_ENVIRONMENT.has(flag.name) || own.some((one) => one.name === flag.name)) continue;
    values.set(flag.name, value);
  }
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

/** The path of the deepest command that the words name; aliases count. */
function pathOf(words: readonly string[]): string[] {
  const path: string[] = [];
  for (const word of words) {
    const next = subcommands(path).find((name) => name === word || helpText([...path, name]).aliases?.includes(word) === true);
    if (next === undefined) break;
    path.push(next);
  }
  return path;
}
