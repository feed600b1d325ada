import { parse } from 'yaml';
import { isJsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';
import { parseLabelSelector, type LabelSelector } from '../../store/selectors.ts';

/** What the workflow controller's ConfigMap says of the archive. */
export interface Persistence {
  /** Whether finished workflows are put into it. */
  archive: boolean;
  /** Which ones; all by default. */
  selector: LabelSelector;
  /** Milliseconds after which they are forgotten. */
  ttl: number | undefined;
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };

/** `180d`, `10h`. After argo-workflows v3.7.6 config/ttl.go */
function duration(text: unknown): number | undefined {
  const [, count = '', unit = ''] = /^(\d+)([dhms])$/.exec(String(text ?? '')) ?? [];
  return count === '' ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

/** The settings for an archive; undefined where there is no `persistence`. Throws when the ConfigMap is no YAML. */
export function readPersistence(data: Record<string, string>): Persistence | undefined {
  const all: unknown = data['config'] === undefined ? undefined : parse(data['config']);
  const given: unknown = data['persistence'] === undefined ? (isJsonObject(all) ? all['persistence'] : undefined) : parse(data['persistence']);
  if (!isJsonObject(given)) return undefined;
  const labels = isJsonObject(given['archiveLabelSelector']) ? given['archiveLabelSelector']['matchLabels'] : undefined;
  const text = isJsonObject(labels) ? Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`).join(',') : '';
  return { archive: given['archive'] === true, selector: parseLabelSelector(text), ttl: duration(given['archiveTTL']) };
}

/** What the ConfigMap says now; undefined as well where it is missing. */
export async function persistenceOf(client: KubeClient, namespace: string): Promise<Persistence | undefined> {
  const found = await client.find({ group: '', version: 'v1', resource: 'configmaps' }, namespace, 'workflow-controller-configmap');
  const data = found?.['data'];
  return isJsonObject(data) ? readPersistence(Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]))) : undefined;
}
