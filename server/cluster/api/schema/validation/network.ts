/** After kubernetes 1.32 pkg/apis/core/validation and pkg/apis/networking/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { duplicate, forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { targetPortCauses } from './container.ts';
import { labelCauses } from './metadata.ts';
import { CIDR_PROBLEM, dnsLabel, dnsSubdomain, dns1035Label, domainPath, isCidr, isIp, portName, qualifiedName, wildcardSubdomain } from './names.ts';
import { choice, nameCauses } from './pod.ts';
import { selectorCauses } from './workloads.ts';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';

export function serviceCauses(service: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(service.spec);
  const ports = items(spec, 'ports');
  const causes: StatusCause[] = [];
  const headless = spec.clusterIP === 'None';
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') causes.push(required('spec.ports'));
  if (spec.type === 'ExternalName') {
    causes.push(...addressCauses(spec));
    const name = String(spec.externalName ?? '').replace(/\.$/, '');
    if (name === '') causes.push(required('spec.externalName'));
    else for (const problem of dnsSubdomain(name)) causes.push(invalid('spec.externalName', goString(spec.externalName), problem));
  }
  if (headless && (spec.type === 'NodePort' || spec.type === 'LoadBalancer')) causes.push(invalid('spec.clusterIPs[0]', '"None"', `may not be set to 'None' for ${spec.type} services`));
  const names = new Set<string>();
  ports.forEach((port, i) => causes.push(...servicePortCauses(port, `spec.ports[${i}]`, ports.length > 1, names)));
  causes.push(...labelCauses('spec.selector', spec.selector), ...choice('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']), ...affinityConfigCauses(spec), ...(spec.type === 'ExternalName' ? [] : addressCauses(spec)));
  (Array.isArray(spec.externalIPs) ? spec.externalIPs : []).forEach((ip, i) => {
    if (!isIp(String(ip))) causes.push(invalid(`spec.externalIPs[${i}]`, goString(ip), IP));
  });
  causes.push(...choice('spec.type', spec.type, TYPES));
  if (spec.type === 'ClusterIP') ports.forEach((port, i) => {
    if (Number(port.nodePort ?? 0) !== 0) causes.push(forbidden(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
  });
  causes.push(...samePortCauses(ports));
  const ranges: unknown[] = Array.isArray(spec.loadBalancerSourceRanges) ? spec.loadBalancerSourceRanges : [];
  if (ranges.length > 0 && spec.type !== 'LoadBalancer') causes.push(forbidden('spec.LoadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  ranges.forEach((range, i) => {
    if (!isCidr(String(range).trim())) causes.push(invalid(`spec.LoadBalancerSourceRanges[${i}]`, goString(range), CIDR_PROBLEM));
  });
  for (const key of ['allocateLoadBalancerNodePorts', 'loadBalancerClass']) if (spec[key] !== undefined && spec.type !== 'LoadBalancer') causes.push(forbidden(`spec.${key}`, "may only be used when `type` is 'LoadBalancer'"));
  causes.push(...trafficCauses(spec));
  if (old !== undefined) causes.push(...serviceChanges(spec, record(old.spec)));
  return causes;
}

/** Two ports of one protocol can't be the same, on the node or at the Service. */
function samePortCauses(ports: readonly JsonRecord[]): StatusCause[] {
  const causes: StatusCause[] = [];
  const nodePorts = new Set<string>();
  ports.forEach((port, i) => {
    if (Number(port.nodePort ?? 0) === 0) return;
    const key = `${String(port.protocol)}/${String(port.nodePort)}`;
    if (nodePorts.has(key)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${String(port.nodePort)}`, field: `spec.ports[${i}].nodePort` });
    nodePorts.add(key);
  });
  const seen = new Set<string>();
  ports.forEach((port, i) => {
    const key = `${String(port.protocol)}/${String(port.port)}`;
    if (seen.has(key)) {
      causes.push({ ...duplicate(`spec.ports[${i}]`, ''), message: `Duplicate value: core.ServicePort{Name:"", Protocol:${goString(port.protocol)}, AppProtocol:(*string)(nil), Port:${String(port.port)}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}` });
    }
    seen.add(key);
  });
  return causes;
}

const DAY = 86_400;

function affinityConfigCauses(spec: JsonRecord): StatusCause[] {
  const config = spec.sessionAffinityConfig;
  const at = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'None') return isRecord(config) ? [forbidden(at, 'must not be set when session affinity is None')] : [];
  if (spec.sessionAffinity !== 'ClientIP') return [];
  if (!isRecord(config)) return [required(at, 'when session affinity type is ClientIP')];
  const seconds = record(config.clientIP).timeoutSeconds;
  if (typeof seconds !== 'number') return [required(`${at}.clientIP`, 'when session affinity type is ClientIP')];
  return seconds <= 0 || seconds > DAY ? [invalid(`${at}.clientIP.timeoutSeconds`, String(seconds), `must be greater than 0 and less than ${DAY}`)] : [];
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** The cluster speaks IPv4 alone. */
function addressCauses(spec: JsonRecord): StatusCause[] {
  if (spec.type === 'ExternalName') {
    return (['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const).filter((key) => (key === 'clusterIPs' ? (spec.clusterIP ?? '') !== '' || hasItems(spec.clusterIPs) : key === 'ipFamilies' ? hasItems(spec.ipFamilies) : spec[key] !== undefined)).map((key) => forbidden(`spec.${key}`, 'may not be set for ExternalName services'));
  }
  const causes: StatusCause[] = [];
  const families: unknown[] = Array.isArray(spec.ipFamilies) ? spec.ipFamilies : [];
  families.forEach((family, i) => {
    if (family !== 'IPv4' && family !== 'IPv6') causes.push(unsupported(`spec.ipFamilies[${i}]`, family, ['IPv4', 'IPv6']));
  });
  const policy = spec.ipFamilyPolicy;
  if (policy !== undefined && !['PreferDualStack', 'RequireDualStack', 'SingleStack'].includes(String(policy))) causes.push(unsupported('spec.ipFamilyPolicy', policy, ['PreferDualStack', 'RequireDualStack', 'SingleStack']));
  const addresses: unknown[] = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : [];
  addresses.forEach((ip, i) => {
    if (typeof ip === 'string' && ip !== '' && ip !== 'None' && !isIp(ip)) causes.push(invalid(`spec.clusterIPs[${i}]`, goString(ip), IP));
  });
  return causes;
}

function trafficCauses(spec: JsonRecord): StatusCause[] {
  const causes: StatusCause[] = [];
  const { externalTrafficPolicy: outside, internalTrafficPolicy: inside, trafficDistribution: near } = spec;
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || (Array.isArray(spec.externalIPs) && spec.externalIPs.length > 0);
  if (outside !== undefined && outside !== '') {
    if (!external) causes.push(invalid('spec.externalTrafficPolicy', goString(outside), 'may only be set for externally-accessible services'));
    else if (outside !== 'Cluster' && outside !== 'Local') causes.push(unsupported('spec.externalTrafficPolicy', outside, ['Cluster', 'Local']));
  }
  if (inside !== undefined && inside !== 'Cluster' && inside !== 'Local') causes.push(unsupported('spec.internalTrafficPolicy', inside, ['Cluster', 'Local']));
  if (near !== undefined && near !== 'PreferClose') causes.push(unsupported('spec.trafficDistribution', near, ['PreferClose']));
  return causes;
}

function servicePortCauses(port: JsonRecord, at: string, several: boolean, names: Set<string>): StatusCause[] {
  const causes: StatusCause[] = [];
  const name = String(port.name ?? '');
  if (name === '') {
    if (several) causes.push(required(`${at}.name`));
  } else {
    causes.push(...nameCauses(`${at}.name`, name, dnsLabel));
    if (names.has(name)) causes.push(duplicate(`${at}.name`, name));
    names.add(name);
  }
  causes.push(...targetPortCauses(port.port ?? 0, `${at}.port`));
  causes.push(...choice(`${at}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  causes.push(...targetPortCauses(port.targetPort ?? port.port ?? 0, `${at}.targetPort`));
  if (typeof port.appProtocol === 'string') for (const problem of qualifiedName(port.appProtocol)) causes.push(invalid(`${at}.appProtocol`, goString(port.appProtocol), problem));
  return causes;
}

function serviceChanges(spec: JsonRecord, old: JsonRecord): StatusCause[] {
  const first = (s: JsonRecord): string => (Array.isArray(s.clusterIPs) ? String(s.clusterIPs[0] ?? '') : String(s.clusterIP ?? ''));
  const [before, after] = [first(old), first(spec)];
  if (old.type === 'ExternalName' || spec.type === 'ExternalName' || before === '' || before === after) return [];
  return [invalid('spec.clusterIPs[0]', goString([after]), 'may not change once set')];
}

export function ingressCauses(ingress: KubeObject): StatusCause[] {
  const spec = record(ingress.spec);
  const rules = items(spec, 'rules');
  const causes: StatusCause[] = [];
  if (isRecord(spec.defaultBackend)) causes.push(...backendCauses(spec.defaultBackend, 'spec.defaultBackend'));
  if (rules.length === 0 && !isRecord(spec.defaultBackend)) causes.push(invalid('spec', '[]networking.IngressRule(nil)', 'either `defaultBackend` or `rules` must be specified'));
  rules.forEach((rule, i) => {
    const at = `spec.rules[${i}]`;
    causes.push(...hostCauses(rule.host, `${at}.host`));
    if (!isRecord(rule.http)) return;
    const paths = items(rule.http, 'paths');
    if (paths.length === 0) causes.push(required(`${at}.http.paths`));
    paths.forEach((path, n) => {
      const field = `${at}.http.paths[${n}]`;
      if ((path.pathType ?? '') === '') {
        causes.push(required(`${field}.pathType`, 'pathType must be specified'));
        return;
      }
       if (!['Exact', 'Prefix', 'ImplementationSpecific'].includes(String(path.pathType))) causes.push(unsupported(`${field}.pathType`, path.pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
      else if (path.pathType !== 'ImplementationSpecific' && !String(path.path ?? '').startsWith('/')) causes.push(invalid(`${field}.path`, goString(path.path ?? ''), 'must be an absolute path'));
      else if (path.pathType !== 'ImplementationSpecific') for (const text of ODD_PATHS) if (String(path.path ?? '').includes(text)) causes.push(invalid(`${field}.path`, goString(path.path), `must not contain '${text}'`));
      if (path.pathType !== 'ImplementationSpecific') for (const text of ['/..', '/.']) if (String(path.path ?? '').endsWith(text)) causes.push(invalid(`${field}.path`, goString(path.path), `cannot end with '${text}'`));
      causes.push(...backendCauses(record(path.backend), `${field}.backend`));
    });
  });
  items(spec, 'tls').forEach((tls, i) => {
    for (const [n, host] of (Array.isArray(tls.hosts) ? tls.hosts : []).entries()) causes.push(...hostCauses(host, `spec.tls[${i}].hosts[${n}]`));
    causes.push(...nameCauses(`spec.tls[${i}].secretName`, tls.secretName, dnsSubdomain));
  });
  causes.push(...nameCauses('spec.ingressClassName', spec.ingressClassName, dnsSubdomain));
  return causes;
}

const ODD_PATHS = ['//', '/./', '/../', '%2f', '%2F'];

function hostCauses(host: unknown, field: string): StatusCause[] {
  if (typeof host !== 'string' || host === '') return [];
  if (isIp(host)) return [invalid(field, goString(host), 'must be a DNS name, not an IP address')];
  return (host.includes('*') ? wildcardSubdomain : dnsSubdomain)(host).map((problem) => invalid(field, goString(host), problem));
}

function backendCauses(backend: JsonRecord, at: string): StatusCause[] {
  if (isRecord(backend.resource)) {
    if (isRecord(backend.service)) return [invalid(at, '""', 'cannot set both resource and service backends')];
    return ['kind', 'name'].filter((key) => (record(backend.resource)[key] ?? '') === '').map((key) => required(`${at}.resource.${key}`, `${key} is required`));
  }
  if (!isRecord(backend.service)) return [invalid(at, '""', 'resource or service backend is required')];
  const { name } = backend.service;
  const causes = (name ?? '') === '' ? [required(`${at}.service.name`)] : nameCauses(`${at}.service.name`, name, dns1035Label);
  const port = record(backend.service.port);
  if ((port.name ?? '') !== '' && Number(port.number ?? 0) !== 0) causes.push(invalid(at, '""', 'cannot set both port name & port number'));
  else if ((port.name ?? '') === '' && Number(port.number ?? 0) === 0) causes.push(required(at, 'port name or number is required'));
  else causes.push(...targetPortCauses((port.name ?? '') === '' ? port.number : port.name, `${at}.service.port.${(port.name ?? '') === '' ? 'number' : 'name'}`));
  return causes;
}

export function ingressClassCauses(object: KubeObject): StatusCause[] {
  const spec = record(object.spec);
  const controller = String(spec.controller ?? '');
  const causes = controller === '' ? [required('spec.controller')] : domainPath(controller).map((problem) => invalid('spec.controller', goString(controller), problem));
  if (isRecord(spec.parameters)) causes.push(...classParameterCauses(spec.parameters, 'spec.parameters'));
  return causes;
}

function classParameterCauses(parameters: JsonRecord, at: string): StatusCause[] {
  const causes = ['kind', 'name'].filter((key) => (parameters[key] ?? '') === '').map((key) => required(`${at}.${key}`, `${key} is required`));
  const { scope, namespace } = parameters;
  if (scope === undefined) return [...causes, required(`${at}.scope`)];
  if (scope !== 'Cluster' && scope !== 'Namespace') return [...causes, unsupported(`${at}.scope`, scope, ['Cluster', 'Namespace'])];
  if (scope === 'Cluster') return namespace === undefined ? causes : [...causes, forbidden(`${at}.namespace`, "`parameters.scope` is set to 'Cluster'")];
  if (namespace === undefined) return [...causes, required(`${at}.namespace`, "`parameters.scope` is set to 'Namespace'")];
  return [...causes, ...dnsLabel(String(namespace)).map((problem) => invalid(`${at}.namespace`, goString(namespace), problem))];
}

export function networkPolicyCauses(policy: KubeObject): StatusCause[] {
  const spec = record(policy.spec);
  const causes = isRecord(spec.podSelector) ? selectorCauses(spec.podSelector, 'spec.podSelector') : [];
  for (const [direction, peers] of [['ingress', 'from'], ['egress', 'to']] as const) {
    items(spec, direction).forEach((rule, i) => {
      const at = `spec.${direction}[${i}]`;
      items(rule, 'ports').forEach((port, n) => causes.push(...policyPortCauses(port, `${at}.ports[${n}]`)));
      items(rule, peers).forEach((peer, n) => causes.push(...peerCauses(peer, `${at}.${peers}[${n}]`)));
    });
  }
  const types: unknown[] = Array.isArray(spec.policyTypes) ? spec.policyTypes : [];
  if (types.length > 2) return [...causes, invalid('spec.policyTypes', `[]networking.PolicyType{${types.map(goString).join(', ')}}`, 'may not specify more than two policyTypes')];
  types.forEach((type, i) => {
    if (type !== 'Ingress' && type !== 'Egress') causes.push(unsupported(`spec.policyTypes[${i}]`, type, ['Ingress', 'Egress']));
  });
  return causes;
}

function policyPortCauses({ port, endPort, protocol }: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  if (protocol !== undefined && !['TCP', 'UDP', 'SCTP'].includes(String(protocol))) causes.push(unsupported(`${at}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  if (typeof port === 'number') {
    if (port < 1 || port > 65535) causes.push(invalid(`${at}.port`, String(port), 'must be between 1 and 65535, inclusive'));
    if (typeof endPort === 'number' && endPort < port) causes.push(invalid(`${at}.endPort`, String(port), 'must be greater than or equal to `port`'));
    if (typeof endPort === 'number' && (endPort < 1 || endPort > 65535)) causes.push(invalid(`${at}.endPort`, String(endPort), 'must be between 1 and 65535, inclusive'));
  } else if (typeof port === 'string') {
    if (endPort !== undefined) causes.push(invalid(`${at}.endPort`, String(endPort), 'may not be specified when `port` is non-numeric'));
    for (const problem of portName(port)) causes.push(invalid(`${at}.port`, goString(port), problem));
  } else if (endPort !== undefined) causes.push(invalid(`${at}.endPort`, String(endPort), 'may not be specified when `port` is not specified'));
  return causes;
}

function peerCauses(peer: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const selectors = ['podSelector', 'namespaceSelector'].filter((key) => isRecord(peer[key]));
  for (const key of selectors) causes.push(...selectorCauses(record(peer[key]), `${at}.${key}`));
  if (isRecord(peer.ipBlock)) causes.push(...ipBlockCauses(peer.ipBlock, `${at}.ipBlock`));
  if (selectors.length === 0 && !isRecord(peer.ipBlock)) causes.push(required(at, 'must specify a peer'));
  else if (selectors.length > 0 && isRecord(peer.ipBlock)) causes.push(forbidden(at, 'may not specify both ipBlock and another peer'));
  return causes;
}

function ipBlockCauses(block: JsonRecord, at: string): StatusCause[] {
  const cidr = String(block.cidr ?? '');
  if (cidr === '') return [required(`${at}.cidr`)];
  if (!isCidr(cidr)) return [invalid(`${at}.cidr`, goString(cidr), CIDR_PROBLEM)];
  return (Array.isArray(block.except) ? block.except.map(String) : []).flatMap((except, i) => {
    const field = `${at}.except[${i}]`;
    if (!isCidr(except)) return [invalid(field, goString(except), CIDR_PROBLEM)];
    return within(except, cidr) ? [] : [invalid(field, goString(except), 'must be a strict subset of `cidr`')];
  });
}

/** Whether an IPv4 range lies in another and is smaller. */
function within(inner: string, outer: string): boolean {
  const read = (cidr: string): { value: number; bits: number } => {
    const [address = '', bits = '0'] = cidr.split('/');
    return { value: address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0), bits: Number(bits) };
  };
  if (inner.includes(':') || outer.includes(':')) return inner.includes(':') && outer.includes(':');
  const [a, b] = [read(inner), read(outer)];
  const size = 2 ** (32 - b.bits);
  return a.bits > b.bits && Math.floor(a.value / size) === Math.floor(b.value / size);
}

/** After kubernetes 1.32 pkg/apis/discovery/validation/validation.go */
export function endpointSliceCauses(slice: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const type = String(slice.addressType ?? '');
  if (type === '') return [required('addressType')];
  const known = ['FQDN', 'IPv4', 'IPv6'].includes(type);
  const causes: StatusCause[] = known ? [] : [unsupported('addressType', type, ['FQDN', 'IPv4', 'IPv6'])];
  items(slice, 'endpoints').forEach((endpoint, i) => {
    const at = `endpoints[${i}].addresses`;
    const addresses: unknown[] = Array.isArray(endpoint.addresses) ? endpoint.addresses : [];
    if (addresses.length === 0) causes.push(required(at, 'must contain at least 1 address'));
    addresses.forEach((value, n) => {
      const text = String(value);
      const field = `${at}[${n}]`;
      if (!known) return;
      if (type === 'FQDN') causes.push(...dnsSubdomain(text).map((p) => invalid(field, goString(text), p)));
      else {
        if (!isIp(text) || text.includes(':') !== (type === 'IPv6')) causes.push(invalid(field, goString(text), `must be a valid ${type} address`));
        if (/^127\.|^::1$/.test(text)) causes.push(invalid(field, goString(text), 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
      }
    });
  });
  const names = new Set<unknown>();
  items(slice, 'ports').forEach((port, i) => {
    const name = String(port.name ?? '');
    if (name !== '') for (const problem of dnsLabel(name)) causes.push(invalid(`ports[${i}].name`, goString(name), problem));
    if (names.has(name)) causes.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    if (port.protocol !== undefined && !['SCTP', 'TCP', 'UDP'].includes(String(port.protocol))) causes.push(unsupported(`ports[${i}].protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
  });
  if (old !== undefined && old.addressType !== slice.addressType) causes.push(invalid('addressType', goString(type), 'field is immutable'));
  return causes;
}
