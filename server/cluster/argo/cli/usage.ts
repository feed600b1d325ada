import { flagUsages, type Flag, type FlagValues } from './flags.ts';
import { GLOBAL_FLAGS, helpText, subcommands } from './help.ts';

const helpFlag = (name: string): Flag => ({ name: 'help', short: 'h', help: `help for ${name}` });

/** The flag whose value is transformed: once it is given, pflag shows its default, empty as that is. */
const TRANSFORMED = 'namespace';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULTS: Readonly<Record<string, string>> = { instanceid: 'ARGO_INSTANCEID', 'argo-server': 'ARGO_SERVER', 'argo-base-href': 'ARGO_BASE_HREF', 'argo-http1': 'ARGO_HTTP1', 'insecure-skip-verify': 'ARGO_INSECURE_SKIP_VERIFY' };

/** A flag with the default that a variable gives it. */
function fromEnvironment(flag: Flag, env: Environment): Flag {
  if (flag.name === 'secure' && env['ARGO_SECURE'] === 'false') {
    const { default: _default, ...rest } = flag;
    return rest;
  }
  const value = env[DEFAULTS[flag.name] ?? ''] ?? '';
  return value === '' || (flag.value === undefined && value !== 'true') ? flag : { ...flag, default: value };
}

/** The usage of a command, as cobra prints it behind an error. An empty path is `argo` itself. */
export function usageOf(path: readonly string[], given?: FlagValues, env: Environment = {}): string {
  const { use, aliases, example, flags } = helpText(path);
  const whole = ['argo', ...path].join(' ');
  const name = path.at(-1) ?? 'argo';
  const below = subcommands(path);
  const parts = [`Usage:\n  ${whole}${use === '' ? '' : ` ${use}`}${below.length === 0 ? '' : `\n  ${whole} [command]`}\n`];
  if (aliases !== undefined) parts.push(`Aliases:\n  ${[name, ...aliases].join(', ')}\n`);
  if (example !== undefined) parts.push(`Examples:\n${example}\n`);
  if (below.length > 0) parts.push(`Available Commands:\n${commandList(path, below)}`);
  const globals = GLOBAL_FLAGS.filter((flag) => !flags.some((one) => one.name === flag.name)).map((flag) => (flag.name === TRANSFORMED && given?.has(TRANSFORMED) === true ? { ...flag, default: '' } : fromEnvironment(flag, env)));
  const own = [...(path.length === 0 ? GLOBAL_FLAGS.map((flag) => fromEnvironment(flag, env)) : flags), helpFlag(name)];
  const shown = path.length === 0 ? own : own.filter((flag) => flag.name !== 'help' || !flags.some((one) => one.name === 'help'));
  parts.push(`Flags:\n${flagUsages(shown)}`);
  if (path.length > 0) parts.push(`Global Flags:\n${flagUsages(globals)}`);
  if (below.length > 0) parts.push(`Use "${whole} [command] --help" for more information about a command.\n`);
  return parts.join('\n');
}

export function helpOf(path: readonly string[], given?: FlagValues, env?: Environment): string {
  const { long, short } = helpText(path);
  return `${long ?? short}\n\n${usageOf(path, given, env)}`;
}

function commandList(path: readonly string[], below: readonly string[]): string {
  const names = below.map((name): [string, string] => [name, helpText([...path, name]).short]);
  if (path.length === 0) names.push(['help', 'Help about any command']);
  names.sort(([a], [b]) => (a < b ? -1 : 1));
  const width = Math.max(11, ...names.map(([name]) => name.length));
  return names.map(([name, short]) => `  ${name.padEnd(width)} ${short}\n`).join('');
}
