import { fitsGlob } from '../../../../lib/glob.ts';
import type { Reply } from './protocol.ts';

type Value = string | string[] | Map<string, string> | Set<string>;

/** The keys of one server; times are milliseconds since 1970. */
export class Keyspace {
  readonly #values = new Map<string, { value: Value; until?: number }>();
  readonly settings: Map<string, string>;

  constructor(settings: Iterable<readonly [string, string]>) {
    this.settings = new Map(settings);
  }

  get(key: string, now: number): Value | undefined {
    const found = this.#values.get(key);
    if (found?.until !== undefined && found.until <= now) this.#values.delete(key);
    else return found?.value;
    return undefined;
  }

  /** An end that the key had is kept where `until` is not given. */
  set(key: string, value: Value, until = this.#values.get(key)?.until): void {
    this.#values.set(key, until === undefined ? { value } : { value, until });
  }

  replace(key: string, value: Value, until: number | undefined): void {
    this.#values.delete(key);
    this.set(key, value, until);
  }

  until(key: string): number | undefined {
    return this.#values.get(key)?.until;
  }

  delete(key: string, now: number): boolean {
    return this.get(key, now) !== undefined && this.#values.delete(key);
  }

  keys(now: number): string[] {
    return [...this.#values.keys()].filter((key) => this.get(key, now) !== undefined);
  }

  clear(): void {
    this.#values.clear();
  }
}

interface Call {
  keys: Keyspace;
  now: number;
  /** The command in capitals. */
  name: string;
  args: readonly string[];
}

/** How many words follow the command, and what it does. */
type Command = ({ exactly: number } | { least: number }) & { run(call: Call): Reply };

const OK: Reply = { simple: 'OK' };
const WRONG_TYPE: Reply = { error: 'WRONGTYPE Operation against a key holding the wrong kind of value' };
const NO_INTEGER: Reply = { error: 'ERR value is not an integer or out of range' };
const SYNTAX: Reply = { error: 'ERR syntax error' };

function integer(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,18}$/.test(text) ? Number(text) : undefined;
}

function add(call: Call, by: number | undefined): Reply {
  const value = call.keys.get(call.args[0] ?? '', call.now);
  if (value !== undefined && typeof value !== 'string') return WRONG_TYPE;
  const before = integer(value ?? '0');
  if (before === undefined || by === undefined) return NO_INTEGER;
  call.keys.set(call.args[0] ?? '', String(before + by));
  return before + by;
}

function set({ keys, args, now }: Call): Reply {
  const [key = '', value = '', ...options] = args;
  let until: number | undefined;
  let only: boolean | undefined;
  let returns = false;
  for (let i = 0; i < options.length; i++) {
    const option = (options[i] ?? '').toUpperCase();
    if (option === 'NX' || option === 'XX') only = option === 'XX';
    else if (option === 'GET') returns = true;
    else if (option === 'KEEPTTL') until = keys.until(key);
    else if (option === 'EX' || option === 'PX') {
      const time = integer(options[(i += 1)]);
      if (time === undefined) return NO_INTEGER;
      if (time <= 0) return { error: "ERR invalid expire time in 'set' command" };
      until = now + time * (option === 'EX' ? 1000 : 1);
    } else return SYNTAX;
  }
  const before = keys.get(key, now);
  if (only !== undefined && only !== (before !== undefined)) return null;
  if (returns && before !== undefined && typeof before !== 'string') return WRONG_TYPE;
  keys.replace(key, value, until);
  return returns ? (typeof before === 'string' ? before : null) : OK;
}

/** A list, hash or set at the first argument: made when missing; undefined where something else lies there. */
function collection<T extends Value>(call: Call, is: (value: Value) => value is T, empty: T): T | undefined {
  const value = call.keys.get(call.args[0] ?? '', call.now);
  return value === undefined ? empty : is(value) ? value : undefined;
}
const isList = (value: Value): value is string[] => Array.isArray(value);
const isHash = (value: Value): value is Map<string, string> => value instanceof Map;
const isSet = (value: Value): value is Set<string> => value instanceof Set;

/** What is left empty is gone. */
function keep(call: Call, value: string[] | Map<string, string> | Set<string>): void {
  if ((Array.isArray(value) ? value.length : value.size) === 0) call.keys.delete(call.args[0] ?? '', call.now);
  else call.keys.set(call.args[0] ?? '', value);
}

function onList(act: (list: string[], call: Call) => Reply): (call: Call) => Reply {
  return (call) => {
    const list = collection(call, isList, []);
    if (list === undefined) return WRONG_TYPE;
    const reply = act(list, call);
    keep(call, list);
    return reply;
  };
}

