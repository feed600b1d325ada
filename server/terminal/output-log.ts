/** The newest bytes of a terminal, addressed by their offset in everything it has put out. */
export class OutputLog {
  #chunks: Buffer[] = [];
  #kept = 0;
  #end = 0;

  constructor(private readonly limit = 512 * 1024) {}

  /** Offset of the first byte that is kept. */
  get start(): number {
    return this.#end - this.#kept;
  }

  /** Offset after the last byte. */
  get end(): number {
    return this.#end;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    this.#end += chunk.length;
    while (this.#kept > this.limit && this.#chunks.length > 1) this.#kept -= this.#chunks.shift()?.length ?? 0;
  }

  /** The bytes from `offset` on; undefined when they are no longer kept, or not yet there. */
  from(offset: number): Buffer[] | undefined {
    if (offset < this.start || offset > this.#end) return undefined;
    const out: Buffer[] = [];
    let at = this.start;
    for (const chunk of this.#chunks) {
      if (at + chunk.length > offset) out.push(at >= offset ? chunk : chunk.subarray(offset - at));
      at += chunk.length;
    }
    return out;
  }
}
