import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { decodeOutput, HEADER_BYTES, ServerMessage } from '../../server/protocol/ws.ts';
import type { ClientMessage } from '../../server/protocol/ws.ts';
import { backoff } from '../state/timers.ts';
import type { Timers } from '../state/timers.ts';
import { parsed, receive, restart } from './output-stream.ts';
import type { OutputStream } from './output-stream.ts';

/** What the connection draws on: xterm behind an interface, so that tests need no browser. */
export interface Screen {
  /** `done` is called once the data is parsed. */
  write(data: Uint8Array | string, done: () => void): void;
  reset(columns: number, rows: number): void;
  resize(columns: number, rows: number): void;
  /** The size that fits the place on the page; undefined while it is not shown. */
  fitting(): { columns: number; rows: number } | undefined;
}

export interface SocketLike {
  readonly readyState: number;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  /** Called with a string or an ArrayBuffer for each message, until `undefined` is set. */
  listen(on: { message(data: unknown): void; close(): void } | undefined): void;
}

export type LinkState = 'connecting' | 'open' | 'lost' | 'exited' | 'closed';

export interface ConnectionOptions {
  /** Opens the socket of this terminal; `offset` as in `?offset=N`. */
  connect(offset: number | undefined): SocketLike;
  screen: Screen;
  timers: Timers;
}

const OPEN = 1;

/** One terminal's socket: attaches, draws, acknowledges, comes back after a broken connection (server/protocol/ws.ts). */
export class TerminalConnection {
  readonly state: Signal<LinkState> = signal('connecting');
  readonly exit: Signal<{ code: number; signal?: string | undefined } | undefined> = signal(undefined);
  readonly #options: ConnectionOptions;
  #socket: SocketLike | undefined;
  #stream: OutputStream | undefined;
  /** Raised with each screen, so that late parse reports of what it replaced are ignored. */
  #epoch = 0;
  #attempt = 0;
  #cancelRetry: (() => void) | undefined;
  #attached = false;
  #waiting: ClientMessage[] = [];

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#open();
  }

  /** Types a block of code; waits until the terminal is attached. */
  run(code: string, interrupt: boolean, newline = true): void {
    const message: ClientMessage = { type: 'run', code, interrupt, ...(newline ? {} : { newline }) };
    if (this.#attached) this.#send(message);
    else this.#waiting.push(message);
  }

  /** What is typed while the connection is lost is dropped: it would run unseen, much later. */
  input(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#attached && this.#socket?.readyState === OPEN) this.#socket.send(bytes);
  }

  resize(columns: number, rows: number): void {
    if (this.#attached) this.#send({ type: 'resize', columns, rows });
  }

  /** Tries again now instead of when the pause is over. */
  retry(): void {
    if (this.state.value !== 'lost') return;
    this.#attempt = 0;
    this.#open();
  }

  /** Connects anew, though nothing said that the connection is broken: one that slept for long may be dead without a word. */
  again(): void {
    if (this.state.value === 'lost') this.retry();
    else if (this.state.value === 'open') this.#open();
  }

  close(): void {
    this.state.value = 'closed';
    this.#drop();
  }

  #open(): void {
    this.#drop();
    // What was received and not parsed yet is on its way into xterm: it comes twice and is cut by its offsets.
    const socket = this.#options.connect(this.#stream?.parsed);
    this.#socket = socket;
    socket.listen({ message: (data) => this.#onMessage(data), close: () => this.#onClose() });
  }

  #drop(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    this.#attached = false;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.listen(undefined);
    socket.close();
  }

  #onClose(): void {
    this.#attached = false;
    this.#socket = undefined;
    if (this.state.value === 'exited' || this.state.value === 'closed') return;
    this.state.value = 'lost';
    this.#cancelRetry = this.#options.timers.after(backoff(this.#attempt), () => this.#open());
    this.#attempt += 1;
  }

  #onMessage(data: unknown): void {
    if (data instanceof ArrayBuffer) this.#onOutput(new Uint8Array(data));
    else if (typeof data === 'string') {
      const message = ServerMessage.safeParse(parseJson(data));
      if (message.success) this.#onServerMessage(message.data);
    }
  }

  #onServerMessage(message: ServerMessage): void {
    switch (message.type) {
      case 'attached':
        this.#options.screen.resize(message.columns, message.rows);
        this.#onAttached();
        return;
      case 'screen': {
        this.#epoch += 1;
        this.#stream = restart(message.offset);
        this.#options.screen.reset(message.columns, message.rows);
        this.#write(message.data, message.offset);
        // The screen was serialized at its size: what fits here is asked for, and taken on when the server says so.
        this.#onAttached();
        return;
      }
      case 'size':
        this.#options.screen.resize(message.columns, message.rows);
        return;
      case 'exit':
        this.exit.value = { code: message.code, signal: message.signal };
        this.state.value = 'exited';
        return;
    }
  }

  #onAttached(): void {
    this.#attached = true;
    this.#attempt = 0;
    if (this.state.value !== 'exited') this.state.value = 'open';
    this.#fit();
    for (const message of this.#waiting.splice(0)) this.#send(message);
  }

  /** The server decides the size, as other pages may show the same terminal: it answers with `size`. */
  #fit(): void {
    const size = this.#options.screen.fitting();
    if (size !== undefined) this.#send({ type: 'resize', ...size });
  }

  #onOutput(frame: Uint8Array): void {
    if (frame.byteLength < HEADER_BYTES) return;
    const { offset, bytes } = decodeOutput(frame);
    const result = receive(this.#stream ?? restart(offset), offset, bytes);
    this.#stream = result.stream;
    if (result.gap) {
      this.#open();
      return;
    }
    if (result.write !== undefined) this.#write(result.write, result.stream.received);
  }

  #write(data: Uint8Array | string, end: number): void {
    const epoch = this.#epoch;
    this.#options.screen.write(data, () => {
      if (this.#stream === undefined || epoch !== this.#epoch) return;
      const result = parsed(this.#stream, end);
      this.#stream = result.stream;
      if (result.ack !== undefined) this.#send({ type: 'ack', offset: result.ack });
    });
  }

  #send(message: ClientMessage): void {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
