import type { Autoscaler } from '../runtime/kinds.ts';

export interface Judgement {
  conditions: { type: string; status: string; reason: string; message: string }[];
  events: { reason: string; message: string }[];
  /** Absent: as it was. */
  currentReplicas?: number;
  desiredReplicas?: number;
  /** How many metrics the status names, all of them without a value. */
  metrics: number;
  rescale?: { desired: number; reason: string };
}

const SOURCES: Record<string, string> = { Resource: 'FailedGetResourceMetric', ContainerResource: 'FailedGetContainerResourceMetric', Pods: 'FailedGetPodsMetric', Object: 'FailedGetObjectMetric', External: 'FailedGetExternalMetric' };

/** What an autoscaler makes of its target where no metrics are served. Pure. */
export function judge(autoscaler: Autoscaler, target: { replicas: number } | { problem: string }): Judgement {
  if ('problem' in target) {
    return {
      conditions: [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: `the HPA controller was unable to get the target's current scale: ${target.problem}` }],
      events: [{ reason: 'FailedGetScale', message: target.problem }],
      metrics: 0,
    };
  }
  const { replicas } = target;
  const { minReplicas = 1, maxReplicas } = autoscaler.spec;
  const able = { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale', message: "the HPA controller was able to get the target's current scale" };
  if (replicas === 0 && minReplicas !== 0) {
    return {
      conditions: [able, { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message: 'scaling is disabled since the replica count of the target is zero' }],
      events: [],
      currentReplicas: replicas,
      desiredReplicas: 0,
      metrics: 0,
    };
  }
  const desired = replicas > maxReplicas ? maxReplicas : replicas < minReplicas ? minReplicas : undefined;
  if (desired !== undefined) {
    const reason = replicas > maxReplicas ? 'Current number of replicas above Spec.MaxReplicas' : 'Current number of replicas below Spec.MinReplicas';
    return {
      conditions: [{ ...able, reason: 'SucceededRescale', message: `the HPA controller was able to update the target scale to ${desired}` }],
      events: [],
      currentReplicas: replicas,
      desiredReplicas: desired,
      metrics: 0,
      rescale: { desired, reason },
    };
  }
  const metrics = autoscaler.spec.metrics ?? [];
  const [first] = metrics;
  const resource = first?.resource?.name ?? first?.containerResource?.name ?? 'cpu';
  const unable = `failed to get ${resource} ${first?.resource?.target.type === 'Utilization' || first?.containerResource?.target.type === 'Utilization' ? 'utilization' : 'usage'}: unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)`;
  const other = `unable to fetch metrics from ${first?.type === 'External' ? 'external' : 'custom'} metrics API: no ${first?.type === 'External' ? 'external' : 'custom'} metrics API (${first?.type === 'External' ? 'external' : 'custom'}.metrics.k8s.io) registered`;
  const isResource = first?.type === 'Resource' || first?.type === 'ContainerResource';
  const problem = isResource ? unable : other;
  const reason = SOURCES[first?.type ?? 'Resource'] ?? 'FailedGetResourceMetric';
  const detail = isResource ? `failed to get ${resource} ${first?.type === 'ContainerResource' ? 'container ' : ''}resource metric value: ${problem}` : problem;
  return {
    conditions: [able, { type: 'ScalingActive', status: 'False', reason, message: `the HPA was unable to compute the replica count: ${problem}` }],
    events: [
      { reason, message: problem },
      { reason: 'FailedComputeMetricsReplicas', message: `invalid metrics (${metrics.length} invalid out of ${metrics.length}), first error is: ${detail}` },
    ],
    currentReplicas: replicas,
    metrics: metrics.length,
  };
}
