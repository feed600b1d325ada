/** `34s`, `5m44s`, `2h5m`, `3d2h`: the two largest units, as Argo's interface writes durations. */
export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const days = Math.floor(total / 86_400);
  const hours = Math.floor((total % 86_400) / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = total % 60;
  if (days > 0) return hours > 0 ? `${days}d${hours}h` : `${days}d`;
  if (hours > 0) return minutes > 0 ? `${hours}h${minutes}m` : `${hours}h`;
  if (minutes > 0) return rest > 0 ? `${minutes}m${rest}s` : `${minutes}m`;
  return `${rest}s`;
}

export function ago(time: string | null | undefined, now: number): string {
  return time === undefined || time === null ? '-' : `${duration((now - Date.parse(time)) / 1000)} ago`;
}

/** From start to end, or until now while it runs. */
export function lasted(start: string | null | undefined, end: string | null | undefined, now: number): string {
  if (start === undefined || start === null) return '-';
  const until = end === undefined || end === null ? now : Date.parse(end);
  return duration((until - Date.parse(start)) / 1000);
}

/** A parameter's value as text: strings as they are, everything else as JSON. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
