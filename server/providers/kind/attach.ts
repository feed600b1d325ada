import { connect } from 'node:net';
import type { KubeClient, RequestRecord } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { Scope } from '../../lib/scope.ts';
import type { Place } from '../../sandbox/sandbox.ts';
import { withoutCredentials } from '../existing/kubeconfig.ts';
import { type KubeTransport, openTransport } from '../existing/transport.ts';
import { startGateway } from '../gateway/gateway.ts';
import { bridgeIntoPlace } from '../place-bridge.ts';
import { createRemoteClient } from '../remote-client.ts';
import { accessTo, ADMINISTRATOR, placeKubeconfig } from './access.ts';
import { followAudit } from './audit-tail.ts';
import type { BuildContext } from './build.ts';
import type { Owner } from './owned.ts';
import type { Sleeper } from './sleeper.ts';

const API_PORT = 6443;
const READY_MS = 60_000;
const POLL_MS = 100;

export interface Attached {
  kubeconfig: string;
  client: KubeClient;
  requests(): readonly RequestRecord[];
  detach(): Promise<void>;
}

/** Opens a running cluster to a place: its API, the scenario's ports, and the record of what is asked. */
export async function attach(context: BuildContext, owner: Owner, place: Place, sleeper: Sleeper, signal: AbortSignal): Promise<Attached> {
  const { tools, owned } = context;
  const { clock } = tools;
  const scope = new Scope();
  const end = () => void scope.close();
  signal.addEventListener('abort', end, { once: true });
  try {
    await sleeper.wake();
    const access = await accessTo(tools, owned, owner.name, signal);
    const opened = (how: typeof access): KubeTransport => {
      const transport = openTransport(how, clock);
      scope.defer(() => transport.close());
      // A cluster that sleeps is woken by whoever asks for something.
      return { server: transport.server, close: () => transport.close(), request: async (call) => (await sleeper.wake(), transport.request(call)), connect: async () => (await sleeper.wake(), transport.connect()) };
    };
    const bare = withoutCredentials(access);
    const administrator = opened(access);
    const client = createRemoteClient(administrator, { withToken: (token) => opened({ ...bare, bearer: { kind: 'token', token } }), fieldManager: 'argo-lab' });
    await untilApiAnswers(administrator, clock, signal);
    const listening = await place.listen(API_PORT);
    listening.server.on('connection', (socket) => sleeper.hold(socket));
    const gateway = startGateway({ upstream: opened(bare), listener: listening.server, clock, certificates: { authority: access.ca ?? Buffer.alloc(0), upstream: administrator, administrator: ADMINISTRATOR } });
    scope.defer(() => gateway.close());
    for (const { port, hostPort } of owner.ports) {
      const bridge = await bridgeIntoPlace(place, port, async () => (await sleeper.wake(), sleeper.hold(connect({ host: '127.0.0.1', port: hostPort }))));
      scope.defer(() => bridge.close());
    }
    const audit = followAudit(tools, `${owner.name}-control-plane`, owner.since ?? 0, clock, scope.signal);
    signal.throwIfAborted();
    return {
      kubeconfig: placeKubeconfig(access, listening.port, gateway.certificate),
      client,
      requests: () => merged(audit.records(), gateway.requests()),
      async detach() {
        signal.removeEventListener('abort', end);
        await scope.close();
      },
    };
  } catch (error) {
    await scope.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

/**
 * The API server's own notes where there are some: they hold what pods ask, too. What goes to the Argo Server only the
 * gateway has seen.
 */
function merged(audit: readonly RequestRecord[], gateway: readonly RequestRecord[]): readonly RequestRecord[] {
  const kept = audit.length === 0 ? gateway : [...audit, ...gateway.filter(({ server }) => server === 'argo')];
  return [...kept].sort((a, b) => a.time - b.time);
}

/** Waits for `/readyz`; a cluster that was asleep answers almost at once. */
export async function untilApiAnswers(transport: KubeTransport, clock: Clock, signal: AbortSignal): Promise<void> {
  const began = clock.now();
  for (let last = ''; ; ) {
    signal.throwIfAborted();
    try {
      const { status, body } = await transport.request({ method: 'GET', path: '/readyz', headers: { 'user-agent': 'argo-lab-check' }, signal });
      body.resume();
      if (status === 200) return;
      last = `it answers with ${status}`;
    } catch (error) {
      last = messageOf(error);
    }
    if (clock.now() - began > READY_MS) throw new LabError('cluster-failed', `the API server of the cluster does not answer: ${last}`, 'Start anew.');
    await sleep(clock, POLL_MS, signal);
  }
}
