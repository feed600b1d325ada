/** The small formats that printers share. After kubernetes 1.32 pkg/printers/internalversion/printers.go */
import { items, record } from '../schema/fill.ts';
import { isRecord } from '../patch/json-values.ts';

/** `5s`, `3m20s`, `47h`, `2d3h`. After kubernetes 1.32 apimachinery/pkg/util/duration/duration.go */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.trunc(seconds / 60);
  const pair = (big: number, bigUnit: string, small: number, smallUnit: string): string => (small === 0 ? `${big}${bigUnit}` : `${big}${bigUnit}${small}${smallUnit}`);
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (hours < 24 * 8) return pair(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.trunc(days / 365);
  return hours < 24 * 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`;
}

/** How long ago a time was: `<unknown>` when there is none. */
export function since(time: unknown, now: number): string {
  const ms = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(ms) ? '<unknown>' : humanDuration(now - ms);
}

export function text(value: unknown, fallback = ''): string {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : fallback;
}

export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** `True`, `False`, `<unset>` */
export function bool(value: unknown): string {
  return value === true ? 'True' : value === false ? 'False' : '<unset>';
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((v) => typeof v === 'string') : [];
}

/** `a=b,c=d`, in order of the keys. */
export function labels(value: unknown): string {
  const all = Object.entries(record(value)).sort(([a], [b]) => (a < b ? -1 : 1));
  return all.length === 0 ? '<none>' : all.map(([k, v]) => `${k}=${text(v)}`).join(',');
}

export function labelSelector(value: unknown): string {
  if (!isRecord(value)) return '<none>';
  const parts = Object.entries(record(value.matchLabels)).map(([k, v]) => ({ key: k, shown: `${k}=${text(v)}` }));
  for (const e of items(value, 'matchExpressions')) {
    const key = text(e.key);
    const values = strings(e.values).sort().join(',');
    const shown = ({ In: `${key} in (${values})`, NotIn: `${key} notin (${values})`, Exists: key, DoesNotExist: `!${key}` } as Record<string, string>)[text(e.operator)] ?? key;
    parts.push({ key, shown });
  }
  const sorted = parts.sort((a, b) => (a.key < b.key ? -1 : 1)).map((p) => p.shown);
  return sorted.length === 0 ? '<none>' : sorted.join(',');
}

/** Names and images of a pod template's containers. */
export function containers(podSpec: unknown): [names: string, images: string] {
  const list = items(record(podSpec), 'containers');
  return [list.map((c) => text(c.name)).join(','), list.map((c) => text(c.image)).join(',')];
}

/** The first `max`, and how many more there are. */
export function some(list: readonly string[], max: number, empty: string): string {
  if (list.length === 0) return empty;
  return list.length > max ? `${list.slice(0, max).join(',')} + ${list.length - max} more...` : list.join(',');
}

/** `RWO,ROX` */
export function accessModes(value: unknown): string {
  const short: Record<string, string> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
  const present = new Set(strings(value));
  return Object.keys(short).filter((mode) => present.has(mode)).map((mode) => short[mode]).join(',');
}

export function condition(object: unknown, type: string): Record<string, unknown> | undefined {
  return items(record(object), 'conditions').find((c) => c.type === type);
}
