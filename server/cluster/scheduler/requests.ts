import type { Pod } from '../controllers/runtime/kinds.ts';
import { parseQuantity } from '../controllers/runtime/quantity.ts';

/** Amounts by the resource's name, in its base unit. */
export type Amounts = Record<string, number>;

/** What a pod asks for: its containers and sidecars together, or more where an init container takes more before them. After kubernetes 1.32 component-helpers/resource/helpers.go */
export function podRequests(pod: Pod): Amounts {
  const sidecars: Amounts = {};
  const initial: Amounts = {};
  const requests = ({ resources }: Pod['spec']['containers'][number]): Amounts => Object.fromEntries(Object.entries(resources?.requests ?? {}).map(([name, value]) => [name, parseQuantity(value)]));
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === 'Always') add(sidecars, requests(container));
    const now = { ...sidecars };
    if (container.restartPolicy !== 'Always') add(now, requests(container));
    for (const [name, value] of Object.entries(now)) initial[name] = Math.max(initial[name] ?? 0, value);
  }
  const sum = { ...sidecars };
  for (const container of pod.spec.containers) add(sum, requests(container));
  for (const [name, value] of Object.entries(initial)) sum[name] = Math.max(sum[name] ?? 0, value);
  add(sum, Object.fromEntries(Object.entries(pod.spec.overhead ?? {}).map(([name, value]) => [name, parseQuantity(value)])));
  return sum;
}

function add(to: Amounts, amounts: Amounts): void {
  for (const [name, value] of Object.entries(amounts)) to[name] = (to[name] ?? 0) + value;
}
