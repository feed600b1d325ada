import { type Clock, sleep } from '../lib/clock.ts';
import { encodeOutput, type ServerMessage } from '../protocol/ws.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { clampSize, LEFT_BEHIND, shouldPause, smallest } from './flow.ts';
import { MarkParser } from './marks.ts';
import { OutputLog } from './output-log.ts';
import { cleanCode, typed } from './paste.ts';
import { type Pty, spawnPty } from './pty.ts';
import { Screen } from './screen.ts';
import { parseMark, type ShellMark } from './shell-integration.ts';

/** A page (or test) that watches a terminal. */
export interface TerminalClient {
  /** A frame of protocol/ws.ts. */
  output(frame: Uint8Array): void;
  message(message: ServerMessage): void;
}

/** What an attached page can do. */
export interface Attachment {
  ack(offset: number): void;
  resize(columns: number, rows: number): void;
  input(bytes: Uint8Array): void;
  run(code: string, interrupt: boolean, newline?: boolean): void;
  /** True while so much input waits that its source should not be read. */
  readonly congested: boolean;
  detach(): void;
}

export interface TerminalOptions {
  id: string;
  name: string;
  place: Place;
  argv: string[];
  env: Record<string, string>;
  nonce: string;
  /** Written before anything else; as a terminal takes it. */
  greeting?: string | undefined;
  clock: Clock;
  onMark?: (mark: ShellMark) => void;
  onExit?: (exit: { code: number; signal?: string }) => void;
}

interface Client {
  target: TerminalClient;
  size: { columns: number; rows: number } | undefined;
  /** Offset up to which it has parsed. */
  acknowledged: number;
  /** Offset up to which it was sent output. */
  sent: number;
  /** Waits for a screen: gets no output. */
  loading: boolean;
  /** Too far behind: gets a screen once it has parsed what is on its way. */
  behind: boolean;
}

const FIRST_SIZE = { columns: 80, rows: 24 };
const RESIZE_MS = 25;
const CONGESTED = 256 * 1024;
const FLUSH_MS = 50;
/** How long a block waits for the shell to take it as one paste, and how often it looks. */
const PASTE_MS = 500;
const PASTE_STEP_MS = 5;
const INTERRUPTS = 3;
/** How long a block that interrupts waits for a shell that has just been started. */
const BEGIN_MS = 5000;

/** A pseudoterminal with any number of pages attached: all see the same bytes, and the smallest one decides the size. */
export class TerminalHub {
  name: string;
  readonly id: string;
  readonly #log = new OutputLog();
  readonly #screen = new Screen(FIRST_SIZE.columns, FIRST_SIZE.rows);
  readonly #marks: MarkParser;
  readonly #clients = new Set<Client>();
  #pty: Pty | undefined;
  #size = FIRST_SIZE;
  #paused = false;
  #snapshots = 0;
  #closing = false;
  #gathering = false;
  readonly #gathered: Buffer[] = [];
  #exit: { code: number; signal?: string } | undefined;
  #cancelResize: (() => void) | undefined;
  #cancelFlush: () => void = () => {};
  #promptWaiters: (() => void)[] = [];
  readonly #markListeners = new Set<(mark: ShellMark, offset: number) => void>();
  /** Blocks are typed one after the other. */
  #turn: Promise<void> = Promise.resolve();
  /** Whether the shell has shown its first prompt. Before, Ctrl-C would end what starts it. */
  #begun = false;
  /** False while the shell runs a command. */
  #atPrompt = false;

  private constructor(private readonly options: TerminalOptions) {
    this.id = options.id;
    this.name = options.name;
    this.#marks = new MarkParser(options.nonce, (fields, offset) => {
      const mark = parseMark(fields);
      if (mark === undefined) return;
      for (const listener of this.#markListeners) listener(mark, offset);
      this.#atPrompt = mark.type === 'prompt';
      this.#begun ||= this.#atPrompt;
      if (mark.type === 'prompt') for (const waiter of this.#promptWaiters.splice(0)) waiter();
      options.onMark?.(mark);
    });
  }

