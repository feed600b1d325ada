import { spawn } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { type Clock, systemClock } from './clock.ts';

/** What a folder or a file system holds: bytes as they lie on the disk, and files with folders. */
export interface DiskUsage {
  bytes: number;
  files: number;
}

/** Whoever makes a million folders must not keep the lab busy with counting them. */
const MEASURE_MS = 20_000;
/** More than a line for every folder that is asked for will never be said. */
const MOST_OUTPUT = 4 * 1024 * 1024;
const BOTH = 'du -skx -- "$@"; echo; du -sx --inodes -- "$@"';

/**
 * What these folders hold, each without what a folder before it in the list holds already: a part first, then the whole
 * gives the rest. Follows no link and leaves no file system. Folders that are not there are not in the answer; where the
 * machine's `du` can't count files, they count 0. `endless` when it takes longer than 20 s; undefined without a `du`.
 */
export function diskUsage(folders: readonly string[], clock: Clock = systemClock): Promise<ReadonlyMap<string, DiskUsage> | 'endless' | undefined> {
  return new Promise((resolve) => {
    let late = false;
    const child = spawn('/bin/sh', ['-c', BOTH, 'argo-lab', ...folders], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, cwd: '/', stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const cancel = clock.after(MEASURE_MS, () => {
      late = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has just ended.
      }
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (said.length < MOST_OUTPUT) said += text;
    });
    child.once('error', () => {
      cancel();
      resolve(undefined);
    });
    child.once('close', () => {
      cancel();
      resolve(late ? 'endless' : usageFrom(said, folders));
    });
  });
}

/** Both answers of `du`, an empty line between them. Pure. */
function usageFrom(said: string, folders: readonly string[]): ReadonlyMap<string, DiskUsage> | undefined {
  const [kib, files] = said.split('\n\n').map((part) => new Map(part.split('\n').flatMap((line): [string, number][] => {
    const tab = line.indexOf('\t');
    const number = Number(line.slice(0, tab));
    return tab < 0 || Number.isNaN(number) ? [] : [[line.slice(tab + 1), number]];
  })));
  if (kib === undefined || kib.size === 0) return undefined;
  return new Map(folders.flatMap((folder): [string, DiskUsage][] => {
    const size = kib.get(folder);
    return size === undefined ? [] : [[folder, { bytes: size * 1024, files: files?.get(folder) ?? 0 }]];
  }));
}

/** What is in use on the file system of a folder: one call of the system, whatever it holds. Undefined where the folder is gone. */
export async function fileSystemUsage(folder: string): Promise<DiskUsage | undefined> {
  const stat = await statfs(folder).catch(() => undefined);
  return stat === undefined ? undefined : { bytes: (stat.blocks - stat.bfree) * stat.bsize, files: stat.files - stat.ffree };
}

/** How long a folder's size is believed at most; while it grows, and when it grows fast. */
const BELIEVED_MS = 60_000;
const GROWING_MS = 10_000;
const SOME: DiskUsage = { bytes: 1024 ** 2, files: 64 };

/**
 * Says when it is time to measure what lies on a file system: counting everything is dear, asking the file system how full
 * it is costs nothing. Others write there, too, so that it measures too often rather than too seldom.
 */
export class GrowthGauge {
  #measured: { at: number; usage: DiskUsage } | undefined;

  /** `much`: growth that can't wait. */
  constructor(private readonly much: DiskUsage) {}

  /** Whether to measure now; if so, it counts as done. */
  due(usage: DiskUsage, now: number): boolean {
    const last = this.#measured;
    const grown = (by: DiskUsage) => last === undefined || Math.abs(usage.bytes - last.usage.bytes) >= by.bytes || Math.abs(usage.files - last.usage.files) >= by.files;
    const since = last === undefined ? Number.POSITIVE_INFINITY : now - last.at;
    if (!grown(this.much) && !(since >= GROWING_MS && grown(SOME)) && since < BELIEVED_MS) return false;
    this.#measured = { at: now, usage };
    return true;
  }

  /** The next time is due. */
  forget(): void {
    this.#measured = undefined;
  }
}