function onHash(act: (hash: Map<string, string>, call: Call) => Reply): (call: Call) => Reply {
  return (call) => {
    const hash = collection(call, isHash, new Map<string, string>());
    if (hash === undefined) return WRONG_TYPE;
    const reply = act(hash, call);
    keep(call, hash);
    return reply;
  };
}

function onSet(act: (set: Set<string>, call: Call) => Reply): (call: Call) => Reply {
  return (call) => {
    const members = collection(call, isSet, new Set<string>());
    if (members === undefined) return WRONG_TYPE;
    const reply = act(members, call);
    keep(call, members);
    return reply;
  };
}

function range(list: readonly string[], from: string | undefined, to: string | undefined): Reply {
  const first = integer(from);
  const last = integer(to);
  if (first === undefined || last === undefined) return NO_INTEGER;
  const at = (index: number) => (index < 0 ? Math.max(0, list.length + index) : index);
  return last < -list.length ? [] : list.slice(at(first), at(last) + 1);
}

function remaining({ keys, args, now }: Call, unit: number): Reply {
  const key = args[0] ?? '';
  if (keys.get(key, now) === undefined) return -2;
  const until = keys.until(key);
  return until === undefined ? -1 : Math.ceil((until - now) / unit);
}

function expire({ keys, args, now }: Call, unit: number): Reply {
  const [key = '', time] = args;
  const amount = integer(time);
  if (amount === undefined) return NO_INTEGER;
  const value = keys.get(key, now);
  if (value === undefined) return 0;
  keys.set(key, value, now + amount * unit);
  return 1;
}

function config({ keys, args }: Call): Reply {
  const [verb = '', ...rest] = args;
  if (verb.toUpperCase() === 'GET') return rest.flatMap((pattern) => [...keys.settings].filter(([name]) => fitsGlob(pattern.toLowerCase(), name)).flat());
  if (verb.toUpperCase() === 'SET' && rest.length === 2) {
    if (!keys.settings.has((rest[0] ?? '').toLowerCase())) return { error: `ERR Unknown option or number of arguments for CONFIG SET - '${rest[0]}'` };
    keys.settings.set((rest[0] ?? '').toLowerCase(), rest[1] ?? '');
    return OK;
  }
  return { error: `ERR unknown subcommand '${verb}'. Try CONFIG HELP.` };
}

const typeOf = (value: Value | undefined): string => (value === undefined ? 'none' : typeof value === 'string' ? 'string' : isList(value) ? 'list' : isHash(value) ? 'hash' : 'set');

