import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { TerminalView } from '../../server/protocol/rest.ts';
import type { LayoutView } from '../../server/protocol/workbench.ts';
import type { SocketLike } from '../terminal/connection.ts';
import { terminalPath } from './api.ts';
import type { LabApi } from './api.ts';
import { emptyWorkspace, paneOf, reduceWorkspace, runTarget, tabsOf, terminalTabs } from './workspace.ts';
import type { Pane, Workspace, WorkspaceAction } from './workspace.ts';

/** What a click on a block types. */
export interface BlockRun {
  code: string;
  /** `1`…`9`: T1…T9, opened when missing; nothing: the terminal in use. */
  terminal?: number;
  /** A terminal that the author gave a name. */
  terminalName?: string;
  /** The machine that the author means: `host02`. */
  host?: string;
  /** Ctrl-C first. */
  interrupt?: boolean;
  /** False: without the Enter at the end. */
  newline?: boolean;
  /** The code names keys: `^C`. */
  keys?: boolean;
}

export interface TerminalsOptions {
  api: LabApi;
  openSocket(path: string): SocketLike;
  /** Types code into a terminal once it is attached. */
  run(tid: string, code: string, interrupt: boolean, newline: boolean): void;
  /** Sends keys to a terminal. */
  press(tid: string, keys: Uint8Array<ArrayBuffer>): void;
  /** Moves the keyboard to a terminal. */
  focus(tid: string): void;
  announce(message: string): void;
  sid(): string | undefined;
  /** Puts the session's addresses in place of placeholders. */
  fillIn(code: string): string;
  /** Calls `work` with the session's id when the session is ready, else says that it is not; reports what fails. */
  guard(work: (sid: string) => Promise<void>): Promise<void>;
}

/** The tabs of the right half, and the terminals behind them. */
export class TerminalsStore {
  readonly workspace: Signal<Workspace> = signal(emptyWorkspace);
  readonly #options: TerminalsOptions;
  /** Terminals that the author gave to a machine, by the machine. */
  #hosts = new Map<string, string>();

  constructor(options: TerminalsOptions) {
    this.#options = options;
  }

  work(action: WorkspaceAction): void {
    this.workspace.value = reduceWorkspace(this.workspace.value, action);
  }

