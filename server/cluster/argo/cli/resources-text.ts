import type { JsonObject } from '../../../lib/json.ts';
import { shortDuration } from './time.ts';

/** `0s*(1 cpu),3s*(100Mi memory)` */
export function resourcesText(resources: JsonObject): string {
  const units: Record<string, string> = { cpu: '1', memory: '100Mi', storage: '10Gi', 'ephemeral-storage': '10Gi' };
  return Object.entries(resources)
    .map(([name, seconds]) => `${shortDuration(Number(seconds) * 1000)}*(${units[name] ?? '1'} ${name})`)
    .join(',');
}
