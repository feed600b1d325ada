import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Cluster, type ClusterOptions, startCluster } from '../cluster/index.ts';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { sleep, systemClock } from '../lib/clock.ts';
import { LabError } from '../lib/errors.ts';
import { systemIds } from '../lib/ids.ts';
import { joinStreams } from '../lib/join-streams.ts';
import { keepingAlive } from '../lib/keep-alive.ts';
import { createLog } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { createRuntime } from '../providers/embedded/runtime.ts';
import { createSandbox } from '../sandbox/detect.ts';
import { integer } from './flags.ts';
import { stopSignal } from './stop-signal.ts';

const ARGO_SERVER = { host: 'argo-server.argo.svc', port: 2746 };
const DEADLINE_MS = 3000;

export interface ClusterFlags {
  port: string;
  argoPort?: string;
  addons?: boolean;
  ingressPort?: string;
  kubeconfigOut: string;
  sandbox: string;
  logLevel: string;
}

/** `argo-lab cluster`: an embedded cluster with Argo alone, in the foreground until it is stopped. */
export async function cluster(flags: ClusterFlags, argoUi: string): Promise<number> {
  const stopped = stopSignal();
  const scope = new Scope();
  try {
    const ready = await keepingAlive(start(flags, argoUi, scope));
    process.stdout.write(`${ready}\n`);
    await stopped;
  } catch (error) {
    await keepingAlive(stop(scope)).catch(() => undefined);
    throw error;
  }
  await keepingAlive(stop(scope));
  return 0;
}

function stop(scope: Scope): Promise<void> {
  return Promise.race([scope.close(), sleep(systemClock, DEADLINE_MS)]);
}

async function start(flags: ClusterFlags, argoUi: string, scope: Scope): Promise<string> {
  const log = createLog(flags.logLevel);
  const port = integer('--port', flags.port, 0, 65535);
  const argoPort = flags.argoPort === undefined ? undefined : integer('--argo-port', flags.argoPort, 0, 65535);
  const ingressPort = flags.ingressPort === undefined ? undefined : integer('--ingress-port', flags.ingressPort, 0, 65535);
  const wanted = flags.sandbox === 'bubblewrap' || flags.sandbox === 'none' ? flags.sandbox : 'auto';
  const folder = await mkdtemp(join(tmpdir(), 'argo-lab-cluster-'));
  scope.defer(() => rm(folder, { recursive: true, force: true }));
  const sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 1, wanted }, systemClock);
  scope.defer(() => sandbox.close());
  const listener = await listen(port, '--port');
  const address = portOf(listener);
  const runtime = await createRuntime(sandbox, join(folder, 'runtime'), systemClock);
  scope.defer(() => runtime.close?.());
  const running = await startCluster({
    clock: systemClock,
    ids: systemIds,
    log,
    runtime,
    folder: join(folder, 'cluster'),
    listen: { listener },
    serverUrl: `https://127.0.0.1:${address}`,
    argoUi,
    addons: flags.addons === true,
    ...(ingressPort === undefined ? {} : { ingress: ingressOn(ingressPort) }),
  });
  scope.defer(() => running.stop());
  const kubeconfig = resolve(flags.kubeconfigOut);
  await writeFileAtomic(kubeconfig, running.kubeconfig, 0o600);
  const argo = argoPort === undefined ? '' : `, Argo Server at http://127.0.0.1:${await bridge(argoPort, running.network, scope)}`;
  return `argo-lab cluster is ready: https://127.0.0.1:${address}${argo}, KUBECONFIG=${kubeconfig}`;
}

/** HTTP on the port that was asked for, HTTPS on a free one: the statuses of Ingresses tell both. */
function ingressOn(port: number): NonNullable<ClusterOptions['ingress']> {
  return {
    address: { hostname: 'localhost' },
    async listen(wanted) {
      const server = await listen(wanted === 80 ? port : 0, '--ingress-port');
      return { server, port: portOf(server) };
    },
  };
}

/** A port of this machine that leads to the Argo Server's Service, as a port-forward would. */
async function bridge(port: number, network: Cluster['network'], scope: Scope): Promise<number> {
  const server = await listen(port, '--argo-port');
  server.on('connection', (client) => joinStreams(client, network.dialAddress(ARGO_SERVER.host, ARGO_SERVER.port)));
  scope.defer(() => void server.close());
  return portOf(server);
}

async function listen(port: number, flag: string): Promise<Server> {
  const server = createServer();
  await new Promise<void>((done, failed) => {
    server.once('error', () => failed(new LabError('port-taken', `port ${port} on 127.0.0.1 can't be used: something else listens there`, `Choose another with ${flag}, or leave it out for any free one.`)));
    server.listen(port, '127.0.0.1', done);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return address.port;
}
