/** After kubernetes 1.32 pkg/apis/core/validation/validation.go */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { duplicate, forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { quantityNano } from '../quantity.ts';
import { containerCauses } from './container.ts';
import { labelCauses } from './metadata.ts';
import { dnsLabel, dnsSubdomain, isIp, qualifiedName, type NameCheck } from './names.ts';
import { affinityCauses, dnsConfigCauses, gateCauses, podSecurityCauses } from './pod-placement.ts';

export function nameCauses(field: string, value: unknown, check: NameCheck): StatusCause[] {
  return typeof value === 'string' && value !== '' ? check(value).map((problem) => invalid(field, goString(value), problem)) : [];
}

/** `pod`: of a Pod itself, which is looked at a little closer than a template. */
export function podSpecCauses(spec: JsonRecord, at: string, { pod }: { pod: boolean }): StatusCause[] {
  const volumes = new Set<string>();
  const causes = volumeCauses(spec, `${at}.volumes`, volumes);
  const names = new Set<string>();
  const all = items(spec, 'containers');
  if (all.length === 0) causes.push(required(`${at}.containers`));
  const around = { volumes, names, hostPorts: new Set<string>(), grace: Number(spec.terminationGracePeriodSeconds ?? 30) };
  all.forEach((container, i) => causes.push(...containerCauses(container, `${at}.containers[${i}]`, { ...around, init: false })));
  items(spec, 'initContainers').forEach((container, i) => causes.push(...containerCauses(container, `${at}.initContainers[${i}]`, { ...around, init: true })));
  causes.push(...hostNetworkCauses(spec, at));
  causes.push(...choice(`${at}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']));
  causes.push(...choice(`${at}.dnsPolicy`, spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']));
  causes.push(...labelCauses(`${at}.nodeSelector`, spec.nodeSelector));
  causes.push(...podSecurityCauses(spec, `${at}.securityContext`), ...affinityCauses(record(spec.affinity), `${at}.affinity`), ...dnsConfigCauses(spec, `${at}.dnsConfig`), ...gateCauses(spec, at));
  causes.push(...topologyCauses(spec, at));
  causes.push(...nameCauses(`${at}.serviceAccountName`, spec.serviceAccountName, dnsSubdomain));
  causes.push(...nameCauses(`${at}.nodeName`, spec.nodeName, dnsSubdomain));
  const deadline = spec.activeDeadlineSeconds;
  if (typeof deadline === 'number' && (deadline < 1 || deadline > 2147483647)) causes.push(invalid(`${at}.activeDeadlineSeconds`, String(deadline), 'must be between 1 and 2147483647, inclusive'));
  causes.push(...nameCauses(`${at}.hostname`, spec.hostname, dnsLabel));
  causes.push(...nameCauses(`${at}.subdomain`, spec.subdomain, dnsLabel));
  items(spec, 'tolerations').forEach((t, i) => causes.push(...tolerationCauses(t, `${at}.tolerations[${i}]`)));
  items(spec, 'hostAliases').forEach((a, i) => {
    if (typeof a.ip === 'string' && !isIp(a.ip)) causes.push(invalid(`${at}.hostAliases[${i}].ip`, goString(a.ip), 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
    (Array.isArray(a.hostnames) ? a.hostnames : []).forEach((name, n) => causes.push(...nameCauses(`${at}.hostAliases[${i}].hostnames[${n}]`, name, dnsSubdomain)));
  });
  causes.push(...nameCauses(`${at}.priorityClassName`, spec.priorityClassName, dnsSubdomain));
  causes.push(...nameCauses(`${at}.runtimeClassName`, spec.runtimeClassName, dnsSubdomain));
  const { preemptionPolicy } = spec;
  if (preemptionPolicy !== undefined && !['', 'Never', 'PreemptLowerPriority'].includes(String(preemptionPolicy))) causes.push(unsupported(`${at}.preemptionPolicy`, preemptionPolicy, ['PreemptLowerPriority', 'Never']));
  const os = record(spec.os).name;
  if (isRecord(spec.os) && os !== 'linux' && os !== 'windows') causes.push((os ?? '') === '' ? required(`${at}.os.name`) : unsupported(`${at}.os`, os, ['linux', 'windows']));
  if (pod) causes.push(...imageSpaces(spec, at));
  if (pod && items(spec, 'ephemeralContainers').length > 0) causes.push(forbidden(`${at}.ephemeralContainers`, 'cannot be set on create'));
  return causes;
}

/** In the host's network a container's port is the host's. */
function hostNetworkCauses(spec: JsonRecord, at: string): StatusCause[] {
  if (spec.hostNetwork !== true) return [];
  return items(spec, 'containers').flatMap((container, i) =>
    items(container, 'ports').flatMap((port, n) => (typeof port.hostPort === 'number' && port.hostPort !== 0 && port.hostPort !== port.containerPort ? [invalid(`${at}.containers[${i}].ports[${n}].hostPort`, String(port.hostPort), 'must match `containerPort` when `hostNetwork` is true')] : [])),
  );
}

function imageSpaces(spec: JsonRecord, at: string): StatusCause[] {
  return ['containers', 'initContainers'].flatMap((kind) =>
    items(spec, kind).flatMap(({ image }, i) => (typeof image === 'string' && image !== image.trim() ? [invalid(`${at}.${kind}[${i}].image`, goString(image), 'must not have leading or trailing whitespace')] : [])),
  );
}

/** A word that has to be one of a few. */
export function choice(field: string, value: unknown, allowed: readonly string[]): StatusCause[] {
  if (value === undefined || value === null || value === '') return [required(field)];
  return allowed.includes(String(value)) ? [] : [unsupported(field, value, allowed)];
}

const VOLUME_KINDS = ['emptyDir', 'hostPath', 'gitRepo', 'gcePersistentDisk', 'awsElasticBlockStore', 'secret', 'nfs', 'iscsi', 'glusterfs', 'flocker', 'persistentVolumeClaim', 'rbd', 'cinder', 'cephfs', 'quobyte', 'downwardAPI', 'fc', 'azureFile', 'configMap', 'vsphereVolume', 'azureDisk', 'storageos', 'portworxVolume', 'projected', 'scaleIO', 'csi', 'ephemeral', 'image'];
const HOST_PATHS = ['', 'DirectoryOrCreate', 'Directory', 'FileOrCreate', 'File', 'Socket', 'CharDevice', 'BlockDevice'];

function volumeCauses(spec: JsonRecord, at: string, names: Set<string>): StatusCause[] {
  return items(spec, 'volumes').flatMap((volume, i) => {
    const field = `${at}[${i}]`;
    const kinds = VOLUME_KINDS.filter((kind) => isRecord(volume[kind]));
    const causes: StatusCause[] = kinds.flatMap((kind, n) => (n > 0 ? [forbidden(`${field}.${kind}`, 'may not specify more than 1 volume type')] : sourceCauses(kind, record(volume[kind]), `${field}.${kind}`)));
    if (kinds.length === 0) causes.push(required(field, 'must specify a volume type'));
    const name = typeof volume.name === 'string' ? volume.name : '';
    if (name === '') causes.push(required(`${field}.name`));
    else causes.push(...nameCauses(`${field}.name`, name, dnsLabel));
    if (name !== '' && names.has(name)) causes.push(duplicate(`${field}.name`, name));
    if (causes.length === 0) names.add(name);
    return causes;
  });
}

function sourceCauses(kind: string, source: JsonRecord, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const need = (key: string): void => {
    if ((source[key] ?? '') === '') causes.push(required(`${field}.${key}`));
  };
  if (kind === 'secret') need('secretName');
  if (kind === 'configMap') need('name');
  if (kind === 'persistentVolumeClaim') need('claimName');
  if (kind === 'nfs') {
    need('server');
    need('path');
    if (!String(source.path ?? '').startsWith('/')) causes.push(invalid(`${field}.path`, goString(source.path ?? ''), 'must be an absolute path'));
  }
  if (kind === 'csi') {
    need('driver');
    for (const problem of dnsSubdomain(String(source.driver ?? '').toLowerCase())) causes.push(invalid(`${field}.driver`, goString(source.driver ?? ''), problem));
  }
  if (kind === 'iscsi') {
    need('targetPortal');
    need('iqn');
    if (typeof source.iqn === 'string' && source.iqn !== '' && !/^(iqn|eui|naa)/.test(source.iqn)) causes.push(invalid(`${field}.iqn`, goString(source.iqn), 'must be valid format starting with iqn, eui, or naa'));
    if ((source.chapAuthDiscovery === true || source.chapAuthSession === true) && !isRecord(source.secretRef)) causes.push(required(`${field}.secretRef`));
  }
  if (kind === 'gitRepo') need('repository');
  if (kind === 'ephemeral' && !isRecord(source.volumeClaimTemplate)) causes.push(required(`${field}.volumeClaimTemplate`));
  if (kind === 'emptyDir' && source.sizeLimit !== undefined && quantityNano(source.sizeLimit) < 0n) causes.push(forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  if (kind === 'downwardAPI') items(source, 'items').forEach((item) => causes.push(...downwardCauses(item, field)));
  if (kind === 'projected') causes.push(...projectedCauses(source, field));
  if (kind === 'hostPath') {
    need('path');
    if (typeof source.path === 'string' && source.path.split('/').includes('..')) causes.push(invalid(`${field}.path`, goString(source.path), "must not contain '..'"));
    if (!HOST_PATHS.includes(String(source.type ?? ''))) causes.push(unsupported(`${field}.type`, source.type, [...HOST_PATHS].sort()));
  }
  const mode = source.defaultMode;
  if (typeof mode === 'number' && (mode < 0 || mode > 0o777)) causes.push(invalid(`${field}.defaultMode`, String(mode), 'must be a number between 0 and 0777 (octal), both inclusive'));
  if (kind !== 'downwardAPI') items(source, 'items').forEach((item, i) => {
    if ((item.key ?? '') === '') causes.push(required(`${field}.items[${i}].key`));
    causes.push(...pathCauses(item.path, `${field}.items[${i}].path`));
  });
  return causes;
}

/** A path below the volume. */
function pathCauses(path: unknown, field: string): StatusCause[] {
  const text = String(path ?? '');
  if (text === '') return [required(field)];
  const causes: StatusCause[] = [];
  if (text.startsWith('/')) causes.push(invalid(field, goString(text), 'must be a relative path'));
  if (text.split('/').includes('..')) causes.push(invalid(field, goString(text), "must not contain '..'"));
  else if (text.startsWith('..')) causes.push(invalid(field, goString(text), "must not start with '..'"));
  return causes;
}

const DOWNWARD_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

function downwardCauses(item: JsonRecord, field: string): StatusCause[] {
  const causes = pathCauses(item.path, `${field}.path`);
  const { fieldPath } = record(item.fieldRef);
  if (isRecord(item.fieldRef)) {
    if (isRecord(item.resourceFieldRef)) causes.push(invalid(field, '"resource"', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
    if (!DOWNWARD_FIELDS.includes(String(fieldPath)) && !/^metadata\.(labels|annotations)\['.+'\]$/.test(String(fieldPath))) causes.push(unsupported(`${field}.fieldRef.fieldPath`, fieldPath, DOWNWARD_FIELDS));
  } else if (!isRecord(item.resourceFieldRef)) causes.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
  return causes;
}

const PROJECTIONS = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken', 'clusterTrustBundle'];

function projectedCauses(source: JsonRecord, field: string): StatusCause[] {
  return items(source, 'sources').flatMap((one, i) => {
    const at = `${field}.sources[${i}]`;
    const kinds = PROJECTIONS.filter((kind) => isRecord(one[kind]));
    const causes: StatusCause[] = [];
    kinds.forEach((kind, n) => {
      if (n > 0) causes.push(forbidden(at, 'may not specify more than 1 volume type per source'));
      const inner = record(one[kind]);
      if ((kind === 'secret' || kind === 'configMap') && (inner.name ?? '') === '') causes.push(required(`${at}.${kind}.name`));
      if (kind === 'serviceAccountToken' && (inner.path ?? '') === '') causes.push(required(`${field}.path`));
      const seconds = inner.expirationSeconds;
      if (kind === 'serviceAccountToken' && typeof seconds === 'number' && seconds < 600) causes.push(invalid(`${field}.expirationSeconds`, String(seconds), 'may not specify a duration less than 10 minutes'));
    });
    return causes;
  });
}

export function tolerationCauses(t: JsonRecord, field: string): StatusCause[] {
  const causes = nameCauses(`${field}.key`, t.key, qualifiedName);
  const [key, operator, effect] = [String(t.key ?? ''), String(t.operator ?? ''), String(t.effect ?? '')];
  if (key === '' && operator !== 'Exists') causes.push(invalid(`${field}.operator`, goString(operator), 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
  if (typeof t.tolerationSeconds === 'number' && effect !== 'NoExecute') causes.push(invalid(`${field}.effect`, goString(effect), "effect must be 'NoExecute' when `tolerationSeconds` is set"));
  if (operator === 'Exists' && (t.value ?? '') !== '') causes.push(invalid(`${field}.operator`, goString(t.value), "value must be empty when `operator` is 'Exists'"));
  if (!['', 'Equal', 'Exists'].includes(operator)) causes.push(unsupported(`${field}.operator`, operator, ['Equal', 'Exists']));
  if (!['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'].includes(effect)) causes.push(unsupported(`${field}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']));
  return causes;
}

function topologyCauses(spec: JsonRecord, at: string): StatusCause[] {
  return items(spec, 'topologySpreadConstraints').flatMap((c, i) => {
    const field = `${at}.topologySpreadConstraints[${i}]`;
    const causes: StatusCause[] = [];
    if (typeof c.maxSkew !== 'number' || c.maxSkew <= 0) causes.push(invalid(`${field}.maxSkew`, String(c.maxSkew ?? 0), 'must be greater than zero'));
    if ((c.topologyKey ?? '') === '') causes.push(required(`${field}.topologyKey`, 'can not be empty'));
    if (!['DoNotSchedule', 'ScheduleAnyway'].includes(String(c.whenUnsatisfiable))) causes.push(unsupported(`${field}.whenUnsatisfiable`, c.whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway']));
    return causes;
  });
}
