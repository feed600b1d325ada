import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext } from 'node:tls';
import { messageOf } from '../../../lib/errors.ts';
import { CertificateAuthority } from '../../auth/certificates.ts';
import type { PodNetwork } from '../../network/pod-network.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf } from '../runtime/informer.ts';
import type { Endpoints, Ingress, IngressClass, Secret, Service } from '../runtime/kinds.ts';
import { ENDPOINTS, INGRESS_CLASSES, INGRESSES, SECRETS, SERVICES } from '../runtime/resources.ts';
import { writeStatus } from '../runtime/writes.ts';
import { createProxy, type Endpoint } from './proxy.ts';
import { type Backend, CONTROLLER, isServed, overlapOf, type Site, siteOf, sitesOf } from './routes.ts';

/** Where requests come in, as the learner's terminal sees it. */
export interface IngressEntrance {
  /** What `status.loadBalancer` says: an address of the node's, or a name. */
  address: { ip: string } | { hostname: string };
  /** Listens for a port, 80 or 443; resolves with the port that it got, which is another where many share a machine. */
  listen(port: number): Promise<{ server: Server; port: number }>;
}

export interface IngressOptions {
  network: PodNetwork;
  /** Absent: nothing but the controller's own pods, where somebody has installed them, lets requests in. */
  entrance?: IngressEntrance;
}

/** What the pods of an installed ingress-nginx hand on to. */
export interface IngressController {
  /** Serves a connection as it came in: HTTP, or HTTPS with the certificates of Ingresses. */
  accept(socket: Duplex, secure: boolean): void;
  /** Why an Ingress is refused beside those that are served; undefined when it is not. */
  problemWith(ingress: Ingress): string | undefined;
}

const PORTS = [80, 443] as const;
/** When to ask again for a port that somebody else has: milliseconds. */
const RETRY_MS = 5_000;
const YEAR_MS = 365 * 86_400_000;

/** The IngressClass that is there from the beginning. After ingress-nginx v1.12 deploy/static/provider/kind/deploy.yaml */
export const INGRESS_CLASS = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  metadata: { name: 'nginx', labels: { 'app.kubernetes.io/component': 'controller', 'app.kubernetes.io/instance': 'ingress-nginx', 'app.kubernetes.io/name': 'ingress-nginx', 'app.kubernetes.io/part-of': 'ingress-nginx' } },
  spec: { controller: CONTROLLER },
};

