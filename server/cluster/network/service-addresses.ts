/** The cluster's Service range is 10.96.0.0/12, as kubeadm sets it up. */
const FIRST = 0x0a_60_00_00;
const SIZE = 2 ** 20;
/** The network's own address, which no Service has. */
export const SERVICE_RANGE_BASE = '10.96.0.0';

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
}

/**
 * A free address for a Service out of 10.96.0.0/12. `taken` holds the clusterIPs in use. `random(max)` gives an
 * integer below `max`; 10.96.0.1 (the API) and 10.96.0.10 (DNS) are never given. Throws when the range is full.
 */
export function allocateServiceIP(taken: ReadonlySet<string>, random: (max: number) => number): string {
  const start = 256 + random(SIZE - 512);
  for (let i = 0; i < SIZE - 512; i++) {
    const offset = 256 + ((start - 256 + i) % (SIZE - 512));
    const address = dotted(FIRST + offset);
    if (!taken.has(address)) return address;
  }
  throw new Error('the range of Service addresses is full');
}

/** Whether an address that somebody asked for lies in the range. */
export function isServiceIP(address: string): boolean {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255)) return false;
  const value = parts.reduce((sum, part) => sum * 256 + part, 0);
  return value > FIRST && value < FIRST + SIZE - 1;
}
