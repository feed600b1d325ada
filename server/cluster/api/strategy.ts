import { isJsonObject } from '../../lib/json.ts';
import type { KubeObject } from '../store/object.ts';
import { hasSubresource, type ResourceInfo } from './scheme/resource-info.ts';
import { qosClassOf } from './qos-class.ts';

/** What the API itself writes into a new object, by kind: never what the caller sent as status. */

const EMPTY_STATUS: Record<string, (info: ResourceInfo) => unknown> = {
  '/namespaces': () => ({ phase: 'Active' }),
  '/services': () => ({ loadBalancer: {} }),
  '/replicationcontrollers': () => ({ replicas: 0 }),
  '/persistentvolumeclaims': () => ({ phase: 'Pending' }),
  'apps/replicasets': () => ({ replicas: 0 }),
  'apps/daemonsets': () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  'apps/statefulsets': () => ({ replicas: 0, availableReplicas: 0 }),
  'networking.k8s.io/ingresses': () => ({ loadBalancer: {} }),
  'policy/poddisruptionbudgets': () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  'autoscaling/horizontalpodautoscalers': ({ version }) => (version === 'v1' ? { currentReplicas: 0, desiredReplicas: 0 } : { desiredReplicas: 0, currentMetrics: null }),
};

/** Kinds whose status may be given at creation. */
const KEEPS_STATUS = new Set(['/nodes']);

/** The object as it begins to exist. `now` is RFC 3339. */
export function prepareForCreate(info: ResourceInfo, object: KubeObject, now: string): KubeObject {
  const key = `${info.group}/${info.resource}`;
  const result: KubeObject = { ...object };
  if (hasSubresource(info, 'status') && !KEEPS_STATUS.has(key)) {
    delete result.status;
    if (info.custom === undefined) result.status = EMPTY_STATUS[key]?.(info) ?? {};
  }
  PREPARE[key]?.(result, now);
  return result;
}

const PREPARE: Record<string, (object: KubeObject, now: string) => void> = {
  '/namespaces'(object) {
    object.metadata = { ...object.metadata, labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name } };
    const spec = isJsonObject(object.spec) ? object.spec : {};
    const finalizers: unknown[] = Array.isArray(spec.finalizers) ? spec.finalizers : [];
    object.spec = { ...spec, finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
  },
  '/pods'(object) {
    object.status = { phase: 'Pending', qosClass: qosClassOf(object) };
    annotateProfiles(object);
    const spec = isJsonObject(object.spec) ? object.spec : {};
    if (Number(spec.terminationGracePeriodSeconds ?? 0) < 0) object.spec = { ...spec, terminationGracePeriodSeconds: 1 };
  },
  '/persistentvolumes'(object, now) {
    object.status = { phase: 'Pending', lastPhaseTransitionTime: now };
    addFinalizer(object, 'kubernetes.io/pv-protection');
  },
  '/persistentvolumeclaims'(object) {
    addFinalizer(object, 'kubernetes.io/pvc-protection');
  },
  'apps/daemonsets'(object) {
    const annotations = object.metadata.annotations ?? {};
    object.metadata = { ...object.metadata, annotations: { ...annotations, 'deprecated.daemonset.template.generation': '1' } };
  },
  'apiextensions.k8s.io/customresourcedefinitions'(object) {
    const spec = isJsonObject(object.spec) ? object.spec : {};
    const names = isJsonObject(spec.names) ? spec.names : {};
    const kind = typeof names.kind === 'string' ? names.kind : '';
    object.spec = { ...spec, names: { ...names, singular: names.singular ?? kind.toLowerCase(), listKind: names.listKind ?? (kind === '' ? '' : `${kind}List`) }, conversion: spec.conversion ?? { strategy: 'None' } };
    const stored = (Array.isArray(spec.versions) ? spec.versions : []).filter((v) => isJsonObject(v) && v.storage === true).map((v) => (isJsonObject(v) ? v.name : ''));
    object.status = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored };
  },
  'batch/jobs'(object) {
    generateJobSelector(object);
  },
};

/** Who still reads the older annotations finds AppArmor's profiles there. After kubernetes 1.32 pkg/registry/core/pod/strategy.go */
function annotateProfiles(object: KubeObject): void {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const profileOf = (owner: Record<string, unknown>): Record<string, unknown> | undefined => {
    const context = isJsonObject(owner.securityContext) ? owner.securityContext : {};
    return isJsonObject(context.appArmorProfile) ? context.appArmorProfile : undefined;
  };
  const annotations: Record<string, string> = { ...object.metadata.annotations };
  for (const kind of ['initContainers', 'containers']) {
    for (const container of Array.isArray(spec[kind]) ? spec[kind].filter(isJsonObject) : []) {
      const profile = profileOf(container) ?? profileOf(spec);
      const value = { Unconfined: 'unconfined', RuntimeDefault: 'runtime/default', Localhost: `localhost/${String(profile?.localhostProfile ?? '')}` }[String(profile?.type)];
      if (value !== undefined) annotations[`container.apparmor.security.beta.kubernetes.io/${String(container.name)}`] ??= value;
    }
  }
  if (Object.keys(annotations).length > 0) object.metadata = { ...object.metadata, annotations };
}

function addFinalizer(object: KubeObject, finalizer: string): void {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata = { ...object.metadata, finalizers: [...finalizers, finalizer] };
}

/** After kubernetes 1.32 pkg/registry/batch/job/strategy.go */
function generateJobSelector(job: KubeObject): void {
  const spec = isJsonObject(job.spec) ? job.spec : {};
  if (spec.manualSelector === true) return;
  const template = isJsonObject(spec.template) ? spec.template : {};
  const metadata = isJsonObject(template.metadata) ? template.metadata : {};
  const labels = isJsonObject(metadata.labels) ? metadata.labels : {};
  const uid = job.metadata.uid ?? '';
  const given = isJsonObject(spec.selector) ? spec.selector : {};
  const own = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': job.metadata.name, 'controller-uid': uid, 'job-name': job.metadata.name };
  job.spec = {
    ...spec,
    selector: { ...given, matchLabels: { ...(isJsonObject(given.matchLabels) ? given.matchLabels : {}), 'batch.kubernetes.io/controller-uid': uid } },
    template: { ...template, metadata: { ...metadata, labels: { ...labels, ...own } } },
  };
  // The labels that the template had before decide: a Job without labels of its own shows the generated ones.
  if (job.metadata.labels === undefined) job.metadata = { ...job.metadata, labels: { ...(labels as Record<string, string>), ...own } };
}