  static async start(options: TerminalOptions): Promise<TerminalHub> {
    const hub = new TerminalHub(options);
    if (options.greeting !== undefined) hub.#emit(Buffer.from(options.greeting));
    const command = options.place.command(options.argv, { env: options.env });
    hub.#pty = await spawnPty(command, FIRST_SIZE, { onData: (bytes) => hub.#onData(bytes), onExit: (exit) => hub.#onExit(exit) }, options.clock);
    return hub;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** Offset after the last byte of output. */
  get end(): number {
    return this.#log.end;
  }

  /** Whether the shell waits for a command. */
  get atPrompt(): boolean {
    return this.#atPrompt && this.running;
  }

  /** Calls `listener` with whatever the shell tells and the offset in the output at which it does; returns how to stop. */
  watchMarks(listener: (mark: ShellMark, offset: number) => void): () => void {
    this.#markListeners.add(listener);
    return () => this.#markListeners.delete(listener);
  }

  /** Resolves at the next prompt; at once when the shell waits at one. */
  async prompt(timeoutMs: number): Promise<boolean> {
    if (this.#atPrompt) return true;
    return new Promise((resolve) => {
      const cancel = this.options.clock.after(timeoutMs, () => resolve(false));
      this.#promptWaiters.push(() => {
        cancel();
        resolve(true);
      });
    });
  }

