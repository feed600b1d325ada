import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import type { KubeObject } from '../../../store/object.ts';
import type { BusConfig, EventSourceSpec, SensorSpec } from '../types.ts';
import { child, compactObject, type Owner } from './objects.ts';

// The Deployment behind an EventSource or Sensor, and an EventSource's Service.
// After argo-events v1.9.9 pkg/reconciler/eventsource/resource.go and pkg/reconciler/sensor/resource.go

interface Flavour {
  kind: 'EventSource' | 'Sensor';
  part: 'eventsource' | 'sensor';
  labels: Record<string, string>;
  variable: string;
}

export function flavourOf(kind: 'EventSource' | 'Sensor', name: string): Flavour {
  return kind === 'EventSource'
    ? { kind, part: 'eventsource', labels: { controller: 'eventsource-controller', 'eventsource-name': name, 'owner-name': name }, variable: 'EVENTSOURCE_OBJECT' }
    : { kind, part: 'sensor', labels: { controller: 'sensor-controller', 'sensor-name': name, 'owner-name': name }, variable: 'SENSOR_OBJECT' };
}

export interface WorkloadOptions {
  owner: Owner;
  image: string;
  /** From the object's annotations. */
  leaderElection: string;
  imagePullPolicy: string;
  bus: BusConfig;
  /** The spec as it was written: it goes to the pod whole. */
  raw: JsonObject;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');

/** Throws an Error for a bus that is none of those known. */
export function workloadDeployment(kind: 'EventSource' | 'Sensor', spec: EventSourceSpec | SensorSpec, options: WorkloadOptions): KubeObject {
  const { owner, bus, raw } = options;
  const { labels, part, variable } = flavourOf(kind, owner.name);
  if (bus.nats === undefined && bus.jetstream === undefined && bus.kafka === undefined) throw new Error('unsupported event bus');
  const { template } = spec;
  const accessSecret = bus.nats?.accessSecret ?? bus.jetstream?.accessSecret;
  const volumes: JsonObject[] = [{ name: 'tmp', emptyDir: {} }, ...(accessSecret === undefined ? [] : [{ name: 'auth-volume', secret: { secretName: accessSecret.name, items: [{ key: accessSecret.key, path: 'auth.yaml' }] } }])];
  const mounts: JsonObject[] = [{ name: 'tmp', mountPath: '/tmp' }, ...(accessSecret === undefined ? [] : [{ name: 'auth-volume', mountPath: '/etc/eventbus/auth' }])];
  for (const { name, config } of selectorsIn(raw)) {
    const volume = `${config ? 'cm' : 'secret'}-${name}`.replaceAll('_', '-');
    if (volumes.some((one) => one['name'] === volume)) continue;
    volumes.push(config ? { name: volume, configMap: { name } } : { name: volume, secret: { secretName: name } });
    mounts.push({ name: volume, readOnly: true, mountPath: `/argo-events/${config ? 'config' : 'secrets'}/${name}` });
  }
  const own = template?.container ?? {};
  const listOf = (name: string): Json[] => (Array.isArray(own[name]) ? own[name] : []);
  const byName = (a: JsonObject, b: JsonObject) => (String(a['name']) < String(b['name']) ? -1 : 1);
  const container = compactObject({
    name: 'main',
    image: options.image,
    imagePullPolicy: options.imagePullPolicy,
    args: [`${part}-service`],
    ports: [{ name: 'metrics', containerPort: 7777 }],
    env: [
      ...listOf('env'),
      { name: variable, value: base64({ metadata: { name: owner.name, namespace: owner.namespace }, spec: raw, status: {} }) },
      { name: 'EVENTBUS_SUBJECT', value: `eventbus-${owner.namespace}` },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'LEADER_ELECTION', value: options.leaderElection },
      { name: 'EVENTBUS_CONFIG', value: base64(bus) },
    ],
    envFrom: listOf('envFrom'),
    resources: own['resources'],
    securityContext: own['securityContext'],
    volumeMounts: [...listOf('volumeMounts'), ...mounts.sort(byName)],
  });
  const { serviceAccountName, securityContext, nodeSelector, tolerations, affinity, imagePullSecrets, priorityClassName, priority } = template ?? {};
  return child(owner, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { generateName: `${owner.name}-${part}-`, labels: { ...owner.labels, ...labels } },
    spec: compactObject({
      replicas: Math.max(1, spec.replicas ?? 1),
      revisionHistoryLimit: 'revisionHistoryLimit' in spec ? spec.revisionHistoryLimit : undefined,
      selector: { matchLabels: labels },
      template: {
        metadata: compactObject({ labels: { ...template?.metadata?.labels, ...labels }, annotations: template?.metadata?.annotations }),
        spec: compactObject({ serviceAccountName, securityContext, nodeSelector, tolerations, affinity, imagePullSecrets, priorityClassName, priority, volumes: [...(template?.volumes ?? []), ...volumes.sort(byName)], containers: [container] }),
      },
    }),
  });
}

/** Undefined when the event source asks for none. */
export function sourceService(owner: Owner, spec: EventSourceSpec): KubeObject | undefined {
  const { service } = spec;
  if (service?.ports === undefined || service.ports.length === 0) return undefined;
  const { labels } = flavourOf('EventSource', owner.name);
  return child(owner, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${owner.name}-eventsource-svc`, labels: { ...service.metadata?.labels, ...owner.labels, ...labels }, annotations: { ...service.metadata?.annotations } },
    spec: compactObject({ ports: service.ports, type: 'ClusterIP', clusterIP: service.clusterIP, selector: labels }),
  });
}

const CONFIG_MAP_FIELDS = new Set(['configmap', 'configMap', 'configMapKeyRef']);

/** The secrets and config maps that a spec names by name and key. A trigger's own manifest is not looked into. */
function selectorsIn(value: Json | undefined, field = ''): { name: string; config: boolean }[] {
  if (Array.isArray(value)) return value.flatMap((item) => selectorsIn(item, field));
  if (!isJsonObject(value)) return [];
  const { name, key, ...rest } = value;
  if (typeof name === 'string' && typeof key === 'string' && Object.keys(rest).every((other) => other === 'optional')) return [{ name, config: CONFIG_MAP_FIELDS.has(field) }];
  return Object.entries(value).flatMap(([part, inner]) => (part === 'resource' && field === 'source' ? [] : selectorsIn(inner, part)));
}
