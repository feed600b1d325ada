import { ApiStatus } from '../../api/status.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { Deployment, Pod, PodTemplateSpec, ReplicaSet } from '../runtime/kinds.ts';
import { controllerOf, controllerRef } from '../runtime/owners.ts';
import { DEPLOYMENTS, PODS, REPLICA_SETS } from '../runtime/resources.ts';
import { matchesSelector } from '../runtime/selectors.ts';
import { templateHash } from '../runtime/template-hash.ts';
import { compact, deleteIfThere, same, writeStatus } from '../runtime/writes.ts';
import { initialReplicas, isComplete, isScaling, limits, recreateSteps, rollingSteps, scaleSteps, type Annotated, type ScaleStep } from './decide.ts';
import { deploymentStatus, type NewSetNews } from './status.ts';

const HASH = 'pod-template-hash';
const REVISION = 'deployment.kubernetes.io/revision';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';
/** Annotations of the deployment that its replica sets don't get. */
const NOT_COPIED = new Set(['kubectl.kubernetes.io/last-applied-configuration', REVISION, HISTORY, DESIRED, MAX, 'deprecated.deployment.rollback.to']);

const numberAt = (name: string) => (set: ReplicaSet): number | undefined => {
  const value = Number(set.metadata.annotations?.[name] ?? Number.NaN);
  return Number.isInteger(value) ? value : undefined;
};
const ANNOTATED: Annotated = { desired: numberAt(DESIRED), max: numberAt(MAX) };

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + limits(deployment).maxSurge) };
}

