import { type Answer, CODES, type DnsRecord, type Question, TYPES } from './dns-message.ts';

const DOMAIN = 'cluster.local';
/** CoreDNS' own for records of the cluster. */
const TTL = 30;
const ALIASES = 8;

export interface NamedPort {
  name: string;
  protocol: string;
  port: number;
}

/** One pod behind a Service. */
export interface Backend {
  address: string;
  /** From the pod's `hostname` and `subdomain`; empty without. */
  hostname: string;
}

export interface NamedService {
  name: string;
  namespace: string;
  /** `None` for a headless one; empty for an alias. */
  clusterIP: string;
  externalName: string;
  ports: readonly NamedPort[];
  /** Ready ones, and others where the Service publishes them. */
  backends: readonly Backend[];
}

/** What names are made of. */
export interface NameSource {
  service(namespace: string, name: string): NamedService | undefined;
  serviceAt(address: string): NamedService | undefined;
  namespace(name: string): boolean;
}

/**
 * What a cluster's DNS answers. After the Kubernetes DNS specification 1.1.0. Names outside the cluster do not exist here:
 * nothing leads out.
 */
export function answerName({ name, type }: Question, source: NameSource): Answer {
  const found = lookUp(name, type, source, 0);
  if (found === undefined) return { code: CODES.NXDOMAIN, records: [], authority: [authority(name)] };
  return { code: CODES.OK, records: found, ...(found.length === 0 ? { authority: [authority(name)] } : {}) };
}

function authority(name: string): DnsRecord {
  return { name: name.endsWith('.in-addr.arpa') ? name : DOMAIN, type: 'SOA', ttl: TTL, target: `ns.dns.${DOMAIN}` };
}

/** Records, none where the name has other kinds only; undefined where there is no such name. */
function lookUp(name: string, type: number, source: NameSource, depth: number): DnsRecord[] | undefined {
  const address = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\.in-addr\.arpa$/.exec(name);
  if (address !== null) return reverse(name, address.slice(1).reverse().join('.'), type, source);
  if (name !== DOMAIN && !name.endsWith(`.${DOMAIN}`)) return undefined;
  const parts = name === DOMAIN ? [] : name.slice(0, -DOMAIN.length - 1).split('.');
  const kind = parts.at(-1);
  const namespace = parts.at(-2);
  if (parts.length < 2) return kind === undefined || kind === 'svc' || kind === 'pod' ? [] : undefined;
  if (namespace === undefined || !source.namespace(namespace)) return undefined;
  if (parts.length === 2) return kind === 'svc' || kind === 'pod' ? [] : undefined;
  if (kind === 'pod') return podName(name, parts, type);
  if (kind !== 'svc') return undefined;
  const service = source.service(namespace, parts.at(-3) ?? '');
  if (service === undefined) return undefined;
  if (service.externalName !== '') return alias(name, service, type, source, depth);
  const before = parts.slice(0, -3);
  return before.length === 0 ? ofService(name, service, type) : before.length === 2 && before.every((part) => part.startsWith('_')) ? ofPort(name, service, before, type) : before.length === 1 ? ofBackend(name, service, before[0] ?? '', type) : undefined;
}

function aRecords(name: string, addresses: readonly string[], type: number): DnsRecord[] {
  return type === TYPES.A || type === TYPES.ANY ? addresses.map((address) => ({ name, type: 'A', ttl: TTL, address })) : [];
}

/** `10-244-0-5.ns.pod.cluster.local` is that address, whether or not a pod has it. */
function podName(name: string, parts: readonly string[], type: number): DnsRecord[] | undefined {
  const [dashed = ''] = parts;
  return parts.length === 3 && /^\d+-\d+-\d+-\d+$/.test(dashed) ? aRecords(name, [dashed.replaceAll('-', '.')], type) : undefined;
}

function ofService(name: string, service: NamedService, type: number): DnsRecord[] | undefined {
  const headless = service.clusterIP === 'None';
  if (headless && service.backends.length === 0) return undefined;
  if (type === TYPES.SRV) return service.ports.flatMap((port) => srv(name, service, port));
  return aRecords(name, headless ? [...new Set(service.backends.map(({ address }) => address))] : [service.clusterIP], type);
}

/** `_port._tcp.svc.ns.svc.cluster.local` */
function ofPort(name: string, service: NamedService, [port = '', protocol = '']: readonly string[], type: number): DnsRecord[] | undefined {
  const found = service.ports.filter((one) => `_${one.name}` === port && `_${one.protocol.toLowerCase()}` === protocol);
  if (found.length === 0) return undefined;
  return type === TYPES.SRV || type === TYPES.ANY ? found.flatMap((one) => srv(name, service, one)) : [];
}

function srv(name: string, service: NamedService, port: NamedPort): DnsRecord[] {
  const own = `${service.name}.${service.namespace}.svc.${DOMAIN}`;
  if (service.clusterIP !== 'None') return [{ name, type: 'SRV', ttl: TTL, port: port.port, target: own }];
  return service.backends.map((backend) => ({ name, type: 'SRV', ttl: TTL, port: port.port, target: `${backendName(backend)}.${own}` }));
}

function backendName({ hostname, address }: Backend): string {
  return hostname === '' ? address.replaceAll('.', '-') : hostname;
}

/** A pod of a headless Service: by its hostname, or by its address with dashes. */
function ofBackend(name: string, service: NamedService, wanted: string, type: number): DnsRecord[] | undefined {
  const addresses = service.backends.filter((backend) => backendName(backend) === wanted).map(({ address }) => address);
  return addresses.length === 0 ? undefined : aRecords(name, [...new Set(addresses)], type);
}

/** ExternalName: the alias, and what it stands for where that is in the cluster. */
function alias(name: string, service: NamedService, type: number, source: NameSource, depth: number): DnsRecord[] {
  const target = service.externalName.toLowerCase().replace(/\.$/, '');
  const own: DnsRecord = { name, type: 'CNAME', ttl: TTL, target };
  if (type === TYPES.CNAME || depth >= ALIASES) return [own];
  const beyond = lookUp(target, type, source, depth + 1);
  return [own, ...(beyond ?? [])];
}

function reverse(name: string, address: string, type: number, source: NameSource): DnsRecord[] | undefined {
  const service = source.serviceAt(address);
  if (service === undefined) return undefined;
  const own = `${service.name}.${service.namespace}.svc.${DOMAIN}`;
  const backend = service.backends.find((one) => one.address === address);
  const target = backend === undefined ? own : `${backendName(backend)}.${own}`;
  return type === TYPES.PTR || type === TYPES.ANY ? [{ name, type: 'PTR', ttl: TTL, target }] : [];
}
