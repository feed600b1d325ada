import { readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { IPty } from 'node-pty';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { PlaceCommand } from '../sandbox/sandbox.ts';

export interface Pty {
  readonly pid: number;
  write(bytes: Uint8Array | string): void;
  /** Bytes written and not yet taken by the terminal: a reason to stop reading from who writes. */
  readonly unwritten: number;
  resize(columns: number, rows: number): void;
  pause(): void;
  resume(): void;
}

export interface PtyEvents {
  onData(bytes: Buffer): void;
  /** After the last byte of output, whatever was paused meanwhile. */
  onExit(exit: { code: number; signal?: string }): void;
}

const SIGNAL_NAMES: Record<number, string> = { 1: 'SIGHUP', 2: 'SIGINT', 3: 'SIGQUIT', 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 13: 'SIGPIPE', 15: 'SIGTERM' };

/** How long a terminal whose process ended must be silent, while something else holds it open, to count as over. */
const SILENCE_MS = 50;

/** What can still be read from the terminal's own descriptor, which does not block. */
function* remainder(pty: IPty): Generator<Buffer> {
  const fd: unknown = Reflect.get(pty, 'fd');
  if (typeof fd !== 'number') return;
  for (;;) {
    const buffer = Buffer.allocUnsafe(64 * 1024);
    let length = 0;
    try {
      length = readSync(fd, buffer);
    } catch {
      return;
    }
    if (length === 0) return;
    yield buffer.subarray(0, length);
  }
}

/** Starts a command on a pseudoterminal; bytes are handed on as they are. */
export async function spawnPty(command: PlaceCommand, size: { columns: number; rows: number }, events: PtyEvents, clock: Clock = systemClock): Promise<Pty> {
  // node-pty is a native module: loaded when the first terminal opens.
  const { spawn } = await import('node-pty');
  const pty: IPty = spawn(command.file, command.args, { name: command.env['TERM'] ?? 'xterm-256color', cols: size.columns, rows: size.rows, cwd: command.cwd, env: command.env, encoding: null });
  const socket: unknown = Reflect.get(pty, '_socket');
  if (!(socket instanceof Socket)) throw new Error('node-pty has changed: its socket is gone');
  let paused = false;
  let lastData = 0;
  let over = false;
  let ended = false;
  socket.on('data', (bytes: Buffer) => {
    lastData = clock.now();
    events.onData(bytes);
  });
  // libuv takes a hang-up after a short read for the end, though the kernel may hold more: up to 64 KiB, read here.
  socket.once('end', () => {
    ended = true;
    for (const bytes of remainder(pty)) events.onData(bytes);
  });
  // node-pty destroys the socket 200 ms after the process ended, even with output still unread. Wait for that output.
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: Error) => {
    const attempt = () => {
      if (ended || (!paused && clock.now() - lastData >= SILENCE_MS)) destroy(error);
      else clock.after(SILENCE_MS, attempt);
    };
    attempt();
    return socket;
  };
  pty.onExit(({ exitCode, signal }) => {
    over = true;
    const name = signal === undefined || signal === 0 ? undefined : (SIGNAL_NAMES[signal] ?? `SIG${signal}`);
    events.onExit({ code: name === undefined ? exitCode : 128 + (signal ?? 0), ...(name === undefined ? {} : { signal: name }) });
  });
  return {
    pid: pty.pid,
    write(bytes) {
      if (!over && socket.writable) socket.write(bytes);
    },
    get unwritten() {
      return socket.writableLength;
    },
    resize(columns, rows) {
      if (over) return;
      try {
        pty.resize(columns, rows);
      } catch {
        // The process has ended and nobody has told yet.
      }
    },
    pause() {
      paused = true;
      socket.pause();
    },
    resume() {
      paused = false;
      socket.resume();
    },
  };
}
