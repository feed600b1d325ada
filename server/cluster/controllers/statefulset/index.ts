import { messageOf } from '../../../lib/errors.ts';
import type { KubeObject } from '../../store/object.ts';
import { claim } from '../runtime/claims.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../runtime/kinds.ts';
import { controllerOf } from '../runtime/owners.ts';
import { availableAt, isActive, isReady, podFromTemplate } from '../runtime/pods.ts';
import { CONTROLLER_REVISIONS, PERSISTENT_VOLUME_CLAIMS, PODS, STATEFUL_SETS } from '../runtime/resources.ts';
import { currentRevision, pruneRevisions, templateOf, type Revision } from '../runtime/revisions.ts';
import { compact, deleteIfThere, writeStatus } from '../runtime/writes.ts';
import { claimOwners, correctedOwners } from './retention.ts';

const HASH = 'controller-revision-hash';

/** Runs StatefulSets: numbered pods, in order, each with its own claims. After kubernetes 1.32 pkg/controller/statefulset */
export function startStatefulSets(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const events = context.recorder('statefulset-controller');
  const sets = informers.of<StatefulSet>(STATEFUL_SETS);
  const pods = informers.of<Pod>(PODS);
  const claims = informers.of<PersistentVolumeClaim>(PERSISTENT_VOLUME_CLAIMS);
  informers.of(CONTROLLER_REVISIONS);

  const queue = context.queue('statefulset', async (key) => {
    const set = sets.getByKey(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const owned = await claim(client, PODS, set, set.spec.selector, pods.list(set.metadata.namespace));
    const update = await currentRevision(context, set, set.spec.template);
    const current = set.status?.currentRevision ?? update.name;
    let failure: unknown;
    try {
      for (const pod of owned) await keepClaims(set, pod);
      await step(set, owned, update, current);
    } catch (error) {
      failure = error;
    }
    await report(key, update, current);
    if (failure !== undefined) throw failure;
  });

  /** A claim's owners say when it goes: with the set, with a pod that is not wanted any more, or never. */
  const keepClaims = async (set: StatefulSet, pod: Pod): Promise<void> => {
    const start = set.spec.ordinals?.start ?? 0;
    const ordinal = ordinalOf(set, pod);
    const scaledDown = ordinal < start || ordinal >= start + (set.spec.replicas ?? 1);
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const claim = claims.get(set.metadata.namespace, `${template.metadata?.name}-${pod.metadata.name}`);
      const owners = claim === undefined ? undefined : correctedOwners(set, pod, claim, scaledDown);
      if (claim !== undefined && owners !== undefined) await client.patch(PERSISTENT_VOLUME_CLAIMS, set.metadata.namespace, claim.metadata.name, { type: 'merge', body: { metadata: { ownerReferences: owners.length === 0 ? null : owners } } });
    }
  };

  const step = async (set: StatefulSet, owned: readonly Pod[], update: Revision, current: string): Promise<void> => {
    const replicas = set.spec.replicas ?? 1;
    const start = set.spec.ordinals?.start ?? 0;
    const parallel = set.spec.podManagementPolicy === 'Parallel';
    const byOrdinal = new Map(owned.map((pod) => [ordinalOf(set, pod), pod]));
    const partition = set.spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    for (let ordinal = start; ordinal < start + replicas; ordinal++) {
      const pod = byOrdinal.get(ordinal);
      if (pod !== undefined && (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') && pod.metadata.deletionTimestamp === undefined) {
        events.record(set, 'Warning', 'RecreatingFailedPod', `StatefulSet ${set.metadata.namespace}/${set.metadata.name} is recreating failed Pod ${pod.metadata.name}`);
        await deleteIfThere(client, PODS, pod);
        if (!parallel) return;
        continue;
      }
      if (pod === undefined) {
        const old = ordinal < partition + start ? templateOf(context, set.metadata.namespace, current) : undefined;
        await create(set, ordinal, old === undefined ? update : { name: current, hash: current.slice(set.metadata.name.length + 1), template: old });
        if (!parallel) return;
        continue;
      }
      if (!parallel && (pod.metadata.deletionTimestamp !== undefined || !isAvailable(set, pod))) return;
    }
    const surplus = [...byOrdinal].filter(([ordinal]) => ordinal < start || ordinal >= start + replicas).sort(([a], [b]) => b - a);
    for (const [, pod] of surplus) {
      if (pod.metadata.deletionTimestamp === undefined) {
        await deleteIfThere(client, PODS, pod);
        events.record(set, 'Normal', 'SuccessfulDelete', `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`);
      }
      if (!parallel) return;
    }
    if (set.spec.updateStrategy?.type === 'OnDelete') return;
    for (let ordinal = start + replicas - 1; ordinal >= start + partition; ordinal--) {
      const pod = byOrdinal.get(ordinal);
      if (pod === undefined) return;
      if (pod.metadata.labels?.[HASH] !== update.hash && pod.metadata.deletionTimestamp === undefined) {
        await deleteIfThere(client, PODS, pod);
        events.record(set, 'Normal', 'SuccessfulDelete', `delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`);
        return;
      }
      if (!isAvailable(set, pod)) return;
    }
  };

  const isAvailable = (set: StatefulSet, pod: Pod): boolean => {
    const at = availableAt(pod, set.spec.minReadySeconds ?? 0);
    if (at !== undefined && at > clock.now()) queue.addAfter(keyOf(set), at - clock.now());
    return at !== undefined && at <= clock.now();
  };

  const create = async (set: StatefulSet, ordinal: number, revision: Revision): Promise<void> => {
    const name = `${set.metadata.name}-${ordinal}`;
    const pod: KubeObject = podFromTemplate(set, revision.template, { name });
    pod.metadata.labels = { ...pod.metadata.labels, [HASH]: revision.hash, 'apps.kubernetes.io/pod-index': String(ordinal), 'statefulset.kubernetes.io/pod-name': name };
    const spec = structuredClone(revision.template.spec ?? { containers: [] });
    const templates = set.spec.volumeClaimTemplates ?? [];
    const own = templates.map((template) => ({ name: template.metadata?.name ?? '', persistentVolumeClaim: { claimName: `${template.metadata?.name}-${name}` } }));
    const volumes = [...(spec.volumes ?? []).filter((v) => !own.some((o) => o.name === v.name)), ...own];
    pod.spec = { ...spec, hostname: name, ...(set.spec.serviceName === undefined || set.spec.serviceName === '' ? {} : { subdomain: set.spec.serviceName }), ...(volumes.length === 0 ? {} : { volumes }) };
    const owners = claimOwners(set, undefined, false);
    for (const template of templates) {
      const claimName = `${template.metadata?.name}-${name}`;
      if (claims.get(set.metadata.namespace, claimName) !== undefined) continue;
      await client.create(PERSISTENT_VOLUME_CLAIMS, set.metadata.namespace, {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: claimName, namespace: set.metadata.namespace ?? 'default', labels: { ...template.metadata?.labels, ...set.spec.selector.matchLabels }, ...(owners.length === 0 ? {} : { ownerReferences: owners }) },
        spec: structuredClone(template.spec ?? {}),
      });
      events.record(set, 'Normal', 'SuccessfulCreate', `create Claim ${claimName} Pod ${name} in StatefulSet ${set.metadata.name} success`);
    }
    try {
      await client.create(PODS, set.metadata.namespace, pod);
      events.record(set, 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} successful`);
    } catch (error) {
      events.record(set, 'Warning', 'FailedCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`);
      throw error;
    }
  };

  const report = async (key: string, update: Revision, current: string): Promise<void> => {
    const set = sets.getByKey(key);
    if (set === undefined) return;
    const owned = pods.list(set.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === set.metadata.uid);
    const active = owned.filter(isActive);
    const of = (hash: string) => active.filter((pod) => pod.metadata.labels?.[HASH] === hash).length;
    const replicas = set.spec.replicas ?? 1;
    const updated = of(update.hash);
    const done = updated === replicas && active.filter(isReady).length === replicas;
    const currentRevisionName = done || set.status?.currentRevision === undefined ? update.name : current;
    await writeStatus(client, STATEFUL_SETS, set, compact(
      {
        availableReplicas: active.filter((pod) => isAvailable(set, pod)).length,
        collisionCount: 0,
        currentReplicas: of(currentRevisionName.slice(set.metadata.name.length + 1)),
        currentRevision: currentRevisionName,
        observedGeneration: set.metadata.generation,
        readyReplicas: active.filter(isReady).length,
        replicas: owned.filter((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded').length,
        updateRevision: update.name,
        updatedReplicas: updated,
      },
      ['availableReplicas', 'replicas', 'collisionCount'],
    ));
    await pruneRevisions(context, set, new Set([update.name, currentRevisionName]), set.spec.revisionHistoryLimit ?? 10);
  };

  sets.onChange(({ current }) => {
    if (current !== undefined) queue.add(keyOf(current));
  });
  pods.onChange(({ previous, current }) => {
    for (const pod of [previous, current]) {
      const owner = pod === undefined ? undefined : controllerOf(pod);
      if (pod !== undefined && owner?.kind === 'StatefulSet') queue.add(`${pod.metadata.namespace}/${owner.name}`);
    }
  });
}

function ordinalOf(set: StatefulSet, pod: Pod): number {
  const suffix = pod.metadata.name.slice(set.metadata.name.length + 1);
  return pod.metadata.name.startsWith(`${set.metadata.name}-`) && /^\d+$/.test(suffix) ? Number(suffix) : -1;
}
