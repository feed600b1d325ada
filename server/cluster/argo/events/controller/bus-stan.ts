import type { JsonObject } from '../../../../lib/json.ts';
import type { KubeObject } from '../../../store/object.ts';
import type { NativeStan } from '../types.ts';
import { stanVersion, type EventsConfig } from './config.ts';
import { child, compactObject, type Owner } from './objects.ts';

// The objects of a native NATS Streaming bus. After argo-events v1.9.9 pkg/reconciler/eventbus/installer/nats.go

const [CLIENT, CLUSTER, MONITOR, METRICS] = [4222, 6222, 8222, 7777];
const VERSION = '0.22.1';

export const stanNames = (bus: string) => ({ service: `eventbus-${bus}-stan-svc`, configMap: `eventbus-${bus}-stan-configmap`, serverSecret: `eventbus-${bus}-server`, clientSecret: `eventbus-${bus}-client`, statefulSet: `eventbus-${bus}-stan`, clusterId: `eventbus-${bus}`, claim: `stan-${bus}-vol` });

export function busLabels(bus: string): Record<string, string> {
  return { controller: 'eventbus-controller', 'eventbus-name': bus, 'owner-name': bus };
}

export function stanService(owner: Owner): KubeObject {
  const own = busLabels(owner.name);
  return child(owner, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: stanNames(owner.name).service, labels: { ...owner.labels, stan: 'yes', ...own } },
    spec: { clusterIP: 'None', ports: [{ name: 'tcp-client', port: CLIENT }, { name: 'cluster', port: CLUSTER }, { name: 'monitor', port: MONITOR }], type: 'ClusterIP', selector: own },
  });
}

/** So many servers: fewer than three cannot agree. */
const replicasOf = ({ replicas = 0 }: NativeStan): number => Math.max(3, replicas);

export function stanConfigMap(owner: Owner, native: NativeStan): KubeObject {
  const { statefulSet, service, clusterId, configMap } = stanNames(owner.name);
  const servers = Array.from({ length: replicasOf(native) }, (_, i) => `${statefulSet}-${i}`);
  const routes = servers.map((server) => `nats://${server}.${service}.${owner.namespace}.svc:${CLUSTER}`).join(',');
  const lines = [
    `http: ${MONITOR}`,
    'include ./auth.conf',
    'cluster {',
    `  port: ${CLUSTER}`,
    `  routes: [${routes}]`,
    '  cluster_advertise: $CLUSTER_ADVERTISE',
    '  connect_retries: 10',
    '}',
    `max_payload: ${native.maxPayload ?? '1MB'}`,
    'streaming {',
    `  id: ${clusterId}`,
    '  store: file',
    '  dir: /data/stan/store',
    '  cluster {',
    '\tnode_id: $POD_NAME',
    `\tpeers: [${servers.map((server) => JSON.stringify(server)).join(',')}]`,
    '\tlog_path: /data/stan/logs',
    `\traft_heartbeat_timeout: "${native.raftHeartbeatTimeout ?? '2s'}"`,
    `\traft_election_timeout: "${native.raftElectionTimeout ?? '2s'}"`,
    `\traft_lease_timeout: "${native.raftLeaseTimeout ?? '1s'}"`,
    `\traft_commit_timeout: "${native.raftCommitTimeout ?? '100ms'}"`,
    '  }',
    '  store_limits {',
    `    max_age: ${native.maxAge ?? '72h'}`,
    `\tmax_msgs: ${native.maxMsgs ?? 1_000_000}`,
    `\tmax_bytes: ${native.maxBytes ?? '1GB'}`,
    `\tmax_subs: ${native.maxSubs ?? 1000}`,
    '  }',
    '}',
  ];
  return child(owner, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: configMap, labels: { ...owner.labels, ...busLabels(owner.name) } }, data: { 'stan-config': lines.join('\n') } });
}

export type AuthStrategy = 'none' | 'token';

function secret(owner: Owner, name: string, label: string, key: string, strategy: AuthStrategy, content: string): KubeObject {
  return child(owner, { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels: { [label]: 'yes', ...busLabels(owner.name) }, annotations: { strategy } }, type: 'Opaque', data: { [key]: Buffer.from(content).toString('base64') } });
}

