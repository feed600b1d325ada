import { createWriteStream, type WriteStream } from 'node:fs';
import { once } from 'node:events';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../lib/clock.ts';
import type { Recorder } from './desk.ts';

/** The most that a recording holds of one terminal: a flood is cut off, and says so. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Longer pauses are shortened for who looks at it. */
const IDLE_SECONDS = 2;

export interface CastOptions {
  title: string;
  columns: number;
  rows: number;
  clock: Clock;
}

/**
 * One terminal as an asciicast v2 file: a JSON header, then a line `[seconds, "o", text]` for each piece of output.
 * See https://docs.asciinema.org/manual/asciicast/v2/
 */
export class Cast {
  readonly #stream: WriteStream;
  readonly #decoder = new StringDecoder('utf8');
  readonly #began: number;
  #bytes = 0;
  #failed: unknown;

  constructor(
    readonly file: string,
    private readonly options: CastOptions,
  ) {
    this.#began = options.clock.now();
    this.#stream = createWriteStream(file, { mode: 0o644 });
    this.#stream.on('error', (error) => {
      this.#failed = error;
    });
    const header = { version: 2, width: options.columns, height: options.rows, timestamp: Math.floor(this.#began / 1000), title: options.title, idle_time_limit: IDLE_SECONDS, env: { TERM: 'xterm-256color', SHELL: '/bin/bash' } };
    this.#stream.write(`${JSON.stringify(header)}\n`);
  }

  output(bytes: Uint8Array): void {
    if (this.#bytes > MOST_BYTES) return;
    this.#bytes += bytes.byteLength;
    this.#event('o', this.#decoder.write(Buffer.from(bytes)));
    if (this.#bytes > MOST_BYTES) this.#event('o', '\r\n[the rest of the output is left out of the recording]\r\n');
  }

  /** A mark that players can jump to. */
  marker(label: string): void {
    this.#event('m', label);
  }

  /** Resolves when the file is complete; throws when it could not be written. */
  async close(): Promise<void> {
    this.#event('o', this.#decoder.end());
    if (this.#failed === undefined) {
      this.#stream.end();
      await Promise.race([once(this.#stream, 'close'), once(this.#stream, 'error').then(([error]) => Promise.reject(error))]);
    }
    if (this.#failed !== undefined) throw this.#failed;
  }

  #event(code: 'o' | 'm', data: string): void {
    if (data === '' && code === 'o') return;
    const seconds = (this.options.clock.now() - this.#began) / 1000;
    this.#stream.write(`[${seconds.toFixed(6)}, ${JSON.stringify(code)}, ${JSON.stringify(data)}]\n`);
  }
}

/** The terminals of one walk: the first one in `NAME.cast`, others in `NAME.T2.cast`. */
export class CastRecorder implements Recorder {
  readonly #casts = new Map<number, Cast>();

  constructor(
    private readonly path: string,
    private readonly options: CastOptions,
  ) {}

  output(terminal: number, bytes: Uint8Array): void {
    this.cast(terminal).output(bytes);
  }

  marker(label: string): void {
    this.cast(1).marker(label);
  }

  cast(terminal: number): Cast {
    const known = this.#casts.get(terminal);
    if (known !== undefined) return known;
    const cast = new Cast(terminal === 1 ? `${this.path}.cast` : `${this.path}.T${terminal}.cast`, { ...this.options, title: terminal === 1 ? this.options.title : `${this.options.title} (terminal ${terminal})` });
    this.#casts.set(terminal, cast);
    return cast;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#casts.values()].map((cast) => cast.close()));
  }
}
