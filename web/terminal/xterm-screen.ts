import { ClipboardAddon } from '@xterm/addon-clipboard';
import type { IClipboardProvider } from '@xterm/addon-clipboard';
import { FitAddon } from '@xterm/addon-fit';
import { SearchAddon } from '@xterm/addon-search';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { Terminal } from '@xterm/xterm';
import type { Screen } from './connection.ts';
import { FONT_FAMILY, THEME } from './theme.ts';

export interface XtermEvents {
  input(bytes: Uint8Array<ArrayBuffer>): void;
  resized(columns: number, rows: number): void;
  title(title: string): void;
  /** F6 was pressed: the way out of the terminal for those who use the keyboard only. */
  leave(backwards: boolean): void;
  /** Ctrl+Shift+F: find in the terminal. */
  find(): void;
}

/** Programs in the terminal may put a text into the clipboard (OSC 52), and never read what the learner has copied elsewhere. */
const WRITE_ONLY: IClipboardProvider = {
  readText: () => '',
  writeText: async (_selection, text) => {
    // Without focus, or where the page is not a secure one, browsers refuse: then there is nothing to be done.
    await navigator.clipboard?.writeText(text).catch(() => undefined);
  },
};

/** An xterm.js terminal on the page, and the only file that knows xterm's interface. */
export class XtermScreen implements Screen {
  readonly terminal: Terminal;
  readonly search = new SearchAddon();
  readonly #fit = new FitAddon();
  readonly #events: XtermEvents;
  #host: HTMLElement | undefined;
  #observer: ResizeObserver | undefined;
  #wanted: { columns: number; rows: number } | undefined;

  constructor(events: XtermEvents, options: { screenReader: boolean; fontSize: number }) {
    this.#events = events;
    this.terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      fontFamily: FONT_FAMILY,
      fontSize: options.fontSize,
      lineHeight: 1.15,
      minimumContrastRatio: 4.5,
      screenReaderMode: options.screenReader,
      scrollback: 10_000,
      theme: THEME,
    });
    this.terminal.loadAddon(this.#fit);
    this.terminal.loadAddon(this.search);
    this.terminal.loadAddon(new Unicode11Addon());
    this.terminal.loadAddon(new WebLinksAddon((_event, uri) => window.open(uri, '_blank', 'noopener,noreferrer')));
    this.terminal.loadAddon(new ClipboardAddon(undefined, WRITE_ONLY));
    this.terminal.unicode.activeVersion = '11';
    const encoder = new TextEncoder();
    this.terminal.onData((data) => events.input(encoder.encode(data)));
    this.terminal.onBinary((data) => events.input(Uint8Array.from(data, (char) => char.charCodeAt(0))));
    this.terminal.onTitleChange((title) => events.title(title));
    this.terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
  }

  mount(host: HTMLElement): void {
    this.#host = host;
    this.#observer?.disconnect();
    // A terminal that was moved to another pane is opened already: its element moves along.
    if (this.terminal.element === undefined) {
      this.terminal.open(host);
      this.terminal.textarea?.setAttribute('aria-description', 'F6 leaves the terminal.');
    } else host.append(this.terminal.element);
    this.#observer = new ResizeObserver(() => this.fit());
    this.#observer.observe(host);
    this.fit();
  }

  /** Asks the server for the size that fits the place, when it is shown and that size changed. */
  fit(): void {
    const size = this.fitting();
    if (size === undefined || (size.columns === this.#wanted?.columns && size.rows === this.#wanted.rows)) return;
    this.#wanted = size;
    this.#events.resized(size.columns, size.rows);
  }

  fitting(): { columns: number; rows: number } | undefined {
    if (this.#host === undefined || this.#host.clientWidth < 40 || this.#host.clientHeight < 20) return undefined;
    const size = this.#fit.proposeDimensions();
    if (size === undefined || !Number.isFinite(size.cols) || !Number.isFinite(size.rows)) return undefined;
    return { columns: Math.max(2, size.cols), rows: Math.max(1, size.rows) };
  }

  write(data: Uint8Array | string, done: () => void): void {
    this.terminal.write(data, done);
  }

  reset(columns: number, rows: number): void {
    this.terminal.reset();
    this.resize(columns, rows);
  }

  resize(columns: number, rows: number): void {
    if (columns > 0 && rows > 0 && (columns !== this.terminal.cols || rows !== this.terminal.rows)) this.terminal.resize(columns, rows);
  }

  setOptions(options: { screenReader: boolean; fontSize: number }): void {
    this.terminal.options.screenReaderMode = options.screenReader;
    this.terminal.options.fontSize = options.fontSize;
    this.fit();
  }

  /** The lines on the screen and above it, for tests and for copying all. */
  text(): string {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let row = 0; row < buffer.length; row++) {
      const line = buffer.getLine(row);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    return lines.join('\n').trimEnd();
  }

  dispose(): void {
    this.#observer?.disconnect();
    this.terminal.dispose();
  }

  /** Where the page is not a secure one (plain http from another machine), only the older way is there: xterm fills it. */
  #copy(text: string): void {
    if (navigator.clipboard === undefined) document.execCommand('copy');
    else void navigator.clipboard.writeText(text).catch(() => document.execCommand('copy'));
  }

  /** Answers false for keys that are ours and not the shell's. */
  #onKey(event: KeyboardEvent): boolean {
    if (event.key === 'F6') {
      event.preventDefault();
      if (event.type === 'keydown') this.#events.leave(event.shiftKey);
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyC') {
      // Also without a selection: the browser would open its tools for developers.
      event.preventDefault();
      if (event.type === 'keydown' && this.terminal.hasSelection()) this.#copy(this.terminal.getSelection());
      return false;
    }
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyF') {
      event.preventDefault();
      if (event.type === 'keydown') this.#events.find();
      return false;
    }
    // The browser pastes on its own; xterm would send a control character.
    if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return false;
    return true;
  }
}
