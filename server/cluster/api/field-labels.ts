import { isJsonObject } from '../../lib/json.ts';
import type { FieldRequirement } from '../store/selectors.ts';
import type { KubeObject } from '../store/object.ts';
import { badRequest } from './errors.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';

/** What field selectors may name beside `metadata.name` and `metadata.namespace`, by `group/resource`. */
const FIELD_LABELS: Record<string, readonly string[]> = {
  '/pods': ['spec.nodeName', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork', 'status.phase', 'status.podIP', 'status.podIPs', 'status.nominatedNodeName'],
  '/events': ['involvedObject.kind', 'involvedObject.namespace', 'involvedObject.name', 'involvedObject.uid', 'involvedObject.apiVersion', 'involvedObject.resourceVersion', 'involvedObject.fieldPath', 'reason', 'reportingComponent', 'source', 'type'],
  'events.k8s.io/events': ['reason', 'regarding.kind', 'regarding.namespace', 'regarding.name', 'regarding.uid', 'regarding.apiVersion', 'regarding.resourceVersion', 'regarding.fieldPath', 'reportingController', 'type'],
  '/secrets': ['type'],
  '/namespaces': ['status.phase', 'name'],
  '/nodes': ['spec.unschedulable'],
  '/services': ['spec.clusterIP', 'spec.type'],
  '/replicationcontrollers': ['status.replicas'],
  'batch/jobs': ['status.successful'],
  'certificates.k8s.io/certificatesigningrequests': ['spec.signerName'],
};

/** What stands for an absent value of a field that is not a string. */
const ZERO: Record<string, string> = { 'spec.unschedulable': 'false', 'spec.hostNetwork': 'false', 'status.replicas': '0', 'status.successful': '0' };

/** Throws ApiStatus 400 for a field that the resource does not offer. */
export function checkFieldSelector(info: ResourceInfo, selector: readonly FieldRequirement[]): void {
  const known = [...(FIELD_LABELS[`${info.group}/${info.resource}`] ?? []), ...(info.custom?.selectableFields ?? []).map((path) => path.replace(/^\./, ''))];
  for (const { field } of selector) {
    if (field === 'metadata.name' || (field === 'metadata.namespace' && info.namespaced) || known.includes(field)) continue;
    throw badRequest(info.custom === undefined && !(`${info.group}/${info.resource}` in FIELD_LABELS) ? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"` : `field label not supported: ${field}`);
  }
}

export function matchesFields(selector: readonly FieldRequirement[], object: KubeObject): boolean {
  return selector.every(({ field, value, negated }) => (fieldValue(object, field) === value) !== negated);
}

function fieldValue(object: KubeObject, field: string): string {
  if (object.kind === 'Event' && field === 'source') return textOf(at(object, ['source', 'component']) ?? object.reportingComponent);
  if (object.kind === 'Job' && field === 'status.successful') return textOf(at(object, ['status', 'succeeded']) ?? 0);
  if (object.kind === 'Namespace' && field === 'name') return object.metadata.name;
  return textOf(at(object, field.split('.')) ?? ZERO[field]);
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (isJsonObject(node) ? node[key] : undefined), value);
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
