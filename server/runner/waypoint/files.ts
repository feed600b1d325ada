import type { Place } from '../../sandbox/sandbox.ts';
import { runToEnd } from '../../sandbox/run.ts';
import { WAYPOINT_FOLDER } from './shell.ts';

/** Where files may be put back; what has changed elsewhere stays changed. */
export const RESTORED = ['/root', '/tmp'];
const PATIENCE_MS = 20_000;
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_PATHS = 400;
/** Kubernetes clients keep here what the cluster offers: the same before and after, but for its age. */
const CACHE = '/root/.kube/cache';
/** Every shell appends to it at each prompt. */
const HISTORY = '/root/.bash_history';
const PRUNED = ['/proc', '/sys', '/dev/pts', '/usr', '/bin', '/sbin', '/lib', '/lib64', '/opt/argo-lab*', WAYPOINT_FOLDER, CACHE];

/** Type, size, mode, time and target of everything that may be written in a place; of folders, that they are there. */
const LIST = `find / /usr/local/bin \\( ${PRUNED.map((path) => `-path '${path}'`).join(' -o ')} \\) -prune -o -type d -printf '%p\\0%y %m\\0' -o -printf '%p\\0%y %s %m %T@ %l\\0' 2>/dev/null; exec printf END`;
const SAVE = `tar --format=posix -cf - --exclude='${CACHE.slice(1)}' -C / ${RESTORED.map((path) => path.slice(1)).join(' ')} 2>/dev/null && exec printf END`;
const RESTORE = 'n=$1; shift; while [ "$n" -gt 0 ]; do rm -rf -- "$1"; shift; n=$((n-1)); done; [ $# -eq 0 ] || exec tar -xpf - -C / --no-recursion -- "$@"';

type Listing = ReadonlyMap<string, string>;

/** The files of a place as they were. */
export class FileWaypoint {
  private constructor(
    private readonly place: Place,
    private readonly listing: Listing,
    private readonly saved: Buffer,
  ) {}

  static async take(place: Place): Promise<FileWaypoint | undefined> {
    const [listing, saved] = await Promise.all([list(place), run(place, SAVE)]);
    return listing === undefined || saved === undefined ? undefined : new FileWaypoint(place, listing, saved);
  }

  /** Puts back what has changed; `held` is asked whether somebody still writes there. False when it can't all be put back. */
  async rewind(held: () => Promise<boolean>): Promise<boolean> {
    const now = await list(this.place);
    const plan = now === undefined ? undefined : planRestore(this.listing, now);
    if (plan === undefined) return false;
    const paths = [...plan.remove, ...plan.restore];
    if (paths.length === 0) return true;
    if (paths.some((path) => path !== HISTORY) && (await held())) return false;
    const done = await runToEnd(this.place.command(['/bin/sh', '-c', RESTORE, 'argo-lab', String(plan.remove.length), ...plan.remove, ...plan.restore.map((path) => path.slice(1))]), { stdin: plan.restore.length === 0 ? '' : this.saved, timeoutMs: PATIENCE_MS });
    if (done.code !== 0) return false;
    const after = await list(this.place);
    const left = after === undefined ? undefined : planRestore(this.listing, after);
    return left !== undefined && left.remove.length + left.restore.length === 0;
  }
}

/** Pure: what to remove and what to put back; undefined when not all of it lies where that is possible, or it is too much. */
export function planRestore(then: Listing, now: Listing): { remove: string[]; restore: string[] } | undefined {
  const remove = [...now.keys()].filter((path) => kindOf(then.get(path)) !== kindOf(now.get(path)));
  const restore = [...then.keys()].filter((path) => then.get(path) !== now.get(path));
  const paths = [...remove, ...restore];
  if (paths.length > MOST_PATHS || paths.some((path) => !RESTORED.some((folder) => path.startsWith(`${folder}/`)))) return undefined;
  return { remove, restore };
}

function kindOf(entry: string | undefined): string | undefined {
  return entry?.[0];
}

async function list(place: Place): Promise<Listing | undefined> {
  const bytes = await run(place, LIST);
  if (bytes === undefined) return undefined;
  // A name that is no UTF-8 becomes another one, which then can't be put back: that is found out.
  const parts = bytes.toString('utf8').split('\0');
  const listing = new Map<string, string>();
  for (let at = 0; at + 1 < parts.length; at += 2) listing.set(parts[at] ?? '', kept(parts[at + 1] ?? ''));
  return listing;
}

/**
 * Of a device, what is no file's: a terminal's time changes with what is typed. That it is one is known by `%y` alone:
 * where a device is mounted over a file, `-type` believes the folder, which has the file.
 */
function kept(entry: string): string {
  return entry.startsWith('c ') ? entry.split(' ').slice(0, 3).join(' ') : entry;
}

const END = Buffer.from('END');
const ATTEMPTS = 3;

/** What a command prints before its END; undefined when it fails, prints too much, or never gets to its end. */
async function run(place: Place, script: string): Promise<Buffer | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { code, bytes } = await runToEnd(place.command(['/bin/sh', '-c', script], { env: { LC_ALL: 'C' } }), { timeoutMs: PATIENCE_MS, maxBytes: MOST_BYTES, raw: true });
    if (code !== 0 || bytes === undefined || bytes.length >= MOST_BYTES) return undefined;
    // On a busy machine, the last of the output may come later than the end of the process is told.
    if (bytes.subarray(-END.length).equals(END)) return bytes.subarray(0, -END.length);
  }
  return undefined;
}
