/** A whole number, or a percentage of `total` rounded up or down. */
export function parseQuantityOrPercent(value: number | string, total: number, up: boolean): number {
  if (typeof value === 'number') return value;
  const match = /^(\d+)%$/.exec(value);
  if (match === null) return Number.parseInt(value, 10) || 0;
  const exact = (Number(match[1]) * total) / 100;
  return up ? Math.ceil(exact) : Math.floor(exact);
}
