interface Waiting {
  key: string;
  priority: number;
  created: number;
}

/** Admits workflows up to a limit in all and one for each namespace; 0 means any number. After argo-workflows v3.7.6 workflow/sync/multi_throttler.go */
export class Throttler {
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();

  /** `limits` are asked each time: they may change. */
  constructor(readonly limits: { total(): number; namespace(name: string): number }) {}

  /** Whether a workflow may go on. One that may not waits: the higher priority first, then the older one. */
  admit(key: string, priority: number, created: number): boolean {
    if (this.#running.has(key)) return true;
    this.#waiting.set(key, { key, priority, created });
    if (this.#next(key) !== key) return false;
    this.#waiting.delete(key);
    this.#running.add(key);
    return true;
  }

  /** A workflow that has begun before goes on, whatever the limits say. */
  resume(key: string): void {
    this.#running.add(key);
  }

  /** A workflow is over, or gone; gives those that may be looked at again. */
  remove(key: string): string[] {
    const known = this.#running.delete(key);
    const waited = this.#waiting.delete(key);
    return known || waited ? [...this.#waiting.values()].sort(byOrder).map((waiting) => waiting.key) : [];
  }

  /** Who of those that wait in the key's place may begin now. */
  #next(key: string): string | undefined {
    const total = this.limits.total();
    if (total > 0 && this.#running.size >= total) return undefined;
    for (const { key: candidate } of [...this.#waiting.values()].sort(byOrder)) {
      const namespace = namespaceOf(candidate);
      const limit = this.limits.namespace(namespace);
      if (limit > 0 && [...this.#running].filter((running) => namespaceOf(running) === namespace).length >= limit) continue;
      // Without a limit in all, namespaces do not wait for one another.
      if (total <= 0 && namespaceOf(key) !== namespace) continue;
      if (total <= 0 && limit <= 0) return key;
      return candidate;
    }
    return undefined;
  }
}

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'));
const byOrder = (a: Waiting, b: Waiting): number => b.priority - a.priority || a.created - b.created || (a.key < b.key ? -1 : 1);
