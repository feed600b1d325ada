import { readFile } from 'node:fs/promises';
import { type Clock, sleep } from '../../lib/clock.ts';
import { kill, membersOf, pidNamespaceOf, writesBelow } from '../../sandbox/proc.ts';

const END_MS = 1000;
const STEP_MS = 5;

/** The processes of a place that has a PID namespace of its own. */
export class ProcessWaypoint {
  private constructor(
    private readonly space: string,
    /** Pid and when it started. */
    private readonly were: ReadonlyMap<number, string>,
    private readonly clock: Clock,
  ) {}

  static async take(placePid: number, clock: Clock): Promise<ProcessWaypoint | undefined> {
    const space = await pidNamespaceOf(placePid);
    return space === undefined ? undefined : new ProcessWaypoint(space, await running(space), clock);
  }

  /** Ends what was started since; false when something that ran then is gone, or something new does not go. */
  async rewind(): Promise<boolean> {
    for (let waited = 0; waited <= END_MS; waited += STEP_MS) {
      const now = await running(this.space);
      for (const [pid, started] of this.were) if (now.get(pid) !== started) return false;
      const others = [...now.keys()].filter((pid) => !this.were.has(pid));
      if (others.length === 0) return true;
      for (const pid of others) kill(pid, 'SIGKILL');
      await sleep(this.clock, STEP_MS);
    }
    return false;
  }

  /** Whether one of them has a file below a folder open for writing. */
  async writeBelow(folders: readonly string[]): Promise<boolean> {
    for (const pid of this.were.keys()) for (const folder of folders) if (await writesBelow(pid, folder)) return true;
    return false;
  }
}

async function running(space: string): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const pid of await membersOf(space)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // Field 22, counted from behind the name, which may hold anything.
    const started = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    if (started !== undefined) found.set(pid, started);
  }
  return found;
}
