import { z } from 'zod';
import { elapsed, pause } from '../state/time.ts';
import { apiUrl, ArgoError, failure, headers, reach } from './client.ts';
import type { Query } from './client.ts';

/**
 * Reads one of the server's streams: `{"result": …}` a line, until it ends or the signal aborts.
 * Errors inside the stream (`{"error": …}`) are thrown.
 */
export async function stream<T>(shape: z.ZodType<T>, path: string, query: Query, signal: AbortSignal, onItem: (item: T) => void): Promise<void> {
  await readLines(path, query, signal, (line) => take(shape, line, onItem));
}

/** Milliseconds between two items of a stream of which only the latest counts. */
const REST_MS = 150;
/** What takes long is followed by a longer rest: so many times as long. */
const REST_FACTOR = 4;

/**
 * Reads a stream in which each item takes the place of the one before, such as the states of one workflow. One item is
 * read at a time, with a rest after it; of those that come meanwhile only the last is read at all. So a workflow of
 * thousands of nodes that changes a hundred times a second does not keep the page from answering.
 */
export async function streamLatest<T>(shape: z.ZodType<T>, path: string, query: Query, signal: AbortSignal, onItem: (item: T) => void): Promise<void> {
  const latest = new Latest((line) => take(shape, line, onItem), signal);
  await readLines(path, query, signal, (line) => latest.offer(line));
  latest.finish();
}

/** Hands on the first of what it is offered, then every `restMs` the last that came meanwhile. */
export class Latest {
  private readonly work: (line: string) => void;
  private readonly signal: AbortSignal;
  private readonly restMs: number;
  private waiting: string | undefined;
  private resting = false;
  private problem: { reason: unknown } | undefined;

  constructor(work: (line: string) => void, signal: AbortSignal, restMs = REST_MS) {
    this.work = work;
    this.signal = signal;
    this.restMs = restMs;
  }

  /** Throws what the work threw, this time or since the last one. */
  offer(line: string): void {
    if (line === '') return;
    this.waiting = line;
    if (!this.resting) this.next();
    this.complain();
  }

  /** Works on what still waits, at once. */
  finish(): void {
    const line = this.waiting;
    this.waiting = undefined;
    this.complain();
    if (line !== undefined) this.work(line);
  }

  private complain(): void {
    if (this.problem !== undefined) throw this.problem.reason;
  }

  private next(): void {
    const line = this.waiting;
    if (line === undefined || this.signal.aborted) return;
    this.waiting = undefined;
    const began = elapsed();
    try {
      this.work(line);
    } catch (reason) {
      this.problem = { reason };
      return;
    }
    this.resting = true;
    // On a slow machine the page still has most of the time for its reader.
    void pause(Math.max(this.restMs, REST_FACTOR * (elapsed() - began)), this.signal).then(() => {
      this.resting = false;
      this.next();
    });
  }
}

async function readLines(path: string, query: Query, signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
  const response = await reach(apiUrl(path, query), { headers: headers('text/event-stream'), credentials: 'same-origin', signal });
  if (!response.ok) throw await failure(response);
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  // A line may be megabytes long: its pieces are put together once, when its end is there.
  let pieces: string[] = [];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = value.split('\n');
    pieces.push(lines[0] ?? '');
    for (const line of lines.slice(1)) {
      onLine(pieces.join(''));
      pieces = [line];
    }
  }
}

function take<T>(shape: z.ZodType<T>, line: string, onItem: (item: T) => void): void {
  const item = streamItem(line);
  if (item === undefined) return;
  const parsed = shape.safeParse(item);
  if (parsed.success) onItem(parsed.data);
}

const StreamLine = z.union([z.object({ result: z.unknown() }), z.object({ error: z.looseObject({ message: z.string(), http_code: z.number().optional() }) })]);

/** One line of a stream, as plain JSON or as a server-sent event; undefined for keep-alive lines. */
export function streamItem(line: string): unknown {
  const text = line.replace(/^data:\s?/, '').trim();
  if (text === '' || text.startsWith(':') || text.startsWith('event:')) return undefined;
  const parsed = StreamLine.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  if ('error' in parsed.data) throw new ArgoError(parsed.data.error.http_code ?? 500, parsed.data.error.message);
  return parsed.data.result;
}
