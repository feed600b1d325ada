import type { Socket } from 'node:net';
import type { Log } from '../../lib/log.ts';
import type { KindTools } from './tools.ts';

/** Pauses a cluster's node while nobody uses it, and wakes it for whoever does. */
export class Sleeper {
  #state: 'awake' | 'asleep' | Promise<void>;
  #open = 0;
  #last: number;
  #stop: () => void = () => {};

  constructor(
    private readonly tools: KindTools,
    private readonly node: string,
    private readonly log: Log,
    asleep = false,
  ) {
    this.#state = asleep ? 'asleep' : 'awake';
    this.#last = tools.clock.now();
  }

  get asleep(): boolean {
    return this.#state === 'asleep';
  }

  /** Looks now and then whether nobody has asked for anything for `idle` milliseconds. */
  begin(idle: number): void {
    this.#stop = this.tools.clock.every(Math.max(100, idle / 4), () => {
      if (this.#open === 0 && this.#state === 'awake' && this.tools.clock.now() - this.#last >= idle) void this.sleep();
    });
  }

  /** As long as the connection lasts, the cluster is in use. */
  hold(socket: Socket): Socket {
    this.#open += 1;
    socket.once('close', () => {
      this.#open -= 1;
      this.#last = this.tools.clock.now();
    });
    return socket;
  }

  /** Resolves when the cluster runs. */
  async wake(): Promise<void> {
    this.#last = this.tools.clock.now();
    if (this.#state === 'awake') return;
    if (this.#state !== 'asleep') await this.#state;
    if (this.#state === 'asleep') {
      await this.#turn('unpause', 'awake');
    }
  }

  async sleep(): Promise<void> {
    if (this.#state !== 'awake') return;
    await this.#turn('pause', 'asleep');
  }

  /** Nothing is paused any more by itself; the cluster stays as it is. */
  end(): void {
    this.#stop();
  }

  async #turn(verb: 'pause' | 'unpause', next: 'awake' | 'asleep'): Promise<void> {
    const turning = (async () => {
      const result = await this.tools.docker([verb, this.node], { timeoutMs: 20_000 });
      const is = /already paused/.test(result.stderr) ? 'asleep' : /is not paused/.test(result.stderr) ? 'awake' : undefined;
      // Who watches the node tells that it is gone; there is nothing left to pause.
      const gone = /No such container|is not running/.test(result.stderr);
      if (gone) this.#stop();
      if (result.code !== 0 && is === undefined && !gone) this.log.warn({ node: this.node, said: result.stderr.trim() }, `a node could not be ${verb}d`);
      // Where Docker can't, the node is as it was.
      this.#state = result.code === 0 ? next : (is ?? 'awake');
    })();
    this.#state = turning;
    await turning;
  }
}
