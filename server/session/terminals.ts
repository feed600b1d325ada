import type { Clock } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import type { Ids } from '../lib/ids.ts';
import type { TerminalView } from '../protocol/rest.ts';
import type { Place } from '../sandbox/sandbox.ts';
import { isForegroundLine } from '../terminal/foreground.ts';
import { ShellHistory } from '../terminal/shell-state.ts';
import { shellArgv, shellEnvironment } from '../terminal/shell-integration.ts';
import { TerminalHub } from '../terminal/terminal.ts';

export const MOST_TERMINALS = 8;
const LONGEST_NAME = 40;

export interface TerminalsOptions {
  place: Place;
  clock: Clock;
  ids: Ids;
  /** Declared variables that the shells report. */
  variables: readonly string[];
  /** Written to the first one above its prompt. */
  greeting?: string | undefined;
  /** The lab was started again: those of its former run that are opened anew say so. */
  again?: boolean;
  onChange(): void;
  /** A shell is back at its prompt. */
  onPrompt(): void;
}

/** Written above the prompt, where the greeting stands else. */
const AGAIN = '\u001b[2margo-lab was started again: this is a new shell. Variables and programs of the one before are gone, files are still there.\u001b[m\r\n';

/** The terminals of one session. */
export class Terminals {
  readonly history = new ShellHistory();
  #hubs = new Map<string, TerminalHub>();
  readonly #opened = new Set<string>();
  #next = 1;
  #starting = 0;

  constructor(private readonly options: TerminalsOptions) {}

  views(): TerminalView[] {
    return [...this.#hubs.values()].map((hub) => ({ id: hub.id, name: hub.name, running: hub.running }));
  }

  get(id: string): TerminalHub | undefined {
    return this.#hubs.get(id);
  }

  first(): TerminalHub | undefined {
    return [...this.#hubs.values()].find((hub) => hub.running);
  }

  /** `id` is given when a terminal of a former run is opened again. */
  async open(name?: string, id?: string): Promise<TerminalHub> {
    if (this.#hubs.size + this.#starting >= MOST_TERMINALS) throw new LabError('too-many', `a session has at most ${MOST_TERMINALS} terminals`, 'Close one that you no longer need.');
    const { place, clock, ids } = this.options;
    const chosen = id ?? this.#freeId();
    this.#next = Math.max(this.#next, Number(chosen) + 1 || 0);
    const nonce = ids.secret();
    const again = this.options.again === true && id !== undefined && !this.#opened.has(chosen);
    this.#opened.add(chosen);
    this.#starting += 1;
    try {
      const hub = await TerminalHub.start({
        id: chosen,
        name: cleanName(name) ?? `Terminal ${chosen}`,
        place,
        argv: shellArgv(`${place.toolsInside}/shell`),
        env: { ...shellEnvironment(nonce, this.options.variables), ...(place.isolation === 'bubblewrap' ? { ARGO_LAB_HOST: 'controlplane' } : {}) },
        nonce,
        greeting: again ? AGAIN : chosen === '1' ? this.options.greeting : undefined,
        clock,
        onMark: (mark) => {
          // What the lab typed is not what the learner did.
          if (mark.command === undefined || !isForegroundLine(mark.command)) this.history.apply(chosen, mark, clock.now());
          if (mark.type === 'prompt') this.options.onPrompt();
        },
        onExit: () => this.options.onChange(),
      });
      this.#hubs.set(chosen, hub);
    } finally {
      this.#starting -= 1;
    }
    this.options.onChange();
    return this.#mustGet(chosen);
  }

  rename(id: string, name: string): void {
    this.#mustGet(id).name = cleanName(name) ?? this.#mustGet(id).name;
    this.options.onChange();
  }

  async close(id: string): Promise<void> {
    const hub = this.#mustGet(id);
    this.#hubs.delete(id);
    await hub.close();
    this.options.onChange();
  }

  async closeAll(): Promise<void> {
    const hubs = [...this.#hubs.values()];
    this.#hubs.clear();
    await Promise.all(hubs.map((hub) => hub.close()));
  }

  #mustGet(id: string): TerminalHub {
    const hub = this.#hubs.get(id);
    if (hub === undefined) throw new LabError('not-found', 'there is no such terminal');
    return hub;
  }

  #freeId(): string {
    return String(this.#next++);
  }
}

function cleanName(name: string | undefined): string | undefined {
  // eslint-disable-next-line no-control-regex
  const clean = name?.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '').trim().slice(0, LONGEST_NAME);
  return clean === undefined || clean === '' ? undefined : clean;
}
