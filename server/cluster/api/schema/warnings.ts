/** What is accepted though it is hardly meant so. After kubernetes 1.32 pkg/api/{pod,service,persistentvolume,job}/warnings.go */
import { X509Certificate } from 'node:crypto';
import type { KubeObject } from '../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../patch/json-values.ts';
import { items, record } from './fill.ts';
import { parseQuantity, quantityNano } from './quantity.ts';
import { dnsLabel } from './validation/names.ts';

const NODE_LABELS: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
};
const VOLUMES: Record<string, string> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
};

/** Texts for Warning headers about a new object, or about one whose spec changed. */
export function warningsOf(object: KubeObject, old: KubeObject | undefined): string[] {
  const changed = old === undefined || !sameJson(old.spec, object.spec);
  switch (object.kind) {
    case 'Pod':
      return changed ? podWarnings(record(object.spec), object.metadata.annotations ?? {}, '') : [];
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicationController':
      return [...(old === undefined && object.kind !== 'DaemonSet' && object.kind !== 'ReplicationController' ? nameWarnings(object) : []), ...(changed ? templateWarnings(record(object.spec), 'spec.template.') : [])];
    case 'Job':
      return [...(old === undefined ? nameWarnings(object) : []), ...(changed ? templateWarnings(record(object.spec), 'spec.template.') : [])];
    case 'CronJob':
      return [...(old === undefined ? nameWarnings(object) : []), ...(changed ? templateWarnings(record(record(record(object.spec).jobTemplate).spec), 'spec.jobTemplate.spec.template.') : [])];
    case 'Ingress':
      return old === undefined && object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined ? [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`] : [];
    case 'Service':
      return serviceWarnings(object);
    case 'Secret':
      return object.type === 'kubernetes.io/tls' ? keyPairWarnings(record(object.data)) : [];
    case 'PersistentVolume':
      return changed && record(object.spec).persistentVolumeReclaimPolicy === 'Recycle' ? ['spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'] : [];
    case 'PersistentVolumeClaim':
      return changed ? fractions(record(record(object.spec).resources), 'spec.resources', 'storage') : [];
    default:
      return [];
  }
}

/** After kubernetes 1.32 pkg/api/service/warnings.go */
function serviceWarnings({ metadata, spec }: KubeObject): string[] {
  const { type, externalName, externalIPs } = record(spec);
  const warnings: string[] = [];
  if (metadata.annotations?.['service.kubernetes.io/topology-aware-hints'] !== undefined) warnings.push('annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead');
  if (type === 'ExternalName' && Array.isArray(externalIPs) && externalIPs.length > 0) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (type !== 'ExternalName' && (externalName ?? '') !== '') warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  return warnings;
}

/** The names of workloads become the names of hosts. */
function nameWarnings({ metadata: { name } }: KubeObject): string[] {
  const problems = dnsLabel(name);
  return problems.length === 0 ? [] : [`metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${problems.join(' ')}]`];
}

function templateWarnings(spec: JsonRecord, at: string): string[] {
  const template = record(spec.template);
  return podWarnings(record(template.spec), record(record(template.metadata).annotations), at);
}

function podWarnings(spec: JsonRecord, annotations: JsonRecord, at: string): string[] {
  const warnings: string[] = [];
  for (const key of Object.keys(record(spec.nodeSelector))) if (NODE_LABELS[key] !== undefined) warnings.push(`${at}spec.nodeSelector[${key}]: ${NODE_LABELS[key]}`);
  items(spec, 'topologySpreadConstraints').forEach((constraint, i) => {
    const field = `${at}spec.topologySpreadConstraints[${i}]`;
    const known = NODE_LABELS[String(constraint.topologyKey)];
    if (known !== undefined) warnings.push(`${field}.topologyKey: ${String(constraint.topologyKey)} is ${known}`);
    if (!isRecord(constraint.labelSelector)) warnings.push(`${field}.labelSelector: a null labelSelector results in matching no pod`);
  });
  items(spec, 'volumes').forEach((volume, i) => {
    for (const [kind, text] of Object.entries(VOLUMES)) if (isRecord(volume[kind])) warnings.push(`${at}spec.volumes[${i}].${kind}: ${text}`);
  });
  warnings.push(...repeated(items(spec, 'hostAliases'), 'ip', `${at}spec.hostAliases`), ...repeated(items(spec, 'imagePullSecrets'), 'name', `${at}spec.imagePullSecrets`));
  items(spec, 'imagePullSecrets').forEach(({ name }, i) => {
    if ((name ?? '') === '') warnings.push(`${at}spec.imagePullSecrets[${i}].name: invalid empty name ""`);
  });
  if (!isRecord(record(spec.securityContext).seccompProfile) && annotations['seccomp.security.alpha.kubernetes.io/pod'] !== undefined) {
    warnings.push(`${at}metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`);
  }
  const containers = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((kind) => items(spec, kind).map((container, i) => ({ container, field: `${at}spec.${kind}[${i}]` })));
  for (const { container, field } of containers) {
    const key = `container.apparmor.security.beta.kubernetes.io/${String(container.name)}`;
    if (annotations[key] !== undefined && !isRecord(record(container.securityContext).appArmorProfile)) warnings.push(`${at}metadata.annotations[${key}]: deprecated since v1.30; use the "appArmorProfile" field instead`);
    for (const name of ['memory', 'ephemeral-storage']) warnings.push(...fractions(record(container.resources), `${field}.resources`, name));
    warnings.push(...hiddenVariables(container, field));
  }
  warnings.push(...portWarnings(containers));
  if (Number(spec.terminationGracePeriodSeconds ?? 0) < 0) warnings.push(`${at}spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`);
  return warnings;
}

function repeated(list: readonly JsonRecord[], key: string, field: string): string[] {
  const seen = new Set<unknown>();
  return list.flatMap((item, i) => {
    const again = seen.has(item[key]);
    seen.add(item[key]);
    return again ? [`${field}[${i}].${key}: duplicate ${key} ${JSON.stringify(item[key])}`] : [];
  });
}

/** Bytes come whole. */
function fractions(resources: JsonRecord, field: string, name: string): string[] {
  return ['limits', 'requests'].flatMap((kind) => {
    const value = record(resources[kind])[name];
    if (value === undefined || quantityNano(value) % 1_000_000_000n === 0n) return [];
    const parsed = parseQuantity(String(value));
    const shown = 'error' in parsed ? String(value) : String(value).includes('.') ? `${parsed.nano / 1_000_000n}m` : String(value);
    return [`${field}.${kind}[${name}]: fractional byte value "${shown}" is invalid, must be an integer`];
  });
}

function hiddenVariables(container: JsonRecord, field: string): string[] {
  const seen = new Set<unknown>();
  return items(container, 'env').flatMap((env, i) => {
    const again = seen.has(env.name);
    seen.add(env.name);
    const own = `$(${String(env.name)})`;
    const value = String(env.value ?? '');
    return again && (isRecord(env.valueFrom) || value === own || !value.includes(own)) ? [`${field}.env[${i}]: hides previous definition of ${JSON.stringify(env.name)}, which may be dropped when using apply`] : [];
  });
}

function portWarnings(containers: readonly { container: JsonRecord; field: string }[]): string[] {
  const known = new Map<string, { field: string; hostIP: string; hostPort: number }[]>();
  const warnings: string[] = [];
  for (const { container, field } of containers) {
    items(container, 'ports').forEach((port, i) => {
      const here = { field: `${field}.ports[${i}]`, hostIP: String(port.hostIP ?? ''), hostPort: Number(port.hostPort ?? 0) };
      if (here.hostIP !== '' && here.hostPort === 0) warnings.push(`${here.field}: hostIP set without hostPort: {Name:${String(port.name ?? '')} HostPort:0 ContainerPort:${String(port.containerPort)} Protocol:${String(port.protocol)} HostIP:${here.hostIP}}`);
      const key = `${String(port.containerPort)}/${String(port.protocol)}`;
      const others = known.get(key) ?? [];
      for (const other of others) {
        if (other.hostIP === here.hostIP && other.hostPort === here.hostPort) warnings.push(`${here.field}: duplicate port definition with ${other.field}`);
        else if (other.hostPort === 0 || here.hostPort === 0) warnings.push(`${here.field}: overlapping port definition with ${other.field}`);
        else if (other.hostPort === here.hostPort && (other.hostIP === '') !== (here.hostIP === '')) warnings.push(`${here.field}: dangerously ambiguous port definition with ${other.field}`);
      }
      known.set(key, [...others, here]);
    });
  }
  return warnings;
}

/** After Go's crypto/tls X509KeyPair, as far as the certificate can be told to be none. */
function keyPairWarnings(data: JsonRecord): string[] {
  const text = (key: string): string => Buffer.from(String(data[key] ?? ''), 'base64').toString();
  if (!/-----BEGIN [^-]+-----/.test(text('tls.crt'))) return ['tls: failed to find any PEM data in certificate input'];
  try {
    new X509Certificate(text('tls.crt'));
  } catch {
    return ['tls: failed to parse certificate'];
  }
  return /-----BEGIN [^-]+-----/.test(text('tls.key')) ? [] : ['tls: failed to find any PEM data in key input'];
}
