import type { Container, Pod } from '../../controllers/runtime/kinds.ts';
import { parseQuantity } from '../../controllers/runtime/quantity.ts';
import type { DiskUsage } from '../../../lib/disk-usage.ts';
import { NODE_CAPACITY } from '../fields.ts';

/** What the pods of a cluster may hold on the machine's disk together, claims included. */
export type StorageLimits = DiskUsage;

export const STORAGE_LIMITS: StorageLimits = { bytes: 4 * 1024 ** 3, files: 300_000 };

/** What one pod holds on the disk; bytes, but for `files`. */
export interface PodUsage {
  pod: Pod;
  /** By container: what it has written beside its volumes, and its log. */
  containers: ReadonlyMap<string, number>;
  /** By volume. */
  emptyDirs: ReadonlyMap<string, number>;
  /** Files that every container has. */
  other: number;
  /** Of the claims that it has mounted: they outlive it, and are no part of what it may hold. */
  claims: number;
  files: number;
}

export interface Eviction {
  uid: string;
  message: string;
  /** For want of room on the node, not for a limit of its own. */
  pressure: boolean;
  /** There is no room left: nobody waits for it to end by itself. */
  atOnce: boolean;
}

export interface Verdict {
  evictions: Eviction[];
  /** What the node is low on. */
  low: 'ephemeral-storage' | 'inodes' | undefined;
}

/** A part of the node's capacity. After kubernetes 1.32 pkg/kubelet/apis/config/v1beta1/defaults_linux.go, where shares are of single precision. */
const THRESHOLD = { 'ephemeral-storage': Math.fround(0.1), inodes: Math.fround(0.05) };
const NODE_INODES = 6_553_600;
const CRITICAL = 2_000_000_000;
/** No more than the folders that each container begins with, and a little text. */
const LEAST = { 'ephemeral-storage': 512 * 1024, inodes: 100 };

/** Which pods have to go, and why, in the kubelet's words. Pure. After kubernetes 1.32 pkg/kubelet/eviction/eviction_manager.go and helpers.go */
export function evictionsOf(pods: readonly PodUsage[], used: DiskUsage, limits: StorageLimits): Verdict {
  const low = used.bytes > limits.bytes ? 'ephemeral-storage' : used.files > limits.files ? 'inodes' : undefined;
  const evictable = pods.filter(({ pod }) => !isCritical(pod));
  const local = evictable.flatMap((usage): Eviction[] => {
    const message = emptyDirTooLarge(usage) ?? podTooLarge(usage) ?? containerTooLarge(usage);
    return message === undefined ? [] : [{ uid: usage.pod.metadata.uid ?? '', message, pressure: false, atOnce: low !== undefined }];
  });
  if (low === undefined) return { evictions: local, low };
  const gone = new Set(local.map(({ uid }) => uid));
  // One by one, as there: the room that one makes may be enough. Who holds next to nothing makes none, whoever has filled a claim.
  const [first] = evictable.filter((usage) => !gone.has(usage.pod.metadata.uid ?? '') && weightOf(usage, low) > LEAST[low]).sort((a, b) => byRank(a, b, low));
  const victim = local.length > 0 || first === undefined ? [] : [{ uid: first.pod.metadata.uid ?? '', message: lowMessage(first, used, limits, low), pressure: true, atOnce: true }];
  return { evictions: [...local, ...victim], low };
}

export function isCritical(pod: Pod): boolean {
  return (pod.spec.priority ?? 0) >= CRITICAL;
}

/** What a pod is told that comes while the node has none left. */
export const PRESSURE_MESSAGE = 'The node had condition: [DiskPressure]. ';

function storage(list: 'requests' | 'limits', container: Container): string | undefined {
  return container.resources?.[list]?.['ephemeral-storage'];
}

/** Of all containers that say one: they run beside each other; those that come before them run one at a time. */
function sumOf(list: 'requests' | 'limits', pod: Pod): number | undefined {
  const amounts = (containers: readonly Container[]) => containers.flatMap((container) => storage(list, container) ?? []).map(parseQuantity);
  const [main, first] = [amounts(pod.spec.containers), amounts(pod.spec.initContainers ?? [])];
  if (main.length + first.length === 0) return undefined;
  return Math.max(main.reduce((sum, amount) => sum + amount, 0), ...first);
}

