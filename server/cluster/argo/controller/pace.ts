/** Workflows with fewer nodes are looked at whenever something happens to them. */
const FEW_NODES = 50;
/** A look that took so many milliseconds costs too little to be put off. */
const CHEAP_MS = 4;
/** A large workflow takes a fifth of the time at most, and waits a second at most. */
const REST_FACTOR = 4;
const MAX_REST_MS = 1000;

/**
 * How often a large workflow is looked at. Each look takes time in proportion to its nodes, and things happen to each of
 * its nodes: without rests between the looks the time would grow with the square. Argo has its queue's delay for this.
 */
export class Pace {
  readonly #until = new Map<string, number>();

  /** Milliseconds to wait before the next look. */
  restOf(key: string, now: number): number {
    return Math.max(0, Math.min(MAX_REST_MS, (this.#until.get(key) ?? 0) - now));
  }

  /** A workflow of so many nodes has been looked at and written, which took so many milliseconds until now. */
  worked(key: string, nodes: number, took: number, now: number): void {
    if (nodes < FEW_NODES || took < CHEAP_MS) this.#until.delete(key);
    else this.#until.set(key, now + Math.min(MAX_REST_MS, took * REST_FACTOR));
  }

  forget(key: string): void {
    this.#until.delete(key);
  }
}
