import { rfc3339, rfc3339Micro, type Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import type { KubeClient } from '../client.ts';
import type { EventRecorder, EventType } from '../controllers/runtime/event-recorder.ts';
import { LEASES, NODES } from '../controllers/runtime/resources.ts';
import type { KubeObject } from '../store/object.ts';
import { NODE_CAPACITY, NODE_NAME } from './fields.ts';
import { HOST_IP } from './pod-status.ts';

const LEASE_SECONDS = 40;
const RENEW_MS = 10_000;
const HEARTBEAT_MS = 5 * 60_000;
export const KUBELET_VERSION = 'v1.32.2';

/** `pressure`: whether the node has no room, and since when that is so. */
function conditions(now: number, since: string, pressure: { low: boolean; since: string }): Record<string, string>[] {
  const common = { lastHeartbeatTime: rfc3339(now), lastTransitionTime: since };
  const disk = { ...common, lastTransitionTime: pressure.since };
  return [
    { type: 'MemoryPressure', status: 'False', ...common, reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
    pressure.low ? { type: 'DiskPressure', status: 'True', ...disk, reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' } : { type: 'DiskPressure', status: 'False', ...disk, reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    { type: 'PIDPressure', status: 'False', ...common, reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    { type: 'Ready', status: 'True', ...common, reason: 'KubeletReady', message: 'kubelet is posting ready status' },
  ];
}

function resources(): Record<string, string> {
  return {
    cpu: String(NODE_CAPACITY.cpu),
    'ephemeral-storage': `${NODE_CAPACITY['ephemeral-storage'] / 1024}Ki`,
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    memory: `${NODE_CAPACITY.memory / 1024}Ki`,
    pods: String(NODE_CAPACITY.pods),
  };
}

export interface RunningNode {
  /** Says that the node has no room on its disk, or that it has some again. After kubernetes 1.32 pkg/kubelet/nodestatus/setters.go and eviction/eviction_manager.go */
  pressure(low: 'ephemeral-storage' | 'inodes' | undefined): void;
}

/** Registers the one node, and keeps its lease and its heartbeat fresh until the signal aborts. */
export async function runNode(options: { client: KubeClient; clock: Clock; log: Log; events: EventRecorder; machineId: string; signal: AbortSignal }): Promise<RunningNode> {
  const { client, clock, log, signal } = options;
  const now = clock.now();
  const labels = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': NODE_NAME,
    'kubernetes.io/os': 'linux',
  };
  const known = await client.find(NODES, undefined, NODE_NAME);
  const node =
    known ??
    (await client.create(NODES, undefined, {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE_NAME, labels, annotations: { 'node.alpha.kubernetes.io/ttl': '0', 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
      spec: { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] },
    }));
  const since = rfc3339(now);
  let pressure = { low: false, since };
  const status = {
    addresses: [
      { type: 'InternalIP', address: HOST_IP },
      { type: 'Hostname', address: NODE_NAME },
    ],
    capacity: resources(),
    allocatable: resources(),
    conditions: conditions(now, since, pressure),
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    nodeInfo: {
      architecture: 'amd64',
      bootID: options.machineId,
      containerRuntimeVersion: 'containerd://1.7.24',
      kernelVersion: '6.1.0-argo-lab',
      kubeProxyVersion: KUBELET_VERSION,
      kubeletVersion: KUBELET_VERSION,
      machineID: options.machineId.replaceAll('-', ''),
      operatingSystem: 'linux',
      osImage: 'argo-lab embedded cluster',
      systemUUID: options.machineId,
    },
  };
  await client.patch(NODES, undefined, NODE_NAME, { type: 'merge', body: { status } }, { subresource: 'status' });
  await renewLease(client, clock, node);
  const event = (type: EventType, reason: string, message: string) => options.events.record({ ...node, metadata: { ...node.metadata, uid: NODE_NAME } }, type, reason, message);
  event('Normal', 'Starting', 'Starting kubelet.');

  const quietly = (what: string, work: () => Promise<unknown>) => () => {
    if (!signal.aborted) work().catch((error: unknown) => log.debug({ error: messageOf(error) }, what));
  };
  const heartbeat = quietly('heartbeat not written', () => client.patch(NODES, undefined, NODE_NAME, { type: 'merge', body: { status: { conditions: conditions(clock.now(), since, pressure) } } }, { subresource: 'status' }));
  const stops = [
    clock.every(RENEW_MS, quietly('lease not renewed', () => renewLease(client, clock, node))),
    clock.every(HEARTBEAT_MS, heartbeat),
  ];
  signal.addEventListener('abort', () => stops.forEach((stop) => stop()), { once: true });
  if (signal.aborted) stops.forEach((stop) => stop());
  return {
    pressure(low) {
      pressure = { low: low !== undefined, since: rfc3339(clock.now()) };
      if (low !== undefined) event('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${low}`);
      const reason = low === undefined ? 'NodeHasNoDiskPressure' : 'NodeHasDiskPressure';
      event('Normal', reason, `Node ${NODE_NAME} status is now: ${reason}`);
      heartbeat();
    },
  };
}

async function renewLease(client: KubeClient, clock: Clock, node: KubeObject): Promise<void> {
  const renewTime = rfc3339Micro(clock.now());
  const namespace = 'kube-node-lease';
  if ((await client.find(LEASES, namespace, NODE_NAME)) !== undefined) {
    await client.patch(LEASES, namespace, NODE_NAME, { type: 'merge', body: { spec: { renewTime } } });
    return;
  }
  await client.create(LEASES, namespace, {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: NODE_NAME,
      namespace,
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: NODE_NAME, uid: node.metadata.uid ?? '' }],
    },
    spec: { holderIdentity: NODE_NAME, leaseDurationSeconds: LEASE_SECONDS, renewTime },
  });
}