/** Adding one: a line here. Words and errors as Redis 7.4 has them. */
const COMMANDS: Readonly<Record<string, Command>> = {
  PING: { least: 0, run: ({ args }) => args[0] ?? { simple: 'PONG' } },
  ECHO: { exactly: 1, run: ({ args }) => args[0] ?? '' },
  SELECT: { exactly: 1, run: ({ args }) => (integer(args[0]) === undefined ? NO_INTEGER : args[0] === '0' ? OK : { error: 'ERR DB index is out of range' }) },
  SET: { least: 2, run: set },
  SETNX: { exactly: 2, run: (call) => (set({ ...call, args: [...call.args, 'NX'] }) === null ? 0 : 1) },
  GET: { exactly: 1, run: ({ keys, args: [key = ''], now }) => { const value = keys.get(key, now) ?? null; return value === null || typeof value === 'string' ? value : WRONG_TYPE; } },
  MSET: { least: 2, run: ({ keys, args }) => { if (args.length % 2 === 1) return { error: "ERR wrong number of arguments for 'mset' command" }; for (let i = 0; i < args.length; i += 2) keys.replace(args[i] ?? '', args[i + 1] ?? '', undefined); return OK; } },
  MGET: { least: 1, run: ({ keys, args, now }) => args.map((key) => { const value = keys.get(key, now); return typeof value === 'string' ? value : null; }) },
  APPEND: { exactly: 2, run: ({ keys, args: [key = '', more = ''], now }) => { const value = keys.get(key, now) ?? ''; if (typeof value !== 'string') return WRONG_TYPE; keys.set(key, value + more); return value.length + more.length; } },
  STRLEN: { exactly: 1, run: ({ keys, args: [key = ''], now }) => { const value = keys.get(key, now) ?? ''; return typeof value === 'string' ? value.length : WRONG_TYPE; } },
  INCR: { exactly: 1, run: (call) => add(call, 1) },
  DECR: { exactly: 1, run: (call) => add(call, -1) },
  INCRBY: { exactly: 2, run: (call) => add(call, integer(call.args[1])) },
  DECRBY: { exactly: 2, run: (call) => { const by = integer(call.args[1]); return add(call, by === undefined ? undefined : -by); } },
  DEL: { least: 1, run: ({ keys, args, now }) => args.filter((key) => keys.delete(key, now)).length },
  UNLINK: { least: 1, run: ({ keys, args, now }) => args.filter((key) => keys.delete(key, now)).length },
  EXISTS: { least: 1, run: ({ keys, args, now }) => args.filter((key) => keys.get(key, now) !== undefined).length },
  TYPE: { exactly: 1, run: ({ keys, args, now }) => ({ simple: typeOf(keys.get(args[0] ?? '', now)) }) },
  KEYS: { exactly: 1, run: ({ keys, args, now }) => keys.keys(now).filter((key) => fitsGlob(args[0] ?? '', key)) },
  DBSIZE: { exactly: 0, run: ({ keys, now }) => keys.keys(now).length },
  FLUSHALL: { least: 0, run: ({ keys }) => { keys.clear(); return OK; } },
  FLUSHDB: { least: 0, run: ({ keys }) => { keys.clear(); return OK; } },
  TTL: { exactly: 1, run: (call) => remaining(call, 1000) },
  PTTL: { exactly: 1, run: (call) => remaining(call, 1) },
  EXPIRE: { least: 2, run: (call) => expire(call, 1000) },
  PEXPIRE: { least: 2, run: (call) => expire(call, 1) },
  PERSIST: { exactly: 1, run: ({ keys, args: [key = ''], now }) => { const value = keys.get(key, now); if (value === undefined || keys.until(key) === undefined) return 0; keys.replace(key, value, undefined); return 1; } },
  LPUSH: { least: 2, run: onList((list, { args }) => list.unshift(...args.slice(1).reverse())) },
  RPUSH: { least: 2, run: onList((list, { args }) => list.push(...args.slice(1))) },
  LPOP: { exactly: 1, run: onList((list) => list.shift() ?? null) },
  RPOP: { exactly: 1, run: onList((list) => list.pop() ?? null) },
  LLEN: { exactly: 1, run: onList((list) => list.length) },
  LRANGE: { exactly: 3, run: onList((list, { args }) => range(list, args[1], args[2])) },
  HSET: { least: 3, run: onHash((hash, { args }) => { const before = hash.size; for (let i = 1; i + 1 < args.length; i += 2) hash.set(args[i] ?? '', args[i + 1] ?? ''); return hash.size - before; }) },
  HGET: { exactly: 2, run: onHash((hash, { args }) => hash.get(args[1] ?? '') ?? null) },
  HDEL: { least: 2, run: onHash((hash, { args }) => args.slice(1).filter((field) => hash.delete(field)).length) },
  HGETALL: { exactly: 1, run: onHash((hash) => [...hash].flat()) },
  HKEYS: { exactly: 1, run: onHash((hash) => [...hash.keys()]) },
  HLEN: { exactly: 1, run: onHash((hash) => hash.size) },
  SADD: { least: 2, run: onSet((members, { args }) => { const before = members.size; for (const one of args.slice(1)) members.add(one); return members.size - before; }) },
  SREM: { least: 2, run: onSet((members, { args }) => args.slice(1).filter((one) => members.delete(one)).length) },
  SMEMBERS: { exactly: 1, run: onSet((members) => [...members]) },
  SISMEMBER: { exactly: 2, run: onSet((members, { args }) => (members.has(args[1] ?? '') ? 1 : 0)) },
  SCARD: { exactly: 1, run: onSet((members) => members.size) },
  CONFIG: { least: 1, run: config },
  CLIENT: { least: 1, run: () => OK },
  COMMAND: { least: 0, run: () => [] },
  SAVE: { exactly: 0, run: () => OK },
  BGSAVE: { least: 0, run: () => ({ simple: 'Background saving started' }) },
  INFO: { least: 0, run: ({ keys, now }) => `# Server\r\nredis_version:${keys.settings.get('version') ?? ''}\r\nredis_mode:standalone\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\n${keys.keys(now).length === 0 ? '' : `db0:keys=${keys.keys(now).length},expires=0,avg_ttl=0,subexpiry=0\r\n`}` },
};

/** What the server answers to one command. */
export function runCommand(keys: Keyspace, words: readonly string[], now: number): Reply {
  const [word = '', ...args] = words;
  const name = word.toUpperCase();
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) return { error: `ERR unknown command '${word.slice(0, 128)}', with args beginning with: ${args.map((arg) => `'${arg.slice(0, 128)}' `).join('')}`.replace(/[\r\n]/g, ' ') };
  if ('least' in command ? args.length < command.least : args.length !== command.exactly) return { error: `ERR wrong number of arguments for '${word.toLowerCase()}' command` };
  return command.run({ keys, now, name, args });
}