  async runBlock(block: BlockRun): Promise<void> {
    await this.#options.guard(async (sid) => {
      const target = await this.#target(sid, block);
      if (target === undefined) return;
      this.work({ type: 'activate', id: target });
      const name = terminalTabs(this.workspace.value).find((tab) => tab.id === target)?.name ?? 'the terminal';
      if (block.keys === true) this.#options.press(target, keysOf(block.code));
      else this.#options.run(target, this.#options.fillIn(block.code), block.interrupt === true, block.newline !== false);
      // What is typed without Enter is there to be finished by hand.
      if (block.newline === false) this.#options.focus(target);
      this.#options.announce(`Typed into ${name}.`);
    });
  }

  addTerminal(pane: Pane = 'upper'): Promise<void> {
    return this.#options.guard(async (sid) => {
      await this.#add(sid, {}, pane);
    });
  }

  /** Shows two terminals one above the other; opens a second one where there is only one. */
  split(): Promise<void> {
    return this.#options.guard(async (sid) => {
      const now = this.workspace.value;
      const other = terminalTabs(now).find((tab) => tab.id !== now.active);
      if (other === undefined || tabsOf(now, 'upper').length < 2) await this.#add(sid, {}, 'lower');
      else this.work({ type: 'move', id: other.id, to: 'lower' });
    });
  }

  renameTerminal(tid: string, name: string): Promise<void> {
    return this.#options.guard(async (sid) => {
      const renamed = await this.#options.api.renameTerminal(sid, tid, name);
      this.work({ type: 'terminals', terminals: this.#terminals().map((terminal) => (terminal.id === tid ? renamed : terminal)) });
    });
  }

  closeTerminal(tid: string): Promise<void> {
    return this.#options.guard(async (sid) => {
      await this.#options.api.closeTerminal(sid, tid);
      this.work({ type: 'close', id: tid });
    });
  }

  /** A new shell in place of one that has exited, under the same name. */
  restartTerminal(tid: string): Promise<void> {
    return this.#options.guard(async (sid) => {
      const name = this.#terminals().find((terminal) => terminal.id === tid)?.name;
      const pane = paneOf(this.workspace.value, tid);
      const fresh = await this.#options.api.addTerminal(sid, name === undefined ? {} : { name });
      this.#show(fresh, pane);
      await this.#options.api.closeTerminal(sid, tid);
      this.work({ type: 'close', id: tid });
      this.work({ type: 'activate', id: fresh.id });
    });
  }

  /** What an author wants to be there from the start: named terminals, a second one, ports. */
  arrange(layout: LayoutView | undefined, split: boolean): Promise<void> {
    this.#hosts = new Map((layout?.terminals ?? []).flatMap(({ name, host }) => (host === undefined || isMainHost(host) ? [] : [[plainHost(host), name]])));
    for (const { name, port, path } of layout?.dashboards ?? []) this.work({ type: 'dashboard', name, port, path });
    return this.#options.guard(async (sid) => {
      const first = this.workspace.value.active;
      for (const wanted of layout?.terminals ?? []) {
        if (!this.#terminals().some((terminal) => terminal.name === wanted.name)) await this.#add(sid, wanted, 'upper');
      }
      if (split) {
        if (terminalTabs(this.workspace.value).length < 2) await this.#add(sid, { id: '2' }, 'lower');
        const second = terminalTabs(this.workspace.value)[1];
        if (second !== undefined) this.work({ type: 'move', id: second.id, to: 'lower' });
      }
      if (first !== undefined) this.work({ type: 'activate', id: first });
    });
  }

  openSocket(tid: string, offset: number | undefined): SocketLike {
    const path = `${terminalPath(this.#options.sid() ?? '', tid)}/socket`;
    return this.#options.openSocket(offset === undefined ? path : `${path}?offset=${offset}`);
  }

  async #target(sid: string, block: BlockRun): Promise<string | undefined> {
    const { terminal, host } = block;
    // A session is one machine: what is meant for another one is typed into the terminal that stands for it, else into the one in use.
    const terminalName = block.terminalName ?? (terminal !== undefined || host === undefined || isMainHost(host) ? undefined : this.#hosts.get(plainHost(host)));
    const known = this.#terminals();
    if (terminalName !== undefined) return known.find((candidate) => candidate.name === terminalName)?.id ?? this.#add(sid, { name: terminalName });
    if (terminal !== undefined) {
      const named = known.find((candidate) => candidate.id === String(terminal)) ?? (terminal === 1 ? known[0] : undefined);
      return named?.id ?? this.#add(sid, { id: String(terminal) });
    }
    return runTarget(this.workspace.value) ?? this.#add(sid, {});
  }

  async #add(sid: string, wanted: { name?: string; id?: string; command?: string | undefined }, pane: Pane = 'upper'): Promise<string> {
    const terminal = await this.#options.api.addTerminal(sid, wanted);
    this.#show(terminal, pane);
    return terminal.id;
  }

  #show(terminal: TerminalView, pane: Pane): void {
    this.work({ type: 'terminals', terminals: [...this.#terminals().filter((known) => known.id !== terminal.id), terminal] });
    this.work({ type: 'move', id: terminal.id, to: pane });
    this.work({ type: 'activate', id: terminal.id });
  }

  #terminals(): TerminalView[] {
    return terminalTabs(this.workspace.value).map(({ id, name, running }) => ({ id, name, running }));
  }
}

/** `host2`, `HOST02` → `host02`; other names as they are. */
function plainHost(host: string): string {
  return host.trim().toLowerCase().replace(/^(?:host0?)?(\d)$/, 'host0$1');
}

/** Whether a machine is the one that the session itself is. */
export function isMainHost(host: string): boolean {
  return ['host01', 'controlplane', 'master', 'client'].includes(plainHost(host));
}

/** `^C` → 03, `^ESC` → 1b, `^[` → 1b; other characters are what they are. */
export function keysOf(text: string): Uint8Array<ArrayBuffer> {
  const keys = text.trim().replace(/\^(ESC|[@A-Za-z[\\\]^_?])/gi, (_whole, key: string) => {
    if (key.toUpperCase() === 'ESC') return '\x1b';
    return key === '?' ? '\x7f' : String.fromCharCode(key.toUpperCase().charCodeAt(0) & 0x1f);
  });
  return new TextEncoder().encode(keys);
}
