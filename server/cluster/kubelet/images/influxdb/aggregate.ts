export type Value = number | string | boolean | null;

export interface Sample {
  time: bigint;
  value: number | string | boolean;
}

/** What a function says of samples in order of time; selectors give the sample itself, with its time. */
export function aggregate(call: string, samples: readonly Sample[], amount: number | undefined): Sample | Sample[] | undefined {
  const first = samples[0];
  if (first === undefined) return call === 'count' ? { time: 0n, value: 0 } : undefined;
  const made = (value: number | string | boolean): Sample => ({ time: 0n, value });
  const numbers = samples.flatMap(({ value }) => (typeof value === 'number' ? [value] : []));
  const sorted = [...numbers].sort((a, b) => a - b);
  const mean = () => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const extreme = (better: (a: number, b: number) => boolean) => samples.reduce((best, one) => (typeof one.value === 'number' && typeof best.value === 'number' && better(one.value, best.value) ? one : best), first);
  switch (call) {
    case 'count':
      return made(samples.length);
    case 'first':
      return first;
    case 'last':
      return samples.at(-1);
    case 'distinct':
      return [...new Set(samples.map(({ value }) => value))].sort((a, b) => (a < b ? -1 : 1)).map(made);
    case 'mode': {
      const counts = new Map<Sample['value'], number>();
      for (const { value } of samples) counts.set(value, (counts.get(value) ?? 0) + 1);
      return made([...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [first.value, 0] as const)[0]);
    }
    default:
  }
  if (numbers.length === 0) return undefined;
  switch (call) {
    case 'sum':
      return made(numbers.reduce((sum, value) => sum + value, 0));
    case 'mean':
      return made(mean());
    case 'min':
      return extreme((a, b) => a < b);
    case 'max':
      return extreme((a, b) => a > b);
    case 'spread':
      return made((sorted.at(-1) ?? 0) - (sorted[0] ?? 0));
    case 'median': {
      const middle = Math.floor(sorted.length / 2);
      return made(sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2);
    }
    case 'stddev': {
      const average = mean();
      return numbers.length < 2 ? undefined : made(Math.sqrt(numbers.reduce((sum, value) => sum + (value - average) ** 2, 0) / (numbers.length - 1)));
    }
    case 'percentile': {
      const at = sorted[Math.floor((sorted.length * (amount ?? 0)) / 100 + 0.5) - 1];
      return at === undefined ? undefined : samples.find(({ value }) => value === at);
    }
    default:
      return undefined;
  }
}
