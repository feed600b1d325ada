import { LabError } from '../lib/errors.ts';
import { type Clock, sleep } from '../lib/clock.ts';
import { inHome } from '../protocol/placeholders.ts';
import { decodeOutput } from '../protocol/ws.ts';
import type { Session } from '../session/session.ts';
import type { Attachment, TerminalHub } from '../terminal/terminal.ts';
import { LAST_RESORTS, type Nature, natureOf, SIGNALS } from './nature.ts';
import { plainText } from './plain-text.ts';
import type { Exchange } from './report.ts';
import { Slice } from './slice.ts';

/** Takes down what the terminals show. */
export interface Recorder {
  output(terminal: number, bytes: Uint8Array): void;
}

export interface DeskOptions {
  clock: Clock;
  /** How long a command may take. */
  limitMs: number;
  recorder?: Recorder;
  onExchange?(exchange: Exchange): void;
}

export interface Typed {
  page: string;
  part: Exchange['part'];
  /** Presses Ctrl-C first. */
  interrupt?: boolean;
  /** As fast as somebody reads: what was started in the background gets a moment. */
  reading?: boolean;
  /** Somebody will interrupt it, or goes on in another terminal: it need not end. */
  mayRunOn?: boolean;
}

const SIZE = { columns: 120, rows: 30 };
/** A program that runs on counts as started once it has been silent for so long. */
const SILENT_MS = 600;
const SILENT_UNKNOWN_MS = 2500;
const SETTLE_MS = 6000;
const SETTLE_UNKNOWN_MS = 15_000;
const STEP_MS = 20;
const LOOK_MS = 100;
const BREATH_MS = 2000;
const CTRL_C = '\u0003';
/** How long a program may take to go after its keys, and how long what it had put out before may take to arrive. */
const PATIENCE_MS = 800;
const FLOOD_MS = 10_000;
const INTERRUPTS = 3;
const PROMPT_MS = 10_000;
/** Output of one command that is kept. */
const KEPT = 64 * 1024;

/** A reader's hands at a session: its terminals, typed into one command after another. */
export class Desk {
  readonly exchanges: Exchange[] = [];
  readonly #screens = new Map<number, Promise<Screen>>();

  constructor(
    readonly session: Session,
    private readonly options: DeskOptions,
  ) {}

  /** Waits until a foreground script that has been typed is over. */
  async settle(page: string): Promise<Exchange | undefined> {
    const screen = await this.#screen(1);
    const before = screen.take();
    const began = this.options.clock.now();
    if (await screen.hub.prompt(this.options.limitMs)) return undefined;
    return this.#add({ page, part: 'foreground', terminal: 1, command: 'the foreground script', output: before.text(), ms: this.options.clock.now() - began, ended: await screen.leave() });
  }

  /** Types one command and waits until it has ended, or runs on as such a command does. */
  async type(command: string, typed: Typed, terminal = 1): Promise<Exchange> {
    const screen = await this.#screen(terminal);
    const { clock, limitMs } = this.options;
    const interrupt = typed.interrupt === true;
    if (interrupt) await screen.interrupt();
    else await screen.free(limitMs);
    // What is typed into a program that asks is no command of the shell.
    if (interrupt || screen.hub.atPrompt) screen.nature = natureOf(command);
    const ports = typed.reading === true && screen.nature.kind === 'background' ? await this.#ports() : '';
    const began = clock.now();
    const slice = screen.take();
    await screen.hub.run(inHome(command, this.session.place?.homeInside), interrupt && !screen.hub.atPrompt);
    const { how, exitCode } = await screen.wait(limitMs, typed.mayRunOn === true);
    if (typed.reading === true && how === 'itself' && screen.nature.kind === 'background') await this.#breath(ports);
    return this.#add({ page: typed.page, part: typed.part, terminal, command, ...(exitCode === undefined ? {} : { exitCode }), output: slice.text(), ms: clock.now() - began, ended: how });
  }

  /** Sends text without Enter, as it is. */
  async press(keys: string, page: string, terminal = 1): Promise<Exchange> {
    const screen = await this.#screen(terminal);
    const began = this.options.clock.now();
    const slice = screen.take();
    screen.press(keys);
    await screen.silence(SILENT_MS / 3, SETTLE_MS);
    return this.#add({ page, part: 'block', terminal, command: keys, output: slice.text(), ms: this.options.clock.now() - began, ended: screen.hub.atPrompt ? 'itself' : 'running' });
  }

