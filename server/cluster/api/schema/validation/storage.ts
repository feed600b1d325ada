/** Volumes, claims and classes. After kubernetes 1.32 pkg/apis/{core,storage}/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { goDiff, internalValue } from '../go-diff/index.ts';
import { quantityNano } from '../quantity.ts';
import { dnsSubdomain, qualifiedName } from './names.ts';
import { nodeSelectorCauses } from './pod-placement.ts';
import { nameCauses } from './pod.ts';
import { quantityText } from './small.ts';
import { selectorCauses } from './workloads.ts';

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

function modeCauses(modes: readonly unknown[]): StatusCause[] {
  const causes = modes.filter((mode) => !MODES.includes(String(mode))).map((mode) => unsupported('spec.accessModes', mode, MODES));
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(String(mode)))) causes.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  return causes;
}

function volumeModeCauses(mode: unknown): StatusCause[] {
  return mode === undefined || mode === 'Block' || mode === 'Filesystem' ? [] : [unsupported('spec.volumeMode', mode, ['Block', 'Filesystem'])];
}

export function claimCauses(claim: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(claim.spec);
  const causes: StatusCause[] = [];
  const modes: unknown[] = Array.isArray(spec.accessModes) ? spec.accessModes : [];
  if (modes.length === 0) causes.push(required('spec.accessModes', 'at least 1 access mode is required'));
  if (isRecord(spec.selector)) causes.push(...selectorCauses(spec.selector, 'spec.selector'));
  causes.push(...modeCauses(modes));
  const { storage } = record(record(spec.resources).requests);
  if (storage === undefined) causes.push(required('spec.resources[storage]'));
  else if (quantityNano(storage) <= 0n) causes.push(invalid('spec.resources[storage]', goString(storage), 'must be greater than zero'));
  causes.push(...nameCauses('spec.storageClassName', spec.storageClassName, dnsSubdomain), ...volumeModeCauses(spec.volumeMode));
  if (old !== undefined) causes.push(...claimChanges(spec, record(old.spec), record(old.status)));
  return causes;
}

/** What may change of a claim is shown as it was. */
function unchangeable(spec: JsonRecord, old: JsonRecord, status: JsonRecord): StatusCause {
  const resources = record(spec.resources);
  const sized = status.phase === 'Bound' && isRecord(resources.requests) ? { ...spec, resources: { ...resources, requests: { ...resources.requests, storage: record(record(old.resources).requests).storage } } } : spec;
  const before = (old.volumeName ?? '') === '' ? { ...old, volumeName: spec.volumeName } : old;
  const diff = goDiff(internalValue('core.PersistentVolumeClaimSpec', before), internalValue('core.PersistentVolumeClaimSpec', sized));
  return forbidden('spec', `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diff}`);
}

