import type { Clock } from '../../lib/clock.ts';
import type { PodLogOptions } from '../client.ts';

/** Like the container runtime's log files: 10 MiB are kept, the oldest lines go first, many at a time. */
const LIMIT_BYTES = 10 * 1024 * 1024;
const SLACK_BYTES = 512 * 1024;
/** What all logs of a cluster may hold: they are kept in memory. */
const BUDGET_BYTES = 96 * 1024 * 1024;
/** What a line of a log file has before its text: the time, the stream and a mark. An empty line is not nothing here either. */
const LINE_BYTES = 46;
/** A line that gets longer than this is stored in parts, as containerd does. */
const MAX_LINE = 16 * 1024;

interface Line {
  /** Milliseconds, and a count within the millisecond, so that printed times differ and sort. */
  at: number;
  serial: number;
  bytes: Buffer;
}

type Stream = 'stdout' | 'stderr';

/** The logs of one cluster. Where there is too much of them, the longest is cut. */
export class LogBudget {
  readonly #stores = new Set<LogStore>();
  #total = 0;

  constructor(private readonly most = BUDGET_BYTES) {}

  /** A log has grown by so many bytes. */
  grown(store: LogStore, bytes: number): void {
    this.#total += bytes;
    if (bytes > 0) this.#stores.add(store);
    if (this.#total <= this.most) return;
    let longest = store;
    for (const other of this.#stores) if (other.size > longest.size) longest = other;
    longest.cut(longest.size / 2);
  }

  /** Nobody will ask for this log any more. */
  forget(store: LogStore): void {
    if (this.#stores.delete(store)) this.#total -= store.size;
  }
}

/** The log of one run of a container: whole lines of both streams in the order of their ends, with their times. */
export class LogStore {
  readonly #lines: Line[] = [];
  readonly #partial: Record<Stream, Buffer[]> = { stdout: [], stderr: [] };
  readonly #partialSize: Record<Stream, number> = { stdout: 0, stderr: 0 };
  readonly #clock: Clock;
  readonly #budget: LogBudget | undefined;
  readonly #waiters = new Set<() => void>();
  readonly #taps = new Set<(stream: Stream, chunk: Buffer) => void>();
  #dropped = 0;
  #size = 0;
  #last = 0;
  #serial = 0;
  #closed = false;

  constructor(clock: Clock, budget?: LogBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /** As much as a log file would hold. */
  get size(): number {
    return this.#size;
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(stream: Stream, chunk: Buffer): void {
    if (chunk.length === 0) return;
    for (const tap of [...this.#taps]) tap(stream, chunk);
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(10, start);
      if (end < 0) break;
      this.#partial[stream].push(chunk.subarray(start, end + 1));
      this.#flush(stream);
      start = end + 1;
    }
    if (start < chunk.length) {
      this.#partial[stream].push(chunk.subarray(start));
      this.#partialSize[stream] += chunk.length - start;
      if (this.#partialSize[stream] >= MAX_LINE) this.#flush(stream);
    }
    this.#wake();
  }

  /** No more output will come: what has no line end yet is stored as it is. */
  close(): void {
    if (this.#closed) return;
    this.#flush('stdout');
    this.#flush('stderr');
    this.#closed = true;
    this.#taps.clear();
    this.#wake();
  }

  /** Raw output from now on, for `attach`. */
  tap(listener: (stream: Stream, chunk: Buffer) => void): () => void {
    this.#taps.add(listener);
    return () => this.#taps.delete(listener);
  }

  /** All that is kept so far, unfinished lines included. */
  everything(): Buffer {
    return Buffer.concat([...this.#lines.map((line) => line.bytes), ...this.#partial.stdout, ...this.#partial.stderr]);
  }

  /** The end of the log: at most so many lines and bytes. */
  tail(lines: number, bytes: number): string {
    const text = Buffer.concat(this.#lines.slice(-lines).map((line) => line.bytes));
    return text.subarray(Math.max(0, text.length - bytes)).toString();
  }

  /** The log as `kubectl logs` gets it; with `follow` it ends when the container does or the signal aborts. */
  async *read(options: PodLogOptions, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let next = this.#first(options);
    let left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    const since = sinceOf(options, this.#clock.now());
    for (;;) {
      if (next < this.#dropped) next = this.#dropped;
      const parts: Buffer[] = [];
      let size = 0;
      while (next - this.#dropped < this.#lines.length && size < 64 * 1024) {
        const line = this.#lines[next - this.#dropped];
        next += 1;
        if (line === undefined || line.at < since) continue;
        const bytes = options.timestamps === true ? Buffer.concat([Buffer.from(`${timestamp(line)} `), line.bytes]) : line.bytes;
        parts.push(bytes);
        size += bytes.length;
      }
      if (size > 0) {
        const chunk = Buffer.concat(parts);
        if (chunk.length >= left) {
          yield chunk.subarray(0, left);
          return;
        }
        left -= chunk.length;
        yield chunk;
        continue;
      }
      if (options.follow !== true || this.#closed || signal.aborted) return;
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#waiters.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiters.add(done);
        signal.addEventListener('abort', done, { once: true });
      });
    }
  }

  #first(options: PodLogOptions): number {
    const { tailLines } = options;
    if (tailLines === undefined || tailLines < 0) return this.#dropped;
    return this.#dropped + Math.max(0, this.#lines.length - tailLines);
  }

  #flush(stream: Stream): void {
    const parts = this.#partial[stream];
    if (parts.length === 0) return;
    const bytes = Buffer.concat(parts);
    this.#partial[stream] = [];
    this.#partialSize[stream] = 0;
    const now = this.#clock.now();
    this.#serial = now === this.#last ? this.#serial + 1 : 0;
    this.#last = now;
    this.#lines.push({ at: now, serial: this.#serial, bytes });
    this.#size += bytes.length + LINE_BYTES;
    this.#budget?.grown(this, bytes.length + LINE_BYTES);
    if (this.#size > LIMIT_BYTES + SLACK_BYTES) this.cut(LIMIT_BYTES);
  }

  /** Drops the oldest lines until no more than this is left. */
  cut(bytes: number): void {
    const before = this.#size;
    let gone = 0;
    for (const line of this.#lines) {
      if (this.#size <= bytes) break;
      this.#size -= line.bytes.length + LINE_BYTES;
      gone += 1;
    }
    this.#lines.splice(0, gone);
    this.#dropped += gone;
    this.#budget?.grown(this, this.#size - before);
  }

  /** Nobody will ask for it any more. */
  discard(): void {
    this.#budget?.forget(this);
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}

/** RFC 3339 with nanoseconds, of which only the order is real. */
function timestamp(line: Line): string {
  const date = new Date(line.at).toISOString();
  return `${date.slice(0, 23)}${String(Math.min(line.serial, 999_999)).padStart(6, '0')}Z`;
}

function sinceOf(options: PodLogOptions, now: number): number {
  if (options.sinceTime !== undefined) return Date.parse(options.sinceTime);
  if (options.sinceSeconds !== undefined) return now - options.sinceSeconds * 1000;
  return Number.NEGATIVE_INFINITY;
}
