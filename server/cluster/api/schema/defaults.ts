/** What Kubernetes fills in when a built-in kind is decoded. After kubernetes 1.32 pkg/apis/{kind}/v1/defaults.go */
import type { KubeObject } from '../../store/object.ts';
import { cloneJson, isRecord, type JsonRecord } from '../patch/json-values.ts';
import { defaultPodSpec, defaultPodTemplate } from './pod-defaults.ts';
import { fill, fillIfEmpty, items, record, within } from './fill.ts';

const RBAC = 'rbac.authorization.k8s.io';

type Defaulter = (object: JsonRecord) => void;

const DEFAULTS: Record<string, Defaulter> = {
  'v1 Pod': (pod) => defaultPodSpec(within(pod, 'spec'), { pod: true }),
  'v1 PodTemplate': (o) => defaultPodTemplate(within(o, 'template')),
  'v1 ReplicationController'(o) {
    const spec = within(o, 'spec');
    if (isRecord(spec.template)) {
      defaultPodTemplate(spec.template);
      const labels = record(record(spec.template.metadata).labels);
      if (Object.keys(labels).length > 0) {
        fill(spec, 'selector', { ...labels });
        fill(record(o.metadata), 'labels', { ...labels });
      }
    }
    fill(spec, 'replicas', 1);
  },
  'v1 Secret'(o) {
    fillIfEmpty(o, 'type', 'Opaque');
    if (!isRecord(o.stringData)) return;
    const data = isRecord(o.data) ? o.data : {};
    for (const [key, value] of Object.entries(o.stringData)) data[key] = Buffer.from(String(value)).toString('base64');
    o.data = data;
    delete o.stringData;
  },
  'v1 Service': service,
  'v1 Endpoints'(o) {
    for (const subset of items(o, 'subsets')) for (const port of items(subset, 'ports')) fillIfEmpty(port, 'protocol', 'TCP');
  },
  'v1 LimitRange': (o) => items(within(o, 'spec'), 'limits').forEach(limitRangeItem),
  'v1 PersistentVolumeClaim': claim,
  'v1 PersistentVolume'(o) {
    const spec = within(o, 'spec');
    fillIfEmpty(spec, 'persistentVolumeReclaimPolicy', 'Retain');
    fill(spec, 'volumeMode', 'Filesystem');
    if (isRecord(spec.hostPath)) fill(spec.hostPath, 'type', '');
    fillIfEmpty(within(o, 'status'), 'phase', 'Pending');
  },
  'v1 Namespace'(o) {
    fillIfEmpty(within(o, 'status'), 'phase', 'Active');
  },
  'apps/v1 Deployment'(o) {
    const spec = workload(o);
    fill(spec, 'replicas', 1);
    rollingUpdate(within(spec, 'strategy'), { maxUnavailable: '25%', maxSurge: '25%' });
    fill(spec, 'revisionHistoryLimit', 10);
    fill(spec, 'progressDeadlineSeconds', 600);
  },
  'apps/v1 ReplicaSet': (o) => fill(workload(o), 'replicas', 1),
  'apps/v1 DaemonSet'(o) {
    const spec = workload(o);
    rollingUpdate(within(spec, 'updateStrategy'), { maxUnavailable: 1, maxSurge: 0 });
    fill(spec, 'revisionHistoryLimit', 10);
  },
  'apps/v1 StatefulSet'(o) {
    const spec = workload(o);
    fillIfEmpty(spec, 'podManagementPolicy', 'OrderedReady');
    rollingUpdate(within(spec, 'updateStrategy'), { partition: 0 });
    const retention = within(spec, 'persistentVolumeClaimRetentionPolicy');
    fillIfEmpty(retention, 'whenDeleted', 'Retain');
    fillIfEmpty(retention, 'whenScaled', 'Retain');
    fill(spec, 'replicas', 1);
    fill(spec, 'revisionHistoryLimit', 10);
    for (const template of items(spec, 'volumeClaimTemplates')) {
      fillIfEmpty(template, 'apiVersion', 'v1');
      fillIfEmpty(template, 'kind', 'PersistentVolumeClaim');
      claim(template);
    }
  },
  'batch/v1 Job': job,
  'batch/v1 CronJob'(o) {
    const spec = within(o, 'spec');
    fillIfEmpty(spec, 'concurrencyPolicy', 'Allow');
    fill(spec, 'suspend', false);
    fill(spec, 'successfulJobsHistoryLimit', 3);
    fill(spec, 'failedJobsHistoryLimit', 1);
    // A Job's own defaults come when the Job is made; only its pods' are known here.
    defaultPodTemplate(within(within(within(spec, 'jobTemplate'), 'spec'), 'template'));
  },
  'autoscaling/v1 HorizontalPodAutoscaler'(o) {
    const spec = within(o, 'spec');
    fill(spec, 'minReplicas', 1);
    fill(spec, 'targetCPUUtilizationPercentage', 80);
  },
  'autoscaling/v2 HorizontalPodAutoscaler'(o) {
    const spec = within(o, 'spec');
    fill(spec, 'minReplicas', 1);
    if (!Array.isArray(spec.metrics) || spec.metrics.length === 0) spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }];
    if (isRecord(spec.behavior)) scalingBehavior(spec.behavior);
  },
  'networking.k8s.io/v1 NetworkPolicy': networkPolicy,
  'networking.k8s.io/v1 IngressClass'(o) {
    const parameters = record(o.spec).parameters;
    if (isRecord(parameters)) fill(parameters, 'scope', 'Cluster');
  },
  'rbac.authorization.k8s.io/v1 RoleBinding': binding,
  'rbac.authorization.k8s.io/v1 ClusterRoleBinding': binding,
  'scheduling.k8s.io/v1 PriorityClass': (o) => fill(o, 'preemptionPolicy', 'PreemptLowerPriority'),
  'storage.k8s.io/v1 StorageClass'(o) {
    fill(o, 'reclaimPolicy', 'Delete');
    fill(o, 'volumeBindingMode', 'Immediate');
  },
  'storage.k8s.io/v1 CSIDriver'(o) {
    const spec = within(o, 'spec');
    fill(spec, 'attachRequired', true);
    fill(spec, 'podInfoOnMount', false);
    fill(spec, 'storageCapacity', false);
    fill(spec, 'fsGroupPolicy', 'ReadWriteOnceWithFSType');
    fill(spec, 'requiresRepublish', false);
    fill(spec, 'seLinuxMount', false);
    if (!Array.isArray(spec.volumeLifecycleModes) || spec.volumeLifecycleModes.length === 0) spec.volumeLifecycleModes = ['Persistent'];
  },
  'discovery.k8s.io/v1 EndpointSlice'(o) {
    for (const port of items(o, 'ports')) {
      fill(port, 'name', '');
      fill(port, 'protocol', 'TCP');
    }
  },
  'authentication.k8s.io/v1 TokenRequest': (o) => fill(within(o, 'spec'), 'expirationSeconds', 3600),
  'apiextensions.k8s.io/v1 CustomResourceDefinition': definition,
  'admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration': (o) => items(o, 'webhooks').forEach((w) => webhook(w)),
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy'(o) {
    const spec = record(o.spec);
    fill(spec, 'failurePolicy', 'Fail');
    if (isRecord(spec.matchConstraints)) matchResources(spec.matchConstraints);
  },
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding'(o) {
    const { matchResources: resources } = record(o.spec);
    if (isRecord(resources)) matchResources(resources);
  },
  'admissionregistration.k8s.io/v1 MutatingWebhookConfiguration'(o) {
    for (const w of items(o, 'webhooks')) {
      webhook(w);
      fill(w, 'reinvocationPolicy', 'Never');
    }
  },
};

