/** How the controller ends the containers of a pod: the pod's wait container knows the way. */
export class PodSignals {
  readonly #pods = new Map<string, () => void>();

  /** The returned function takes the pod away. */
  register(podUid: string, terminate: () => void): () => void {
    this.#pods.set(podUid, terminate);
    return () => {
      if (this.#pods.get(podUid) === terminate) this.#pods.delete(podUid);
    };
  }

  /** Answers whether anybody was there to hear. */
  terminate(podUid: string): boolean {
    const terminate = this.#pods.get(podUid);
    terminate?.();
    return terminate !== undefined;
  }
}
