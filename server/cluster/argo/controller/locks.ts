import type { Mutex, SemaphoreRef, SyncStatus, Synchronization } from '../types/workflow.ts';

/** The outcome of asking for the locks of a workflow or a node. */
export type Acquired = { acquired: true } | { acquired: false; lock: string; message: string };

interface Lock {
  kind: 'mutex' | 'semaphore';
  name: string;
  limit: number;
  holders: Set<string>;
  /** In the order of asking, the higher priority first. */
  waiting: { holder: string; priority: number }[];
}

export interface LockRequest {
  /** `namespace/workflow`. */
  workflow: string;
  /** Empty for the workflow's own locks. */
  nodeId: string;
  namespace: string;
  priority: number;
  /** The limit of a semaphore, from its ConfigMap; 0 when there is none. */
  limitOf(name: string, key: string, namespace: string): number;
}

/** The locks of all workflows of a controller, in its memory. After argo-workflows v3.7.6 workflow/sync */
export class Locks {
  readonly #locks = new Map<string, Lock>();

  /** Takes all locks or none. Throws for a semaphore without a limit, and for locks kept in a database. */
  tryAcquire(sync: Synchronization, request: LockRequest): Acquired {
    const holder = holderKey(request.workflow, request.nodeId);
    const locks = locksOf(sync, request).map(({ kind, name, limit }) => {
      const known = this.#locks.get(name);
      if (known === undefined && limit === 0) throw new Error(`failed to initialize semaphore ${name} with limit`);
      const lock = known ?? { kind, name, limit, holders: new Set<string>(), waiting: [] };
      lock.limit = limit;
      this.#locks.set(name, lock);
      return lock;
    });
    for (const lock of locks) {
      if (!lock.holders.has(holder) && !lock.waiting.some((entry) => entry.holder === holder)) {
        lock.waiting.push({ holder, priority: request.priority });
        lock.waiting.sort((a, b) => b.priority - a.priority);
      }
    }
    for (const lock of locks) {
      if (lock.holders.has(holder)) continue;
      const free = lock.limit - lock.holders.size;
      const place = lock.waiting.findIndex((entry) => entry.holder === holder);
      if (free <= 0 || place >= free) {
        return { acquired: false, lock: lock.name, message: lock.limit === 0 ? `Failed to get semaphore limit for ${lock.name}` : `Waiting for ${lock.name} lock. Lock status: ${free}/${lock.limit}` };
      }
    }
    for (const lock of locks) {
      lock.holders.add(holder);
      lock.waiting = lock.waiting.filter((entry) => entry.holder !== holder);
    }
    return { acquired: true };
  }

  /** Gives back what a node holds or waits for; answers with the workflows that may go on now. */
  release(workflow: string, nodeId: string): string[] {
    return this.#drop((holder) => holder === holderKey(workflow, nodeId));
  }

  /** Gives back everything of a workflow. */
  releaseAll(workflow: string): string[] {
    return this.#drop((holder) => holder === workflow || holder.startsWith(`${workflow}/`));
  }

  #drop(mine: (holder: string) => boolean): string[] {
    const woken = new Set<string>();
    for (const [name, lock] of this.#locks) {
      const held = [...lock.holders].filter(mine);
      for (const holder of held) lock.holders.delete(holder);
      const waited = lock.waiting.length;
      lock.waiting = lock.waiting.filter((entry) => !mine(entry.holder));
      if (held.length > 0 || lock.waiting.length < waited) {
        for (const { holder } of lock.waiting) woken.add(holder.split('/').slice(0, 2).join('/'));
      }
      if (lock.holders.size === 0 && lock.waiting.length === 0) this.#locks.delete(name);
    }
    return [...woken];
  }

  /** What a workflow's status says of its locks; undefined when it has none. */
  statusOf(workflow: string): SyncStatus | undefined {
    const status: SyncStatus = {};
    const mine = (holder: string) => holder === workflow || holder.startsWith(`${workflow}/`);
    for (const lock of [...this.#locks.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const held = [...lock.holders].filter(mine);
      const waits = lock.waiting.some((entry) => mine(entry.holder));
      if (lock.kind === 'mutex') {
        if (held[0] !== undefined) ((status.mutex ??= {}).holding ??= []).push({ mutex: lock.name, holder: held[0] });
        if (waits) ((status.mutex ??= {}).waiting ??= []).push({ mutex: lock.name, holder: [...lock.holders][0] ?? '' });
      } else {
        if (held.length > 0) ((status.semaphore ??= {}).holding ??= []).push({ semaphore: lock.name, holders: held });
        if (waits) ((status.semaphore ??= {}).waiting ??= []).push({ semaphore: lock.name, holders: [...lock.holders] });
      }
    }
    return status.mutex === undefined && status.semaphore === undefined ? undefined : status;
  }

  /** Takes over what an earlier controller gave out. */
  restore(workflow: string, status: SyncStatus | undefined): void {
    const take = (kind: Lock['kind'], name: string | undefined, holder: string | undefined) => {
      if (name === undefined || holder === undefined || holder === '') return;
      const lock = this.#locks.get(name) ?? { kind, name, limit: 1, holders: new Set<string>(), waiting: [] };
      lock.holders.add(holder.includes('/') ? holder : `${workflow}/${holder}`);
      this.#locks.set(name, lock);
    };
    for (const held of status?.mutex?.holding ?? []) take('mutex', held.mutex, held.holder);
    for (const held of status?.semaphore?.holding ?? []) for (const holder of held.holders ?? []) take('semaphore', held.semaphore, holder);
  }
}

const holderKey = (workflow: string, nodeId: string): string => (nodeId === '' ? workflow : `${workflow}/${nodeId}`);

function locksOf(sync: Synchronization, request: LockRequest): Pick<Lock, 'kind' | 'name' | 'limit'>[] {
  const mutexes: Mutex[] = [...(sync.mutex === undefined ? [] : [sync.mutex]), ...(sync.mutexes ?? [])];
  const semaphores: SemaphoreRef[] = [...(sync.semaphore === undefined ? [] : [sync.semaphore]), ...(sync.semaphores ?? [])];
  const locks = [
    ...mutexes.map((mutex): Pick<Lock, 'kind' | 'name' | 'limit'> => {
      if (mutex.database === true) throw new Error(`database session is not available for mutex ${mutex.namespace ?? request.namespace}/Database/${mutex.name ?? ''}`);
      return { kind: 'mutex', name: `${mutex.namespace ?? request.namespace}/Mutex/${mutex.name ?? ''}`, limit: 1 };
    }),
    ...semaphores.map((semaphore): Pick<Lock, 'kind' | 'name' | 'limit'> => {
      const ref = semaphore.configMapKeyRef;
      if (ref === undefined) {
        throw new Error(semaphore.database === undefined ? 'invalid semaphore key' : `database session is not available for semaphore ${semaphore.namespace ?? request.namespace}/Database/${semaphore.database.key}`);
      }
      const namespace = semaphore.namespace ?? request.namespace;
      return { kind: 'semaphore', name: `${namespace}/ConfigMap/${ref.name ?? ''}/${ref.key}`, limit: request.limitOf(ref.name ?? '', ref.key, namespace) };
    }),
  ];
  return locks.sort((a, b) => (a.name < b.name ? -1 : 1));
}
