import type { KubeObject } from '../store/object.ts';

/**
 * The same object in another version. Custom resources differ in nothing but the name of the version (conversion
 * strategy None); of the built-in kinds, Event and HorizontalPodAutoscaler have two forms.
 */
export function convertObject(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  const convert = CONVERSIONS[`${object.kind} ${object.apiVersion} ${apiVersion}`];
  const { apiVersion: _old, ...rest } = convert === undefined ? object : convert(object);
  return { apiVersion, ...rest } as KubeObject;
}

type Conversion = (object: KubeObject) => KubeObject;

function rename(pairs: readonly [string, string][]): Conversion {
  return (object) => {
    const result: KubeObject = { ...object };
    for (const [from, to] of pairs) {
      if (result[from] === undefined) continue;
      result[to] = result[from];
      delete result[from];
    }
    return result;
  };
}

/** After kubernetes 1.32 pkg/apis/events/v1/conversion.go */
const EVENT_FIELDS: readonly [string, string][] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function withoutEmpty(object: KubeObject, fields: readonly string[]): KubeObject {
  const result = { ...object };
  for (const field of fields) if (result[field] === '') delete result[field];
  return result;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** v1 knows one metric, the CPU in percent; v2 keeps a list. After kubernetes 1.32 pkg/apis/autoscaling/v1/conversion.go */
const hpaToV2: Conversion = (object) => {
  const { targetCPUUtilizationPercentage: target, ...spec } = record(object.spec);
  const { currentCPUUtilizationPercentage: current, currentReplicas, ...status } = record(object.status);
  if (typeof currentReplicas === 'number' && currentReplicas > 0) status.currentReplicas = currentReplicas;
  if (target !== undefined) spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }];
  status.currentMetrics = null;
  if (current !== undefined) status.currentMetrics = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }];
  return { ...object, spec, status };
};

const hpaToV1: Conversion = (object) => {
  const { metrics, behavior: _behavior, ...spec } = record(object.spec);
  const { currentMetrics: _current, conditions: _conditions, ...own } = record(object.status);
  const status = { currentReplicas: 0, ...own };
  for (const metric of Array.isArray(metrics) ? metrics : []) {
    const resource = record(record(metric).resource);
    const target = record(resource.target);
    if (resource.name === 'cpu' && target.type === 'Utilization') spec.targetCPUUtilizationPercentage = target.averageUtilization;
  }
  return { ...object, spec, status };
};

const CONVERSIONS: Record<string, Conversion> = {
  'Event v1 events.k8s.io/v1': (object) => withoutEmpty(rename(EVENT_FIELDS)(object), ['reportingController', 'reportingInstance', 'action']),
  'Event events.k8s.io/v1 v1': rename(EVENT_FIELDS.map(([from, to]) => [to, from])),
  'HorizontalPodAutoscaler autoscaling/v1 autoscaling/v2': hpaToV2,
  'HorizontalPodAutoscaler autoscaling/v2 autoscaling/v1': hpaToV1,
};