  /** What runs in a terminal and was left alone. */
  async running(terminal: number): Promise<Nature['kind'] | undefined> {
    const screen = await this.#screens.get(terminal);
    return screen === undefined || screen.hub.atPrompt ? undefined : screen.nature.kind;
  }

  async close(): Promise<void> {
    for (const screen of this.#screens.values()) await screen.then((one) => one.close()).catch(() => undefined);
    this.#screens.clear();
  }

  /** Until something new listens, or as long as it takes to read on. */
  async #breath(before: string): Promise<void> {
    const { clock } = this.options;
    for (const began = clock.now(); clock.now() - began < BREATH_MS; await sleep(clock, STEP_MS)) if ((await this.#ports()) !== before) return;
  }

  async #ports(): Promise<string> {
    return (await this.session.place?.listening())?.join() ?? '';
  }

  #add(exchange: Exchange): Exchange {
    this.exchanges.push(exchange);
    this.options.onExchange?.(exchange);
    return exchange;
  }

  async #screen(terminal: number): Promise<Screen> {
    const known = await this.#screens.get(terminal)?.catch(() => undefined);
    if (known?.hub.running === true) return known;
    const opened = known === undefined ? this.#open(terminal) : this.#reopen(terminal, known);
    this.#screens.set(terminal, opened);
    return opened;
  }

  async #reopen(terminal: number, old: Screen): Promise<Screen> {
    old.close();
    await this.session.terminals?.close(old.hub.id).catch(() => undefined);
    return this.#open(terminal);
  }

  async #open(terminal: number): Promise<Screen> {
    const { terminals } = this.session;
    if (terminals === undefined) throw new LabError('conflict', 'the session has no terminals');
    const id = String(terminal);
    const known = terminals.get(id);
    const hub = known?.running === true ? known : await this.#start(id, known !== undefined);
    return new Screen(hub, this.options.clock, (bytes) => this.options.recorder?.output(terminal, bytes));
  }

  async #start(id: string, ended: boolean): Promise<TerminalHub> {
    const { terminals } = this.session;
    if (terminals === undefined) throw new LabError('conflict', 'the session has no terminals');
    if (ended) await terminals.close(id).catch(() => undefined);
    const hub = await terminals.open(`Terminal ${id}`, id);
    if (!(await hub.prompt(PROMPT_MS))) throw new LabError('timeout', `the shell of terminal ${id} has not shown its prompt within ${PROMPT_MS / 1000} seconds`);
    return hub;
  }
}

/** One terminal, watched. */
class Screen {
  nature: Nature = { kind: 'ends' };
  readonly #attachment: Attachment;
  readonly #stopWatching: () => void;
  #slice: Slice | undefined;
  #exitCode: number | undefined;
  #lastOutput = 0;
  /** The offset behind the echo of what was typed. */
  #answerFrom = Number.POSITIVE_INFINITY;
  #answered = false;