  attach(target: TerminalClient, offset: number | undefined): Attachment {
    const client: Client = { target, size: undefined, acknowledged: this.#log.end, sent: this.#log.end, loading: false, behind: false };
    this.#clients.add(client);
    const start = offset ?? (this.#log.end === 0 ? 0 : undefined);
    const missed = start === undefined ? undefined : this.#log.from(start);
    if (start !== undefined && missed !== undefined) {
      client.acknowledged = start;
      client.sent = start;
      target.message({ type: 'attached', offset: start, ...this.#size });
      for (const chunk of missed) this.#send(client, chunk);
      if (this.#exit !== undefined) target.message({ type: 'exit', ...this.#exit });
    } else void this.#sendScreen(client);
    const hub = this;
    return {
      ack: (upTo) => this.#onAck(client, upTo),
      resize: (columns, rows) => {
        client.size = clampSize(columns, rows) ?? client.size;
        this.#scheduleResize();
      },
      input: (bytes) => this.#pty?.write(bytes),
      run: (code, interrupt, newline) => void this.run(code, interrupt, newline),
      get congested() {
        return (hub.#pty?.unwritten ?? 0) > CONGESTED;
      },
      detach: () => {
        if (!this.#clients.delete(client)) return;
        this.#scheduleResize();
        this.#flow();
      },
    };
  }

  /** Types a block of code, and Enter unless `newline` is false; with `interrupt`, Ctrl-C first and then at the next prompt. */
  run(code: string, interrupt: boolean, newline = true): Promise<void> {
    const turn = this.#turn.then(() => this.#type(code, interrupt, newline));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #type(code: string, interrupt: boolean, newline: boolean): Promise<void> {
    if (cleanCode(code) === '' && !interrupt) return;
    const fresh = interrupt && !this.#begun && (await this.prompt(BEGIN_MS));
    if (interrupt && !fresh) {
      // A command that is just being started may miss the first Ctrl-C.
      for (let attempt = 0; attempt < INTERRUPTS; attempt++) {
        const idle = this.#atPrompt;
        this.#atPrompt = false;
        this.#pty?.write('\u0003');
        if (await this.prompt(idle ? 200 : 500)) break;
      }
    }
    // The prompt's mark comes a moment before readline switches pasting on; typed in between, a block would go in key by
    // key, and a tab in it would complete names.
    for (let waited = 0; this.#atPrompt && !this.#marks.bracketedPaste && waited < PASTE_MS; waited += PASTE_STEP_MS) await sleep(this.options.clock, PASTE_STEP_MS);
    this.#pty?.write(typed(code, this.#marks.bracketedPaste, newline));
    if (!newline) return;
    // Enter ends this paste: a block that follows at once is typed as plain keys, until readline says that it reads again.
    this.#marks.bracketedPaste = false;
    this.#atPrompt = false;
  }

  /** Ends the shell and everything on its terminal. */
  async close(): Promise<void> {
    const pid = this.#pty?.pid;
    // What is still unread would keep the end from being told.
    this.#closing = true;
    this.#flow();
    if (pid !== undefined && this.#exit === undefined) {
      const { place, clock } = this.options;
      for (const [signal, patience] of [
        ['SIGHUP', 100],
        ['SIGTERM', 100],
        ['SIGKILL', 2000],
      ] as const) {
        await place.killTree(pid, signal);
        for (let waited = 0; waited < patience && this.#exit === undefined; waited += 10) await sleep(clock, 10);
        if (this.#exit !== undefined) break;
      }
    }
    this.#cancelResize?.();
    this.#cancelFlush();
    await this.#screen.dispose();
  }

  /** A lone key's echo goes out at once; in a flood, the 4 KiB pieces of one turn of the event loop go out as one. */
  #onData(bytes: Buffer): void {
    if (this.#gathering) {
      this.#gathered.push(bytes);
      return;
    }
    this.#gathering = true;
    setImmediate(() => this.#release());
    this.#take(bytes);
  }

  #release(): void {
    this.#gathering = false;
    if (this.#gathered.length === 0) return;
    const bytes = Buffer.concat(this.#gathered.splice(0));
    this.#gathering = true;
    setImmediate(() => this.#release());
    this.#take(bytes);
  }

  #take(bytes: Buffer): void {
    this.#emit(this.#marks.push(bytes));
    this.#cancelFlush();
    // A lone ESC at the end may be the start of a mark, or just what it is.
    if (this.#marks.undecided) this.#cancelFlush = this.options.clock.after(FLUSH_MS, () => this.#emit(this.#marks.flush()));
  }

  #emit(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#log.push(bytes);
    this.#screen.push(bytes);
    for (const client of this.#clients) {
      if (client.loading || client.behind) continue;
      if (this.#log.end - client.acknowledged > LEFT_BEHIND) client.behind = true;
      else this.#send(client, bytes);
    }
    this.#flow();
  }

  #send(client: Client, bytes: Buffer): void {
    client.target.output(encodeOutput(client.sent, bytes));
    client.sent += bytes.length;
  }

  async #sendScreen(client: Client): Promise<void> {
    client.loading = true;
    client.behind = false;
    this.#snapshots += 1;
    this.#flow();
    try {
      const screen = await this.#screen.snapshot();
      if (!this.#clients.has(client)) return;
      client.target.message({ type: 'screen', ...screen });
      if (screen.columns !== this.#size.columns || screen.rows !== this.#size.rows) client.target.message({ type: 'size', ...this.#size });
      client.acknowledged = screen.offset;
      client.sent = screen.offset;
      client.loading = false;
      for (const chunk of this.#log.from(screen.offset) ?? []) this.#send(client, chunk);
      if (this.#exit !== undefined) client.target.message({ type: 'exit', ...this.#exit });
    } finally {
      this.#snapshots -= 1;
      this.#flow();
    }
  }

  #onAck(client: Client, offset: number): void {
    if (client.loading || offset > client.sent) return;
    client.acknowledged = Math.max(client.acknowledged, offset);
    if (client.behind && client.acknowledged === client.sent) void this.#sendScreen(client);
    this.#flow();
  }

  #flow(): void {
    const acknowledged = [...this.#clients].filter((client) => !client.loading).map((client) => client.acknowledged);
    const pause = this.#closing ? false : this.#snapshots > 0 || shouldPause({ paused: this.#paused, end: this.#log.end, acknowledged, parserBacklog: this.#screen.backlog });
    if (pause === this.#paused) return;
    this.#paused = pause;
    if (pause) {
      this.#pty?.pause();
      if (this.#screen.backlog > 0) this.options.clock.after(20, () => this.#flow());
    } else this.#pty?.resume();
  }

  #scheduleResize(): void {
    this.#cancelResize ??= this.options.clock.after(RESIZE_MS, () => {
      this.#cancelResize = undefined;
      const size = smallest([...this.#clients].map((client) => client.size));
      if (size === undefined || (size.columns === this.#size.columns && size.rows === this.#size.rows)) return;
      this.#size = size;
      this.#pty?.resize(size.columns, size.rows);
      this.#screen.resize(size.columns, size.rows);
      for (const client of this.#clients) if (!client.loading) client.target.message({ type: 'size', ...size });
    });
  }

  #onExit(exit: { code: number; signal?: string }): void {
    if (this.#gathered.length > 0) this.#take(Buffer.concat(this.#gathered.splice(0)));
    this.#emit(this.#marks.flush());
    this.#exit = exit;
    for (const client of this.#clients) if (!client.loading) client.target.message({ type: 'exit', ...exit });
    this.options.onExit?.(exit);
  }
}
