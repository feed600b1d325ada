import { createKubeClient, defaultHooks, errors, Scheme, serveCustomResources, type ApiCore } from './api/index.ts';
import { tablePrinter } from './api/table-printers/index.ts';
import { createOpenApi } from './api/openapi/index.ts';
import { createAdmission, PLUGINS, startQuotaStatus } from './admission/index.ts';
import { decodeKubernetesProtobuf } from './api/protobuf/index.ts';
import { createSchemaHooks } from './api/schema/index.ts';
import { startControllers } from './controllers/index.ts';
import { builtInImages, createImageRegistry, type ImageRegistry, startKubelet, type StorageLimits } from './kubelet/index.ts';
import { startScheduler } from './scheduler/index.ts';
import { join } from 'node:path';
import { createAuth, recordOf, RequestLog } from './auth/index.ts';
import type { RequestRecord } from './auth/request-log.ts';
import { ingressImages } from './controllers/ingress/images.ts';
import { installAddons } from './index/addons.ts';
import { bootstrapObjects } from './index/bootstrap.ts';
import { startApiServer } from './http/api-server.ts';
import { handleUpgrade } from './index/pod-streams.ts';
import { keepApiServices } from './index/api-services.ts';
import { webhookCaller } from './index/webhook-caller.ts';
import { createStreams, type Streams } from './stream/index.ts';
import { WorkflowArchive } from './argo/archive/workflow-archive.ts';
import { argoPrograms } from './argo/programs.ts';
import { argoServerImages } from './argo/server/index.ts';
import { installArgo, podsUntil } from './index/install-argo.ts';
import { ObjectStore } from './store/object-store.ts';
import { readSnapshot } from './store/snapshot.ts';
import { createPodNetwork, serviceAddresses } from './network/index.ts';
import { mkdir, rm } from 'node:fs/promises';
import { z } from 'zod';
import { Scope } from '../lib/scope.ts';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { ShiftableClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import { isJsonObject, type JsonObject } from '../lib/json.ts';
import type { KubeClient } from './client.ts';
import type { KubeObject } from './store/object.ts';
import type { ProcessRuntime } from './kubelet/runtime/process-runtime.ts';
import type { PodNetwork } from './network/pod-network.ts';
import type { IngressEntrance } from './controllers/ingress/index.ts';

/** What “Argo Workflows as the course has it” means, for clusters that are not our own. */
export { argoInstallObjects } from './argo/install/index.ts';
/** For hosts without a sandbox. */
export { createPlainRuntime } from './kubelet/runtime/plain-runtime.ts';
/** Argo's resource types, for other clusters that lack them. */
export { argoCrds as argoDefinitions } from './argo/install/crds.ts';

/** What `startCluster` takes. */
export interface ClusterOptions {
  clock: Clock;
  ids: Ids;
  log: Log;
  runtime: ProcessRuntime;
  /** A folder of the cluster's own: container layers, volumes. Made when missing, removed at `stop`. */
  folder: string;
  /**
   * Where the API listens. `listener` is a server that already listens (in a sandbox's network namespace) and is
   * taken over. Default: 127.0.0.1 on a free port. `serverUrl` is what the kubeconfig says; default: the listening address.
   */
  listen?: { host: string; port: number } | { listener: Server };
  serverUrl?: string;
  /** Installs Argo Workflows into namespace `argo` with the course's settings. Default true. */
  argo?: boolean;
  /** Folder with the built user interface that the Argo Server serves. Without it, a plain page says that it is not built. */
  argoUi?: string;
  /** Listens on a port of the node as its terminal sees it, for Services of the type NodePort; absent: those are reached by their cluster address alone. */
  nodePort?: (port: number) => Promise<Server>;
  /** Connects to a port of the node's own loopback, for webhooks whose `url` names it; absent: nothing answers there. */
  nodeDial?: (port: number) => Promise<Duplex>;
  /** What pods, their claims and their logs may hold on the machine's disk; default 4 GiB and 300 000 files. */
  storage?: StorageLimits;
  /** Installs what kind has beside Kubernetes: the default StorageClass `standard`; and the IngressClass `nginx`, whose controller is built in. Default false. */
  addons?: boolean;
  /** Where the ingress controller's ports 80 and 443 are; absent: only pods of an ingress-nginx that somebody installs let requests in. */
  ingress?: IngressEntrance;
  /** What `snapshot()` of an earlier run returned. */
  restore?: ClusterSnapshot;
}

export interface ClusterSnapshot {
  version: 1;
  data: unknown;
}

export interface Cluster {
  /** Cluster-admin by client certificate, and a bearer token beside it so that `argo auth token` works. YAML. */
  kubeconfig: string;
  /** As cluster-admin. */
  client: KubeClient;
  network: PodNetwork;
  /** What was sent to the Kubernetes API and to the Argo Server, by whom; the newest last, at most 10 000 kept. */
  requests(): readonly RequestRecord[];
  snapshot(): ClusterSnapshot;
  /** The time in the cluster, in milliseconds since the epoch. */
  now(): number;
  /** Moves the cluster's clock forward by milliseconds: what waits for a time (CronJobs, CronWorkflows, deadlines, TTLs) happens at once. Processes in pods go on as they were. */
  advance(ms: number): void;
  /** Ends pods, watches and the listener; resolves when no process of the cluster is left. */
  stop(): Promise<void>;
}

const snapshotSchema = z.object({ clock: z.number().min(0).default(0), store: z.unknown(), auth: z.unknown(), archive: z.array(z.custom<JsonObject>(isJsonObject)).default([]) });

/** How long `startCluster` waits for the Argo Server before it goes on without: milliseconds. */
const ARGO_PATIENCE = 10_000;

/** Starts an embedded cluster; resolves when the API answers and, with Argo, when argo-server's pod is Ready. */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const scope = new Scope();
  try {
    return await assemble(options, scope);
  } catch (error) {
    await scope.close();
    throw error;
  }
}

