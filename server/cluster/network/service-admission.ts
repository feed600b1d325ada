import type { AdmissionPlugin } from '../admission/index.ts';
import { isJsonObject } from '../../lib/json.ts';
import { ApiStatus } from '../api/status.ts';
import type { KubeObject } from '../store/object.ts';
import { isIp } from '../api/schema/validation/names.ts';
import { allocateServiceIP, isServiceIP, SERVICE_RANGE_BASE } from './service-addresses.ts';

const FIRST_NODE_PORT = 30_000;
const NODE_PORTS = 2768;

/**
 * Gives Services their addresses and node ports, as the API server's registry does before it stores one. An update
 * keeps what the Service had. After kubernetes 1.32 pkg/registry/core/service/storage/alloc.go. Throws ApiStatus 422.
 */
export const serviceAddresses: AdmissionPlugin = {
  name: 'ServiceAddresses',
  mutate(request, { reader, ids }) {
    const { object, oldObject, resource, subresource } = request;
    if (resource.group !== '' || resource.resource !== 'services' || (subresource ?? '') !== '') return object;
    const spec: Record<string, unknown> = { ...specOf(object) };
    const type = typeof spec.type === 'string' ? spec.type : 'ClusterIP';
    if (oldObject !== undefined) dropWhatTheTypeNeedsNot(spec, specOf(oldObject));
    if (type === 'ExternalName') return { ...object, spec };
    const others = () => reader.list({ group: '', resource: 'services' }).filter((s) => s.metadata.uid !== oldObject?.metadata.uid);
    const random = (max: number) => Number.parseInt(ids.uuid().replaceAll('-', '').slice(0, 8), 16) % max;
    const before = specOf(oldObject);
    checkAddresses(request.name, spec);
    const wanted = textOf(spec.clusterIP) ?? textOf(before.clusterIP);
    const taken = new Set(others().flatMap((s) => textOf(specOf(s).clusterIP) ?? []));
    // A dry run takes no address: it shows the first one of the range.
    const address = wanted ?? (request.dryRun ? SERVICE_RANGE_BASE : allocateServiceIP(taken, random));
    if (wanted !== undefined && isIp(wanted) && wanted !== textOf(before.clusterIP) ) check(request.name, wanted, request.dryRun ? new Set() : taken);
    spec.clusterIP = address;
    spec.clusterIPs = [address];
    checkFamilies(request.name, spec);
    spec.ipFamilies ??= before.ipFamilies ?? ['IPv4'];
    spec.ipFamilyPolicy ??= before.ipFamilyPolicy ?? 'SingleStack';
    if (type === 'NodePort' || type === 'LoadBalancer') {
      const used = new Set(others().flatMap((s) => portsOf(specOf(s)).map((port) => port.nodePort)));
      const old = portsOf(before);
      const mine = new Set(old.map((port) => port.nodePort));
      spec.ports = portsOf(spec).map((port, index) => {
        if (typeof port.nodePort === 'number' && port.nodePort > 0) {
          if (!mine.has(port.nodePort) && !request.dryRun) checkNodePort(request.name, index, port.nodePort, used);
          used.add(port.nodePort);
          return port;
        }
        const kept = old.find((p) => p.port === port.port && (p.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))?.nodePort;
        const nodePort = kept ?? freeNodePort(used, random);
        used.add(nodePort);
        return { ...port, nodePort };
      });
    }
    return { ...object, spec };
  },
};

/**
 * A change of type takes along what the old type had been given, as long as the caller has not touched it.
 * After kubernetes 1.32 pkg/registry/core/service/strategy.go
 */