/** What the servers read; without a strategy it is empty. */
export function stanServerSecret(owner: Owner, strategy: AuthStrategy, token: string): KubeObject {
  return secret(owner, stanNames(owner.name).serverSecret, 'server-auth-secret', 'auth', strategy, strategy === 'none' ? '' : `authorization {\n  token: "${token}"\n}`);
}

export function stanClientSecret(owner: Owner, strategy: AuthStrategy, token: string): KubeObject {
  return secret(owner, stanNames(owner.name).clientSecret, 'client-auth-secret', 'client-auth', strategy, `token: ${token}`);
}

export function stanStatefulSet(owner: Owner, native: NativeStan, config: EventsConfig): KubeObject {
  const names = stanNames(owner.name);
  const own = busLabels(owner.name);
  const images = stanVersion(config, VERSION);
  const { persistence, containerTemplate, metricsContainerTemplate: metrics } = native;
  const volume = persistence === undefined ? 'stan-data' : names.claim;
  const projected: JsonObject = {
    sources: [
      { configMap: { name: names.configMap, items: [{ key: 'stan-config', path: 'stan.conf' }] } },
      { secret: { name: names.serverSecret, items: [{ key: 'auth', path: 'auth.conf' }] } },
    ],
  };
  const stan = compactObject({
    name: 'stan',
    image: images.natsStreamingImage,
    imagePullPolicy: containerTemplate?.imagePullPolicy,
    ports: [{ name: 'client', containerPort: CLIENT }, { name: 'cluster', containerPort: CLUSTER }, { name: 'monitor', containerPort: MONITOR }],
    command: ['/nats-streaming-server', '-sc', '/etc/stan-config/stan.conf'],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'CLUSTER_ADVERTISE', value: `$(POD_NAME).${names.service}.$(POD_NAMESPACE).svc` },
    ],
    volumeMounts: [{ name: 'config-volume', mountPath: '/etc/stan-config' }, { name: volume, mountPath: '/data/stan' }],
    resources: containerTemplate === undefined ? { requests: { cpu: '0' } } : (containerTemplate.resources ?? {}),
    securityContext: containerTemplate?.securityContext,
    livenessProbe: { httpGet: { path: '/', port: MONITOR }, initialDelaySeconds: 10, timeoutSeconds: 5 },
  });
  const exporter = compactObject({
    name: 'metrics',
    image: images.metricsExporterImage,
    imagePullPolicy: metrics?.imagePullPolicy,
    ports: [{ name: 'metrics', containerPort: METRICS }],
    args: ['-connz', '-routez', '-subz', '-varz', '-channelz', '-serverz', `http://localhost:${MONITOR}`],
    resources: metrics?.resources,
    securityContext: metrics?.securityContext,
  });
  const volumes: JsonObject[] = [{ name: 'config-volume', projected }, ...(persistence === undefined ? [{ name: 'stan-data', emptyDir: {} }] : [])];
  return child(owner, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: names.statefulSet, labels: { ...owner.labels, ...own } },
    spec: {
      replicas: replicasOf(native),
      serviceName: names.service,
      selector: { matchLabels: own },
      template: { metadata: compactObject({ labels: { ...native.metadata?.labels, ...own }, annotations: native.metadata?.annotations }), spec: { ...podParts(native), volumes, containers: [stan, exporter] } },
      ...(persistence === undefined ? {} : { volumeClaimTemplates: [claimTemplate(names.claim, persistence, '10Gi')] }),
    },
  });
}

/** What a bus hands on to its pods as it is. */
export function podParts(from: Pick<NativeStan, 'nodeSelector' | 'tolerations' | 'securityContext' | 'imagePullSecrets' | 'serviceAccountName' | 'priorityClassName' | 'priority' | 'affinity'>): JsonObject {
  const { nodeSelector, tolerations, securityContext, imagePullSecrets, serviceAccountName, priorityClassName, priority, affinity } = from;
  return compactObject({ nodeSelector, tolerations, securityContext, imagePullSecrets, serviceAccountName, priorityClassName, priority, affinity });
}

export function claimTemplate(name: string, { accessMode = 'ReadWriteOnce', storageClassName, volumeSize }: NonNullable<NativeStan['persistence']>, size: string): JsonObject {
  return { metadata: { name }, spec: compactObject({ accessModes: [accessMode], volumeMode: 'Filesystem', storageClassName, resources: { requests: { storage: String(volumeSize ?? size) } } }) };
}
