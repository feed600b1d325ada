/** After kubernetes 1.32 apimachinery/pkg/api/validation/objectmeta.go */
import type { KubeObject, OwnerReference } from '../../../store/object.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, required, tooLong } from '../causes.ts';
import { dns1035Label, dnsLabel, dnsSubdomain, labelValue, pathSegment, qualifiedName, type NameCheck } from './names.ts';

const MAX_ANNOTATIONS = 262144;
const UPDATE_CHECKS = 4;
const STANDARD_FINALIZERS = ['kubernetes', 'orphan', 'foregroundDeletion'];

const NAMES: Record<string, NameCheck> = {
  '/namespaces': dnsLabel,
  '/services': dns1035Label,
  'apiextensions.k8s.io/customresourcedefinitions': dnsSubdomain,
  'apps/statefulsets': dnsLabel,
  'rbac.authorization.k8s.io/roles': pathSegment,
  'rbac.authorization.k8s.io/clusterroles': pathSegment,
  'rbac.authorization.k8s.io/rolebindings': pathSegment,
  'rbac.authorization.k8s.io/clusterrolebindings': pathSegment,
  'certificates.k8s.io/certificatesigningrequests': dnsSubdomain,
  '/events': pathSegment,
  'events.k8s.io/events': pathSegment,
};

export function metadataCauses(key: string, object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const { metadata } = object;
  const causes: StatusCause[] = [];
  const check = NAMES[key] ?? dnsSubdomain;
  if (metadata.generateName !== undefined && metadata.generateName !== '' && old === undefined) {
    // What is added behind it makes a dash at the end harmless.
    const base = metadata.generateName.replace(/-$/, 'a');
    for (const problem of check(base)) causes.push(invalid('metadata.generateName', goString(metadata.generateName), problem));
  }
  if (metadata.name === '') causes.push(required('metadata.name', 'name or generateName is required'));
  else for (const problem of check(metadata.name)) causes.push(invalid('metadata.name', goString(metadata.name), problem));
  // An update is looked at by four checks, each of which says the same of labels and annotations.
  const times = old === undefined ? 1 : UPDATE_CHECKS;
  for (let i = 0; i < times; i++) causes.push(...labelCauses('metadata.labels', metadata.labels), ...annotationCauses('metadata.annotations', metadata.annotations));
  causes.push(...ownerCauses(object));
  (metadata.finalizers ?? []).forEach((finalizer, i) => {
    const field = `metadata.finalizers[${i}]`;
    for (const problem of qualifiedName(finalizer)) causes.push(invalid(field, goString(finalizer), problem));
    // Only the built-in kinds want their finalizers qualified; of a custom resource it is a wish.
    if (isBuiltIn(key) && !finalizer.includes('/') && !STANDARD_FINALIZERS.includes(finalizer)) causes.push(invalid(field, goString(finalizer), 'name is neither a standard finalizer name nor is it fully qualified'));
  });
  if (old !== undefined && old.metadata.deletionTimestamp !== undefined) {
    const before = old.metadata.finalizers ?? [];
    const added = (metadata.finalizers ?? []).filter((f) => !before.includes(f));
    if (added.length > 0) causes.push(forbidden('metadata.finalizers', `no new finalizers can be added if the object is being deleted, found new finalizers ${goString(added)}`));
  }
  return causes;
}

/** `group/resource` of a kind that Kubernetes brings along. */
function isBuiltIn(key: string): boolean {
  const [group = ''] = key.split('/');
  return !group.includes('.') || group.endsWith('.k8s.io');
}

export function labelCauses(field: string, labels: unknown): StatusCause[] {
  const causes: StatusCause[] = [];
  if (typeof labels !== 'object' || labels === null) return causes;
  for (const [key, value] of Object.entries(labels)) {
    for (const problem of qualifiedName(key)) causes.push(invalid(field, goString(key), problem));
    if (typeof value === 'string') for (const problem of labelValue(value)) causes.push(invalid(field, goString(value), problem));
  }
  return causes;
}

function annotationCauses(field: string, annotations: Record<string, string> | undefined): StatusCause[] {
  const all = Object.entries(annotations ?? {});
  const causes = all.flatMap(([key]) => qualifiedName(key.toLowerCase()).map((problem) => invalid(field, goString(key), problem)));
  const size = all.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_ANNOTATIONS) causes.push(tooLong(field, MAX_ANNOTATIONS));
  return causes;
}

function ownerCauses(object: KubeObject): StatusCause[] {
  const causes: StatusCause[] = [];
  const owners = object.metadata.ownerReferences ?? [];
  let controller: string | undefined;
  for (const owner of owners) {
    const field = 'metadata.ownerReferences';
    if ((owner.apiVersion ?? '') === '') causes.push(invalid(`${field}.apiVersion`, '""', 'version must not be empty'));
    if ((owner.kind ?? '') === '') causes.push(invalid(`${field}.kind`, '""', 'kind must not be empty'));
    if ((owner.name ?? '') === '') causes.push(invalid(`${field}.name`, '""', 'name must not be empty'));
    if ((owner.uid ?? '') === '') causes.push(invalid(`${field}.uid`, '""', 'uid must not be empty'));
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') causes.push(invalid(field, ownerText(owner), '/v1, Kind=Event is disallowed from being an owner'));
  }
  for (const owner of owners) {
    if (owner.controller !== true) continue;
    if (controller !== undefined) causes.push(invalid('metadata.ownerReferences', `[]v1.OwnerReference{${owners.map(ownerText).join(', ')}}`, `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${owner.kind}/${owner.name}`));
    controller = `${owner.kind}/${owner.name}`;
  }
  return causes;
}

/** Go prints where a pointer points to; only whether there is one can be told here. */
function ownerText({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): string {
  const pointer = (value: boolean | undefined): string => (value === undefined ? '(*bool)(nil)' : '(*bool)(0xc000000000)');
  return `v1.OwnerReference{APIVersion:${goString(apiVersion)}, Kind:${goString(kind)}, Name:${goString(name)}, UID:${goString(uid)}, Controller:${pointer(controller)}, BlockOwnerDeletion:${pointer(blockOwnerDeletion)}}`;
}
