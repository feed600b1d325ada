import { parse as parseYaml, stringify } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { CertificateAuthority } from '../../../auth/certificates.ts';
import type { KubeObject } from '../../../store/object.ts';
import type { JetStream } from '../types.ts';
import { busLabels, claimTemplate, podParts } from './bus-stan.ts';
import { jetStreamVersion, type EventsConfig } from './config.ts';
import { child, compactObject, type Owner } from './objects.ts';

// The objects of a JetStream bus. After argo-events v1.9.9 pkg/reconciler/eventbus/installer/jetstream.go

const [CLIENT, CLUSTER, MONITOR, METRICS] = [4222, 6222, 8222, 7777];
const YEAR_MS = 365 * 86_400_000;

export const jetStreamNames = (bus: string) => ({ service: `eventbus-${bus}-js-svc`, configMap: `eventbus-${bus}-js-config`, serverSecret: `eventbus-${bus}-js-server`, clientSecret: `eventbus-${bus}-js-client-auth`, statefulSet: `eventbus-${bus}-js`, claim: `eventbus-${bus}-js-vol` });

const replicasOf = ({ replicas = 3 }: JetStream): number => replicas;

export function jetStreamService(owner: Owner): KubeObject {
  const labels = busLabels(owner.name);
  return child(owner, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: jetStreamNames(owner.name).service, labels },
    spec: { ports: [{ name: 'tcp-client', port: CLIENT }, { name: 'cluster', port: CLUSTER }, { name: 'metrics', port: METRICS }, { name: 'monitor', port: MONITOR }], type: 'ClusterIP', clusterIP: 'None', publishNotReadyAddresses: true, selector: labels },
  });
}

/** The stream's properties, the bus's own over the controller's; sorted, and their names in small letters. */
export function streamConfig(spec: JetStream, config: EventsConfig): string {
  const read = (text: string): JsonObject => {
    const value: unknown = parseYaml(text);
    return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key.toLowerCase(), one])) : {};
  };
  return stringify({ ...read(config.eventBus.jetstream?.streamConfig ?? ''), ...read(spec.streamConfig ?? '') }, { sortMapEntries: true });
}

const heading = (title: string, width: number): string[] => ['#'.repeat(width), `#${' '.repeat(width - 2)}#`, `# ${title.padEnd(width - 3)}#`, `#${' '.repeat(width - 2)}#`, '#'.repeat(width)];

export function jetStreamConfigMap(owner: Owner, spec: JetStream, config: EventsConfig): KubeObject {
  const names = jetStreamNames(owner.name);
  const replicas = replicasOf(spec);
  const routes = Array.from({ length: replicas }, (_, i) => `nats://${names.statefulSet}-${i}.${names.service}.${owner.namespace}.svc:${CLUSTER}`).join(',');
  const cluster = ['', ...heading('NATS Cluster', 35), 'cluster {', `  port: ${CLUSTER}`, `  name: ${owner.name}`, `  routes: [${routes}]`, '  cluster_advertise: $CLUSTER_ADVERTISE', '  connect_retries: 120', '', '  tls {', '  cert_file: "/etc/nats-config/cluster-server-cert.pem"', '  key_file:  "/etc/nats-config/cluster-server-key.pem"', '  ca_file:   "/etc/nats-config/cluster-ca-cert.pem"', '  }', '}', ''];
  const lines = [
    `max_payload: ${spec.maxPayload ?? '1MB'}`,
    `port: ${CLIENT}`,
    'pid_file: "/var/run/nats/nats.pid"',
    ...heading('Monitoring', 15),
    `http: ${MONITOR}`,
    'server_name: $POD_NAME',
    ...heading('NATS JetStream', 35),
    'jetstream {',
    '  key: "$JS_KEY"',
    '  store_dir: "/data/jetstream/store"',
    `  ${spec.settings ?? config.eventBus.jetstream?.settings ?? ''}`,
    '}',
    ...(replicas > 2 ? cluster : []),
    'lame_duck_duration: 120s',
    ...heading('Authorization', 18),
    'include ./auth.conf',
  ];
  return child(owner, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: names.configMap, labels: busLabels(owner.name) }, data: { 'nats-js': lines.join('\n') } });
}

/** The secrets of servers and clients. `random(length)` gives letters and digits. */
export function jetStreamSecrets(owner: Owner, now: number, random: (length: number) => string): { server: KubeObject; client: KubeObject; clusterHosts: string[] } {
  const names = jetStreamNames(owner.name);
  const labels = busLabels(owner.name);
  const base = `${names.service}.${owner.namespace}.svc`;
  const pair = (hosts: string[]) => {
    const authority = CertificateAuthority.create('io.argoproj', now);
    const issued = authority.issue({ subject: { commonName: hosts[0] ?? '', organizations: ['io.argoproj'] }, altNames: hosts, usage: 'server', notBefore: now, notAfter: now + 10 * YEAR_MS });
    return { ...issued, ca: authority.certificate };
  };
  const [user, password, system] = [random(8), random(16), random(24)];
  const clusterHosts = [`*.${base}.cluster.local`, `*.${base}`];
  const [server, cluster] = [pair([`${base}.cluster.local`, base]), pair(clusterHosts)];
  const auth = [
    'system_account: sys',
    '',
    'accounts: {',
    '  "js": {',
    '    "jetstream": true,',
    '    "users": [',
    `      {"user": "${user}", "pass": "${password}"}`,
    '    ]',
    '  },',
    '  "sys": {',
    '    "users": [',
    `      {"user": "sys", "pass": "${system}"}`,
    '    ]',
    '  }',
    '}',
    '',
    'tls {',
    '  cert_file: "/etc/nats-config/server-cert.pem"',
    '  key_file:  "/etc/nats-config/server-key.pem"',
    '  ca_file:   "/etc/nats-config/ca-cert.pem"',
    '}',
  ].join('\n');
  const data = { auth, encryption: random(12), 'private-key': server.key, cert: server.certificate, 'ca-cert': server.ca, 'cluster-private-key': cluster.key, 'cluster-cert': cluster.certificate, 'cluster-ca-cert': cluster.ca };
  const secret = (name: string, content: Record<string, string>) => child(owner, { apiVersion: 'v1', kind: 'Secret', metadata: { name, labels }, type: 'Opaque', data: Object.fromEntries(Object.entries(content).map(([key, value]) => [key, Buffer.from(value).toString('base64')])) });
  return { server: secret(names.serverSecret, data), client: secret(names.clientSecret, { 'client-auth': `username: ${user}\npassword: ${password}` }), clusterHosts };
}

