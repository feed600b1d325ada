import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { parseQuantity } from '../controllers/runtime/quantity.ts';
import { HOST_IP } from './pod-status.ts';

/** What the node offers: the default of resource limits. */
export const NODE_CAPACITY = { cpu: 4, memory: 8 * 2 ** 30, 'ephemeral-storage': 100 * 2 ** 30, pods: 110 };
export const NODE_NAME = 'controlplane';

/** The value of a `fieldRef`; undefined for a path that does not exist. */
export function podField(pod: Pod, path: string, podIP: string | undefined): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (keyed !== null) return pod.metadata[keyed[1] === 'labels' ? 'labels' : 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return keyedLines(pod.metadata.labels);
    case 'metadata.annotations':
      return keyedLines(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec.nodeName ?? NODE_NAME;
    case 'spec.serviceAccountName':
      return pod.spec.serviceAccountName ?? '';
    case 'status.podIP':
    case 'status.podIPs':
      return podIP ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return HOST_IP;
    default:
      return undefined;
  }
}

// Sorted `key="value"` lines with Go's quoting, as downward API volumes hold labels.
function keyedLines(pairs: Record<string, string> | undefined): string {
  return Object.entries(pairs ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/** The value of a `resourceFieldRef`, in units of the divisor, rounded up. */
export function resourceField(container: Container, resource: string, divisor: string | undefined): string | undefined {
  const [kind, name] = resource.split('.', 2);
  if (name === undefined || (kind !== 'limits' && kind !== 'requests')) return undefined;
  const own = container.resources?.[kind]?.[name];
  const fallback = kind === 'limits' ? (name === 'cpu' ? NODE_CAPACITY.cpu : name === 'memory' ? NODE_CAPACITY.memory : name === 'ephemeral-storage' ? NODE_CAPACITY['ephemeral-storage'] : 0) : 0;
  const value = own === undefined ? fallback : parseQuantity(own);
  const unit = divisor === undefined || divisor === '0' ? 1 : parseQuantity(divisor);
  return String(Math.ceil(value / (unit > 0 ? unit : 1) - 1e-9));
}
