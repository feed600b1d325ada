import type { Cluster } from '../../cluster/index.ts';
import type { KubeObject, RequestRecord } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import type { ClusterWaypoint } from '../provider.ts';
import { type ClusterState, differences, isAtWork, leavesData, stateOf, wentInside } from './cluster-state.ts';

const LOOK_MS = 25;
/** So long nothing may change before a state counts as one. */
const REST_MS = 100;
const PATIENCE_MS = 2000;
/** What was there before and has changed is given so long to change back: an endpoint, the count of a controller. */
const CHANGED_MS = 600;

/** Brings a cluster back to states that it has been in, by removing what was made since: as somebody could who cleans up. */
export class Waypoints {
  /** Pods that came with the cluster: what they hold, they have from its objects. */
  readonly #own: ReadonlySet<string>;
  readonly #forgotten = new WeakSet<RequestRecord>();
  #forgets = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly clock: Clock,
  ) {
    this.#own = new Set([...this.#state().objects.values()].flatMap(({ resource, object }) => (resource === '/pods' && object.metadata.uid !== undefined ? [object.metadata.uid] : [])));
  }

  /** What was asked of the cluster, but for what has been taken back. */
  requests(): readonly RequestRecord[] {
    const all = this.cluster.requests();
    return this.#forgets ? all.filter((request) => !this.#forgotten.has(request)) : all;
  }

  async take(): Promise<ClusterWaypoint | undefined> {
    const state = await this.#atRest();
    if (state === undefined) return undefined;
    const asked = new Set(this.cluster.requests());
    return { rewind: () => this.#rewind(state, asked) };
  }

  async #atRest(): Promise<ClusterState | undefined> {
    let state = this.#state();
    let since = this.clock.now();
    for (const began = since; this.clock.now() - began < PATIENCE_MS; ) {
      await sleep(this.clock, LOOK_MS);
      const now = this.#state();
      const { made, changed, gone } = differences(state, now);
      state = now;
      if (made.length + changed.length + gone.length > 0 || this.#isAtWork(now)) since = this.clock.now();
      else if (this.clock.now() - since >= REST_MS) return state;
    }
    return undefined;
  }

  /** Whether somebody's pod runs or waits: it may go on to change things, and what it holds is nowhere else. */
  #isAtWork(state: ClusterState): boolean {
    for (const { resource, object } of state.objects.values()) if (isAtWork(resource, object) && !this.#own.has(object.metadata.uid ?? '')) return true;
    return false;
  }

  async #rewind(state: ClusterState, asked: ReadonlySet<RequestRecord>): Promise<boolean> {
    if (this.cluster.requests().some((request) => !asked.has(request) && wentInside(request))) return false;
    const began = this.clock.now();
    let changedSince: number | undefined;
    for (let cleanSince: number | undefined; this.clock.now() - began < PATIENCE_MS; await sleep(this.clock, LOOK_MS)) {
      const now = this.#state();
      const { made, changed, gone } = differences(state, now);
      if (gone.length > 0 || now.archived !== state.archived || made.some(({ resource, object }) => leavesData(resource, object))) return false;
      if (made.length > 0) await this.#remove(made);
      changedSince = changed.length === 0 ? undefined : (changedSince ?? this.clock.now());
      if (changedSince !== undefined && made.length === 0 && this.clock.now() - changedSince > CHANGED_MS) return false;
      cleanSince = made.length + changed.length > 0 ? undefined : (cleanSince ?? this.clock.now());
      if (cleanSince === undefined || this.clock.now() - cleanSince < 2 * LOOK_MS) continue;
      for (const request of this.cluster.requests()) if (!asked.has(request)) this.#forgotten.add(request);
      this.#forgets = true;
      return true;
    }
    return false;
  }

  /** Workflows before their pods, whose controller would make new ones; events last, some tell of what is removed. */
  async #remove(made: readonly { resource: string; object: KubeObject }[]): Promise<void> {
    const rank = (resource: string) => (resource.startsWith('argoproj.io/') ? 0 : resource.endsWith('/events') ? 2 : 1);
    for (const { resource, object } of [...made].sort((a, b) => rank(a.resource) - rank(b.resource))) {
      const [group = '', name = ''] = resource.split('/');
      const type = { group, version: object.apiVersion.split('/').at(-1) ?? '', resource: name };
      // What went with its owner meanwhile needs no second removal.
      await this.cluster.client.delete(type, object.metadata.namespace, object.metadata.name, { gracePeriodSeconds: 0, propagationPolicy: 'Background', ...(object.metadata.uid === undefined ? {} : { preconditions: { uid: object.metadata.uid } }) }).catch(() => undefined);
    }
  }

  #state(): ClusterState {
    return stateOf(this.cluster.snapshot());
  }
}

