const FACTORS: Record<string, number> = {
  n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18,
  Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60,
};

/** The value of a Kubernetes quantity (`500m`, `64Mi`, `1e3`); NaN when it is none. */
export function parseQuantity(text: string | number): number {
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(n|u|m|k|Ki|Mi|M|Gi|G|Ti|T|Pi|P|Ei|E)?$/.exec(String(text));
  if (match === null) return Number.NaN;
  return Number(match[1]) * (FACTORS[match[2] ?? ''] ?? Number.NaN);
}
