/** After kubernetes 1.32 pkg/apis/core/validation and pkg/apis/networking/validation */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { duplicate, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { targetPortCauses } from './container.ts';
import { labelCauses } from './metadata.ts';
import { dnsLabel, dnsSubdomain, dns1035Label, isIp } from './names.ts';
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
    const name = String(spec.externalName ?? '').replace(/\.$/, '');
    if (name === '') causes.push(required('spec.externalName'));
    else for (const problem of dnsSubdomain(name)) causes.push(invalid('spec.externalName', goString(spec.externalName), problem));
  }
  const names = new Set<string>();
  ports.forEach((port, i) => causes.push(...servicePortCauses(port, `spec.ports[${i}]`, ports.length > 1, names)));
  const seen = new Map<string, number>();
  ports.forEach((port, i) => {
    const key = `${String(port.protocol)}/${String(port.port)}`;
    if (seen.has(key)) {
      causes.push({ ...duplicate(`spec.ports[${i}]`, ''), message: `Duplicate value: core.ServicePort{Name:"", Protocol:${goString(port.protocol)}, AppProtocol:(*string)(nil), Port:${String(port.port)}, TargetPort:intstr.IntOrString{Type:0, IntVal:0, StrVal:""}, NodePort:0}` });
    }
    seen.set(key, i);
  });
  causes.push(...labelCauses('spec.selector', spec.selector));
  causes.push(...choice('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None']));
  causes.push(...choice('spec.type', spec.type, TYPES));
  const addresses: unknown[] = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : [];
  addresses.forEach((ip, i) => {
    if (typeof ip === 'string' && ip !== '' && ip !== 'None' && !isIp(ip)) causes.push(invalid(`spec.clusterIPs[${i}]`, goString(ip), IP));
  });
  if (old !== undefined) causes.push(...serviceChanges(spec, record(old.spec)));
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
  if (port.targetPort !== undefined && (typeof port.targetPort === 'string' || port.targetPort !== port.port)) causes.push(...targetPortCauses(port.targetPort, `${at}.targetPort`));
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
  items(spec, 'tls').forEach((tls, i) => {
    for (const [n, host] of (Array.isArray(tls.hosts) ? tls.hosts : []).entries()) causes.push(...hostCauses(host, `spec.tls[${i}].hosts[${n}]`));
  });
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
      if ((path.pathType ?? '') === '') causes.push(required(`${field}.pathType`, 'pathType must be specified'));
      else if (!['Exact', 'Prefix', 'ImplementationSpecific'].includes(String(path.pathType))) causes.push(unsupported(`${field}.pathType`, path.pathType, ['Exact', 'ImplementationSpecific', 'Prefix']));
      else if (path.pathType !== 'ImplementationSpecific' && !String(path.path ?? '').startsWith('/')) causes.push(invalid(`${field}.path`, goString(path.path ?? ''), 'must be an absolute path'));
      causes.push(...backendCauses(record(path.backend), `${field}.backend`));
    });
  });
  causes.push(...nameCauses('spec.ingressClassName', spec.ingressClassName, dnsSubdomain));
  return causes;
}

function hostCauses(host: unknown, field: string): StatusCause[] {
  if (typeof host !== 'string' || host === '') return [];
  if (isIp(host)) return [invalid(field, goString(host), 'must be a DNS name, not an IP address')];
  const base = host.startsWith('*.') ? host.slice(2) : host;
  return dnsSubdomain(base).map((problem) => invalid(field, goString(host), problem));
}

function backendCauses(backend: JsonRecord, at: string): StatusCause[] {
  if (isRecord(backend.resource)) return isRecord(backend.service) ? [invalid(at, '""', 'cannot set both resource and service backends')] : [];
  if (!isRecord(backend.service)) return [invalid(at, '""', 'resource or service backend is required')];
  const { name } = backend.service;
  const causes = (name ?? '') === '' ? [required(`${at}.service.name`)] : nameCauses(`${at}.service.name`, name, dns1035Label);
  const port = record(backend.service.port);
  if ((port.name ?? '') !== '' && Number(port.number ?? 0) !== 0) causes.push(invalid(at, '""', 'cannot set both port name & port number'));
  else if ((port.name ?? '') === '' && Number(port.number ?? 0) === 0) causes.push(required(at, 'port name or number is required'));
  else causes.push(...targetPortCauses((port.name ?? '') === '' ? port.number : port.name, `${at}.service.port.${(port.name ?? '') === '' ? 'number' : 'name'}`));
  return causes;
}

export function networkPolicyCauses(policy: KubeObject): StatusCause[] {
  const spec = record(policy.spec);
  const causes = isRecord(spec.podSelector) ? selectorCauses(spec.podSelector, 'spec.podSelector') : [];
  (Array.isArray(spec.policyTypes) ? spec.policyTypes : []).forEach((type, i) => {
    if (type !== 'Ingress' && type !== 'Egress') causes.push(unsupported(`spec.policyTypes[${i}]`, type, ['Egress', 'Ingress']));
  });
  return causes;
}
