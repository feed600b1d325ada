import { rfc3339 } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { AllObjects } from '../runtime/all-objects.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { Autoscaler } from '../runtime/kinds.ts';
import { AUTOSCALERS } from '../runtime/resources.ts';
import { same, writeStatus } from '../runtime/writes.ts';
import { judge, type Judgement } from './decide.ts';

/** How often Kubernetes looks at an autoscaler. */
const PERIOD_MS = 15_000;

/**
 * Looks after HorizontalPodAutoscalers as a controller does in a cluster without the metrics API: a target outside of
 * its bounds is brought back, and the status says that there are no metrics.
 * After kubernetes 1.32 pkg/controller/podautoscaler/horizontal.go
 */
export function startAutoscalers(context: ControllerContext, all: AllObjects): void {
  const { client, clock, informers } = context;
  const events = context.recorder('horizontal-pod-autoscaler');
  const autoscalers = informers.of<Autoscaler>(AUTOSCALERS);

  const targetOf = async (autoscaler: Autoscaler): Promise<{ type: ResourceType; object: KubeObject } | { problem: string }> => {
    const { kind, name, apiVersion = '' } = autoscaler.spec.scaleTargetRef;
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
    const type = all.ofKind(group, kind);
    if (type === undefined) return { problem: `no matches for kind "${kind}" in group "${group}"` };
    const resource = `${type.resource}${group === '' ? '' : `.${group}`}`;
    if (type.subresources?.some((s) => s.name === 'scale') !== true) return { problem: `the server could not find the requested resource` };
    const object = await client.find(type, autoscaler.metadata.namespace, name);
    return object === undefined ? { problem: `${resource.replace('.', '/scale.').replace(/^([^.]+)$/, '$1/scale')} "${name}" not found` } : { type, object };
  };

  const queue = context.queue('horizontalpodautoscaler', async (key) => {
    const autoscaler = autoscalers.getByKey(key);
    if (autoscaler === undefined || autoscaler.metadata.deletionTimestamp !== undefined) return;
    queue.addAfter(key, PERIOD_MS);
    const target = await targetOf(autoscaler);
    const spec = 'object' in target && isJsonObject(target.object.spec) ? target.object.spec : {};
    const judgement = judge(autoscaler, 'problem' in target ? target : { replicas: typeof spec.replicas === 'number' ? spec.replicas : 'object' in target ? 1 : 0 });
    let rescaled: Judgement['rescale'];
    if (judgement.rescale !== undefined && 'object' in target) {
      const { desired, reason } = judgement.rescale;
      try {
        await client.patch(target.type, autoscaler.metadata.namespace, target.object.metadata.name, { type: 'merge', body: { spec: { replicas: desired } } }, { subresource: 'scale' });
        rescaled = judgement.rescale;
        events.record(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${desired}; reason: ${reason}`);
      } catch (error) {
        if (!(error instanceof ApiStatus)) throw error;
        events.record(autoscaler, 'Warning', 'FailedRescale', `New size: ${desired}; reason: ${reason}; error: ${error.message}`);
      }
    }
    await report(key, judgement, rescaled !== undefined);
    for (const { reason, message } of judgement.events) events.record(autoscaler, 'Warning', reason, message);
  });

  const report = async (key: string, judgement: Judgement, rescaled: boolean): Promise<void> => {
    const autoscaler = autoscalers.getByKey(key);
    if (autoscaler === undefined) return;
    const now = rfc3339(clock.now());
    const conditions = [...(autoscaler.status?.conditions ?? [])];
    for (const condition of judgement.conditions) {
      const index = conditions.findIndex((c) => c.type === condition.type);
      const before = conditions[index];
      const next = { ...condition, lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now };
      if (index < 0) conditions.push(next);
      else conditions[index] = next;
    }
    const { currentReplicas, desiredReplicas, metrics } = judgement;
    const before = autoscaler.status;
    const status = {
      ...(currentReplicas === undefined ? (before?.currentReplicas === undefined ? {} : { currentReplicas: before.currentReplicas }) : currentReplicas === 0 ? {} : { currentReplicas }),
      desiredReplicas: desiredReplicas ?? before?.desiredReplicas ?? 0,
      ...(rescaled ? { lastScaleTime: now } : before?.lastScaleTime === undefined ? {} : { lastScaleTime: before.lastScaleTime }),
      currentMetrics: metrics === 0 ? null : Array.from({ length: metrics }, () => ({ type: '' })),
      conditions,
    };
    if (!same(status, before)) await writeStatus(client, AUTOSCALERS, autoscaler, status);
  };

  autoscalers.onChange(({ previous, current }) => {
    // Even the first look comes after one period.
    if (current !== undefined && !same(previous?.spec, current.spec)) queue.addAfter(keyOf(current), PERIOD_MS);
  });
}
