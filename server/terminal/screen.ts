import type { Terminal } from '@xterm/headless';
import type { SerializeAddon } from '@xterm/addon-serialize';

export const SCROLLBACK = 1000;
/** Bytes that wait for a reader of the screen before something is done about them. */
const PENDING = 512 * 1024;
const NEWLINE = 0x0a;
/** Bytes that change more than the text: escape sequences and shifts of the character set. */
const STATEFUL = [0x1b, 0x0e, 0x0f];

type Item = { bytes: Buffer } | { columns: number; rows: number };

/**
 * What a terminal shows, for pages that attach late. Parsing costs more than anything else a terminal does, so it is
 * put off until somebody asks, and plain text that has scrolled out of reach meanwhile is never parsed at all.
 */
export class Screen {
  #items: Item[] = [];
  #waiting = 0;
  #parsed = 0;
  #emulator: Promise<{ terminal: Terminal; serialize: SerializeAddon }> | undefined;
  #parsing: Promise<void> = Promise.resolve();
  #backlog = 0;

  constructor(
    private columns: number,
    private rows: number,
  ) {
    this.#items.push({ columns, rows });
  }

  /** Bytes handed to the parser and not parsed yet: a reason to pause the terminal when it grows. */
  get backlog(): number {
    return this.#backlog;
  }

  push(bytes: Buffer): void {
    this.#items.push({ bytes });
    this.#waiting += bytes.length;
    if (this.#waiting > PENDING && !this.#forget()) void this.#parse();
  }

  resize(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.#items.push({ columns, rows });
  }

  /** The screen with scrollback and modes, as text to write to an empty terminal, and the offset it stands for. */
  async snapshot(): Promise<{ offset: number; columns: number; rows: number; data: string }> {
    await this.#parse();
    const { terminal, serialize } = await this.#load();
    return { offset: this.#parsed, columns: terminal.cols, rows: terminal.rows, data: serialize.serialize({ scrollback: SCROLLBACK }) };
  }

  async dispose(): Promise<void> {
    this.#items = [];
    if (this.#emulator !== undefined) (await this.#emulator).terminal.dispose();
  }

  #load(): Promise<{ terminal: Terminal; serialize: SerializeAddon }> {
    this.#emulator ??= (async () => {
      const [headless, addon] = await Promise.all([import('@xterm/headless'), import('@xterm/addon-serialize')]);
      // Both are CommonJS: where named exports are not detected, they are on `default`.
      const TerminalClass = headless.Terminal ?? headless.default.Terminal;
      const Serialize = addon.SerializeAddon ?? addon.default.SerializeAddon;
      const terminal = new TerminalClass({ cols: this.columns, rows: this.rows, scrollback: SCROLLBACK, allowProposedApi: true });
      const serialize = new Serialize();
      terminal.loadAddon(serialize);
      return { terminal, serialize };
    })();
    return this.#emulator;
  }

  #parse(): Promise<void> {
    const items = this.#items;
    const bytes = this.#waiting;
    this.#items = [];
    this.#waiting = 0;
    this.#backlog += bytes;
    this.#parsing = this.#parsing.then(async () => {
      const { terminal } = await this.#load();
      for (const item of items) {
        if ('bytes' in item) {
          await new Promise<void>((resolve) => terminal.write(item.bytes, resolve));
          this.#parsed += item.bytes.length;
          this.#backlog -= item.bytes.length;
        } else terminal.resize(item.columns, item.rows);
      }
    });
    return this.#parsing;
  }

  /**
   * Drops waiting plain text that more lines follow than the screen and its scrollback hold: whatever it said is out of
   * reach. Returns false when that is not sure, because the text holds escape sequences or too few lines follow.
   */
  #forget(): boolean {
    let lines = SCROLLBACK + this.rows + 1;
    let index = this.#items.length;
    let cut = 0;
    while (lines > 0 && index > 0) {
      index -= 1;
      const item = this.#items[index];
      if (item === undefined || !('bytes' in item)) continue;
      let at = item.bytes.lastIndexOf(NEWLINE);
      while (at > 0 && --lines > 0) at = item.bytes.lastIndexOf(NEWLINE, at - 1);
      cut = at + 1;
    }
    if (lines > 0) return false;
    const kept: Item[] = [];
    let dropped = 0;
    for (const [position, item] of this.#items.entries()) {
      if (!('bytes' in item)) kept.push(item);
      else if (position > index) kept.push(item);
      else {
        const gone = position < index ? item.bytes : item.bytes.subarray(0, cut);
        if (STATEFUL.some((byte) => gone.includes(byte))) return false;
        dropped += gone.length;
        if (position === index) kept.push({ bytes: item.bytes.subarray(cut) });
      }
    }
    this.#items = kept;
    this.#waiting -= dropped;
    // Counted as parsed in order: what is dropped lies before everything that still waits.
    this.#parsing = this.#parsing.then(() => {
      this.#parsed += dropped;
    });
    return true;
  }
}
