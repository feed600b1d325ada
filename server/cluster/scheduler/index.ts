import { setMaxListeners } from 'node:events';
import { rfc3339, type Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { ApiStatus } from '../api/status.ts';
import type { KubeClient } from '../client.ts';
import { EventRecorder } from '../controllers/runtime/event-recorder.ts';
import { Informer, Informers, keyOf } from '../controllers/runtime/informer.ts';
import type { Namespace, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../controllers/runtime/kinds.ts';
import { NAMESPACES, NODES, PERSISTENT_VOLUMES, PERSISTENT_VOLUME_CLAIMS, PODS, STORAGE_CLASSES } from '../controllers/runtime/resources.ts';
import { bestFit, isMeantFor, NO_PROVISIONER, referenceTo, SELECTED_NODE, waitsForConsumer } from '../controllers/runtime/volumes.ts';
import { WorkQueue } from '../controllers/runtime/work-queue.ts';
import { freePlaces, isCrowdedOut, misfit, unschedulableMessage, type Misfit } from './fit.ts';
import { Occupied } from './occupied.ts';
import { dependsOnPods, podMisfit } from './pod-affinity.ts';

export interface SchedulerOptions {
  /** Speaks as `system:kube-scheduler`. */
  client: KubeClient;
  clock: Clock;
  log: Log;
}

const SCHEDULER = 'default-scheduler';

/** Binds pods to the node that they fit, and says on the others why they don't. */
export function startScheduler(options: SchedulerOptions): { stop(): void } {
  const { client, clock, log } = options;
  const controller = new AbortController();
  const { signal } = controller;
  setMaxListeners(0, signal);
  const events = new EventRecorder({ client, clock, log, source: { component: SCHEDULER } });
  const informers = new Informers(client, signal);
  const nodes = informers.of<Node>(NODES);
  const pods = new Informer<Pod>(client, PODS, signal);
  const claims = informers.of<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
  const volumes = informers.of<PersistentVolume>(PERSISTENT_VOLUMES);
  const classes = informers.of<StorageClass>(STORAGE_CLASSES);
  const namespaces = informers.of<Namespace>(NAMESPACES);
  /** Pods without a place, in the order in which they came; true for those that wait only for others to end. */
  const waiting = new Map<string, boolean>();
  const occupied = new Map<string, Occupied>();
  const on = (node: string): Occupied => {
    let found = occupied.get(node);
    if (found === undefined) occupied.set(node, (found = new Occupied()));
    return found;
  };

  const isOver = (pod: Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
  /** The node on which a pod holds something. */
  const placeOf = (pod: Pod | undefined): string | undefined => (pod === undefined || isOver(pod) ? undefined : pod.spec.nodeName || undefined);

  const reconcile = async (key: string): Promise<void> => {
    const pod = pods.getByKey(key);
    if (pod === undefined || (pod.spec.nodeName ?? '') !== '' || pod.metadata.deletionTimestamp !== undefined) {
      waiting.delete(key);
      return;
    }
    if ((pod.spec.schedulerName ?? SCHEDULER) !== SCHEDULER || (pod.spec.schedulingGates ?? []).length > 0) return;
    const problem = place(pod);
    if ('node' in problem) {
      const unbound = claimsOf(pod).filter((claim) => claim.status?.phase !== 'Bound');
      if (unbound.length > 0) {
        waiting.set(key, false);
        for (const claim of unbound) await chooseVolume(claim, problem.node);
        return;
      }
      waiting.delete(key);
      const { name, namespace } = pod.metadata;
      // Its place is taken before anybody hears of it.
      on(problem.node).set(key, pod);
      try {
        await client.createSubresource(PODS, namespace, name, 'binding', {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, uid: pod.metadata.uid },
          target: { kind: 'Node', name: problem.node },
        });
      } catch (error) {
        if (placeOf(pods.getByKey(key)) !== problem.node) on(problem.node).delete(key);
        throw error;
      }
      events.recordAction(pod, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${namespace}/${name} to ${problem.node}`, `${SCHEDULER}-controlplane`);
      return;
    }
    const wasCrowded = waiting.get(key) === true;
    waiting.set(key, problem.crowded);
    // The place that it was woken for is another one's.
    if (wasCrowded && !problem.crowded) wake();
    await reject(pod, problem.message);
  };

  /** Something has ended. Of those that wait for just that, no more are asked than there are places. */
  const wake = (): void => {
    const crowded: Pod[] = [];
    for (const [key, isCrowded] of waiting) {
      const pod = isCrowded ? pods.getByKey(key) : undefined;
      if (pod === undefined) queue.add(key);
      else crowded.push(pod);
    }
    if (crowded.length === 0) return;
    const places = nodes.list().reduce((sum, node) => sum + Math.max(0, freePlaces(node, on(node.metadata.name))), 0);
    if (places < crowded.length) crowded.sort((a, b) => (b.spec.priority ?? 0) - (a.spec.priority ?? 0));
    for (const pod of crowded.slice(0, places)) queue.add(keyOf(pod));
  };

  const claimNames = (pod: Pod): string[] => (pod.spec.volumes ?? []).flatMap((v) => (v.persistentVolumeClaim === undefined ? [] : [v.persistentVolumeClaim.claimName]));
  const claimsOf = (pod: Pod): PersistentVolumeClaim[] => claimNames(pod).flatMap((name) => claims.get(pod.metadata.namespace, name) ?? []);
  const classOf = (claim: PersistentVolumeClaim): StorageClass | undefined => classes.get(undefined, claim.spec.storageClassName ?? '');

  /** After kubernetes 1.32 pkg/scheduler/framework/plugins/volumebinding */
  const claimProblem = (pod: Pod): string | undefined => {
    for (const name of claimNames(pod)) {
      const claim = claims.get(pod.metadata.namespace, name);
      if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
      if (claim.metadata.deletionTimestamp !== undefined) return `persistentvolumeclaim "${name}" is being deleted`;
    }
    const unbound = claimsOf(pod).filter((claim) => claim.status?.phase !== 'Bound');
    if (unbound.some((claim) => claim.spec.volumeName !== undefined || !waitsForConsumer(classOf(claim)))) return 'pod has unbound immediate PersistentVolumeClaims';
    const without = unbound.some((claim) => classOf(claim)?.provisioner === NO_PROVISIONER && bestFit(claim, volumes.list()) === undefined);
    return without ? "1 node(s) didn't find available persistent volumes to bind" : undefined;
  };

  /** A volume that is there is kept for the claim; else one may be made, now that its place is known. The binder does the rest. */
  const chooseVolume = async (claim: PersistentVolumeClaim, node: string): Promise<void> => {
    const { name, namespace, annotations } = claim.metadata;
    const volume = bestFit(claim, volumes.list());
    if (volume === undefined) {
      if (annotations?.[SELECTED_NODE] !== node) await client.patch(PERSISTENT_VOLUME_CLAIMS, namespace, name, { type: 'merge', body: { metadata: { annotations: { [SELECTED_NODE]: node } } } });
    } else if (!isMeantFor(claim, volume)) {
      await client.update<PersistentVolume>(PERSISTENT_VOLUMES, { ...volume, metadata: { ...volume.metadata, annotations: { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' } }, spec: { ...volume.spec, claimRef: referenceTo(claim) } });
    }
  };

  const place = (pod: Pod): { node: string } | { message: string; crowded: boolean } => {
    const problem = claimProblem(pod);
    if (problem !== undefined) return { crowded: false, message: `0/1 nodes are available: ${problem}. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.` };
    let found: Misfit | undefined;
    for (const node of nodes.list()) {
      const here = on(node.metadata.name);
      found = misfit(pod, node, here) ?? podMisfit(pod, node, { here: here.pods, everywhere: everywhere(), namespace: (name) => namespaces.get(undefined, name) });
      if (found === undefined) return { node: node.metadata.name };
    }
    return { message: unschedulableMessage(found, true), crowded: isCrowdedOut(found) };
  };
  const everywhere = (): readonly Pod[] => (occupied.size === 1 ? ([...occupied.values()][0]?.pods ?? []) : [...occupied.values()].flatMap((node) => node.pods));

  const reject = async (pod: Pod, message: string): Promise<void> => {
    const before = pod.status?.conditions?.find((c) => c.type === 'PodScheduled');
    if (before?.message === message) return;
    const condition = {
      lastProbeTime: null,
      lastTransitionTime: before?.status === 'False' ? before.lastTransitionTime : rfc3339(clock.now()),
      message,
      reason: 'Unschedulable',
      status: 'False',
      type: 'PodScheduled',
    };
    events.recordAction(pod, 'Warning', 'FailedScheduling', 'Scheduling', message, `${SCHEDULER}-controlplane`);
    const others = (pod.status?.conditions ?? []).filter((c) => c.type !== 'PodScheduled');
    try {
      await client.patch(PODS, pod.metadata.namespace, pod.metadata.name, { type: 'merge', body: { status: { conditions: [...others, condition] } } }, { subresource: 'status' });
    } catch (error) {
      if (!(error instanceof ApiStatus && error.code === 404)) throw error;
    }
  };

  const dependsOn = (key: string): boolean => {
    const pod = pods.getByKey(key);
    return pod !== undefined && dependsOnPods(pod);
  };
  const queue = new WorkQueue({ name: SCHEDULER, clock, log, signal, reconcile });
  pods.onChange(({ previous, current }) => {
    const [before, after] = [placeOf(previous), placeOf(current)];
    if (previous !== undefined && before !== undefined && before !== after) on(before).delete(keyOf(previous));
    if (current !== undefined && after !== undefined) on(after).set(keyOf(current), current);
    if (current !== undefined && (current.spec.nodeName ?? '') === '') queue.add(keyOf(current));
    // What ended makes room.
    const freed = previous !== undefined && (current === undefined || (isOver(current) && !isOver(previous)));
    if (freed) wake();
    // Somebody may have waited for its company.
    const arrived = current !== undefined && (current.spec.nodeName ?? '') !== '' && (previous?.spec.nodeName !== current.spec.nodeName || previous?.metadata.labels !== current.metadata.labels);
    if (arrived) for (const key of waiting.keys()) if (dependsOn(key)) queue.add(key);
  });
  for (const informer of [nodes, claims, volumes, classes]) {
    informer.onChange(({ previous, current }) => {
      if (previous === undefined || current?.metadata.labels !== previous.metadata.labels || informer !== nodes) for (const key of waiting.keys()) queue.add(key);
    });
  }
  return { stop: () => controller.abort(new Error('the scheduler stops')) };
}
