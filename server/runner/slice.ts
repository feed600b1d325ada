/**
 * What a terminal put out between two offsets: the beginning and the end of it, in bounded memory, whatever comes
 * between. Offsets count the bytes of the terminal's output since it started.
 */
export class Slice {
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #position: number;
  #begin: number | undefined;
  #end: number | undefined;
  #dropped = 0;

  constructor(
    private readonly most: number,
    private readonly from: number,
    private readonly plain: (text: string) => string,
  ) {
    this.#position = from;
  }

  /** The command starts here: what was echoed before is not part of its answer. Later starts are of its parts. */
  begin(offset: number): void {
    this.#begin ??= offset;
  }

  end(offset: number): void {
    if (this.#begin !== undefined) this.#end = offset;
  }

  push(offset: number, bytes: Uint8Array): void {
    const known = Math.max(0, this.#position - offset);
    if (known >= bytes.byteLength) return;
    let rest = Buffer.from(bytes.subarray(known));
    this.#position = offset + bytes.byteLength;
    const half = this.most / 2;
    if (this.#headBytes < half) {
      const part = rest.subarray(0, half - this.#headBytes);
      this.#head.push(part);
      this.#headBytes += part.length;
      rest = rest.subarray(part.length);
    }
    if (rest.length === 0) return;
    this.#tail.push(rest);
    this.#tailBytes += rest.length;
    while (this.#tailBytes > half && this.#tail.length > 1) {
      const gone = this.#tail.shift()?.length ?? 0;
      this.#tailBytes -= gone;
      this.#dropped += gone;
    }
  }

  /** As a reader saw it. */
  text(): string {
    const begin = Math.max(0, (this.#begin ?? this.from) - this.from);
    const end = this.#end === undefined ? undefined : this.#end - this.from;
    const head = Buffer.concat(this.#head);
    if (this.#tailBytes === 0) return this.plain(head.subarray(begin, end).toString('utf8'));
    const tail = Buffer.concat(this.#tail);
    const tailFrom = this.#headBytes + this.#dropped;
    const kept = tail.subarray(0, end === undefined ? undefined : Math.max(0, end - tailFrom));
    const last = kept.subarray(Math.max(0, kept.length - this.most / 2));
    const left = this.#dropped + kept.length - last.length;
    return `${this.plain(head.subarray(Math.min(begin, head.length)).toString('utf8'))}${left === 0 ? '' : `\n[${left} bytes left out]\n`}${this.plain(last.toString('utf8'))}`;
  }
}
