/** How the controller ends the containers of a pod: the pod's wait container knows the way. */
export class PodSignals {
  readonly #pods = new Map<string, (ended: boolean) => void>();

  /** The returned function takes the pod away. */
  register(podUid: string, terminate: (ended: boolean) => void): () => void {
    this.#pods.set(podUid, terminate);
    return () => {
      if (this.#pods.get(podUid) === terminate) this.#pods.delete(podUid);
    };
  }

  /** `ended`: all but the wait container have ended already. Answers whether anybody was there to hear. */
  terminate(podUid: string, ended: boolean): boolean {
    const terminate = this.#pods.get(podUid);
    terminate?.(ended);
    return terminate !== undefined;
  }
}
