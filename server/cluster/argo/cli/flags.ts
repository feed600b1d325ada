import { parseGoDuration } from '../../../lib/go-duration.ts';
/** Flags in the manner of spf13/pflag: types, parsing, and how usage texts show them. */
export interface Flag {
  name: string;
  short?: string;
  /** How the usage text calls the value: `string`, `int`, `duration`, `kind/name`; absent for a switch. */
  value?: string;
  /** May be given again; every value is kept. `strings` also splits at commas. */
  many?: 'array' | 'strings';
  default?: string;
  help: string;
  /** Values that are allowed; others are refused with this list. */
  oneOf?: readonly string[];
}

export class FlagError extends Error {
  override readonly name = 'FlagError';
}

export class FlagValues {
  readonly #values = new Map<string, string[]>();

  set(name: string, value: string): void {
    const known = this.#values.get(name);
    if (known === undefined) this.#values.set(name, [value]);
    else known.push(value);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given; the empty string without one. */
  text(name: string): string {
    return this.#values.get(name)?.at(-1) ?? '';
  }

  all(name: string): string[] {
    return this.#values.get(name) ?? [];
  }

  on(name: string): boolean {
    return ['true', '1', 't', 'T', 'TRUE', 'True'].includes(this.text(name));
  }
}

function store(flag: Flag, shown: string, value: string, values: FlagValues): void {
  const refuse = (why: string): never => {
    throw new FlagError(`invalid argument ${JSON.stringify(value)} for ${JSON.stringify(shown)} flag: ${why}`);
  };
  if (flag.oneOf !== undefined && !flag.oneOf.includes(value)) refuse(`One of: ${flag.oneOf.join('|')}`);
  if (flag.value === undefined && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(value)) refuse(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  if ((flag.value === 'int' || flag.value === 'int32') && !/^[+-]?\d+$/.test(value)) refuse(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (flag.value === 'duration' && parseGoDuration(value) === undefined) refuse(`time: ${/\d$/.test(value) ? 'missing unit in' : 'invalid'} duration ${JSON.stringify(value)}`);
  for (const one of flag.many === 'strings' ? value.split(',') : [value]) values.set(flag.name, one);
}

const shownName = (flag: Flag): string => (flag.short === undefined ? `--${flag.name}` : `-${flag.short}, --${flag.name}`);

/** Takes flags out of arguments, wherever they stand; what is behind `--` is left alone. Throws FlagError. */
export function parseFlags(args: readonly string[], flags: readonly Flag[]): { values: FlagValues; rest: string[] } {
  const values = new FlagValues();
  const rest: string[] = [];
  const byName = new Map(flags.map((flag) => [flag.name, flag]));
  const byShort = new Map(flags.filter((flag) => flag.short !== undefined).map((flag) => [flag.short, flag]));
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      rest.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const name = equals < 0 ? arg.slice(2) : arg.slice(2, equals);
      const flag = byName.get(name);
      if (flag === undefined) throw new FlagError(`unknown flag: --${name}`);
      if (equals >= 0) store(flag, shownName(flag), arg.slice(equals + 1), values);
      else if (flag.value === undefined) store(flag, shownName(flag), 'true', values);
      else {
        const next = args[++i];
        if (next === undefined) throw new FlagError(`flag needs an argument: --${name}`);
        store(flag, shownName(flag), next, values);
      }
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let at = 1; at < arg.length; at++) {
        const letter = arg.charAt(at);
        const flag = byShort.get(letter);
        if (flag === undefined) throw new FlagError(`unknown shorthand flag: ${JSON.stringify(letter).replaceAll('"', "'")} in ${arg}`);
        const tail = arg.slice(at + 1);
        if (tail.startsWith('=')) {
          store(flag, shownName(flag), tail.slice(1), values);
          break;
        }
        if (flag.value === undefined) {
          store(flag, shownName(flag), 'true', values);
          continue;
        }
        const value = tail === '' ? args[++i] : tail;
        if (value === undefined) throw new FlagError(`flag needs an argument: '${letter}' in ${arg}`);
        store(flag, shownName(flag), value, values);
        break;
      }
    } else rest.push(arg);
  }
  return { values, rest };
}

/** The lines under `Flags:`, sorted and aligned as pflag does. */
export function flagUsages(flags: readonly Flag[]): string {
  const lines = [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => {
      const left = `  ${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${flag.value === undefined ? '' : ` ${flag.many === 'array' ? `${flag.value}Array` : flag.many === 'strings' ? 'strings' : flag.value}`}`;
      const quoted = flag.value !== undefined && !/^(u?int|float)\d*$|^duration$/.test(flag.value) && flag.many === undefined && flag.default !== undefined ? JSON.stringify(flag.default) : flag.default;
      return { left, right: flag.help + (quoted === undefined ? '' : ` (default ${quoted})`) };
    });
  const width = Math.max(...lines.map((line) => line.left.length));
  return lines.map((line) => `${line.left.padEnd(width)}   ${line.right}\n`).join('');
}
