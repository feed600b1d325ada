import { messageOf } from '../lib/errors.ts';
import { pagesOf } from '../scenario/load.ts';
import type { Checking } from './checking.ts';
import type { SessionInside } from './inside.ts';

const LIVE_MS = 2000;
const PORTS_MS = 1000;
/** After a prompt: what a command started needs a moment to show. */
const SOON_MS = 150;
/** Ports of the lab's own inside a place: the cluster's API. */
const OWN_PORTS = new Set([6443]);

/** What is looked at again and again while somebody has the session's page open. */
export class Watching {
  #stops: (() => void)[] = [];
  #lastPorts = '';

  constructor(
    private readonly session: SessionInside,
    private readonly checking: Checking,
    /** Further looks, each with its interval in milliseconds. */
    private readonly others: readonly { every: number; look(): Promise<void> }[],
  ) {}

  begin(): void {
    const { clock } = this.session.deps;
    this.#stops = [clock.every(LIVE_MS, () => this.#look(this.#live())), clock.every(PORTS_MS, () => this.#look(this.#ports())), ...this.others.map(({ every, look }) => clock.every(every, () => this.#look(look())))];
  }

  end(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  /** Somebody new looks: everything is told again. */
  tellAgain(): void {
    this.#lastPorts = '';
    this.checking.tellAgain();
  }

  /** A prompt is back: whatever the command changed shows soon, not at the next round. */
  soon(): void {
    if (!this.session.watched) return;
    this.session.deps.clock.after(SOON_MS, () => {
      this.#look(this.#live());
      this.#look(this.#ports());
    });
  }

  #look(look: Promise<void>): void {
    look.catch((error: unknown) => this.session.deps.log.debug({ error: messageOf(error), session: this.session.id }, 'a look at a session failed'));
  }

  async #live(): Promise<void> {
    await this.checking.live(pagesOf(this.session.scenario).find((candidate) => candidate.id === this.session.record.page));
  }

  async #ports(): Promise<void> {
    const { life } = this.session;
    if (life === undefined || life.place.isolation === 'none') return;
    const ports = (await life.place.listening()).filter((port) => !OWN_PORTS.has(port));
    const key = ports.join(',');
    if (key === this.#lastPorts) return;
    this.#lastPorts = key;
    this.session.send({ type: 'ports', ports });
  }
}
