/** The levels of Pod Security that namespaces are labelled with. After kubernetes 1.32 pod-security-admission/admission/admission.go */
import { invalid } from '../../api/errors.ts';
import { sameJson } from '../../api/patch/json-values.ts';
import { at, record, records, text } from '../../auth/fields.ts';
import type { KubeObject } from '../../store/object.ts';
import type { AdmissionRequest } from '../../api/hooks.ts';
import { type AdmissionPlugin, type AdmissionTools, concerns, refuse } from '../plugin.ts';
import type { PodParts } from './checks.ts';
import { isStricter, policyOf, type Standard, standardText, violations, violationText } from './policy.ts';

const NAMESPACES = { group: '', resource: 'namespaces' };
const PODS = { group: '', resource: 'pods' };
/** Where the pods of a kind are described, by `group/resource`. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  '/replicationcontrollers': ['spec', 'template'],
  '/podtemplates': ['template'],
  'apps/replicasets': ['spec', 'template'],
  'apps/deployments': ['spec', 'template'],
  'apps/statefulsets': ['spec', 'template'],
  'apps/daemonsets': ['spec', 'template'],
  'batch/jobs': ['spec', 'template'],
  'batch/cronjobs': ['spec', 'jobTemplate', 'spec', 'template'],
};

export const podSecurity: AdmissionPlugin = {
  name: 'PodSecurity',
  validate(request, tools) {
    const { operation, resource, object, subresource = '' } = request;
    if (object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return;
    if (concerns(request, NAMESPACES.group, NAMESPACES.resource)) return ofNamespace(request, object, tools);
    const isPod = resource.group === PODS.group && resource.resource === PODS.resource && (subresource === '' || subresource === 'ephemeralcontainers');
    const template = subresource === '' ? TEMPLATES[`${resource.group}/${resource.resource}`] : undefined;
    if (!isPod && template === undefined) return;
    const labels = tools.reader.get(NAMESPACES, undefined, request.namespace ?? '')?.metadata.labels ?? {};
    const { enforce, warn } = policyOf(labels);
    if (isPod) {
      if (request.oldObject !== undefined && !changesContainers(object, request.oldObject)) return;
      const found = violations(partsOf(object), enforce);
      if (found.length > 0) throw refuse(request, `violates PodSecurity "${standardText(enforce)}": ${violationText(found)}`);
    }
    const described = template === undefined ? object : at(object, ...template);
    if (described === undefined) return;
    const found = violations(partsOf(described), warn);
    if (found.length > 0) request.warn(`would violate PodSecurity "${standardText(warn)}": ${violationText(found)}`);
  },
};

function partsOf(described: unknown): PodParts {
  const { metadata, spec } = record(described);
  return { annotations: Object.fromEntries(Object.entries(record(record(metadata)['annotations'])).map(([key, value]) => [key, text(value)])), spec: record(spec) };
}

/** Of an existing pod only images and security count: nothing else of its containers can change. */
function changesContainers(pod: KubeObject, old: KubeObject): boolean {
  return ['containers', 'initContainers', 'ephemeralContainers'].some((kind) => {
    const [now, before] = [records(record(pod['spec'])[kind]), records(record(old['spec'])[kind])];
    return now.length !== before.length || now.some((container) => {
      const same = before.find(({ name }) => name === container['name']);
      return same === undefined || same['image'] !== container['image'] || !sameJson(same['securityContext'], container['securityContext']);
    });
  });
}

/** A namespace may ask only for what there is, and is told which of its pods would not be let in any more. */
function ofNamespace(request: AdmissionRequest, namespace: KubeObject, { reader }: AdmissionTools): void {
  const policy = policyOf(namespace.metadata.labels ?? {});
  const before = request.oldObject === undefined ? undefined : policyOf(request.oldObject.metadata.labels ?? {});
  if (policy.problems.length > 0 && !sameJson(policy.problems, before?.problems ?? [])) throw invalid({ group: '', kind: 'Namespace' }, namespace.metadata.name, policy.problems);
  if (before === undefined || sameJson(policy.enforce, before.enforce) || policy.enforce.level === 'privileged') return;
  if (policy.enforce.version === before.enforce.version && !isStricter(policy.enforce.level, before.enforce.level)) return;
  for (const text of warningsOf(reader.list(PODS, namespace.metadata.name), namespace.metadata.name, policy.enforce)) request.warn(text);
}

/** Pods that fail for the same reasons are named by the first of them. */
function warningsOf(pods: readonly KubeObject[], namespace: string, enforce: Standard): string[] {
  const byReason = new Map<string, string[]>();
  for (const pod of pods) {
    const found = violations(partsOf(pod), enforce);
    if (found.length === 0) continue;
    const reason = found.map((one) => one.reason).join(', ');
    byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata.name]);
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([reason, names]) => {
    const others = names.length - 1;
    return `${names.toSorted()[0] ?? ''}${others === 0 ? '' : ` (and ${others} other pod${others === 1 ? '' : 's'})`}: ${reason}`;
  });
  return [`existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${standardText(enforce)}"`, ...lines.sort()];
}
