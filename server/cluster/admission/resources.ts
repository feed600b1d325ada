import { parseQuantity, formatQuantity, quantityNano } from '../api/schema/quantity.ts';
import type { Quantity } from '../api/schema/quantity.ts';
import { at, record, records } from '../auth/fields.ts';

/** Amounts by resource name, in billionths. */
export type Amounts = Map<string, bigint>;

export function amountsOf(list: unknown): Amounts {
  return new Map(Object.entries(record(list)).map(([name, value]) => [name, quantityNano(typeof value === 'number' ? String(value) : value)]));
}

export function add(into: Amounts, more: Amounts): Amounts {
  for (const [name, amount] of more) into.set(name, (into.get(name) ?? 0n) + amount);
  return into;
}

function larger(into: Amounts, other: Amounts): Amounts {
  for (const [name, amount] of other) if (amount > (into.get(name) ?? 0n)) into.set(name, amount);
  return into;
}

/** What a pod takes: its containers together, or its hungriest init container where that is more. */
export function podAmounts(spec: unknown, which: 'requests' | 'limits'): Amounts {
  const of = (container: Record<string, unknown>) => amountsOf(at(container, 'resources', which));
  const sum = records(at(spec, 'containers')).reduce((total, c) => add(total, of(c)), new Map<string, bigint>());
  for (const init of records(at(spec, 'initContainers'))) {
    if (init['restartPolicy'] === 'Always') add(sum, of(init));
    else larger(sum, of(init));
  }
  return sum;
}

/** An amount as Kubernetes writes it; `like` gives the family of suffixes. */
export function formatAmount(nano: bigint, like?: unknown): string {
  const parsed = typeof like === 'string' ? parseQuantity(like) : undefined;
  const format: Quantity['format'] = parsed === undefined || 'error' in parsed ? 'DecimalSI' : parsed.format;
  return formatQuantity({ nano, format });
}
