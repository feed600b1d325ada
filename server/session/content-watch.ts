import { type FSWatcher, watch } from 'node:fs';
import { sep } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Scenario } from '../scenario/model.ts';
import { type Content, scenariosOf } from './content.ts';

/** Editors write in several steps: what they do within this time is one change. */
const QUIET_MS = 150;

export interface ContentChange {
  /** As it is now; undefined where it is gone or broken. */
  scenario: Scenario | undefined;
  id: string;
  /** As it was when it could last be read; where it can't be now. */
  former?: Scenario;
}

/** Watches the folders of scenarios for an author at work. */
export class ContentWatch {
  readonly #watchers: FSWatcher[] = [];
  readonly #touched = new Set<string>();
  #cancel: () => void = () => {};
  #known = new Map<string, Scenario>();
  /** Those that could once be read, as they were last. */
  readonly #former = new Map<string, Scenario>();

  constructor(
    private readonly options: { folders: readonly string[]; content: Content; clock: Clock; log: Log; onChange(changes: readonly ContentChange[]): void },
  ) {}

  async begin(): Promise<void> {
    const { folders, content, log } = this.options;
    this.#known = scenariosOf(await content.courses());
    for (const folder of folders) {
      const watcher = watch(folder, { recursive: true, persistent: false }, (_event, name) => this.#changed(name === null ? folder : `${folder}${sep}${name}`));
      watcher.on('error', (error) => log.warn({ error: messageOf(error), folder }, 'a folder of scenarios is no longer watched'));
      this.#watchers.push(watcher);
    }
  }

  end(): void {
    this.#cancel();
    for (const watcher of this.#watchers.splice(0)) watcher.close();
  }

  #changed(path: string): void {
    // Editors' swap files, and the folder that git works in, are no content.
    if (/(^|\/)(\.git\/|\.[^/]*\.sw[a-z]$|[^/]*~$|\.#|4913$)/.test(path.replaceAll(sep, '/'))) return;
    this.#touched.add(path);
    this.#cancel();
    this.#cancel = this.options.clock.after(QUIET_MS, () => void this.#tell().catch((error: unknown) => this.options.log.warn({ error: messageOf(error) }, 'changed scenarios could not be read')));
  }

  async #tell(): Promise<void> {
    const { content } = this.options;
    const touched = [...this.#touched];
    this.#touched.clear();
    content.changed();
    const before = this.#known;
    this.#known = scenariosOf(await content.courses());
    const changes = new Map<string, ContentChange>();
    for (const [id, scenario] of before) this.#former.set(id, scenario);
    for (const [id, scenario] of [...this.#former, ...this.#known]) {
      const below = touched.some((path) => path === scenario.folder || path.startsWith(`${scenario.folder}${sep}`));
      // A file that several scenarios share may be shown by any of them; a new or a lost one changes the list.
      const shared = touched.some((path) => ![...before.values(), ...this.#known.values()].some(({ folder }) => path.startsWith(`${folder}${sep}`)));
      if (below || shared || before.has(id) !== this.#known.has(id)) changes.set(id, this.#known.has(id) ? { id, scenario: this.#known.get(id) } : { id, scenario: undefined, former: scenario });
    }
    this.options.onChange([...changes.values()]);
  }
}
