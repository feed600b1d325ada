/** Whoever starts it stops it: children are disposed in reverse order of their start. */
export type Disposer = () => void | Promise<void>;

export class Scope {
  readonly #disposers: Disposer[] = [];
  readonly #controller = new AbortController();
  #closing: Promise<void> | undefined;

  /** Aborted as soon as `close` is called. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Registers what has to be undone; runs it at once when the scope is closed already. */
  defer(dispose: Disposer): void {
    if (this.#closing !== undefined) void dispose();
    else this.#disposers.push(dispose);
  }

  /** A scope that ends with this one at the latest. */
  child(): Scope {
    const scope = new Scope();
    this.defer(() => scope.close());
    return scope;
  }

  /** Runs every disposer once, the last one first; throws what they threw, together. */
  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    this.#controller.abort(new Error('scope closed'));
    const errors: unknown[] = [];
    for (const dispose of this.#disposers.splice(0).reverse()) {
      try {
        await dispose();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, 'several things failed to stop');
  }
}
