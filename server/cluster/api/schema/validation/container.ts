/** After kubernetes 1.32 pkg/apis/core/validation/validation.go, validateContainers */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { duplicate, forbidden, goString, invalid, notFound, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { quantityNano } from '../quantity.ts';
import { configMapKey, dnsLabel, dnsSubdomain, environmentName, httpHeaderName, portName } from './names.ts';
import { containerSecurityCauses } from './pod-placement.ts';

interface Around {
  volumes: ReadonlySet<string>;
  /** The names of the containers so far: this one is added. */
  names: Set<string>;
  init: boolean;
  /** `protocol/address/port` of the host that containers so far take. */
  hostPorts: Set<string>;
  /** The pod's terminationGracePeriodSeconds. */
  grace: number;
}

const NOT_IN_INIT = 'may not be set for init containers without restartPolicy=Always';

const PORT_RANGE = 'must be between 1 and 65535, inclusive';
export const NOT_NEGATIVE = 'must be greater than or equal to 0';
const isPort = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 65535;

export function containerCauses(container: JsonRecord, at: string, around: Around): StatusCause[] {
  const causes: StatusCause[] = [];
  const name = typeof container.name === 'string' ? container.name : '';
  if (name === '') causes.push(required(`${at}.name`));
  else for (const problem of dnsLabel(name)) causes.push(invalid(`${at}.name`, goString(name), problem));
  if ((container.image ?? '') === '') causes.push(required(`${at}.image`));
  const policy = String(container.terminationMessagePolicy ?? 'File');
  if (!['File', 'FallbackToLogsOnError'].includes(policy)) causes.push(unsupported(`${at}.terminationMessagePolicy`, policy, ['File', 'FallbackToLogsOnError']));
  causes.push(...portCauses(container, at), ...environmentCauses(container, at), ...mountCauses(container, at, around.volumes));
  const pull = container.imagePullPolicy;
  if ((pull ?? '') === '') causes.push(required(`${at}.imagePullPolicy`));
  else if (!['Always', 'IfNotPresent', 'Never'].includes(String(pull))) causes.push(unsupported(`${at}.imagePullPolicy`, pull, ['Always', 'IfNotPresent', 'Never']));
  causes.push(...deviceCauses(container, at, around.volumes));
  causes.push(...resourceCauses(record(container.resources), `${at}.resources`));
  causes.push(...containerSecurityCauses(record(container.securityContext), `${at}.securityContext`));
  const sidecar = container.restartPolicy === 'Always';
  if (around.init && container.restartPolicy !== undefined && !sidecar) causes.push(unsupported(`${at}.restartPolicy`, container.restartPolicy, ['Always']));
  if (name !== '' && around.names.has(name)) causes.push(duplicate(`${at}.name`, name));
  around.names.add(name);
  if (!around.init || sidecar) causes.push(...hostPortConflicts(container, at, around.hostPorts));
  for (const hook of ['postStart', 'preStop']) {
    const handler = record(container.lifecycle)[hook];
    if (!isRecord(handler)) continue;
    if (!around.init || sidecar) causes.push(...handlerCauses(handler, `${at}.lifecycle.${hook}`, around.grace));
  }
  if (around.init && !sidecar && isRecord(container.lifecycle)) causes.push(forbidden(`${at}.lifecycle`, NOT_IN_INIT));
  for (const kind of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[kind];
    if (!isRecord(probe)) continue;
    if (around.init && !sidecar) causes.push(forbidden(`${at}.${kind}`, NOT_IN_INIT));
    else causes.push(...probeCauses(probe, `${at}.${kind}`, kind));
  }
  if (!around.init && container.restartPolicy !== undefined) causes.push(forbidden(`${at}.restartPolicy`, 'may not be set for non-init containers'));
  return causes;
}

function portCauses(container: JsonRecord, at: string): StatusCause[] {
  const names = new Set<string>();
  return items(container, 'ports').flatMap((port, i) => {
    const field = `${at}.ports[${i}]`;
    const causes: StatusCause[] = [];
    const name = typeof port.name === 'string' ? port.name : '';
    const problems = name === '' ? [] : portName(name);
    for (const problem of problems) causes.push(invalid(`${field}.name`, goString(name), problem));
    if (name !== '' && problems.length === 0) {
      if (names.has(name)) causes.push(duplicate(`${field}.name`, name));
      names.add(name);
    }
    if (typeof port.containerPort !== 'number' || port.containerPort === 0) causes.push(required(`${field}.containerPort`));
    else if (!isPort(port.containerPort)) causes.push(invalid(`${field}.containerPort`, String(port.containerPort), PORT_RANGE));
    if (typeof port.hostPort === 'number' && port.hostPort !== 0 && !isPort(port.hostPort)) causes.push(invalid(`${field}.hostPort`, String(port.hostPort), PORT_RANGE));
    if (!['TCP', 'UDP', 'SCTP'].includes(String(port.protocol))) causes.push((port.protocol ?? '') === '' ? required(`${field}.protocol`) : unsupported(`${field}.protocol`, port.protocol, ['SCTP', 'TCP', 'UDP']));
    return causes;
  });
}

/** Two containers can't take the same port of the host. */
function hostPortConflicts(container: JsonRecord, at: string, taken: Set<string>): StatusCause[] {
  return items(container, 'ports').flatMap((port, i) => {
    if (typeof port.hostPort !== 'number' || port.hostPort === 0) return [];
    const key = `${String(port.protocol)}/${String(port.hostIP ?? '')}/${port.hostPort}`;
    if (taken.has(key)) return [duplicate(`${at}.ports[${i}].hostPort`, key)];
    taken.add(key);
    return [];
  });
}

function deviceCauses(container: JsonRecord, at: string, volumes: ReadonlySet<string>): StatusCause[] {
  return items(container, 'volumeDevices').flatMap((device, i) => {
    const field = `${at}.volumeDevices[${i}]`;
    const name = String(device.name ?? '');
    const causes: StatusCause[] = [];
    if (name === '') causes.push(required(`${field}.name`));
    if (!volumes.has(name)) causes.push(notFound(`${field}.name`, name));
    if ((device.devicePath ?? '') === '') causes.push(required(`${field}.devicePath`));
    return causes;
  });
}

function environmentCauses(container: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  items(container, 'env').forEach((env, i) => {
    const field = `${at}.env[${i}]`;
    const name = typeof env.name === 'string' ? env.name : '';
    if (name === '') causes.push(required(`${field}.name`));
    else for (const problem of environmentName(name)) causes.push(invalid(`${field}.name`, goString(name), problem));
    if (isRecord(env.valueFrom)) causes.push(...valueFromCauses(env.valueFrom, env.value, `${field}.valueFrom`));
  });
  items(container, 'envFrom').forEach((from, i) => {
    const field = `${at}.envFrom[${i}]`;
    if (typeof from.prefix === 'string' && from.prefix !== '') for (const problem of environmentName(from.prefix)) causes.push(invalid(`${field}.prefix`, goString(from.prefix), problem));
    const refs = ['configMapRef', 'secretRef'].filter((kind) => isRecord(from[kind]));
    if (refs.length === 0) causes.push(invalid(`${at}.envFrom`, '""', 'must specify one of: `configMapRef` or `secretRef`'));
    else if (refs.length > 1) causes.push(invalid(`${at}.envFrom`, '""', 'may not have more than one field specified at a time'));
    for (const kind of refs) {
      const name = String(record(from[kind]).name ?? '');
      if (name === '') causes.push(required(`${field}.${kind}.name`));
      else for (const problem of dnsSubdomain(name)) causes.push(invalid(`${field}.${kind}.name`, goString(name), problem));
    }
  });
  return causes;
}

const RESOURCE_FIELDS = ['limits.cpu', 'limits.ephemeral-storage', 'limits.memory', 'requests.cpu', 'requests.ephemeral-storage', 'requests.memory'];

function valueFromCauses(from: JsonRecord, value: unknown, field: string): StatusCause[] {
  const causes: StatusCause[] = [];
  const kinds = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'].filter((kind) => isRecord(from[kind]));
  for (const kind of kinds) {
    const ref = record(from[kind]);
    if (kind === 'fieldRef' && (ref.fieldPath ?? '') === '') causes.push(required(`${field}.fieldRef.fieldPath`));
    if (kind === 'fieldRef' && typeof ref.fieldPath === 'string' && ref.fieldPath !== '' && !/^(metadata\.(name|namespace|uid|(annotations|labels)\['.+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/.test(ref.fieldPath)) {
      causes.push(invalid(`${field}.fieldRef.fieldPath`, goString(ref.fieldPath), `error converting fieldPath: field label not supported: ${ref.fieldPath}`));
    }
    if (kind === 'resourceFieldRef' && (ref.resource ?? '') === '') causes.push(required(`${field}.resourceFieldRef.resource`));
    else if (kind === 'resourceFieldRef' && !RESOURCE_FIELDS.includes(String(ref.resource)) && !/^(limits|requests)\.hugepages-/.test(String(ref.resource))) causes.push(unsupported(`${field}.resourceFieldRef.resource`, ref.resource, RESOURCE_FIELDS));
    if (kind.endsWith('KeyRef')) {
      for (const problem of dnsSubdomain(String(ref.name ?? ''))) causes.push(invalid(`${field}.${kind}.name`, goString(ref.name ?? ''), problem));
      if ((ref.key ?? '') === '') causes.push(required(`${field}.${kind}.key`));
      else for (const problem of configMapKey(String(ref.key))) causes.push(invalid(`${field}.${kind}.key`, goString(ref.key), problem));
    }
  }
  if (kinds.length === 0) causes.push(invalid(field, '""', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'));
  if ((value ?? '') !== '' && kinds.length > 0) causes.push(invalid(field, '""', 'may not be specified when `value` is not empty'));
  if (kinds.length > 1) causes.push(invalid(field, '""', 'may not have more than one field specified at a time'));
  return causes;
}

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None'];

function mountCauses(container: JsonRecord, at: string, volumes: ReadonlySet<string>): StatusCause[] {
  const paths = new Set<string>();
  return items(container, 'volumeMounts').flatMap((mount, i) => {
    const field = `${at}.volumeMounts[${i}]`;
    const causes: StatusCause[] = [];
    const [name, path] = [String(mount.name ?? ''), String(mount.mountPath ?? '')];
    if (name === '') causes.push(required(`${field}.name`));
    if (!volumes.has(name)) causes.push(notFound(`${field}.name`, name));
    if (path === '') causes.push(required(`${field}.mountPath`));
    if (paths.has(path)) causes.push(invalid(`${field}.mountPath`, goString(path), 'must be unique'));
    paths.add(path);
    if (typeof mount.subPath === 'string' && mount.subPath.split('/').includes('..')) causes.push(invalid(`${at}.volumeMounts.subPath`, goString(mount.subPath), "must not contain '..'"));
    if (typeof mount.subPath === 'string' && mount.subPath.startsWith('/')) causes.push(invalid(`${at}.volumeMounts.subPath`, goString(mount.subPath), 'must be a relative path'));
    const propagation = mount.mountPropagation;
    if (propagation !== undefined && !PROPAGATIONS.includes(String(propagation))) causes.push(unsupported(`${at}.volumeMounts.mountPropagation`, propagation, PROPAGATIONS));
    return causes;
  });
}

const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];

function resourceCauses(resources: JsonRecord, at: string): StatusCause[] {
  const [limits, requests] = [record(resources.limits), record(resources.requests)];
  const causes: StatusCause[] = [];
  const later: StatusCause[] = [];
  const each = (list: JsonRecord, kind: string): void => {
    for (const [name, value] of Object.entries(list)) {
      const field = `${at}.${kind}[${name}]`;
      if (!name.includes('/') && !STANDARD.includes(name) && !name.startsWith('hugepages-')) {
        causes.push(invalid(field, name, 'must be a standard resource type or fully qualified'), invalid(field, name, 'must be a standard resource for containers'));
      }
      const page = /^hugepages-(\d+\w*)$/.exec(name)?.[1];
      if (page !== undefined && (quantityNano(value) <= 0n || quantityNano(value) % quantityNano(page) !== 0n)) later.push(invalid(field, goString(value), `${String(value)} is not positive integer multiple of ${name}`));
      if (quantityNano(value) < 0n) causes.push(invalid(field, goString(value), NOT_NEGATIVE));
      if (kind === 'requests' && limits[name] !== undefined && quantityNano(value) > quantityNano(limits[name])) {
        causes.push(invalid(`${at}.requests`, goString(value), `must be less than or equal to ${name} limit of ${String(limits[name])}`));
      }
    }
  };
  each(limits, 'limits');
  each(requests, 'requests');
  // What a node can't give out twice is asked for and limited alike.
  for (const [name, value] of Object.entries(requests)) {
    const overcommitable = STANDARD.includes(name);
    if (overcommitable) continue;
    if (limits[name] === undefined) causes.push(required(`${at}.limits`, 'Limit must be set for non overcommitable resources'));
    else if (quantityNano(limits[name]) > quantityNano(value)) causes.push(invalid(`${at}.requests`, goString(value), `must be equal to ${name} limit of ${String(limits[name])}`));
  }
  causes.push(...later);
  const huge = (list: JsonRecord): boolean => Object.keys(list).some((name) => name.startsWith('hugepages-'));
  const compute = ['cpu', 'memory'].some((name) => limits[name] !== undefined || requests[name] !== undefined);
  if ((huge(limits) || huge(requests)) && !compute) causes.push(forbidden(at, 'HugePages require cpu or memory'));
  return causes;
}

function probeCauses(probe: JsonRecord, at: string, kind: string): StatusCause[] {
  const causes = handlerCauses(probe, at, 30);
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold']) {
    const value = probe[key];
    if (typeof value === 'number' && value < 0) causes.push(invalid(`${at}.${key}`, String(value), NOT_NEGATIVE));
  }
  if (kind !== 'readinessProbe' && probe.successThreshold !== 1 && probe.successThreshold !== undefined) causes.push(invalid(`${at}.successThreshold`, String(probe.successThreshold), 'must be 1'));
  const grace = probe.terminationGracePeriodSeconds;
  if (typeof grace === 'number') {
    if (kind === 'readinessProbe') causes.push(invalid(`${at}.terminationGracePeriodSeconds`, String(grace), 'must not be set for readinessProbes'));
    else if (grace <= 0) causes.push(invalid(`${at}.terminationGracePeriodSeconds`, String(grace), 'must be greater than 0'));
  }
  return causes;
}

function handlerCauses(handler: JsonRecord, at: string, grace: number): StatusCause[] {
  const kinds = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'].filter((kind) => isRecord(handler[kind]));
  if (kinds.length === 0) return [required(at, 'must specify a handler type')];
  return kinds.flatMap((kind, i) => {
    const action = record(handler[kind]);
    const field = `${at}.${kind}`;
    if (i > 0) return [forbidden(field, 'may not specify more than 1 handler type')];
    if (kind === 'exec') return Array.isArray(action.command) && action.command.length > 0 ? [] : [required(`${field}.command`)];
    if (kind === 'sleep') {
      const seconds = Number(action.seconds ?? 0);
      return seconds <= 0 || seconds > grace ? [invalid(field, String(seconds), `must be greater than 0 and less than terminationGracePeriodSeconds (${grace}). Enable AllowPodLifecycleSleepActionZeroValue feature gate for zero sleep.`)] : [];
    }
    const causes: StatusCause[] = [];
    if (kind === 'httpGet' && (action.path ?? '') === '') causes.push(required(`${field}.path`));
    causes.push(...targetPortCauses(action.port ?? 0, `${field}.port`));
    if (kind === 'httpGet' && !['HTTP', 'HTTPS'].includes(String(action.scheme))) causes.push(unsupported(`${field}.scheme`, action.scheme, ['HTTP', 'HTTPS']));
    if (kind === 'httpGet') items(action, 'httpHeaders').forEach(({ name }) => causes.push(...httpHeaderName(String(name ?? '')).map((p) => invalid(`${field}.httpHeaders`, goString(name ?? ''), p))));
    return causes;
  });
}

/** A port by number or by name. */
export function targetPortCauses(port: unknown, field: string): StatusCause[] {
  if (typeof port === 'string') return portName(port).map((problem) => invalid(field, goString(port), problem));
  return isPort(port) ? [] : [invalid(field, String(port), PORT_RANGE)];
}
