/** An answer of the server; `null` is the bulk string that is not there. */
export type Reply = string | number | null | { simple: string } | { error: string } | readonly Reply[];

/** Bytes of one command at most; whoever sends more is cut off. */
const MAX_REQUEST = 1024 * 1024;

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

/**
 * Takes commands out of a stream of bytes, as arrays of bulk strings or as lines of words. Strings hold one byte a
 * character, so that any value comes back as it went in.
 * Source: the Redis serialization protocol (RESP2), redis.io/docs/latest/develop/reference/protocol-spec.
 */
export class RequestReader {
  #rest = '';

  /** Throws ProtocolError. */
  push(chunk: Uint8Array): string[][] {
    this.#rest += Buffer.from(chunk).toString('latin1');
    const out: string[][] = [];
    for (;;) {
      const taken = this.#rest.startsWith('*') ? takeArray(this.#rest) : takeLine(this.#rest);
      if (taken === undefined) break;
      this.#rest = this.#rest.slice(taken.length);
      if (taken.words.length > 0) out.push(taken.words);
    }
    if (this.#rest.length > MAX_REQUEST) throw new ProtocolError('too big mbulk count string');
    return out;
  }
}

interface Taken {
  words: string[];
  length: number;
}

function takeArray(text: string): Taken | undefined {
  const head = text.indexOf('\r\n');
  if (head < 0) return undefined;
  const count = Number(text.slice(1, head));
  if (!Number.isInteger(count) || count > 1024 * 1024) throw new ProtocolError('invalid multibulk length');
  const words: string[] = [];
  let at = head + 2;
  for (let i = 0; i < count; i++) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return undefined;
    if (text[at] !== '$') throw new ProtocolError(`expected '$', got '${text[at] ?? ''}'`);
    const length = Number(text.slice(at + 1, end));
    if (!Number.isInteger(length) || length < 0 || length > MAX_REQUEST) throw new ProtocolError('invalid bulk length');
    if (text.length < end + 2 + length + 2) return undefined;
    words.push(text.slice(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
  return { words, length: at };
}

/** A line of words, in quotes where they hold spaces: what is typed by hand. */
function takeLine(text: string): Taken | undefined {
  const end = text.indexOf('\n');
  if (end < 0) return undefined;
  const words = [...text.slice(0, end).matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|[^\s"']+/g)].map(([whole, double, single]) => (double === undefined ? (single ?? whole) : double.replace(/\\(.)/g, '$1')));
  return { words, length: end + 1 };
}

export function writeReply(reply: Reply): string {
  if (reply === null) return '$-1\r\n';
  if (typeof reply === 'number') return `:${reply}\r\n`;
  if (typeof reply === 'string') return `$${reply.length}\r\n${reply}\r\n`;
  if ('simple' in reply) return `+${reply.simple}\r\n`;
  if ('error' in reply) return `-${reply.error}\r\n`;
  return `*${reply.length}\r\n${reply.map(writeReply).join('')}`;
}