/** Does what ingress-nginx does, in this process: routes by host and path, statuses, events. Ports are open while there is an Ingress to serve. */
export function startIngress(context: ControllerContext, { network, entrance }: IngressOptions): IngressController {
  const { client, clock, ids, informers, log, signal } = context;
  const events = context.recorder('nginx-ingress-controller');
  const ingresses = informers.of<Ingress>(INGRESSES);
  const classes = informers.of<IngressClass>(INGRESS_CLASSES);
  const services = informers.of<Service>(SERVICES);
  const endpoints = informers.of<Endpoints>(ENDPOINTS);
  const secrets = informers.of<Secret>(SECRETS);
  const served = (): Ingress[] => ingresses.list().filter((ingress) => ingress.metadata.deletionTimestamp === undefined && isServed(ingress, classes.list()));

  let sites: Site[] | undefined;
  const turns = new Map<string, number>();
  const endpointsOf = (backend: Backend): Endpoint[] => {
    const service = services.get(backend.namespace, backend.service);
    const port = service?.spec.ports?.find((one) => (typeof backend.port === 'number' ? one.port === backend.port : one.name === backend.port));
    if (service?.spec.type === 'ExternalName') return typeof backend.port === 'number' ? [{ host: service.spec.externalName ?? '', port: backend.port }] : [];
    if (service === undefined || port === undefined) return [];
    const all = (endpoints.get(backend.namespace, backend.service)?.subsets ?? []).flatMap((subset) => {
      const number = subset.ports?.find((one) => (one.name ?? '') === (port.name ?? ''))?.port;
      return number === undefined ? [] : (subset.addresses ?? []).map(({ ip }) => ({ host: ip, port: number }));
    });
    const key = `${backend.namespace}/${backend.service}:${backend.port}`;
    const turn = turns.get(key) ?? 0;
    turns.set(key, turn + 1);
    return all.map((_one, index) => all[(index + turn) % all.length]).filter((one) => one !== undefined);
  };
  const proxy = createProxy({ ids, sites: () => (sites ??= sitesOf(served())), endpoints: endpointsOf, dial: ({ host, port }) => network.dialAddress(host, port) });

  // What ingress-nginx shows where there is no certificate, with the name that people know it by.
  let own: { key: string; cert: string } | undefined;
  const ownCertificate = (): { key: string; cert: string } => {
    if (own !== undefined) return own;
    const now = clock.now();
    const subject = { commonName: 'Kubernetes Ingress Controller Fake Certificate', organizations: ['Acme Co'] };
    const made = CertificateAuthority.create(subject.commonName, now).issue({ subject, altNames: ['ingress.local'], usage: 'server', notBefore: now, notAfter: now + YEAR_MS });
    return (own = { key: made.key, cert: made.certificate });
  };
  const secureContextOf = (name: string): SecureContext | undefined => {
    const tls = siteOf((sites ??= sitesOf(served())), name)?.tls;
    const data = tls === undefined ? undefined : secrets.get(tls.namespace, tls.secret)?.data;
    const text = (key: string): string => Buffer.from(data?.[key] ?? '', 'base64').toString();
    if (data === undefined) return undefined;
    try {
      return createSecureContext({ key: text('tls.key'), cert: text('tls.crt') });
    } catch (error) {
      log.debug({ secret: tls?.secret, error: messageOf(error) }, 'an Ingress has a Secret that holds no certificate');
      return undefined;
    }
  };

  const http = createHttpServer((request, response) => proxy.handle(request, response, false)).on('upgrade', (request, socket, head) => proxy.upgrade(request, socket, head, false));
  let https: ReturnType<typeof createHttpsServer> | undefined;
  const secureServer = () =>
    (https ??= createHttpsServer({ ...ownCertificate(), SNICallback: (name, done) => done(null, secureContextOf(name)) }, (request, response) => proxy.handle(request, response, true)).on('upgrade', (request, socket, head) => proxy.upgrade(request, socket, head, true)));

  const open = new Map<number, { server: Server; port: number }>();
  const closeAll = (): void => {
    for (const { server } of open.values()) server.close();
    open.clear();
    http.closeAllConnections();
    https?.closeAllConnections();
  };
  const accept = (socket: Duplex, secure: boolean): void => {
    socket.on('error', () => socket.destroy());
    (secure ? secureServer() : http).emit('connection', socket);
  };
  const listen = async (port: number): Promise<void> => {
    if (entrance === undefined || open.has(port)) return;
    const listening = await entrance.listen(port);
    if (signal.aborted) return void listening.server.close();
    open.set(port, listening);
    listening.server.on('connection', (socket) => accept(socket, port === 443));
  };
  signal.addEventListener('abort', closeAll, { once: true });

  const entranceQueue = context.queue('ingress-entrance', async (key) => {
    if (served().length === 0) return closeAll();
    for (const port of PORTS) {
      try {
        await listen(port);
      } catch (error) {
        if (!signal.aborted) log.debug({ port, error: messageOf(error) }, 'the ingress controller does not get its port');
        entranceQueue.addAfter(key, RETRY_MS);
      }
    }
    for (const ingress of served()) statusQueue.add(keyOf(ingress));
  });

  const statusQueue = context.queue('ingress-status', async (key) => {
    const ingress = ingresses.getByKey(key);
    if (entrance === undefined || ingress === undefined || !served().includes(ingress) || open.size === 0) return;
    const others = [...open].filter(([wanted, { port }]) => wanted !== port).map(([, { port }]) => ({ port, protocol: 'TCP' }));
    await writeStatus(client, INGRESSES, ingress, { loadBalancer: { ingress: [{ ...entrance.address, ...(others.length === 0 ? {} : { ports: others }) }] } });
  });

  const told = new Map<string, string>();
  const sync = (ingress: Ingress): void => {
    const { uid = '', resourceVersion = '' } = ingress.metadata;
    if (told.get(uid) === resourceVersion || ingress.metadata.deletionTimestamp !== undefined || !isServed(ingress, classes.list())) return;
    told.set(uid, resourceVersion);
    events.record(ingress, 'Normal', 'Sync', 'Scheduled for sync');
  };
  const changed = (): void => {
    sites = undefined;
    entranceQueue.add('all');
  };
  ingresses.onChange(({ previous, current }) => {
    changed();
    if (current !== undefined) sync(current);
    else told.delete(previous?.metadata.uid ?? '');
  });
  classes.onChange(() => {
    changed();
    for (const ingress of ingresses.list()) sync(ingress);
  });
  return { accept, problemWith: (ingress) => (isServed(ingress, classes.list()) ? overlapOf(ingress, served()) : undefined) };
}