function claimChanges(spec: JsonRecord, old: JsonRecord, status: JsonRecord): StatusCause[] {
  const fixed = ({ resources: _resources, volumeAttributesClassName: _class, volumeName, ...rest }: JsonRecord, bound: boolean): JsonRecord => (bound ? { ...rest, volumeName } : rest);
  const bound = (old.volumeName ?? '') !== '';
  if (!sameJson(fixed(spec, bound), fixed(old, bound))) return [unchangeable(spec, old, status)];
  const size = (s: JsonRecord): unknown => record(record(s.resources).requests).storage;
  const [before, after] = [size(old), size(spec)];
  if (before === undefined || after === undefined || sameJson(spec.resources, old.resources)) return [];
  if (status.phase !== 'Bound') return [unchangeable(spec, old, status)];
  return quantityNano(after) < quantityNano(before) ? [forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')] : [];
}

const SOURCES = ['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs', 'iscsi', 'cinder', 'fc', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi'];

export function volumeCauses(volume: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(volume.spec);
  const causes: StatusCause[] = [];
  const modes: unknown[] = Array.isArray(spec.accessModes) ? spec.accessModes : [];
  if (modes.length === 0) causes.push(required('spec.accessModes'));
  causes.push(...modeCauses(modes));
  const capacity = record(spec.capacity);
  const names = Object.keys(capacity);
  if (names.length === 0) causes.push(required('spec.capacity'));
  if (capacity.storage === undefined || names.length > 1) {
    const shown = names.length === 0 ? 'core.ResourceList(nil)' : `core.ResourceList{${names.map((name) => `${goString(name)}:${quantityText(capacity[name])}`).join(', ')}}`;
    causes.push({ reason: 'FieldValueNotSupported', message: `Unsupported value: ${shown}: supported values: "storage"`, field: 'spec.capacity' });
  }
  for (const name of names) {
    const nano = quantityNano(capacity[name]);
    if (nano < 0n) causes.push(invalid(`spec.capacity[${name}]`, String(nano / 1_000_000_000n), 'must be a valid resource quantity'));
    if (nano <= 0n) causes.push(invalid(`spec.capacity[${name}]`, goString(capacity[name]), 'must be greater than zero'));
  }
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy !== undefined && !['Delete', 'Recycle', 'Retain'].includes(String(policy))) causes.push(unsupported('spec.persistentVolumeReclaimPolicy', policy, ['Delete', 'Recycle', 'Retain']));
  const affinity = record(spec.nodeAffinity).required;
  if (isRecord(affinity)) causes.push(...nodeSelectorCauses(affinity, 'spec.nodeAffinity.required'));
  else if (isRecord(spec.nodeAffinity)) causes.push(required('spec.nodeAffinity.required', 'must specify required node constraints'));
  SOURCES.filter((source) => isRecord(spec[source])).forEach((source, i) => {
    if (i > 0) causes.push(forbidden(`spec.${source}`, 'may not specify more than 1 volume type'));
    else causes.push(...sourceCauses(source, record(spec[source]), spec));
  });
  if (!SOURCES.some((source) => isRecord(spec[source]))) causes.push(required('spec', 'must specify a volume type'));
  if (policy === 'Recycle' && record(spec.hostPath).path === '/') causes.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"));
  causes.push(...nameCauses('spec.storageClassName', spec.storageClassName, dnsSubdomain), ...volumeModeCauses(spec.volumeMode));
  if (old !== undefined && !sameJson(sourcesOf(spec), sourcesOf(record(old.spec)))) causes.push(forbidden('spec.persistentvolumesource', `spec.persistentvolumesource is immutable after creation\n${goDiff(internalValue('core.PersistentVolumeSource', sourcesOf(record(old.spec))), internalValue('core.PersistentVolumeSource', sourcesOf(spec)))}`));
  return causes;
}

function sourcesOf(spec: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => SOURCES.includes(key)));
}