export function jetStreamStatefulSet(owner: Owner, spec: JetStream, config: EventsConfig): KubeObject {
  const names = jetStreamNames(owner.name);
  const labels = busLabels(owner.name);
  const version = jetStreamVersion(config, spec.version);
  const { containerTemplate: main, reloaderContainerTemplate: reloader, metricsContainerTemplate: metrics, persistence } = spec;
  const mounts = [{ name: 'config-volume', mountPath: '/etc/nats-config' }, { name: 'pid', mountPath: '/var/run/nats' }];
  const items = [['auth', 'auth.conf'], ['private-key', 'server-key.pem'], ['cert', 'server-cert.pem'], ['ca-cert', 'ca-cert.pem'], ['cluster-private-key', 'cluster-server-key.pem'], ['cluster-cert', 'cluster-server-cert.pem'], ['cluster-ca-cert', 'cluster-ca-cert.pem']].map(([key = '', path = '']) => ({ key, path }));
  const containers = [
    compactObject({
      name: 'main',
      image: version.natsImage,
      imagePullPolicy: main?.imagePullPolicy,
      ports: [{ name: 'client', containerPort: CLIENT }, { name: 'cluster', containerPort: CLUSTER }, { name: 'monitor', containerPort: MONITOR }],
      command: [version.startCommand, '--config', '/etc/nats-config/nats-js.conf'],
      args: spec.startArgs,
      env: [
        { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        { name: 'SERVER_NAME', value: '$(POD_NAME)' },
        { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
        { name: 'CLUSTER_ADVERTISE', value: `$(POD_NAME).${names.service}.$(POD_NAMESPACE).svc` },
        { name: 'JS_KEY', valueFrom: { secretKeyRef: { name: names.serverSecret, key: 'encryption' } } },
      ],
      volumeMounts: [...mounts, { name: persistence === undefined ? 'js-data' : names.claim, mountPath: '/data/jetstream' }],
      resources: main?.resources,
      securityContext: main?.securityContext,
      startupProbe: { httpGet: { path: '/healthz', port: MONITOR }, failureThreshold: 30, initialDelaySeconds: 10, timeoutSeconds: 5 },
      livenessProbe: { httpGet: { path: '/', port: MONITOR }, initialDelaySeconds: 10, periodSeconds: 30, timeoutSeconds: 5 },
      lifecycle: { preStop: { exec: { command: [version.startCommand, '-sl=ldm=/var/run/nats/nats.pid'] } } },
    }),
    compactObject({ name: 'reloader', image: version.configReloaderImage, imagePullPolicy: reloader?.imagePullPolicy, securityContext: reloader?.securityContext, resources: reloader?.resources, args: ['-pid', '/var/run/nats/nats.pid', '-config', '/etc/nats-config/nats-js.conf'], volumeMounts: mounts }),
    compactObject({ name: 'metrics', image: version.metricsExporterImage, imagePullPolicy: metrics?.imagePullPolicy, ports: [{ name: 'metrics', containerPort: METRICS }], args: ['-connz', '-routez', '-subz', '-varz', '-prefix=nats', '-use_internal_server_id', '-jsz=all', `http://localhost:${MONITOR}`], resources: metrics?.resources, securityContext: metrics?.securityContext }),
  ];
  const volumes: JsonObject[] = [
    { name: 'pid', emptyDir: {} },
    { name: 'config-volume', projected: { sources: [{ configMap: { name: names.configMap, items: [{ key: 'nats-js', path: 'nats-js.conf' }] } }, { secret: { name: names.serverSecret, items } }] } },
    ...(persistence === undefined ? [{ name: 'js-data', emptyDir: {} }] : []),
  ];
  return child(owner, {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: names.statefulSet, labels: { ...owner.labels, ...labels } },
    spec: {
      podManagementPolicy: 'Parallel',
      replicas: replicasOf(spec),
      serviceName: names.service,
      selector: { matchLabels: labels },
      template: { metadata: compactObject({ labels: { ...spec.metadata?.labels, ...labels }, annotations: spec.metadata?.annotations }), spec: { ...podParts(spec), shareProcessNamespace: true, terminationGracePeriodSeconds: 60, volumes, containers } },
      ...(persistence === undefined ? {} : { volumeClaimTemplates: [claimTemplate(names.claim, persistence, '20Gi')] }),
    },
  });
}