function dropWhatTheTypeNeedsNot(spec: Record<string, unknown>, old: Record<string, unknown>): void {
  const drop = (left: boolean, ...fields: string[]): void => {
    if (left) for (const field of fields) if (JSON.stringify(spec[field]) === JSON.stringify(old[field])) delete spec[field];
  };
  const onNodes = ({ type }: Record<string, unknown>): boolean => type === 'NodePort' || type === 'LoadBalancer';
  const outside = (s: Record<string, unknown>): boolean => onNodes(s) || (Array.isArray(s.externalIPs) && s.externalIPs.length > 0);
  const sameAddress = textOf(spec.clusterIP) === textOf(old.clusterIP);
  const leavesCluster = old.type !== 'ExternalName' && spec.type === 'ExternalName';
  drop(leavesCluster, 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy');
  if (leavesCluster && sameAddress) for (const field of ['clusterIP', 'clusterIPs']) delete spec[field];
  const known = new Set(portsOf(old).map((port) => port.nodePort));
  if (onNodes(old) && !onNodes(spec) && portsOf(spec).every(({ nodePort }) => nodePort === undefined || nodePort === 0 || known.has(nodePort))) {
    spec.ports = portsOf(spec).map(({ nodePort: _nodePort, ...port }) => port);
  }
  drop(old.type === 'LoadBalancer' && spec.type !== 'LoadBalancer', 'allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort');
  drop(outside(old) && !outside(spec), 'externalTrafficPolicy');
}

/** What the allocator can make nothing of, it refuses before anything else is looked at. */
function checkAddresses(name: string, spec: Record<string, unknown>): void {
  const given: unknown[] = Array.isArray(spec.clusterIPs) ? spec.clusterIPs : textOf(spec.clusterIP) === undefined ? [] : [spec.clusterIP];
  const families: unknown[] = Array.isArray(spec.ipFamilies) ? spec.ipFamilies : [];
  given.forEach((value, i) => {
    const text = String(value);
    if (text === 'None' || text === '') return;
    if (!isIp(text)) throw refusal(name, `spec.clusterIPs[${i}]`, JSON.stringify(text), 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)');
    const family = text.includes(':') ? 'IPv6' : 'IPv4';
    if (families[i] !== undefined && families[i] !== family) throw refusal(name, `spec.clusterIPs[${i}]`, JSON.stringify(text), `expected an ${String(families[i])} value as indicated by \`ipFamilies[${i}]\``);
  });
}

function check(name: string, address: string, taken: ReadonlySet<string>): void {
  const problem = !isServiceIP(address)
    ? 'failed to allocate IP ' + address + ': the provided IP (' + address + ') is not in the valid range. The range of valid IPs is 10.96.0.0/12'
    : taken.has(address)
      ? `failed to allocate IP ${address}: provided IP is already allocated`
      : undefined;
  if (problem !== undefined) throw refusal(name, 'spec.clusterIPs', `[]string{"${address}"}`, problem);
}

function checkNodePort(name: string, index: number, port: number, used: ReadonlySet<unknown>): void {
  const inRange = port >= FIRST_NODE_PORT && port < FIRST_NODE_PORT + NODE_PORTS;
  const problem = !inRange ? `provided port is not in the valid range. The range of valid ports is ${FIRST_NODE_PORT}-${FIRST_NODE_PORT + NODE_PORTS - 1}` : used.has(port) ? 'provided port is already allocated' : undefined;
  if (problem !== undefined) throw refusal(name, `spec.ports[${index}].nodePort`, String(port), problem);
}

/** The cluster's network speaks IPv4 alone. */
function checkFamilies(name: string, spec: Record<string, unknown>): void {
  const families: unknown[] = Array.isArray(spec.ipFamilies) ? spec.ipFamilies : [];
  const at = families.indexOf('IPv6');
  if (at >= 0) throw refusal(name, `spec.ipFamilies[${at}]`, '"IPv6"', 'not configured on this cluster');
  if (spec.ipFamilyPolicy === 'RequireDualStack') throw refusal(name, 'spec.ipFamilyPolicy', '"RequireDualStack"', 'this cluster is not configured for dual-stack services');
}

function refusal(name: string, field: string, value: string, problem: string): ApiStatus {
  const cause = { reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${problem}`, field };
  return new ApiStatus(422, 'Invalid', `Service "${name}" is invalid: ${cause.field}: ${cause.message}`, { name, kind: 'Service', causes: [cause] });
}

function freeNodePort(used: ReadonlySet<unknown>, random: (max: number) => number): number {
  const start = random(NODE_PORTS);
  for (let i = 0; i < NODE_PORTS; i++) {
    const port = FIRST_NODE_PORT + ((start + i) % NODE_PORTS);
    if (!used.has(port)) return port;
  }
  throw new ApiStatus(500, 'InternalError', 'Internal error occurred: failed to allocate a nodePort: range is full');
}

function specOf(object: KubeObject | undefined): Record<string, unknown> {
  return isJsonObject(object?.spec) ? object.spec : {};
}

function portsOf(spec: Record<string, unknown>): Record<string, unknown>[] {
  return Array.isArray(spec.ports) ? spec.ports.filter((port): port is Record<string, unknown> => isJsonObject(port)) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