  constructor(
    readonly hub: TerminalHub,
    private readonly clock: Clock,
    onOutput: (bytes: Uint8Array) => void,
  ) {
    this.#lastOutput = clock.now();
    this.#stopWatching = hub.watchMarks((mark, offset) => {
      if (mark.type === 'start') {
        this.#slice?.begin(offset);
        this.#answerFrom = Math.min(this.#answerFrom, offset);
      } else {
        this.#exitCode = mark.exitCode;
        this.#slice?.end(offset);
      }
    });
    this.#attachment = hub.attach(
      {
        output: (frame) => {
          const { offset, bytes } = decodeOutput(frame);
          this.#lastOutput = clock.now();
          if (offset + bytes.byteLength > this.#answerFrom) this.#answered = true;
          this.#slice?.push(offset, bytes);
          onOutput(bytes);
          // Not from within: the terminal counts these bytes as sent only when this returns.
          queueMicrotask(() => this.#attachment.ack(offset + bytes.byteLength));
        },
        message: (message) => {
          if (message.type !== 'screen') return;
          onOutput(Buffer.from(message.data));
          this.#attachment.ack(message.offset);
        },
      },
      hub.end === 0 ? 0 : undefined,
    );
    this.#attachment.resize(SIZE.columns, SIZE.rows);
  }

  /** From now on, what is put out belongs to the next command. */
  take(): Slice {
    this.#slice = new Slice(KEPT, this.hub.end, plainText);
    this.#exitCode = undefined;
    this.#answered = false;
    // A program that asks tells of no start: there, the echo counts as its answer.
    this.#answerFrom = this.hub.atPrompt ? Number.POSITIVE_INFINITY : this.hub.end;
    return this.#slice;
  }

  press(keys: string): void {
    this.#attachment.input(Buffer.from(keys));
  }

  /** Makes room for a command: what runs there is ended as a reader would end it, unless the command is meant for it. */
  async free(limitMs: number): Promise<void> {
    if (this.hub.atPrompt || this.nature.kind === 'asks') return;
    if (this.nature.kind === 'ends' && (await this.hub.prompt(limitMs))) return;
    await this.leave();
  }

  /** Ctrl-C, as a block with `interrupt` presses it; again for a program that was just starting. */
  async interrupt(): Promise<void> {
    for (let attempt = 0; attempt < INTERRUPTS && !this.hub.atPrompt && this.hub.running; attempt++) {
      await this.#ends(CTRL_C);
    }
  }

  /** Ends what runs: by its own keys, by Ctrl-C, by whatever helps. */
  async leave(): Promise<Exchange['ended']> {
    const own = this.nature.kind === 'asks' ? this.nature.quit : [];
    for (const keys of [...own, ...(this.nature.kind === 'runs-on' ? SIGNALS : LAST_RESORTS)]) {
      if (await this.#ends(keys)) return keys === CTRL_C ? 'interrupted' : 'quit';
      if (!this.hub.running) return 'shell-ended';
    }
    // It ignores everything: its terminal goes, and the next command gets a new one.
    await this.hub.close();
    return 'killed';
  }

  /** Whether these keys bring the prompt back. */
  async #ends(keys: string): Promise<boolean> {
    this.press(keys);
    if (await this.#promptAfter(keys === CTRL_C ? PATIENCE_MS : PATIENCE_MS / 2)) return true;
    if (keys !== CTRL_C || !this.hub.running) return false;
    // A Ctrl-C that comes while the shell is just telling that it is back leaves it silent: an empty line makes it tell again.
    this.press('\r');
    return this.#promptAfter(PATIENCE_MS / 2);
  }

  /** Waits for the prompt, longer while a flood is still on its way. */
  async #promptAfter(patience: number): Promise<boolean> {
    for (const began = this.clock.now(); this.clock.now() - began < FLOOD_MS; ) {
      if (await this.hub.prompt(LOOK_MS)) return true;
      if (!this.hub.running || this.clock.now() - Math.max(began, this.#lastOutput) > patience) return false;
    }
    return false;
  }

  async wait(limitMs: number, mayRunOn: boolean): Promise<{ how: Exchange['ended']; exitCode?: number }> {
    const began = this.clock.now();
    const runsOn = this.nature.kind === 'runs-on' || this.nature.kind === 'asks';
    const [silent, most] = runsOn ? [SILENT_MS, SETTLE_MS] : [SILENT_UNKNOWN_MS, SETTLE_UNKNOWN_MS];
    for (let waited = 0; waited < limitMs; waited = this.clock.now() - began) {
      if (await this.hub.prompt(LOOK_MS)) return { how: 'itself', ...(this.#exitCode === undefined ? {} : { exitCode: this.#exitCode }) };
      if (!this.hub.running) return { how: 'shell-ended' };
      if (!runsOn && !mayRunOn) continue;
      const quiet = this.clock.now() - this.#lastOutput;
      if ((this.#answered && quiet >= silent && waited >= silent) || waited >= most) return { how: 'running' };
    }
    return mayRunOn || runsOn ? { how: 'running' } : { how: await this.leave() };
  }

  /** Waits until nothing has been put out for a while. */
  async silence(ms: number, most: number): Promise<void> {
    const began = this.clock.now();
    while (this.clock.now() - Math.max(this.#lastOutput, began) < ms && this.clock.now() - began < most) await sleep(this.clock, STEP_MS);
  }

  close(): void {
    this.#stopWatching();
    this.#attachment.detach();
  }
}
