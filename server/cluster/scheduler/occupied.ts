import type { Pod } from '../controllers/runtime/kinds.ts';
import { podRequests, type Amounts } from './requests.ts';

type HostPort = NonNullable<Pod['spec']['containers'][number]['ports']>[number];

/** A pod that has a place, and what it holds there. */
interface Occupant {
  pod: Pod;
  /** Found out when somebody first asks: most pods change several times before. */
  requests?: Amounts;
  hostPorts?: readonly HostPort[];
}

/** The pods of one node that hold something of it, by `namespace/name`. */
export class Occupied {
  readonly #occupants = new Map<string, Occupant>();
  #pods: readonly Pod[] | undefined;

  static by(pods: readonly Pod[]): Occupied {
    const occupied = new Occupied();
    for (const [i, pod] of pods.entries()) occupied.set(String(i), pod);
    return occupied;
  }

  set(key: string, pod: Pod): void {
    this.#occupants.set(key, { pod });
    this.#pods = undefined;
  }

  delete(key: string): void {
    if (this.#occupants.delete(key)) this.#pods = undefined;
  }

  get count(): number {
    return this.#occupants.size;
  }

  get pods(): readonly Pod[] {
    return (this.#pods ??= [...this.#occupants.values()].map(({ pod }) => pod));
  }

  /** What all of them ask for together. Added up anew each time: sums of fractions that are taken back drift away. */
  requests(): Amounts {
    const sum: Amounts = {};
    for (const occupant of this.#occupants.values()) {
      const asked = (occupant.requests ??= podRequests(occupant.pod));
      for (const name of Object.keys(asked)) sum[name] = (sum[name] ?? 0) + (asked[name] ?? 0);
    }
    return sum;
  }

  hostPorts(): HostPort[] {
    return [...this.#occupants.values()].flatMap((occupant) => (occupant.hostPorts ??= hostPortsOf(occupant.pod)));
  }
}

/** The ports of the node that a pod's containers and sidecars want. */
export function hostPortsOf({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter((one) => one.restartPolicy === 'Always');
  return [...spec.containers, ...sidecars].flatMap((container) => (container.ports ?? []).filter(({ hostPort }) => hostPort !== undefined && hostPort > 0));
}