/** A copy of a built-in kind's object with its defaults; of every other kind, the object itself. */
export function defaultObject(object: KubeObject): KubeObject {
  const defaulter = DEFAULTS[`${object.apiVersion} ${object.kind}`];
  if (defaulter === undefined) return object;
  const copy = cloneJson(object);
  defaulter(copy);
  return copy;
}

function workload(o: JsonRecord): JsonRecord {
  const spec = within(o, 'spec');
  defaultPodTemplate(within(spec, 'template'));
  return spec;
}

function rollingUpdate(strategy: JsonRecord, fallbacks: JsonRecord): void {
  fillIfEmpty(strategy, 'type', 'RollingUpdate');
  if (strategy.type !== 'RollingUpdate') return;
  const rolling = within(strategy, 'rollingUpdate');
  for (const [key, value] of Object.entries(fallbacks)) fill(rolling, key, value);
}

function service(o: JsonRecord): void {
  const spec = within(o, 'spec');
  fillIfEmpty(spec, 'sessionAffinity', 'None');
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  if (spec.sessionAffinity === 'ClientIP' && !isRecord(spec.sessionAffinityConfig)) spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10800 } };
  fillIfEmpty(spec, 'type', 'ClusterIP');
  for (const port of items(spec, 'ports')) {
    fillIfEmpty(port, 'protocol', 'TCP');
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  if (external) fillIfEmpty(spec, 'externalTrafficPolicy', 'Cluster');
  if (external || spec.type === 'ClusterIP') fill(spec, 'internalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') fill(spec, 'allocateLoadBalancerNodePorts', true);
}

