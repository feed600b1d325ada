/**
 * Shell integration speaks to the server through the terminal's own output: an escape sequence with the terminal's
 * nonce, taken out before anybody sees the bytes.
 *
 *   ESC ] 6973 ; NONCE ; fields separated by `;` BEL
 *
 * In a field `\\` is a backslash, `\s` a semicolon and `\n` a newline; other control characters never occur.
 */
export const MARK_CODE = '6973';

const ESC = 0x1b;
const BEL = 0x07;
/** A mark carries values of variables, so it may be long; beyond this it is no mark of ours. */
const LONGEST = 256 * 1024;
const PASTE_MODE = Buffer.from('\x1b[?2004');

export class MarkParser {
  readonly #prefix: Buffer;
  #held: Buffer = Buffer.alloc(0);
  #tail: Buffer = Buffer.alloc(0);
  /** Bytes handed on so far. */
  #passed = 0;
  /** Whether what reads the terminal has switched bracketed paste on. */
  bracketedPaste = false;

  constructor(
    nonce: string,
    /** `offset`: where the mark stood in the output without marks. */
    private readonly onMark: (fields: string[], offset: number) => void,
  ) {
    this.#prefix = Buffer.from(`\x1b]${MARK_CODE};${nonce};`);
  }

  /** Output without marks. Bytes that may begin a mark are held back until it is clear. */
  push(chunk: Buffer): Buffer {
    if (this.#held.length === 0 && !chunk.includes(ESC)) {
      this.#trackPaste(chunk);
      this.#passed += chunk.length;
      return chunk;
    }
    const data = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    const out: Buffer[] = [];
    let from = 0;
    for (let at = data.indexOf(ESC); at !== -1; at = data.indexOf(ESC, at)) {
      const available = Math.min(this.#prefix.length, data.length - at);
      if (data.compare(this.#prefix, 0, available, at, at + available) !== 0) {
        at += 1;
        continue;
      }
      const end = available < this.#prefix.length ? -1 : data.indexOf(BEL, at + available);
      if (end === -1) {
        if (data.length - at > LONGEST) {
          at += 1;
          continue;
        }
        this.#held = Buffer.from(data.subarray(at));
        out.push(data.subarray(from, at));
        from = data.length;
        break;
      }
      out.push(data.subarray(from, at));
      this.onMark(decodeFields(data.toString('utf8', at + this.#prefix.length, end)), this.#passed + out.reduce((sum, part) => sum + part.length, 0));
      from = end + 1;
      at = from;
    }
    out.push(data.subarray(from));
    const clean = out.length === 1 ? (out[0] ?? data) : Buffer.concat(out);
    this.#trackPaste(clean);
    this.#passed += clean.length;
    return clean;
  }

  /** Whether `flush` would return anything. */
  get holding(): boolean {
    return this.#held.length > 0;
  }

  /** Whether the bytes held back can still turn out to be no mark: the nonce has not been seen in full. */
  get undecided(): boolean {
    return this.#held.length > 0 && this.#held.length < this.#prefix.length;
  }

  /** What is held back, at the end or when nothing follows. */
  flush(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#passed += held.length;
    return held;
  }

  #trackPaste(chunk: Buffer): void {
    if (this.#tail.length === 0 && !chunk.includes(ESC)) return;
    const data = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    for (let at = data.indexOf(PASTE_MODE); at !== -1; at = data.indexOf(PASTE_MODE, at + 1)) {
      const final = data[at + PASTE_MODE.length];
      if (final === 0x68) this.bracketedPaste = true;
      else if (final === 0x6c) this.bracketedPaste = false;
    }
    const last = data.lastIndexOf(ESC);
    this.#tail = last !== -1 && data.length - last <= PASTE_MODE.length ? Buffer.from(data.subarray(last)) : Buffer.alloc(0);
  }
}

export function decodeFields(text: string): string[] {
  return text.split(';').map((field) => field.replace(/\\([\\sn])/g, (_, c: string) => (c === 's' ? ';' : c === 'n' ? '\n' : '\\')));
}
