import { type DiskUsage, diskUsage, fileSystemUsage, GrowthGauge } from '../lib/disk-usage.ts';
import { removeNewest } from './disk-trim.ts';
import type { SessionInside } from './inside.ts';

/** What a home may hold, in bytes and in files. */
export type DiskLimits = DiskUsage;

export const DISK_LIMITS: DiskLimits = { bytes: 2 * 1024 ** 3, files: 300_000 };

/** From here on, the learner is warned. */
const NEARLY = 0.8;
/** From here on, nobody trusts what runs there to stop. */
const FAR_OVER = 1.25;
/** Why everything has ended is told for so long, also where there is room again. */
const STANDS_MS = 60_000;
const NOTICE = 'disk';

/** Measures a session's home; says when it is nearly full, and ends whatever goes on writing into one that is. */
export class DiskWatch {
  readonly #gauge: GrowthGauge;
  #busy = false;
  #said = '';
  #home = '';
  #standsUntil = 0;

  constructor(
    private readonly session: SessionInside,
    private readonly limits: DiskLimits = DISK_LIMITS,
  ) {
    this.#gauge = new GrowthGauge({ bytes: limits.bytes / 32, files: limits.files / 32 });
  }

  /** Somebody new looks: a warning that stands is said again. */
  tellAgain(): void {
    this.#said = '';
    this.#gauge.forget();
  }

  /** Measures when the disk says that something may have changed. */
  async look(): Promise<void> {
    const { life } = this.session;
    if (this.#busy || life === undefined) return;
    this.#busy = true;
    try {
      const { home } = life.place;
      if (home !== this.#home) this.#gauge.forget();
      this.#home = home;
      const disk = await fileSystemUsage(home);
      if (disk === undefined || !this.#gauge.due(disk, this.session.deps.clock.now())) return;
      const measured = await diskUsage([home], this.session.deps.clock);
      const used = measured === 'endless' ? { bytes: 0, files: this.limits.files * 2 } : measured?.get(home);
      if (used === undefined || this.session.life !== life) return;
      const share = Math.max(used.bytes / this.limits.bytes, used.files / this.limits.files);
      const ended = share < 1 ? 0 : share < FAR_OVER ? await life.place.endWriters() : await life.place.endAll();
      // Something wrote faster than anybody looks: what it wrote would stay.
      const over = { bytes: used.bytes - this.limits.bytes, files: used.files - this.limits.files };
      const removed = share >= FAR_OVER && life.place.isolation === 'bubblewrap' ? await removeNewest(home, over) : 0;
      this.#say(share, used, ended, removed);
      if (removed > 0) this.#gauge.forget();
    } finally {
      this.#busy = false;
    }
  }

  #say(share: number, used: DiskLimits, ended: number, removed: number): void {
    const amount = used.bytes / this.limits.bytes >= used.files / this.limits.files ? `${mib(used.bytes)} of ${mib(this.limits.bytes)} MiB` : `${used.files} of ${this.limits.files} files`;
    const severity = share >= 1 ? 'error' : 'warning';
    const text = share < NEARLY ? '' : share < 1 ? `Your home folder is nearly full: ${amount}. Delete what you no longer need.` : `Your home folder is full: ${amount}. ${ended > 0 ? 'What was writing into it has been ended. ' : ''}${removed > 0 ? `The ${removed === 1 ? 'file that was' : `${removed} files that were`} written last ${removed === 1 ? 'is' : 'are'} gone. ` : ''}Delete what you no longer need: du -sh ~/* shows what is large.`;
    const now = this.session.deps.clock.now();
    if (text === this.#said || (removed === 0 && now < this.#standsUntil)) return;
    if (removed > 0) this.#standsUntil = now + STANDS_MS;
    this.#said = text;
    this.session.send({ type: 'notice', id: NOTICE, severity, text });
  }
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}