function held({ containers, emptyDirs, other }: PodUsage): number {
  return [...containers.values(), ...emptyDirs.values()].reduce((sum, bytes) => sum + bytes, other);
}

function emptyDirTooLarge({ pod, emptyDirs }: PodUsage): string | undefined {
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || !(parseQuantity(limit) > 0) || !((emptyDirs.get(name) ?? 0) > parseQuantity(limit))) continue;
    return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `;
  }
  return undefined;
}

function podTooLarge(usage: PodUsage): string | undefined {
  const limit = sumOf('limits', usage.pod);
  return limit === undefined || held(usage) <= limit ? undefined : `Pod ephemeral local storage usage exceeds the total limit of containers ${limitText(usage.pod, limit)}. `;
}

/** A sum of one is written as it was. */
function limitText(pod: Pod, sum: number): string {
  const texts = pod.spec.containers.flatMap((container) => storage('limits', container) ?? []);
  const same = texts.find((text) => parseQuantity(text) === sum);
  return same ?? (texts.some((text) => text.endsWith('i')) ? binaryQuantity(sum) : decimalQuantity(sum));
}

function containerTooLarge({ pod, containers }: PodUsage): string | undefined {
  for (const container of pod.spec.containers) {
    const limit = storage('limits', container);
    if (limit === undefined || !((containers.get(container.name) ?? 0) > parseQuantity(limit))) continue;
    return `Container ${container.name} exceeded its local ephemeral storage limit ${JSON.stringify(limit)}. `;
  }
  return undefined;
}

function weightOf(usage: PodUsage, low: 'ephemeral-storage' | 'inodes'): number {
  return low === 'inodes' ? usage.files : held(usage) + usage.claims;
}

/** Who holds more than it asked for goes first, then who matters less, then who holds most beyond that. */
function byRank(a: PodUsage, b: PodUsage, low: 'ephemeral-storage' | 'inodes'): number {
  const over = (usage: PodUsage) => weightOf(usage, low) - (low === 'inodes' ? 0 : (sumOf('requests', usage.pod) ?? 0));
  return Number(over(b) > 0) - Number(over(a) > 0) || (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) || over(b) - over(a);
}

function lowMessage({ pod, containers }: PodUsage, used: DiskUsage, limits: StorageLimits, low: 'ephemeral-storage' | 'inodes'): string {
  const capacity = low === 'inodes' ? NODE_INODES : NODE_CAPACITY['ephemeral-storage'];
  const threshold = Math.trunc(capacity * THRESHOLD[low]);
  const available = low === 'inodes' ? String(Math.max(0, threshold + limits.files - used.files)) : binaryQuantity(Math.max(0, Math.floor((threshold + limits.bytes - used.bytes) / 1024) * 1024));
  const more = low === 'inodes' ? [] : pod.spec.containers.flatMap((container) => {
    const [bytes, request] = [containers.get(container.name) ?? 0, storage('requests', container) ?? '0'];
    return bytes > parseQuantity(request) ? [`Container ${container.name} was using ${binaryQuantity(bytes)}, request is ${request}, has larger consumption of ${low}. `] : [];
  });
  return `The node was low on resource: ${low}. Threshold quantity: ${low === 'inodes' ? threshold : binaryQuantity(threshold)}, available: ${available}. ${more.join('')}`;
}

/** As Kubernetes prints bytes: in the largest unit that leaves no rest. */
export function binaryQuantity(bytes: number): string {
  return quantity(bytes, 1024, ['', 'Ki', 'Mi', 'Gi', 'Ti']);
}

function decimalQuantity(bytes: number): string {
  return quantity(bytes, 1000, ['', 'k', 'M', 'G', 'T']);
}

function quantity(amount: number, step: number, units: readonly string[]): string {
  let [value, unit] = [amount, 0];
  while (value !== 0 && value % step === 0 && unit < units.length - 1) {
    value /= step;
    unit += 1;
  }
  return `${value}${units[unit] ?? ''}`;
}
