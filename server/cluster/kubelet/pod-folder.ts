import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeClient } from '../client.ts';
import type { Pod } from '../controllers/runtime/kinds.ts';
import type { ConfigSource } from './env.ts';
import { etcHosts, hostnameOf, resolvConf } from './host-files.ts';
import { refreshVolumes, setUpVolumes } from './volumes.ts';

/** Volumes that fail at first often only come a moment later (root certificates, just created secrets). */
const QUIET_MOUNT_MS = 500;
const MOUNT_RETRY_MS = 250;
const MAX_MOUNT_RETRY_MS = 10_000;

/** A pod's folder on the host: its volumes and the files that every container has. */
export class PodFolder {
  readonly path: string;
  readonly #options: { client: KubeClient; source: ConfigSource; folder: string };
  #failures = 0;
  /** Nothing is tried before; milliseconds since the epoch. */
  retryAt = 0;

  constructor(options: { client: KubeClient; source: ConfigSource; folder: string }, podUid: string) {
    this.#options = options;
    this.path = join(options.folder, 'pods', podUid);
  }

  /** Makes everything; gives the volumes' folders by their names. Throws MountError when one cannot be had yet. */
  async setUp(pod: Pod, podIP: string): Promise<Map<string, string>> {
    await mkdir(this.path, { recursive: true });
    const [volumes] = await Promise.all([
      setUpVolumes(this.#context(pod, podIP)),
      writeFile(join(this.path, 'etc-hosts'), etcHosts(pod, podIP)),
      writeFile(join(this.path, 'resolv.conf'), resolvConf(pod)),
      writeFile(join(this.path, 'hostname'), `${hostnameOf(pod)}\n`),
    ]);
    return volumes;
  }

  /** After a failure: sets when to try again, and says whether it has lasted long enough to be worth an event. */
  failed(now: number, since: number): { tell: boolean } {
    this.retryAt = now + Math.min(MAX_MOUNT_RETRY_MS, MOUNT_RETRY_MS * 2 ** this.#failures++);
    return { tell: now - since >= QUIET_MOUNT_MS };
  }

  /** Shows what ConfigMaps and Secrets hold now. */
  async refresh(pod: Pod, podIP: string): Promise<void> {
    await refreshVolumes(this.#context(pod, podIP)).catch(() => undefined);
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true }).catch(() => undefined);
  }

  #context(pod: Pod, podIP: string) {
    const { client, source, folder } = this.#options;
    return { pod, podIP, source, client, folder: this.path, volumesFolder: join(folder, 'persistent-volumes') };
  }
}
