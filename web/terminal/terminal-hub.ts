import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { Timers } from '../state/timers.ts';
import { TerminalConnection } from './connection.ts';
import type { SocketLike } from './connection.ts';
import { XtermScreen } from './xterm-screen.ts';

export interface LiveTerminal {
  screen: XtermScreen;
  connection: TerminalConnection;
  /** The search bar is open. */
  searching: Signal<boolean>;
}

export interface HubOptions {
  connect(tid: string, offset: number | undefined): SocketLike;
  timers: Timers;
  settings(): { screenReader: boolean; fontSize: number };
  leave(backwards: boolean): void;
}

/** The terminals of one session, alive apart from the views, so that a hidden or re-drawn tab loses nothing. */
export class TerminalHub {
  readonly #options: HubOptions;
  readonly #terminals = new Map<string, LiveTerminal>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** The terminal with this id, connected on first use. */
  get(tid: string): LiveTerminal {
    const known = this.#terminals.get(tid);
    if (known !== undefined) return known;
    let connection: TerminalConnection | undefined;
    const searching = signal(false);
    const screen = new XtermScreen(
      {
        input: (bytes) => connection?.input(bytes),
        resized: (columns, rows) => connection?.resize(columns, rows),
        title: () => undefined,
        leave: this.#options.leave,
        find: () => (searching.value = true),
      },
      this.#options.settings(),
    );
    connection = new TerminalConnection({ screen, timers: this.#options.timers, connect: (offset) => this.#options.connect(tid, offset) });
    const live = { screen, connection, searching };
    this.#terminals.set(tid, live);
    return live;
  }

  /** Lets go of terminals that are no more. */
  keepOnly(ids: readonly string[]): void {
    for (const [tid, live] of this.#terminals) {
      if (ids.includes(tid)) continue;
      this.#terminals.delete(tid);
      live.connection.close();
      live.screen.dispose();
    }
  }

  all(): LiveTerminal[] {
    return [...this.#terminals.values()];
  }

  dispose(): void {
    this.keepOnly([]);
  }
}
