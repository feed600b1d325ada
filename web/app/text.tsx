import type { JSX } from 'preact';

/** Plain text from the lab in which `backticks` mean code. */
export function Text({ children }: { children: string }): JSX.Element {
  return <>{children.split(/(`[^`\n]+`)/).map((part, i) => (i % 2 === 1 ? <code key={i}>{part.slice(1, -1)}</code> : part))}</>;
}

/** `0.4 s`, `12 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  return `${Math.round(ms / 60_000)} min`;
}
