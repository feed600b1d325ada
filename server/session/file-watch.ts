import type { Clock } from '../lib/clock.ts';
import { Editor } from './editor.ts';
import type { SessionInside } from './inside.ts';

/** An editor that has not asked for a path for so long has closed it. */
const FORGET_MS = 15 * 60_000;
const MOST = 100;

/** Tells an open editor what has changed on disk: looks at the folders and files that it has asked for. */
export class FileWatch {
  #asked = new Map<string, { at: number; fingerprint: string | undefined }>();
  #busy = false;

  constructor(
    private readonly session: SessionInside,
    private readonly clock: Clock,
  ) {}

  /** The editor shows this path, or has just changed it itself. */
  shown(path: string): void {
    this.#asked.delete(path);
    this.#asked.set(path, { at: this.clock.now(), fingerprint: undefined });
    for (const oldest of this.#asked.keys()) {
      if (this.#asked.size <= MOST) break;
      this.#asked.delete(oldest);
    }
  }

  async look(): Promise<void> {
    const { life } = this.session;
    for (const [path, { at }] of this.#asked) if (this.clock.now() - at > FORGET_MS) this.#asked.delete(path);
    if (this.#busy || life === undefined || this.#asked.size === 0) return;
    this.#busy = true;
    try {
      const found = await new Editor(life.place).fingerprint([...this.#asked.keys()]);
      const changed: string[] = [];
      for (const [path, fingerprint] of found) {
        const known = this.#asked.get(path);
        if (known === undefined) continue;
        if (known.fingerprint !== undefined && known.fingerprint !== fingerprint) changed.push(path);
        known.fingerprint = fingerprint;
      }
      if (changed.length > 0 && this.session.life === life) this.session.send({ type: 'files', paths: changed });
    } finally {
      this.#busy = false;
    }
  }
}
