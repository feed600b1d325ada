import { spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { type Clock, sleep } from '../lib/clock.ts';

/** The server's end of a pseudoterminal that belongs to somebody else's folder of terminals. */
export interface InnerPty {
  /** What it is called in there, below /dev/pts. */
  readonly index: number;
  readonly output: Readable;
  readonly input: Writable;
  resize(columns: number, rows: number): void;
  /** To be called when its process has ended: hands on what is left, then closes it. */
  finish(): Promise<void>;
}

/** How long a terminal whose process ended must be silent, while something else holds it open, to count as over. */
const SILENCE_MS = 50;
/** Major and minor number of the device that makes terminals. */
const PTMX = (5 << 8) | 2;

/**
 * Opens a new terminal in `folder` (a sandbox's /dev/pts, as the host reaches it). Its size is 0 × 0, as a container's is until
 * somebody says one. `unlock`: the program from sandbox/unlock.ts; `owner`: the host user who may use it. Rejects where the
 * folder holds something else.
 */
export async function openInnerPty(folder: string, unlock: string, owner: number | undefined, clock: Clock): Promise<InnerPty> {
  // What lies there may be a volume's: it is not followed, and not waited for.
  const fd = openSync(`${folder}/ptmx`, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  let index: number;
  try {
    const info = fstatSync(fd);
    const number = /^tty-index:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    if (!info.isCharacterDevice() || info.rdev !== PTMX || number === undefined) throw new Error(`${folder} makes no terminals`);
    index = Number(number);
    await unlocked(unlock, fd);
    if (owner !== undefined) await chown(`${folder}/${index}`, owner, owner);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return new Master(fd, index, (columns, rows) => setSize(fd, columns, rows), clock);
}

/** node-pty sizes only what it made itself; the call beneath takes any terminal. Loaded when the first one is sized. */
function setSize(fd: number, columns: number, rows: number): void {
  const binary: unknown = createRequire(import.meta.url)('node-pty/requireBinary.js');
  const load: unknown = typeof binary === 'object' && binary !== null ? Reflect.get(binary, 'requireBinary') : undefined;
  const native: unknown = typeof load === 'function' ? load('pty.node') : undefined;
  const resize: unknown = typeof native === 'object' && native !== null ? Reflect.get(native, 'resize') : undefined;
  if (typeof resize !== 'function') throw new Error('node-pty has changed: it sizes no terminals');
  resize(fd, columns, rows);
}

function unlocked(program: string, master: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [], { stdio: [master, 'ignore', 'ignore'] });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a terminal stays locked (${code})`))));
  });
}

class Master implements InnerPty {
  readonly output = new PassThrough();
  readonly input = new PassThrough();
  readonly #socket: ReadStream;
  #lastData = 0;
  #paused = false;
  #over = false;

  constructor(
    readonly fd: number,
    readonly index: number,
    private readonly setSize: (columns: number, rows: number) => void,
    private readonly clock: Clock,
  ) {
    this.#socket = new ReadStream(fd);
    this.#socket.on('data', (bytes: Buffer) => this.#push(bytes));
    // The kernel says EIO when nobody holds the other end any more; libuv takes a hang-up after a short read for the end.
    this.#socket.once('end', () => this.#drain());
    this.#socket.on('error', () => this.#drain());
    this.#socket.once('close', () => this.#end());
    this.output.on('drain', () => {
      this.#paused = false;
      this.#socket.resume();
    });
    this.input.on('error', () => undefined);
    // What the far end closes is only its own way here: a terminal has no end of input.
    this.input.pipe(this.#socket, { end: false });
  }

  resize(columns: number, rows: number): void {
    if (this.#over) return;
    try {
      this.setSize(columns, rows);
    } catch {
      // The process has ended and nobody has told yet.
    }
  }

  async finish(): Promise<void> {
    while (!this.#over && (this.#paused || this.clock.now() - this.#lastData < SILENCE_MS)) await sleep(this.clock, SILENCE_MS);
    if (!this.#over) this.#drain();
    this.#socket.destroy();
    this.#end();
  }

  #push(bytes: Buffer): void {
    this.#lastData = this.clock.now();
    if (this.output.write(bytes)) return;
    this.#paused = true;
    this.#socket.pause();
  }

  /** What the kernel still holds; the descriptor does not block. */
  #drain(): void {
    while (!this.#over) {
      const buffer = Buffer.allocUnsafe(64 * 1024);
      let length = 0;
      try {
        length = readSync(this.fd, buffer);
      } catch {
        return;
      }
      if (length === 0) return;
      this.output.write(buffer.subarray(0, length));
    }
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    this.input.unpipe(this.#socket);
    this.input.resume();
    this.output.end();
  }
}
