/** The cells of each built-in kind, one printer a line. After kubernetes 1.32 pkg/printers/internalversion/printers.go */
import type { KubeObject } from '../../store/object.ts';
import { items, record } from '../schema/fill.ts';
import { isRecord, type JsonRecord } from '../patch/json-values.ts';
import { accessModes, bool, condition, containers, humanDuration, labels, labelSelector, number, since, some, strings, text } from './format.ts';
import { podRow } from './pods.ts';

export interface Row {
  cells: unknown[];
  conditions?: unknown[];
}

interface Printed {
  name: string;
  age: string;
  spec: JsonRecord;
  status: JsonRecord;
  now: number;
}

type Printer = (o: KubeObject, p: Printed) => unknown[];

const count = (value: unknown): number => (Array.isArray(value) ? value.length : Object.keys(record(value)).length);

/** Containers, images and selector of a workload: what `-o wide` adds. */
function wide(spec: JsonRecord): unknown[] {
  return [...containers(record(spec.template).spec), labelSelector(spec.selector)];
}

function jobStatus(o: KubeObject, status: JsonRecord): string {
  const is = (type: string): boolean => condition(status, type)?.status === 'True';
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (o.metadata.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(is) ?? 'Running';
}

function jobCompletions(spec: JsonRecord, status: JsonRecord): string {
  const done = number(status.succeeded);
  if (typeof spec.completions === 'number') return `${done}/${spec.completions}`;
  return number(spec.parallelism) > 1 ? `${done}/1 of ${number(spec.parallelism)}` : `${done}/1`;
}

function jobDuration({ startTime, completionTime }: JsonRecord, now: number): string {
  if (typeof startTime !== 'string') return '';
  return typeof completionTime === 'string' ? humanDuration(Date.parse(completionTime) - Date.parse(startTime)) : since(startTime, now);
}

function externalIps(spec: JsonRecord, status: JsonRecord): string {
  const own = strings(spec.externalIPs);
  if (spec.type === 'ExternalName') return text(spec.externalName);
  if (spec.type === 'LoadBalancer') {
    const all = [...items(record(status.loadBalancer), 'ingress').map((i) => text(i.ip, text(i.hostname))).filter((ip) => ip !== ''), ...own];
    return all.length > 0 ? all.join(',') : '<pending>';
  }
  return own.length > 0 ? own.join(',') : '<none>';
}

function servicePorts(spec: JsonRecord): string {
  const ports = items(spec, 'ports').map((p) => (number(p.nodePort) > 0 ? `${number(p.port)}:${number(p.nodePort)}/${text(p.protocol)}` : `${number(p.port)}/${text(p.protocol)}`));
  return ports.length === 0 ? '<none>' : ports.join(',');
}

function endpoints(o: KubeObject): string {
  const all = items(o, 'subsets').flatMap((subset) => {
    const ports = items(subset, 'ports');
    const addresses = items(subset, 'addresses').map((a) => text(a.ip));
    if (ports.length === 0) return addresses;
    return ports.flatMap((port) => addresses.map((ip) => `${ip}:${number(port.port)}`));
  });
  // Subsets whose addresses are all not ready leave the cell empty; only without subsets it says <none>.
  return items(o, 'subsets').length === 0 ? '<none>' : some(all, 3, '');
}

function nodeStatus(spec: JsonRecord, status: JsonRecord): string {
  const ready = condition(status, 'Ready');
  const shown = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec.unschedulable === true) shown.push('SchedulingDisabled');
  return shown.join(',');
}

function nodeRoles(o: KubeObject): string {
  const roles = Object.entries(o.metadata.labels ?? {}).flatMap(([key, value]) => (key.startsWith('node-role.kubernetes.io/') && key.length > 24 ? [key.slice(24)] : key === 'kubernetes.io/role' && value !== '' ? [value] : []));
  return roles.length === 0 ? '<none>' : [...new Set(roles)].sort().join(',');
}