function limitRangeItem(limit: JsonRecord): void {
  if (limit.type !== 'Container') return;
  const [max, min] = [record(limit.max), record(limit.min)];
  const fallback = isRecord(limit.default) ? limit.default : {};
  for (const [name, value] of Object.entries(max)) fill(fallback, name, value);
  const request = isRecord(limit.defaultRequest) ? limit.defaultRequest : {};
  for (const [name, value] of Object.entries(fallback)) fill(request, name, value);
  for (const [name, value] of Object.entries(min)) fill(request, name, value);
  if (Object.keys(fallback).length > 0) limit.default = fallback;
  if (Object.keys(request).length > 0) limit.defaultRequest = request;
}

function claim(o: JsonRecord): void {
  fillIfEmpty(within(o, 'status'), 'phase', 'Pending');
  fill(within(o, 'spec'), 'volumeMode', 'Filesystem');
}

function job(o: JsonRecord): void {
  const spec = workload(o);
  if (spec.completions == null && spec.parallelism == null) spec.completions = 1;
  fill(spec, 'parallelism', 1);
  const perIndex = spec.backoffLimitPerIndex != null;
  fill(spec, 'backoffLimit', perIndex ? 2147483647 : 6);
  const labels = record(record(spec.template).metadata).labels;
  const metadata = within(o, 'metadata');
  if (isRecord(labels) && Object.keys(labels).length > 0 && Object.keys(record(metadata.labels)).length === 0) metadata.labels = { ...labels };
  fill(spec, 'completionMode', 'NonIndexed');
  fill(spec, 'suspend', false);
  fill(spec, 'manualSelector', false);
  fill(spec, 'podReplacementPolicy', spec.podFailurePolicy == null ? 'TerminatingOrFailed' : 'Failed');
  for (const rule of items(record(spec.podFailurePolicy), 'rules')) {
    for (const pattern of items(rule, 'onPodConditions')) fillIfEmpty(pattern, 'status', 'True');
  }
}

function scalingBehavior(behavior: JsonRecord): void {
  const up = within(behavior, 'scaleUp');
  fill(up, 'selectPolicy', 'Max');
  fill(up, 'stabilizationWindowSeconds', 0);
  fill(up, 'policies', [{ type: 'Pods', value: 4, periodSeconds: 15 }, { type: 'Percent', value: 100, periodSeconds: 15 }]);
  const down = within(behavior, 'scaleDown');
  fill(down, 'selectPolicy', 'Max');
  fill(down, 'policies', [{ type: 'Percent', value: 100, periodSeconds: 15 }]);
}

function networkPolicy(o: JsonRecord): void {
  const spec = within(o, 'spec');
  for (const rule of [...items(spec, 'ingress'), ...items(spec, 'egress')]) for (const port of items(rule, 'ports')) fill(port, 'protocol', 'TCP');
  if (!Array.isArray(spec.policyTypes) || spec.policyTypes.length === 0) spec.policyTypes = Array.isArray(spec.egress) && spec.egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

function binding(o: JsonRecord): void {
  fillIfEmpty(within(o, 'roleRef'), 'apiGroup', RBAC);
  for (const subject of items(o, 'subjects')) {
    if (subject.kind === 'User' || subject.kind === 'Group') fillIfEmpty(subject, 'apiGroup', RBAC);
  }
}

function definition(o: JsonRecord): void {
  const spec = within(o, 'spec');
  const names = within(spec, 'names');
  const kind = typeof names.kind === 'string' ? names.kind : '';
  fillIfEmpty(names, 'singular', kind.toLowerCase());
  fillIfEmpty(names, 'listKind', kind === '' ? '' : `${kind}List`);
  if (!isRecord(spec.conversion)) spec.conversion = { strategy: 'None' };
  const service = record(record(record(record(spec.conversion).webhook).clientConfig).service);
  if (Object.keys(service).length > 0) fill(service, 'port', 443);
}

function matchResources(resources: JsonRecord): void {
  fill(resources, 'matchPolicy', 'Equivalent');
  fill(resources, 'namespaceSelector', {});
  fill(resources, 'objectSelector', {});
  for (const rule of [...items(resources, 'resourceRules'), ...items(resources, 'excludeResourceRules')]) fill(rule, 'scope', '*');
}

function webhook(w: JsonRecord): void {
  fill(w, 'failurePolicy', 'Fail');
  fill(w, 'matchPolicy', 'Equivalent');
  fill(w, 'namespaceSelector', {});
  fill(w, 'objectSelector', {});
  fill(w, 'timeoutSeconds', 10);
  const target = record(record(w.clientConfig).service);
  if (Object.keys(target).length > 0) fill(target, 'port', 443);
  for (const rule of items(w, 'rules')) fill(rule, 'scope', '*');
}
