/** What a Redis server answers; one that refuses is an Error with its words. */
export type RedisReply = string | number | null | Error | RedisReply[];

const MAX_REPLY = 16 * 1024 * 1024;

/** Takes a server's answers out of a stream of bytes (RESP2). */
export class ReplyReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The answers that are complete. Throws for what is none. */
  push(chunk: Uint8Array): RedisReply[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.#rest.length > MAX_REPLY) throw new Error('redis: reply is too long');
    const replies: RedisReply[] = [];
    for (let taken = take(this.#rest, 0, 0); taken !== undefined; taken = take(this.#rest, 0, 0)) {
      replies.push(taken.reply);
      this.#rest = this.#rest.subarray(taken.end);
    }
    return replies;
  }
}

function take(bytes: Buffer, at: number, depth: number): { reply: RedisReply; end: number } | undefined {
  const line = bytes.indexOf('\r\n', at);
  if (line < 0) return undefined;
  const text = bytes.toString('utf8', at + 1, line);
  const end = line + 2;
  switch (bytes[at] === undefined ? '' : String.fromCharCode(bytes[at])) {
    case '+':
      return { reply: text, end };
    case '-':
      return { reply: new Error(text), end };
    case ':':
      return { reply: Number(text), end };
    case '$': {
      const length = Number(text);
      if (length < 0) return { reply: null, end };
      return bytes.length < end + length + 2 ? undefined : { reply: bytes.toString('utf8', end, end + length), end: end + length + 2 };
    }
    case '*': {
      if (depth > 8) throw new Error('redis: reply is too deep');
      const list: RedisReply[] = [];
      let next = end;
      for (let i = 0; i < Number(text); i++) {
        const item = take(bytes, next, depth + 1);
        if (item === undefined) return undefined;
        list.push(item.reply);
        next = item.end;
      }
      return { reply: list, end: next };
    }
    default:
      throw new Error(`redis: can't parse reply ${JSON.stringify(text)}`);
  }
}
