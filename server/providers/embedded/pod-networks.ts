import { type FileHandle, open } from 'node:fs/promises';
import type { Launcher } from '../../sandbox/launch.ts';
import type { PlaceCommand } from '../../sandbox/sandbox.ts';

/** A network that stays as long as somebody uses it, whether or not a process is in it. */
interface Held {
  pod: string;
  /** By type, as nsenter names them: the network, and whose it is where the lab is not root. */
  spaces: Map<'net' | 'user', FileHandle>;
  users: number;
}

/** Containers of one pod share a network, also where the first has ended before the next begins. */
export class PodNetworks {
  readonly #held = new Map<string, Held>();

  constructor(private readonly launcher: Launcher) {}

  /** The network of a pod of which a container runs, or is about to; whoever gets it gives it back. */
  use(pod: string | undefined): Held | undefined {
    const held = this.#held.get(pod ?? '');
    if (held !== undefined) held.users += 1;
    return held;
  }

  /** Keeps the network of a pod's first process; undefined where that is gone already, or another's. */
  async keep(pod: string | undefined, pid: number): Promise<Held | undefined> {
    if (pod === undefined || pod === '') return undefined;
    const spaces: Held['spaces'] = new Map();
    try {
      if (this.launcher.uid === undefined) spaces.set('user', await open(`/proc/${pid}/ns/user`));
      spaces.set('net', await open(`/proc/${pid}/ns/net`));
    } catch {
      await close(spaces);
      return undefined;
    }
    const other = this.use(pod);
    if (other !== undefined) {
      await close(spaces);
      return other;
    }
    const held = { pod, spaces, users: 1 };
    this.#held.set(pod, held);
    return held;
  }

  async giveBack(held: Held | undefined): Promise<void> {
    if (held === undefined) return;
    held.users -= 1;
    if (held.users > 0) return;
    this.#held.delete(held.pod);
    await close(held.spaces);
  }
}

/** The same command in that network. */
export function inNetwork(held: Held, command: PlaceCommand): PlaceCommand {
  const spaces = [...held.spaces].map(([type, handle]) => `--${type}=/proc/${process.pid}/fd/${handle.fd}`);
  return { ...command, file: 'nsenter', args: [...(held.spaces.has('user') ? ['--preserve-credentials'] : []), ...spaces, command.file, ...command.args] };
}

async function close(spaces: Held['spaces']): Promise<void> {
  await Promise.all([...spaces.values()].map((handle) => handle.close().catch(() => undefined)));
}