async function assemble(options: ClusterOptions, scope: Scope): Promise<Cluster> {
  const { ids, log, folder } = options;
  const saved = options.restore === undefined ? undefined : snapshotSchema.parse(options.restore.data);
  const clock = new ShiftableClock(options.clock, saved?.clock);
  const store = new ObjectStore(saved === undefined ? undefined : readSnapshot(saved.store));
  const listen = options.listen ?? { host: '127.0.0.1', port: 0 };
  const auth = createAuth({ clock, ids, log, reader: store, ...(saved?.auth === undefined ? {} : { restore: saved.auth }), ...('host' in listen ? { altNames: [listen.host] } : {}) });
  await mkdir(folder, { recursive: true });
  scope.defer(() => rm(folder, { recursive: true, force: true }));

  const network = createPodNetwork();
  const scheme = new Scheme();
  const schema = createSchemaHooks();
  const callWebhook = webhookCaller({ network, reader: store, clock: options.clock, ...(options.nodeDial === undefined ? {} : { dialNode: options.nodeDial }) });
  const admission = createAdmission(
    {
      reader: store,
      ids,
      resourceOf: (group, kind) => scheme.all().find((info) => info.group === group && info.kind === kind),
      versionsOf: (group, resource) => scheme.versionsOf(group, resource),
      normalize: (info, object) => schema.defaults(info, schema.prune(info, object).object),
      callWebhook,
    },
    [...PLUGINS, serviceAddresses],
  );
  const hooks = defaultHooks({ ...auth.hooks(), admission, schema, callWebhook });
  hooks.printer = tablePrinter;
  hooks.openapi = createOpenApi(() => scheme.all());
  const core: ApiCore = { store, scheme, clock, ids, hooks };
  scope.defer(serveCustomResources(core));
  const system = createKubeClient(core, { user: 'system:apiserver', groups: ['system:masters'] }, 'kube-apiserver');
  // What somebody deleted from a cluster that is restored stays deleted.
  if (saved === undefined) await bootstrapObjects(core, system, auth.ca.certificate);
  scope.defer(keepApiServices(core));

  const requests = new RequestLog();
  let streams: Streams | undefined;
  const server = await startApiServer({
    core,
    log,
    listen,
    tls: { key: auth.serverCertificate.key, cert: auth.serverCertificate.certificate, ca: auth.ca.certificate },
    identify: (credentials, url) => auth.identify(credentials, url),
    documents: new Map([
      ['/.well-known/openid-configuration', { contentType: 'application/json', read: () => auth.openidConfiguration() }],
      ['/openid/v1/jwks', { contentType: 'application/jwk-set+json', read: () => auth.jwks() }],
    ]),
    clock,
    decodeProtobuf: decodeKubernetesProtobuf,
    upgrade: async (call) => {
      if (streams === undefined) throw errors.serviceUnavailable('the kubelet has not started yet');
      await handleUpgrade(core, streams, call);
    },
    record: (entry) => requests.add(recordOf({ ...entry, time: clock.now(), server: 'kubernetes' })),
  });
  scope.defer(() => server.close());
  const serverUrl = options.serverUrl ?? (server.address === undefined ? 'https://127.0.0.1:6443' : `https://${server.address.address}:${server.address.port}`);

  const component = (user: string, groups: string[], fieldManager: string): KubeClient => system.as({ user, groups: [...groups, 'system:masters'] }, fieldManager);
  const manager = component('system:kube-controller-manager', [], 'kube-controller-manager');
  auth.startControllers(manager, scope.signal);
  const versionOf = (group: string, resource: string): string | undefined => core.scheme.versionsOf(group, resource)[0]?.version;
  startQuotaStatus({ client: manager, reader: store, versionOf, signal: scope.signal });
  if (saved === undefined && options.addons === true) await installAddons(core, system);
  const controllers = startControllers({ ingress: { network, ...(options.ingress === undefined ? {} : { entrance: options.ingress }) }, client: manager, clock, ids, log, rootCertificate: auth.ca.certificate, resources: { list: () => scheme.all(), onChange: (listener) => scheme.onChange(listener) } });
  scope.defer(() => controllers.stop());
  const scheduler = startScheduler({ client: component('system:kube-scheduler', [], 'kube-scheduler'), clock, log });
  scope.defer(() => scheduler.stop());
  const archive = new WorkflowArchive(saved?.archive);
  const images: ImageRegistry = createImageRegistry([
    ...builtInImages,
    ...ingressImages(controllers.ingress),
    ...argoServerImages({ archive, record: (record) => requests.add(record), ...(options.argoUi === undefined ? {} : { uiFolder: options.argoUi }) }),
    ...argoPrograms({
      archive,
      imageCommand: (image) => {
        const found = images.lookup(image);
        return found.kind === 'found' ? { entrypoint: found.entry.entrypoint ?? [], cmd: found.entry.cmd ?? [] } : undefined;
      },
    }),
  ]);
  const kubelet = await startKubelet({ client: component('system:node:controlplane', ['system:nodes'], 'kubelet'), network, runtime: options.runtime, images, clock, ids, log, folder: join(folder, 'kubelet'), api: (socket) => server.accept(socket), ...(options.nodePort === undefined ? {} : { nodePort: options.nodePort }), ...(options.storage === undefined ? {} : { storage: options.storage }) });
  scope.defer(() => kubelet.stop());
  hooks.containers = kubelet.access;
  streams = createStreams({ access: kubelet.access, clock, log });
  scope.defer(() => streams?.close());

  if (options.argo !== false) {
    if (saved === undefined) await installArgo(core, component('kubernetes-admin', [], 'kubectl-client-side-apply'));
    const giveUp = new AbortController();
    const cancel = clock.after(ARGO_PATIENCE, () => giveUp.abort());
    const ready = (pod: KubeObject): boolean => isJsonObject(pod.status) && Array.isArray(pod.status.conditions) && pod.status.conditions.some((c) => isJsonObject(c) && c.type === 'Ready' && c.status === 'True');
    await podsUntil(manager, { namespace: 'argo', labelSelector: 'app=argo-server' }, ready, giveUp.signal);
    cancel();
  }

  return {
    kubeconfig: auth.kubeconfig({ server: serverUrl }),
    client: createKubeClient(core, { user: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }, 'argo-lab'),
    network,
    requests: () => requests.all(),
    now: () => clock.now(),
    advance: (ms) => clock.advance(ms),
    snapshot: () => ({ version: 1, data: { clock: clock.ahead, store: store.snapshot(), auth: auth.snapshot(), archive: archive.snapshot() } }),
    stop: () => scope.close(),
  };
}