/** Rolls Deployments out. After kubernetes 1.32 pkg/controller/deployment */
export function startDeployments(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('deployment-controller');
  const deployments = informers.of<Deployment>(DEPLOYMENTS);
  const sets = informers.of<ReplicaSet>(REPLICA_SETS);
  const pods = informers.of<Pod>(PODS);

  const queue = context.queue('deployment', async (key) => {
    let deployment = deployments.getByKey(key);
    if (deployment === undefined) return;
    const owned = await claim(client, REPLICA_SETS, deployment, deployment.spec.selector, sets.list(deployment.metadata.namespace));
    if (deployment.metadata.deletionTimestamp !== undefined) return;
    let current = newSetOf(deployment, owned);
    const old = owned.filter((set) => set.metadata.uid !== current?.metadata.uid);
    const scaling = isScaling(deployment, owned, ANNOTATED);
    let news: NewSetNews | undefined;
    if (deployment.spec.paused === true || scaling) {
      for (const step of scaleSteps(deployment, current, old, ANNOTATED)) await scale(deployment, step);
      // The sets that keep their size learn the new number, too.
      for (const set of owned) await annotateSize(deployment, set);
    } else {
      const revision = Math.max(0, ...old.map(revisionOf)) + 1;
      const recreate = deployment.spec.strategy?.type === 'Recreate';
      const oldPods = pods.list(deployment.metadata.namespace).filter((pod) => old.some((set) => set.metadata.uid === controllerOf(pod)?.uid) && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed').length;
      if (current === undefined && !(recreate && (oldPods > 0 || old.some((set) => (set.spec.replicas ?? 1) > 0)))) {
        try {
          current = await createSet(deployment, old, revision);
          news = { kind: 'created', name: current.metadata.name };
        } catch (error) {
          await reportFailedSet(key, deployment, error);
          throw error;
        }
      } else if (current !== undefined) {
        current = await refreshSet(deployment, current, Math.max(revision, revisionOf(current)));
        news = { kind: 'found', name: current.metadata.name };
      }
      if (current !== undefined) deployment = await markRevision(deployment, revisionOf(current));
      const steps = recreate ? recreateSteps(deployment, current, old, oldPods) : current === undefined ? [] : rollingSteps(deployment, current, old);
      for (const step of steps) await scale(deployment, step);
    }
    await report(key, news, scaling);
  });

  const reportFailedSet = async (key: string, deployment: Deployment, error: unknown): Promise<void> => {
    if (!(error instanceof ApiStatus) || error.reason === 'AlreadyExists' || error.message.includes('because it is being terminated')) return;
    const message = `Failed to create new replica set "${deployment.metadata.name}-${templateHash(deployment.spec.template, deployment.status?.collisionCount)}": ${error.message}`;
    events.record(deployment, 'Warning', 'ReplicaSetCreateError', message);
    await report(key, { kind: 'failed', message });
  };

  const annotateSize = async (deployment: Deployment, set: ReplicaSet): Promise<void> => {
    const latest = sets.get(set.metadata.namespace, set.metadata.name) ?? set;
    const annotations = { ...latest.metadata.annotations, ...sizeAnnotations(deployment) };
    if ((latest.spec.replicas ?? 1) > 0 && !same(annotations, latest.metadata.annotations)) await client.update(REPLICA_SETS, { ...latest, metadata: { ...latest.metadata, annotations } });
  };

  const newSetOf = (deployment: Deployment, owned: readonly ReplicaSet[]): ReplicaSet | undefined =>
    owned
      .filter((set) => same(withoutHash(set.spec.template), withoutHash(deployment.spec.template)))
      .sort((a, b) => (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? ''))[0];

  const annotationsFor = (deployment: Deployment, replicas: number, revision: number, before: Record<string, string> = {}): Record<string, string> => {
    const out: Record<string, string> = { ...before };
    for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!NOT_COPIED.has(name)) out[name] = value;
    const previous = before[REVISION];
    if (previous !== undefined && previous !== String(revision)) out[HISTORY] = [...(before[HISTORY]?.split(',') ?? []), previous].join(',');
    Object.assign(out, sizeAnnotations(deployment));
    out[REVISION] = String(revision);
    return out;
  };

  const createSet = async (deployment: Deployment, old: readonly ReplicaSet[], revision: number): Promise<ReplicaSet> => {
    const { namespace, name } = deployment.metadata;
    const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
    const labels = { ...deployment.spec.template.metadata?.labels, [HASH]: hash };
    const replicas = initialReplicas(deployment, old);
    const object = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: {
        name: `${name}-${hash}`,
        namespace: namespace ?? 'default',
        labels,
        annotations: annotationsFor(deployment, deployment.spec.replicas ?? 1, revision),
        ownerReferences: [controllerRef(deployment)],
      },
      spec: {
        replicas,
        ...((deployment.spec.minReadySeconds ?? 0) === 0 ? {} : { minReadySeconds: deployment.spec.minReadySeconds }),
        selector: { ...deployment.spec.selector, matchLabels: { ...deployment.spec.selector.matchLabels, [HASH]: hash } },
        template: { ...structuredClone(deployment.spec.template), metadata: { ...structuredClone(deployment.spec.template.metadata ?? {}), labels } },
      },
    };
    try {
      const set = await client.create<ReplicaSet>(REPLICA_SETS, namespace, object);
      if (replicas > 0) events.record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`);
      return set;
    } catch (error) {
      if (error instanceof ApiStatus && error.reason === 'AlreadyExists') {
        // Another template has the same hash: count on and try again.
        const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
        await writeStatus(client, DEPLOYMENTS, deployment, { ...deployment.status, collisionCount });
      }
      throw error;
    }
  };

  const refreshSet = async (deployment: Deployment, set: ReplicaSet, revision: number): Promise<ReplicaSet> => {
    const annotations = annotationsFor(deployment, deployment.spec.replicas ?? 1, revision, set.metadata.annotations);
    const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
    if (same(annotations, set.metadata.annotations) && (set.spec.minReadySeconds ?? 0) === minReadySeconds) return set;
    return client.update<ReplicaSet>(REPLICA_SETS, { ...set, metadata: { ...set.metadata, annotations }, spec: { ...set.spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) } });
  };

  const markRevision = async (deployment: Deployment, revision: number): Promise<Deployment> => {
    if (deployment.metadata.annotations?.[REVISION] === String(revision)) return deployment;
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(revision) };
    // Through the status, so that a revision is not a new generation.
    return client.update<Deployment>(DEPLOYMENTS, { ...deployment, metadata: { ...deployment.metadata, annotations } }, { subresource: 'status' });
  };

  const scale = async (deployment: Deployment, { set, replicas }: ScaleStep): Promise<void> => {
    const before = set.spec.replicas ?? 1;
    if (before === replicas) return;
    const latest = sets.get(set.metadata.namespace, set.metadata.name) ?? set;
    const annotations = { ...latest.metadata.annotations, ...sizeAnnotations(deployment) };
    await client.update(REPLICA_SETS, { ...latest, metadata: { ...latest.metadata, annotations }, spec: { ...latest.spec, replicas } });
    events.record(deployment, 'Normal', 'ScalingReplicaSet', `Scaled ${replicas > before ? 'up' : 'down'} replica set ${set.metadata.name} from ${before} to ${replicas}`);
  };

  const report = async (key: string, news?: NewSetNews, scaling = false): Promise<void> => {
    const deployment = deployments.getByKey(key);
    if (deployment === undefined) return;
    const owned = sets.list(deployment.metadata.namespace).filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const current = newSetOf(deployment, owned);
    const { status, deadlineIn } = deploymentStatus(deployment, current, owned, clock.now(), news, scaling);
    if (deadlineIn !== undefined) queue.addAfter(key, deadlineIn);
    await writeStatus(client, DEPLOYMENTS, deployment, compact(status));
    const total = { replicas: status.replicas ?? 0, updatedReplicas: status.updatedReplicas ?? 0, availableReplicas: status.availableReplicas ?? 0 };
    if (deployment.spec.paused === true || !isComplete(deployment, total)) return;
    const idle = owned.filter((set) => set !== current && (set.spec.replicas ?? 1) === 0 && (set.status?.replicas ?? 0) === 0 && set.metadata.deletionTimestamp === undefined);
    const surplus = idle.length - (deployment.spec.revisionHistoryLimit ?? 10);
    if (surplus <= 0) return;
    for (const set of idle.sort((a, b) => revisionOf(a) - revisionOf(b)).slice(0, surplus)) await deleteIfThere(client, REPLICA_SETS, set);
  };

  deployments.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  sets.onChange(({ previous, current }) => {
    for (const set of [previous, current]) {
      if (set === undefined) continue;
      const owner = controllerOf(set);
      if (owner?.kind === 'Deployment') queue.add(`${set.metadata.namespace}/${owner.name}`);
      else if (owner === undefined) {
        for (const deployment of deployments.list(set.metadata.namespace)) if (matchesSelector(deployment.spec.selector, set.metadata.labels)) queue.add(keyOf(deployment));
      }
    }
  });
  // Recreate waits for the last old pod.
  pods.onChange(({ previous, current }) => {
    if (current !== undefined || previous === undefined) return;
    const owner = controllerOf(previous);
    const set = owner?.kind === 'ReplicaSet' ? sets.get(previous.metadata.namespace, owner.name) : undefined;
    const deployment = set === undefined ? undefined : controllerOf(set);
    if (deployment?.kind === 'Deployment') queue.add(`${previous.metadata.namespace}/${deployment.name}`);
  });
}

function revisionOf(set: ReplicaSet): number {
  return Number(set.metadata.annotations?.[REVISION] ?? 0) || 0;
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  const { [HASH]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const metadata = { ...template?.metadata, labels: Object.keys(labels).length === 0 ? undefined : labels, creationTimestamp: undefined };
  return { ...template, metadata };
}