function sourceCauses(kind: string, source: JsonRecord, spec: JsonRecord): StatusCause[] {
  const at = `spec.${kind}`;
  const path = String(source.path ?? '');
  const causes: StatusCause[] = [];
  if (kind === 'hostPath' || kind === 'local') {
    if (path === '') causes.push(required(`${at}.path`));
    else if (path.split('/').includes('..')) causes.push(invalid(`${at}.path`, goString(path), "must not contain '..'"));
    if (kind === 'local' && !isRecord(record(spec.nodeAffinity).required)) causes.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  if (kind === 'nfs') {
    if ((source.server ?? '') === '') causes.push(required(`${at}.server`));
    if (path === '') causes.push(required(`${at}.path`));
    if (!path.startsWith('/')) causes.push(invalid(`${at}.path`, goString(path), 'must be an absolute path'));
  }
  if (kind === 'csi') for (const key of ['driver', 'volumeHandle']) if ((source[key] ?? '') === '') causes.push(required(`${at}.${key}`));
  return causes;
}

export function storageClassCauses(object: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const causes: StatusCause[] = [];
  const provisioner = String(object.provisioner ?? '');
  if (provisioner === '') causes.push(required('provisioner'));
  else for (const problem of qualifiedName(provisioner.toLowerCase())) causes.push(invalid('provisioner', goString(provisioner), problem));
  if (Object.keys(record(object.parameters)).includes('')) causes.push(invalid('parameters', '""', 'field can not be empty.'));
  if (object.reclaimPolicy !== undefined && !['Delete', 'Retain'].includes(String(object.reclaimPolicy))) causes.push(unsupported('reclaimPolicy', object.reclaimPolicy, ['Delete', 'Retain']));
  const mode = object.volumeBindingMode;
  if (mode === undefined) causes.push(required('volumeBindingMode'));
  else if (!['Immediate', 'WaitForFirstConsumer'].includes(String(mode))) causes.push(unsupported('volumeBindingMode', mode, ['Immediate', 'WaitForFirstConsumer']));
  if (old === undefined) return causes;
  if (!sameJson(record(old.parameters), record(object.parameters))) causes.push(forbidden('parameters', 'updates to parameters are forbidden.'));
  if (old.provisioner !== object.provisioner) causes.push(forbidden('provisioner', 'updates to provisioner are forbidden.'));
  if (old.reclaimPolicy !== object.reclaimPolicy) causes.push(forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
  if (old.volumeBindingMode !== object.volumeBindingMode) causes.push(invalid('volumeBindingMode', goString(mode), 'field is immutable'));
  return causes;
}

export function volumeAttachmentCauses(attachment: KubeObject): StatusCause[] {
  const spec = record(attachment.spec);
  const source = record(spec.source);
  const [attacher, node] = [String(spec.attacher ?? ''), String(spec.nodeName ?? '')];
  const causes: StatusCause[] = attacher === '' ? [required('spec.attacher')] : [];
  if (isRecord(source.inlineVolumeSpec) === (source.persistentVolumeName !== undefined)) causes.push(required('spec.source', 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'));
  causes.push(...dnsSubdomain(node).map((problem) => invalid('spec.nodeName', goString(node), problem)));
  causes.push(...dnsSubdomain(attacher).map((problem) => invalid('spec.attacher', goString(attacher), problem)));
  return causes;
}

const QUOTA_NAMES = ['cpu', 'memory', 'ephemeral-storage', 'requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage', 'limits.cpu', 'limits.memory', 'limits.ephemeral-storage', 'pods', 'resourcequotas', 'services', 'replicationcontrollers', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'];
const INTEGERS = ['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims', 'services.nodeports', 'services.loadbalancers'];
const POD_SCOPES = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];
const SCOPES = [...POD_SCOPES, 'BestEffort'];

export function quotaCauses(quota: KubeObject): StatusCause[] {
  const spec = record(quota.spec);
  const causes: StatusCause[] = [];
  for (const [name, value] of Object.entries(record(spec.hard))) {
    const at = `spec.hard[${name}]`;
    const plain = !name.includes('/');
    if (plain && !QUOTA_NAMES.includes(name) && !name.startsWith('hugepages-') && !name.startsWith('requests.hugepages-')) {
      causes.push(invalid(at, name, 'must be a standard resource type or fully qualified'), invalid(at, name, 'must be a standard resource for quota'));
    }
    const nano = quantityNano(value);
    if (nano < 0n) causes.push(invalid(at, goString(value), 'must be greater than or equal to 0'));
    if (INTEGERS.includes(name) && nano % 1_000_000_000n !== 0n) causes.push(invalid(at, quantityText(value), 'must be an integer'));
  }
  return [...causes, ...scopeCauses(spec), ...scopeSelectorCauses(spec)];
}

function scopeCauses(spec: JsonRecord): StatusCause[] {
  const scopes: string[] = Array.isArray(spec.scopes) ? spec.scopes.map(String) : [];
  const shown = `[]core.ResourceQuotaScope{${scopes.map((s) => JSON.stringify(s)).join(', ')}}`;
  const causes: StatusCause[] = [];
  const fail = (text: string): void => void causes.push(invalid('spec.scopes', shown, text));
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) fail('unsupported scope');
    for (const name of Object.keys(record(spec.hard)).sort()) {
      if (!QUOTA_NAMES.includes(name)) continue;
      const aboutPods = name === 'pods' || /^(requests\.|limits\.)?(cpu|memory|ephemeral-storage)$/.test(name);
      if (scope === 'BestEffort' ? name !== 'pods' : POD_SCOPES.includes(scope) && !aboutPods) fail('unsupported scope applied to resource');
    }
  }
  for (const pair of [['BestEffort', 'NotBestEffort'], ['Terminating', 'NotTerminating']]) if (pair.every((s) => scopes.includes(s))) fail('conflicting scopes');
  return causes;
}

function scopeSelectorCauses(spec: JsonRecord): StatusCause[] {
  const at = 'spec.scopeSelector.matchExpressions';
  return items(record(spec.scopeSelector), 'matchExpressions').flatMap(({ scopeName, operator, values }) => {
    const causes: StatusCause[] = [];
    const list: unknown[] = Array.isArray(values) ? values : [];
    if (!SCOPES.includes(String(scopeName))) causes.push(invalid(`${at}.scopeName`, goString(scopeName ?? ''), 'unsupported scope'));
    if (SCOPES.includes(String(scopeName)) && scopeName !== 'PriorityClass' && operator !== 'Exists') {
      causes.push(invalid(`${at}.operator`, goString(operator ?? ''), "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"));
      return causes;
    }
    if (operator === 'In' || operator === 'NotIn') {
      if (list.length === 0) causes.push(required(`${at}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (list.length > 0) causes.push(invalid(`${at}.values`, goString(values), "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector"));
    } else causes.push(invalid(`${at}.operator`, goString(operator ?? ''), 'not a valid selector operator'));
    return causes;
  });
}
