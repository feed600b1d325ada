import { fitsGlob } from '../../../../lib/glob.ts';
import type { Reply } from './protocol.ts';

/** Takes what a subscriber is told. */
export type Sink = (reply: Reply) => void;

/** Who listens to which channels, by name or by pattern. */
export class Channels {
  readonly #names = new Map<string, Set<Sink>>();
  readonly #patterns = new Map<string, Set<Sink>>();

  subscribe(sink: Sink, name: string, byPattern: boolean): void {
    const all = byPattern ? this.#patterns : this.#names;
    all.set(name, (all.get(name) ?? new Set()).add(sink));
  }

  unsubscribe(sink: Sink, name: string, byPattern: boolean): void {
    const all = byPattern ? this.#patterns : this.#names;
    const sinks = all.get(name);
    sinks?.delete(sink);
    if (sinks?.size === 0) all.delete(name);
  }

  /** What a subscriber listens to, names before patterns. */
  of(sink: Sink, byPattern: boolean): string[] {
    return [...(byPattern ? this.#patterns : this.#names)].flatMap(([name, sinks]) => (sinks.has(sink) ? [name] : []));
  }

  count(sink: Sink): number {
    return this.of(sink, false).length + this.of(sink, true).length;
  }

  drop(sink: Sink): void {
    for (const byPattern of [false, true]) for (const name of this.of(sink, byPattern)) this.unsubscribe(sink, name, byPattern);
  }

  /** How many were told. */
  publish(channel: string, message: string): number {
    let told = 0;
    for (const sink of this.#names.get(channel) ?? []) {
      sink(['message', channel, message]);
      told += 1;
    }
    for (const [pattern, sinks] of this.#patterns) {
      if (!fitsGlob(pattern, channel)) continue;
      for (const sink of sinks) {
        sink(['pmessage', pattern, channel, message]);
        told += 1;
      }
    }
    return told;
  }

  /** Channels with subscribers by name. */
  names(pattern = '*'): string[] {
    return [...this.#names.keys()].filter((name) => fitsGlob(pattern, name));
  }

  subscribers(channel: string): number {
    return this.#names.get(channel)?.size ?? 0;
  }
}

const WHILE_SUBSCRIBED = new Set(['SUBSCRIBE', 'UNSUBSCRIBE', 'PSUBSCRIBE', 'PUNSUBSCRIBE', 'PING', 'QUIT', 'RESET']);

/** The answers to a command of channels, each one of its own; undefined: the command is none. Words and errors as Redis 7.4 has them. */
export function runOnChannels(channels: Channels, sink: Sink, words: readonly string[]): Reply[] | undefined {
  const [word = '', ...args] = words;
  const name = word.toUpperCase();
  const listening = channels.count(sink) > 0;
  if (listening && !WHILE_SUBSCRIBED.has(name)) return [{ error: `ERR Can't execute '${word.toLowerCase()}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context` }];
  const few = (): Reply[] => [{ error: `ERR wrong number of arguments for '${word.toLowerCase()}' command` }];
  const byPattern = name.startsWith('P');
  switch (name) {
    case 'PING':
      return listening ? [['pong', args[0] ?? '']] : undefined;
    case 'SUBSCRIBE':
    case 'PSUBSCRIBE':
      if (args.length === 0) return few();
      return args.map((channel) => {
        channels.subscribe(sink, channel, byPattern);
        return [name.toLowerCase(), channel, channels.count(sink)];
      });
    case 'UNSUBSCRIBE':
    case 'PUNSUBSCRIBE': {
      const left = args.length === 0 ? channels.of(sink, byPattern) : args;
      if (left.length === 0) return [[name.toLowerCase(), null, channels.count(sink)]];
      return left.map((channel) => {
        channels.unsubscribe(sink, channel, byPattern);
        return [name.toLowerCase(), channel, channels.count(sink)];
      });
    }
    case 'PUBLISH':
      return args.length === 2 ? [channels.publish(args[0] ?? '', args[1] ?? '')] : few();
    case 'PUBSUB': {
      const [verb = '', ...rest] = args;
      if (verb.toUpperCase() === 'CHANNELS') return [channels.names(rest[0])];
      if (verb.toUpperCase() === 'NUMSUB') return [rest.flatMap((channel) => [channel, channels.subscribers(channel)])];
      return verb === '' ? few() : [{ error: `ERR unknown subcommand '${verb}'. Try PUBSUB HELP.` }];
    }
    default:
      return undefined;
  }
}
