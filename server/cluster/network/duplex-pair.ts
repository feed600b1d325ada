import { Duplex } from 'node:stream';

/**
 * One end of an in-memory connection. A chunk is acknowledged only once the other end's reader asks for more, so a
 * slow reader slows the writer down, as TCP does. Destroying one end with an error breaks the other (ECONNRESET);
 * ending one end is a half-close.
 */
class PairEnd extends Duplex {
  #other: PairEnd | undefined;
  #acknowledge: (() => void) | undefined;

  constructor() {
    super({ allowHalfOpen: true });
  }

  connect(other: PairEnd): void {
    this.#other = other;
  }

  override _read(): void {
    const acknowledge = this.#acknowledge;
    this.#acknowledge = undefined;
    acknowledge?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.#other;
    if (other === undefined || other.destroyed) {
      this.#fail(done);
      return;
    }
    if (chunk.length === 0) {
      done();
      return;
    }
    // Readable.push may call _read synchronously, so the acknowledgement has to be in place first.
    other.#acknowledge = () => queueMicrotask(() => done());
    other.push(chunk);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#other?.push(null);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const other = this.#other;
    this.#other = undefined;
    const acknowledge = this.#acknowledge;
    this.#acknowledge = undefined;
    acknowledge?.();
    if (other !== undefined && !other.destroyed) {
      if (error !== null) queueMicrotask(() => other.#reset());
      else if (!this.writableFinished) other.push(null);
    }
    done(error);
  }

  // An error that nobody listens for would end the whole process, and with it every session: then only close.
  #reset(): void {
    if (this.destroyed) return;
    if (this.listenerCount('error') > 0) this.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }));
    else this.destroy();
  }

  #fail(done: (error?: Error | null) => void): void {
    if (this.listenerCount('error') > 0) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return;
    }
    done();
    this.destroy();
  }
}

/** Two connected streams: what is written to one is read from the other. */
export function duplexPair(): [Duplex, Duplex] {
  const a = new PairEnd();
  const b = new PairEnd();
  a.connect(b);
  b.connect(a);
  return [a, b];
}