function address(status: JsonRecord, type: string): string {
  return text(items(status, 'addresses').find((a) => a.type === type)?.address, '<none>');
}

function quota(status: JsonRecord): [string, string] {
  const [hard, used] = [record(status.hard), record(status.used)];
  const [requests, limits]: [string[], string[]] = [[], []];
  for (const name of Object.keys(hard).sort()) (name.startsWith('limits.') ? limits : requests).push(`${name}: ${text(used[name], '0')}/${text(hard[name], '0')}`);
  return [requests.join(', '), limits.join(', ')];
}

function ingressHosts(spec: JsonRecord): string {
  return some(items(spec, 'rules').map((r) => text(r.host)).filter((h) => h !== ''), 3, '*');
}

function subjects(o: KubeObject): string[] {
  const of = (kind: string): JsonRecord[] => items(o, 'subjects').filter((s) => s.kind === kind);
  return [of('User').map((s) => text(s.name)), of('Group').map((s) => text(s.name)), of('ServiceAccount').map((s) => `${text(s.namespace)}/${text(s.name)}`)].map((list) => list.join(', '));
}

const binding: Printer = (o, { name, age }) => [name, `${text(record(o.roleRef).kind)}/${text(record(o.roleRef).name)}`, age, ...subjects(o)];

/** Events of both groups: the newer one's names first. */
const event: Printer = (o, { name, now }) => {
  const first = o.firstTimestamp ?? o.deprecatedFirstTimestamp;
  const last = o.lastTimestamp ?? o.deprecatedLastTimestamp;
  const series = isRecord(o.series) ? o.series : undefined;
  const firstSeen = since(typeof first === 'string' ? first : o.eventTime, now);
  const lastSeen = series !== undefined ? since(series.lastObservedTime, now) : typeof last === 'string' ? since(last, now) : firstSeen;
  const times = series !== undefined ? number(series.count) : number(o.count ?? o.deprecatedCount) || 1;
  const about = record(o.involvedObject ?? o.regarding);
  const source = record(o.source ?? o.deprecatedSource);
  const from = [text(source.component, text(o.reportingComponent ?? o.reportingController)), text(source.host, text(source.component) === '' ? text(o.reportingInstance) : '')].filter((s) => s !== '').join(', ');
  return [lastSeen, text(o.type), text(o.reason), `${text(about.kind).toLowerCase()}/${text(about.name)}`, text(about.fieldPath), from, text(o.message ?? o.note).trim(), firstSeen, times, name];
};

function hpaTargets(spec: JsonRecord, status: JsonRecord): string {
  if (spec.targetCPUUtilizationPercentage !== undefined) {
    const now = status.currentCPUUtilizationPercentage;
    return `cpu: ${typeof now === 'number' ? `${now}%` : '<unknown>'}/${number(spec.targetCPUUtilizationPercentage)}%`;
  }
  const current = items(status, 'currentMetrics');
  const all = items(spec, 'metrics').map((metric, i) => hpaMetric(metric, current[i] ?? {}));
  if (all.length === 0) return '<none>';
  return all.length > 2 ? `${all.slice(0, 2).join(', ')} + ${all.length - 2} more...` : all.join(', ');
}

function hpaMetric(metric: JsonRecord, current: JsonRecord): string {
  const key = ({ External: 'external', Pods: 'pods', Object: 'object', Resource: 'resource', ContainerResource: 'containerResource' } as Record<string, string>)[text(metric.type)];
  if (key === undefined) return '<unknown type>';
  const [own, now] = [record(metric[key]), record(record(current[key]).current)];
  const target = record(own.target);
  const named = metric.type === 'Resource' || metric.type === 'ContainerResource' ? `${text(own.name)}: ` : '';
  if (target.averageUtilization !== undefined) return `${named}${typeof now.averageUtilization === 'number' ? `${now.averageUtilization}%` : '<unknown>'}/${number(target.averageUtilization)}%`;
  if (target.averageValue !== undefined) return `${named}${text(now.averageValue, '<unknown>')}/${text(target.averageValue)}${metric.type === 'External' || metric.type === 'Object' ? ' (avg)' : ''}`;
  return `${named}${text(now.value, '<unknown>')}/${text(target.value, 'auto')}`;
}

