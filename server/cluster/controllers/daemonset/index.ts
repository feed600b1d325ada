import { messageOf } from '../../../lib/errors.ts';
import type { KubeObject } from '../../store/object.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { DaemonSet, Node, Pod } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { availableAt, isReady, podFromTemplate } from '../runtime/pods.ts';
import { CONTROLLER_REVISIONS, DAEMON_SETS, NODES, PODS } from '../runtime/resources.ts';
import { currentRevision, pruneRevisions, type Revision } from '../runtime/revisions.ts';
import { compact, deleteIfThere, writeStatus } from '../runtime/writes.ts';

const HASH = 'controller-revision-hash';
/** What every pod of a DaemonSet puts up with. After kubernetes 1.32 pkg/controller/daemon/util/daemonset_util.go */
const TOLERATIONS = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
];

/** Runs one pod of each DaemonSet on every node that it selects. */
export function startDaemonSets(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('daemonset-controller');
  const sets = informers.of<DaemonSet>(DAEMON_SETS);
  const pods = informers.of<Pod>(PODS);
  const nodes = informers.of<Node>(NODES);
  informers.of(CONTROLLER_REVISIONS);

  const queue = context.queue('daemonset', async (key) => {
    const set = sets.getByKey(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const owned = await claim(client, PODS, set, set.spec.selector, pods.list(set.metadata.namespace));
    const revision = await currentRevision(context, set, set.spec.template);
    const targets = nodes.list().filter((node) => selects(set, node));
    for (const node of targets) {
      const here = owned.filter((pod) => nodeOf(pod) === node.metadata.name);
      for (const pod of here.filter((p) => p.status?.phase === 'Failed' && p.metadata.deletionTimestamp === undefined)) {
        events.record(set, 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${pod.metadata.namespace}/${pod.metadata.name} on node ${node.metadata.name}, will try to kill it`);
        await deleteIfThere(client, PODS, pod);
      }
      const alive = here.filter((pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase !== 'Failed');
      if (here.length === 0) await create(set, node, revision);
      const outdated = alive.find((pod) => pod.metadata.labels?.[HASH] !== revision.hash);
      if (outdated !== undefined && set.spec.updateStrategy?.type !== 'OnDelete') {
        await deleteIfThere(client, PODS, outdated);
        events.record(set, 'Normal', 'SuccessfulDelete', `Deleted pod: ${outdated.metadata.name}`);
      }
    }
    for (const pod of owned) {
      if (pod.metadata.deletionTimestamp === undefined && !targets.some((node) => node.metadata.name === nodeOf(pod))) await deleteIfThere(client, PODS, pod);
    }
    await report(key, targets, revision);
  });

  const create = async (set: DaemonSet, node: Node, revision: Revision): Promise<void> => {
    const pod: KubeObject = podFromTemplate(set, revision.template, { generateName: `${set.metadata.name}-` });
    pod.metadata.labels = { ...pod.metadata.labels, [HASH]: revision.hash, 'pod-template-generation': set.metadata.annotations?.['deprecated.daemonset.template.generation'] ?? '1' };
    const spec = structuredClone(revision.template.spec ?? { containers: [] });
    const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node.metadata.name] }] };
    const tolerations = [...(spec.tolerations ?? []), ...TOLERATIONS];
    pod.spec = { ...spec, tolerations, affinity: { ...spec.affinity, nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } } };
    try {
      const created = await client.create(PODS, set.metadata.namespace, pod);
      events.record(set, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`);
    } catch (error) {
      events.record(set, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`);
      throw error;
    }
  };

  const report = async (key: string, targets: readonly Node[], revision: Revision): Promise<void> => {
    const set = sets.getByKey(key);
    if (set === undefined) return;
    const now = clock.now();
    const owned = pods.list(set.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid && pod.metadata.deletionTimestamp === undefined);
    const wanted = owned.filter((pod) => targets.some((node) => node.metadata.name === nodeOf(pod)));
    const available = wanted.map((pod) => availableAt(pod, set.spec.minReadySeconds ?? 0)).filter((at): at is number => at !== undefined);
    const soon = available.filter((at) => at > now);
    if (soon.length > 0) queue.addAfter(key, Math.min(...soon) - now);
    const numberAvailable = available.length - soon.length;
    await writeStatus(client, DAEMON_SETS, set, compact(
      {
        currentNumberScheduled: wanted.length,
        desiredNumberScheduled: targets.length,
        numberAvailable,
        numberMisscheduled: owned.length - wanted.length,
        numberReady: wanted.filter(isReady).length,
        numberUnavailable: targets.length - numberAvailable,
        observedGeneration: set.metadata.generation,
        updatedNumberScheduled: wanted.filter((pod) => pod.metadata.labels?.[HASH] === revision.hash).length,
      },
      ['currentNumberScheduled', 'desiredNumberScheduled', 'numberMisscheduled', 'numberReady'],
    ));
    await pruneRevisions(context, set, new Set([revision.name]), set.spec.revisionHistoryLimit ?? 10);
  };

  sets.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  nodes.onChange(({ previous, current }) => {
    if (previous === undefined || current === undefined) for (const set of sets.list()) queue.add(keyOf(set));
  });
  pods.onChange(({ previous, current }) => {
    for (const pod of [previous, current]) {
      const owner = pod === undefined ? undefined : controllerOf(pod);
      if (pod !== undefined && owner?.kind === 'DaemonSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    }
  });
}

/** The node of a pod, or the one that it is meant for. */
function nodeOf(pod: Pod): string | undefined {
  if (pod.spec.nodeName !== undefined && pod.spec.nodeName !== '') return pod.spec.nodeName;
  return pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
}

function selects(set: DaemonSet, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  return Object.entries(set.spec.template.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value);
}
