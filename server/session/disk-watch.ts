import { runToEnd } from '../sandbox/run.ts';
import type { Life, SessionInside } from './inside.ts';

/** What a home may hold, in bytes and in files. */
export interface DiskLimits {
  bytes: number;
  files: number;
}

export const DISK_LIMITS: DiskLimits = { bytes: 2 * 1024 ** 3, files: 300_000 };

/** From here on, the learner is warned. */
const NEARLY = 0.8;
const MEASURE_MS = 20_000;
const NOTICE = 'disk';

/** Measures a session's home; says when it is nearly full, and ends whatever goes on writing into one that is. */
export class DiskWatch {
  #busy = false;
  #said = '';

  constructor(
    private readonly session: SessionInside,
    private readonly limits: DiskLimits = DISK_LIMITS,
  ) {}

  /** Somebody new looks: a warning that stands is said again. */
  tellAgain(): void {
    this.#said = '';
  }

  async look(): Promise<void> {
    const { life } = this.session;
    if (this.#busy || life === undefined) return;
    this.#busy = true;
    try {
      const used = await measure(life);
      if (used === undefined || this.session.life !== life) return;
      const share = Math.max(used.bytes / this.limits.bytes, used.files / this.limits.files);
      const ended = share >= 1 ? await life.place.endWriters() : 0;
      this.#say(share, used, ended);
    } finally {
      this.#busy = false;
    }
  }

  #say(share: number, used: DiskLimits, ended: number): void {
    const amount = used.bytes / this.limits.bytes >= used.files / this.limits.files ? `${mib(used.bytes)} of ${mib(this.limits.bytes)} MiB` : `${used.files} of ${this.limits.files} files`;
    const severity = share >= 1 ? 'error' : 'warning';
    const text = share < NEARLY ? '' : share < 1 ? `Your home folder is nearly full: ${amount}. Delete what you no longer need.` : `Your home folder is full: ${amount}. ${ended > 0 ? 'What was writing into it has been ended. ' : ''}Delete what you no longer need: du -sh ~/* shows what is large.`;
    if (text === this.#said) return;
    this.#said = text;
    this.session.send({ type: 'notice', id: NOTICE, severity, text });
  }
}

function mib(bytes: number): number {
  return Math.round(bytes / 1024 ** 2);
}

/** On the host, which follows no link of the home; undefined when it takes too long or the home is gone. */
async function measure(life: Life): Promise<DiskLimits | undefined> {
  const du = (...flags: string[]) => runToEnd({ file: 'du', args: [...flags, '--', life.place.home], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/' }, { timeoutMs: MEASURE_MS });
  const [bytes, files] = await Promise.all([du('-skx'), du('-sx', '--inodes')]);
  const number = (text: string) => Number(/^\d+/.exec(text.trim().split('\n').at(-1) ?? '')?.[0] ?? Number.NaN);
  const used = { bytes: number(bytes.stdout) * 1024, files: number(files.stdout) };
  return Number.isNaN(used.bytes) || Number.isNaN(used.files) || bytes.timedOut || files.timedOut ? undefined : used;
}
