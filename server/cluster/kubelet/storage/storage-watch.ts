import { join } from 'node:path';
import type { Clock } from '../../../lib/clock.ts';
import { type DiskUsage, diskUsage, fileSystemUsage, GrowthGauge } from '../../../lib/disk-usage.ts';
import type { Pod } from '../../controllers/runtime/kinds.ts';
import { type Eviction, evictionsOf, type PodUsage, type StorageLimits } from './evictions.ts';

/** Where a pod keeps what it writes: paths on the host. */
export interface PodStorage {
  pod: Pod;
  /** Everything of the pod but its claims. */
  folder: string;
  containers: { name: string; layer: string; logBytes: number }[];
  emptyDirs: { name: string; path: string }[];
  claims: string[];
}

export interface StorageWatchOptions {
  /** The kubelet's: pods and claims. */
  folder: string;
  limits: StorageLimits;
  clock: Clock;
  /** Pods that have something to end. */
  pods(): PodStorage[];
  /** Resolves when nothing of the pod runs, and what it held is gone. */
  evict(eviction: Eviction): Promise<void>;
  /** The node has room again, or has none. */
  pressure(low: 'ephemeral-storage' | 'inodes' | undefined): void;
}

const LOOK_MS = 1000;
/** A node stays under pressure so long after it has room again. The kubelet's own default is five minutes: too long for an exercise. */
const TRANSITION_MS = 30_000;
/** Of the limits: growth by this much is looked at once. */
const MUCH = 1 / 32;

/** Looks how much of the machine's disk the pods of a cluster hold, and ends those that hold too much. */
export class StorageWatch {
  readonly #options: StorageWatchOptions;
  readonly #gauge: GrowthGauge;
  readonly #stop: () => void;
  #busy = false;
  #lowUntil: number | undefined;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
    const { limits } = options;
    this.#gauge = new GrowthGauge({ bytes: limits.bytes * MUCH, files: limits.files * MUCH });
    this.#stop = options.clock.every(LOOK_MS, () => void this.look());
  }

  /** Whether the node has no room for more pods. */
  get underPressure(): boolean {
    return this.#lowUntil !== undefined;
  }

  close(): void {
    this.#stop();
    this.#busy = true;
  }

  /** One look; measures only when something may have changed. Never rejects. */
  async look(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    const { clock, folder } = this.#options;
    try {
      const now = clock.now();
      if (this.#lowUntil !== undefined && now >= this.#lowUntil) this.#gauge.forget();
      const disk = await fileSystemUsage(folder);
      if (disk !== undefined && this.#gauge.due(disk, now)) await this.#measure();
    } finally {
      this.#busy = false;
    }
  }

  async #measure(): Promise<void> {
    const { clock, folder, limits } = this.#options;
    const pods = this.#options.pods();
    const paths = pods.flatMap((pod) => [...pod.containers.map(({ layer }) => layer), ...pod.emptyDirs.map(({ path }) => path), pod.folder, ...pod.claims]);
    const measured = await diskUsage([...new Set(paths), join(folder, 'persistent-volumes'), folder], clock);
    if (measured === undefined) return;
    // What can't be counted in time are too many files, and nobody knows whose.
    const endless = measured === 'endless';
    const known: ReadonlyMap<string, DiskUsage> = endless ? new Map([[folder, { bytes: 0, files: limits.files + 1 }]]) : measured;
    const of = (path: string): DiskUsage => known.get(path) ?? { bytes: 0, files: 0 };
    const logs = pods.reduce((sum, { containers }) => containers.reduce((part, { logBytes }) => part + logBytes, sum), 0);
    const used = [...known.values()].reduce((sum, usage) => ({ bytes: sum.bytes + usage.bytes, files: sum.files + usage.files }), { bytes: logs, files: 0 });
    const { evictions, low } = evictionsOf(pods.map((pod) => usageOf(pod, of, endless)), used, limits);
    if (low !== undefined) {
      if (this.#lowUntil === undefined) this.#options.pressure(low);
      this.#lowUntil = clock.now() + TRANSITION_MS;
    } else if (this.#lowUntil !== undefined && clock.now() >= this.#lowUntil) {
      this.#lowUntil = undefined;
      this.#options.pressure(undefined);
    }
    if (evictions.length === 0) return;
    await Promise.all(evictions.map((eviction) => this.#options.evict(eviction)));
    this.#gauge.forget();
  }
}

function usageOf(storage: PodStorage, of: (path: string) => DiskUsage, endless: boolean): PodUsage {
  const { pod, folder, containers, emptyDirs, claims } = storage;
  const all = [...containers.map(({ layer }) => layer), ...emptyDirs.map(({ path }) => path), folder, ...claims];
  return {
    pod,
    containers: new Map(containers.map(({ name, layer, logBytes }) => [name, of(layer).bytes + logBytes])),
    emptyDirs: new Map(emptyDirs.map(({ name, path }) => [name, of(path).bytes])),
    other: of(folder).bytes,
    claims: claims.reduce((sum, path) => sum + of(path).bytes, 0),
    files: endless ? 1 : all.reduce((sum, path) => sum + of(path).files, 0),
  };
}