function csrCondition(status: JsonRecord): string {
  const kinds = items(status, 'conditions').map((c) => text(c.type));
  const parts = ['Approved', 'Denied', 'Failed'].filter((k) => kinds.includes(k));
  if (text(status.certificate) !== '') parts.push('Issued');
  return parts.length === 0 ? 'Pending' : parts.join(',');
}

function owner(o: KubeObject): string {
  const found = o.metadata.ownerReferences?.find((r) => r.controller === true);
  if (found === undefined) return '<none>';
  const group = found.apiVersion.includes('/') ? `.${found.apiVersion.split('/')[0] ?? ''}` : '';
  return `${found.kind.toLowerCase()}${group}/${found.name}`;
}

const webhooks: Printer = (o, { name, age }) => [name, count(o.webhooks), age];

export const PRINTERS: Record<string, Printer> = {
  '/componentstatuses': (o, { name }) => [name, condition(o, 'Healthy')?.status === 'True' ? 'Healthy' : 'Unhealthy', text(condition(o, 'Healthy')?.message), text(condition(o, 'Healthy')?.error)],
  '/configmaps': (o, { name, age }) => [name, count(o.data) + count(o.binaryData), age],
  '/endpoints': (o, { name, age }) => [name, endpoints(o), age],
  '/events': event,
  '/namespaces': (_o, { name, age, status }) => [name, text(status.phase), age],
  '/nodes': (o, { name, age, spec, status }) => {
    const info = record(status.nodeInfo);
    return [name, nodeStatus(spec, status), nodeRoles(o), age, text(info.kubeletVersion), address(status, 'InternalIP'), address(status, 'ExternalIP'), text(info.osImage, '<unknown>'), text(info.kernelVersion, '<unknown>'), text(info.containerRuntimeVersion, '<unknown>')];
  },
  '/persistentvolumeclaims': (o, { name, age, spec, status }) => {
    const bound = text(spec.volumeName) !== '';
    const phase = o.metadata.deletionTimestamp === undefined ? text(status.phase) : 'Terminating';
    return [name, phase, text(spec.volumeName), bound ? text(record(status.capacity).storage) : '', bound ? accessModes(status.accessModes) : '', text(spec.storageClassName), text(spec.volumeAttributesClassName, '<unset>'), age, text(spec.volumeMode, '<unset>')];
  },
  '/persistentvolumes': (o, { name, age, spec, status }) => {
    const claim = isRecord(spec.claimRef) ? `${text(spec.claimRef.namespace)}/${text(spec.claimRef.name)}` : '';
    const phase = o.metadata.deletionTimestamp === undefined ? text(status.phase) : 'Terminating';
    return [name, text(record(spec.capacity).storage), accessModes(spec.accessModes), text(spec.persistentVolumeReclaimPolicy), phase, claim, text(spec.storageClassName), text(spec.volumeAttributesClassName, '<unset>'), text(status.reason), age, text(spec.volumeMode, '<unset>')];
  },
  '/podtemplates': (o, { name }) => [name, ...containers(record(o.template).spec), labels(record(record(o.template).metadata).labels)],
  '/replicationcontrollers': (_o, { name, age, spec, status }) => [name, number(spec.replicas), number(status.replicas), number(status.readyReplicas), age, ...containers(record(spec.template).spec), labels(spec.selector)],
  '/resourcequotas': (_o, { name, age, status }) => [name, age, ...quota(status)],
  '/secrets': (o, { name, age }) => [name, text(o.type), count(o.data), age],
  '/serviceaccounts': (o, { name, age }) => [name, count(o.secrets), age],
  '/services': (_o, { name, age, spec, status }) => [name, text(spec.type), text(strings(spec.clusterIPs)[0], text(spec.clusterIP, '<none>')), externalIps(spec, status), servicePorts(spec), age, labels(spec.selector)],
  'apiregistration.k8s.io/apiservices': (_o, { name, age, spec, status }) => {
    const available = condition(status, 'Available');
    const shown = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${text(available.status)} (${text(available.reason)})`;
    return [name, isRecord(spec.service) ? `${text(spec.service.namespace)}/${text(spec.service.name)}` : 'Local', shown, age];
  },
  'apps/controllerrevisions': (o, { name, age }) => [name, owner(o), number(o.revision), age],
  'apps/daemonsets': (_o, { name, age, spec, status }) => [
    name, number(status.desiredNumberScheduled), number(status.currentNumberScheduled), number(status.numberReady), number(status.updatedNumberScheduled), number(status.numberAvailable),
    labels(record(record(spec.template).spec).nodeSelector), age, ...wide(spec),
  ],
  'apps/deployments': (_o, { name, age, spec, status }) => [name, `${number(status.readyReplicas)}/${number(spec.replicas)}`, number(status.updatedReplicas), number(status.availableReplicas), age, ...wide(spec)],
  'apps/replicasets': (_o, { name, age, spec, status }) => [name, number(spec.replicas), number(status.replicas), number(status.readyReplicas), age, ...wide(spec)],
  'apps/statefulsets': (_o, { name, age, spec, status }) => [name, `${number(status.readyReplicas)}/${number(spec.replicas)}`, age, ...containers(record(spec.template).spec)],
  'events.k8s.io/events': event,
  'autoscaling/horizontalpodautoscalers': (_o, { name, age, spec, status }) => {
    const target = record(spec.scaleTargetRef);
    return [name, `${text(target.kind)}/${text(target.name)}`, hpaTargets(spec, status), text(spec.minReplicas, '<unset>'), number(spec.maxReplicas), number(status.currentReplicas), age];
  },
  'autoscaling/scales': (_o, { name, age, spec, status }) => [name, number(spec.replicas), number(status.replicas), age],
  'batch/cronjobs': (_o, { name, age, spec, status, now }) => {
    const template = record(record(spec.jobTemplate).spec);
    const last = status.lastScheduleTime;
    return [name, text(spec.schedule), text(spec.timeZone, '<none>'), bool(spec.suspend), count(status.active), typeof last === 'string' ? since(last, now) : '<none>', age, ...wide(template)];
  },
  'batch/jobs': (o, { name, age, spec, status, now }) => [name, jobStatus(o, status), jobCompletions(spec, status), jobDuration(status, now), age, ...wide(spec)],
  'certificates.k8s.io/certificatesigningrequests': (_o, { name, age, spec, status }) => [
    name, age, text(spec.signerName, '<none>'), text(spec.username), typeof spec.expirationSeconds === 'number' ? humanDuration(spec.expirationSeconds * 1000) : '<none>', csrCondition(status),
  ],
  'networking.k8s.io/ingressclasses': (_o, { name, age, spec }) => {
    const p = isRecord(spec.parameters) ? spec.parameters : undefined;
    return [name, text(spec.controller), p === undefined ? '<none>' : `${text(p.kind)}${text(p.apiGroup) === '' ? '' : `.${text(p.apiGroup)}`}/${text(p.name)}`, age];
  },
  'networking.k8s.io/ingresses': (_o, { name, age, spec, status }) => {
    const addresses = items(record(status.loadBalancer), 'ingress').map((i) => text(i.ip, text(i.hostname))).filter((a) => a !== '');
    return [name, text(spec.ingressClassName, '<none>'), ingressHosts(spec), addresses.join(','), count(spec.tls) > 0 ? '80, 443' : '80', age];
  },
  'networking.k8s.io/networkpolicies': (_o, { name, age, spec }) => [name, labelSelector(spec.podSelector), age],
  'policy/poddisruptionbudgets': (_o, { name, age, spec, status }) => [name, text(spec.minAvailable, 'N/A'), text(spec.maxUnavailable, 'N/A'), number(status.disruptionsAllowed), age],
  'rbac.authorization.k8s.io/clusterrolebindings': binding,
  'rbac.authorization.k8s.io/rolebindings': binding,
  'storage.k8s.io/csidrivers': (_o, { name, age, spec }) => [
    name, spec.attachRequired !== false, spec.podInfoOnMount === true, spec.storageCapacity === true, items(spec, 'tokenRequests').map((t) => text(t.audience)).join(',') || '<unset>', spec.requiresRepublish === true,
    strings(spec.volumeLifecycleModes).join(',') || '<none>', age,
  ],
  'storage.k8s.io/csinodes': (_o, { name, age, spec }) => [name, count(spec.drivers), age],
  'storage.k8s.io/storageclasses': (o, { name, age }) => [
    o.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? `${name} (default)` : name,
    text(o.provisioner), text(o.reclaimPolicy, 'Delete'), text(o.volumeBindingMode, 'Immediate'), o.allowVolumeExpansion === true, age,
  ],
  'storage.k8s.io/volumeattachments': (_o, { name, age, spec, status }) => [name, text(spec.attacher), text(record(spec.source).persistentVolumeName), text(spec.nodeName), status.attached === true, age],
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhooks,
  'admissionregistration.k8s.io/validatingadmissionpolicies': (_o, { name, age, spec }) => {
    const kind = isRecord(spec.paramKind) ? `${text(spec.paramKind.apiVersion)}/${text(spec.paramKind.kind)}` : '<unset>';
    return [name, count(spec.validations), kind, age];
  },
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': (_o, { name, age, spec }) => {
    const ref = isRecord(spec.paramRef) ? spec.paramRef : undefined;
    return [name, text(spec.policyName), ref === undefined ? '<unset>' : text(ref.namespace) === '' ? text(ref.name) : `${text(ref.namespace)}/${text(ref.name)}`, age];
  },
  'scheduling.k8s.io/priorityclasses': (o, { name, age }) => [name, number(o.value), o.globalDefault === true, age, text(o.preemptionPolicy)],
  'coordination.k8s.io/leases': (_o, { name, age, spec }) => [name, text(spec.holderIdentity), age],
  'node.k8s.io/runtimeclasses': (o, { name, age }) => [name, text(o.handler), age],
  'discovery.k8s.io/endpointslices': (o, { name, age }) => {
    const ports = items(o, 'ports').map((p) => text(p.port, '*'));
    const addresses = items(o, 'endpoints').flatMap((e) => strings(e.addresses));
    return [name, text(o.addressType), some(ports, 3, '<unset>'), some(addresses, 3, '<unset>'), age];
  },
  'flowcontrol.apiserver.k8s.io/flowschemas': (_o, { name, age, spec, status }) => {
    const dangling = condition(status, 'Dangling')?.status;
    const missing = dangling === 'True' ? 'True' : dangling === 'False' ? 'False' : '?';
    return [name, text(record(spec.priorityLevelConfiguration).name), number(spec.matchingPrecedence), text(record(spec.distinguisherMethod).type, '<none>'), age, missing];
  },
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': (_o, { name, age, spec }) => {
    const limited = isRecord(spec.limited) ? spec.limited : undefined;
    const queuing = record(record(limited?.limitResponse).queuing);
    return [name, text(spec.type), text(limited?.nominalConcurrencyShares ?? record(spec.exempt).nominalConcurrencyShares, '<none>'), text(queuing.queues, '<none>'), text(queuing.handSize, '<none>'), text(queuing.queueLengthLimit, '<none>'), age];
  },
};

/** The row of a built-in kind; undefined for one that has no printer of its own. */
export function builtInRow(group: string, resource: string, object: KubeObject, now: number): Row | undefined {
  if (group === '' && resource === 'pods') return podRow(object, now);
  const printer = PRINTERS[`${group}/${resource}`];
  if (printer === undefined) return undefined;
  return { cells: printer(object, { name: object.metadata.name, age: since(object.metadata.creationTimestamp, now), spec: record(object.spec), status: record(object.status), now }) };
}
