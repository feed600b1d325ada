import { z } from 'zod';
import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { Scope } from '../../lib/scope.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import type { ProviderDependencies } from '../index.ts';
import type { ClusterStage, ProviderSession, SessionCluster } from '../provider.ts';
import { connectTo, type Connection } from './connection.ts';
import { installCrds, releaseCrds } from './crds.ts';
import { type Arrangement, decide, report } from './decide.ts';
import { gatherFacts } from './facts.ts';
import { watchOver } from './health.ts';
import type { KubeAccess } from './kubeconfig.ts';
import { keepTokenFresh, learnerKubeconfig, placeToken, requestToken } from './learner.ts';
import { inNamespace } from './mapped-client.ts';
import { labelsOf, MANAGED_BY, namespaceOf, OWNER, type Ownership, SESSION } from './names.ts';
import { readNeeds, type ScenarioNeeds } from './needs.ts';
import type { StoreImages } from './object-store.ts';
import { createAll, NAMESPACES, removeNamespace, untilAvailable, untilGone } from './objects.ts';
import { grantedRules, LEARNER, planObjects } from './plan.ts';
import { createVcluster, deleteVcluster, enterVcluster, type VclusterHost } from './vcluster.ts';

export interface SessionOptions extends ProviderDependencies {
  session: ProviderSession;
  access: KubeAccess;
  owner: string;
  vcluster: boolean;
  environment: Readonly<Record<string, string | undefined>>;
}

const API_PORT = 6443;
const IMAGES = { server: 'quay.io/argoproj/argocli:v3.7.6', controller: 'quay.io/argoproj/workflow-controller:v3.7.6', executor: 'quay.io/argoproj/argoexec:v3.7.6' };
/** Where the learner's account lives in a virtual cluster, in which the learner rules. */
const VCLUSTER_ACCOUNTS = 'kube-system';

const Saved = z.object({ version: z.literal(1), namespace: z.string(), alone: z.boolean(), argo: z.enum(['none', 'server', 'all']), store: z.boolean().default(false), mode: z.enum(['namespace', 'vcluster']) });
type Saved = z.infer<typeof Saved>;

/**
 * Makes what one session gets of a cluster, or finds it again. Leaves nothing behind when it fails or is called off: what
 * is being made then is waited for, so that it can be taken back.
 */
export async function startSession(options: SessionOptions): Promise<SessionCluster> {
  const { session, clock } = options;
  const scope = new Scope();
  const undo = new Scope();
  try {
    const host = connectTo(options.access, clock, scope);
    const needs: ScenarioNeeds = session.scenario === undefined ? { namespace: 'default', namespaces: [], clusterScope: [], argo: true, artifacts: true, requests: false } : await readNeeds(session.scenario);
    const saved = await resumable(options, host.client);
    const made = saved ?? (await prepare(options, host, needs, undo));
    return await open(options, host, needs, made, scope);
  } catch (error) {
    await undo.close().catch((failed: unknown) => options.log.warn({ error: messageOf(failed) }, 'cleaning up in the cluster failed'));
    await scope.close().catch(() => undefined);
    throw session.signal.aborted ? session.signal.reason : error;
  }
}

/** What a former run of this session left in the cluster, if it is still there. */
async function resumable({ session, owner }: SessionOptions, client: KubeClient): Promise<Saved | undefined> {
  const parsed = Saved.safeParse(session.restore);
  if (!parsed.success) return undefined;
  const found = await client.find(NAMESPACES, undefined, parsed.data.namespace);
  return found !== undefined && belongs(found, { session: session.id, owner }) && found.metadata.deletionTimestamp === undefined ? parsed.data : undefined;
}

function belongs({ metadata: { labels = {} } }: KubeObject, { session, owner }: Ownership): boolean {
  return labels[MANAGED_BY] === 'argo-lab' && labels[OWNER] === owner && labels[SESSION] === session;
}

async function prepare(options: SessionOptions, host: Connection, needs: ScenarioNeeds, undo: Scope): Promise<Saved> {
  const { session, owner, clock, ids } = options;
  const { signal } = session;
  const own = `${namespaceOf(session.id)}-${ids.suffix()}`;
  const ownership = { session: session.id, owner };
  const arrangement = await stage(options, 'preflight', 'What the cluster allows', () => preflight(options, host, needs, own));
  const saved: Saved = arrangement.mode === 'vcluster' ? { version: 1, mode: 'vcluster', namespace: own, alone: false, argo: needs.argo ? 'all' : 'none', store: needs.argo && needs.artifacts } : { version: 1, mode: 'namespace', namespace: arrangement.namespace, alone: arrangement.alone, argo: arrangement.argo, store: arrangement.store };
  undo.defer(() => remove(options, host.client, saved));
  if (arrangement.mode === 'vcluster') {
    await stage(options, 'namespace', 'A virtual cluster of your own (vcluster)', async () => {
      await createAll(host.client, [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: own, labels: labelsOf(ownership) } }], signal);
      await createVcluster(hostOf(options, own));
    });
    return saved;
  }
  const objects = planObjects({ ...ownership, namespace: saved.namespace, argo: saved.argo, images: IMAGES, ...storeOf(options, saved) });
  await stage(options, 'namespace', `Namespace ${saved.namespace}`, async () => {
    if (saved.alone) await clear(options, host.client, saved.namespace);
    if (arrangement.installCrds) await installCrds(host.client, owner, await argoDefinitions(), clock, signal);
    await createAll(host.client, objects, signal);
  });
  if (saved.argo !== 'none') await stage(options, 'argo', 'Argo Workflows', () => untilAvailable(host.client, saved.namespace, partsOf(saved), clock, signal));
  return saved;
}

function storeOf({ environment }: SessionOptions, { store }: Saved): { store?: StoreImages } {
  return store ? { store: { server: environment['MINIO_IMAGE'] || undefined, client: environment['MINIO_CLIENT_IMAGE'] || undefined } } : {};
}

function partsOf({ argo, store }: Saved): string[] {
  return ['argo-server', ...(argo === 'all' ? ['workflow-controller'] : []), ...(store ? ['minio'] : [])];
}

async function preflight(options: SessionOptions, host: Connection, needs: ScenarioNeeds, own: string): Promise<Arrangement> {
  const { session, owner, vcluster } = options;
  const facts = await gatherFacts({ ...host, namespace: own, wanted: needs.namespace, argo: needs.argo, artifacts: needs.argo && needs.artifacts, granted: grantedRules(needs.argo ? 'all' : 'none'), session: session.id, owner, vcluster });
  const { findings, arrangement } = decide(needs, facts, own);
  if (arrangement !== undefined) return arrangement;
  const first = findings.find(({ ok }) => !ok);
  throw Object.assign(new LabError('cluster-failed', first?.message ?? 'the cluster does not allow what the scenario needs', first?.next), { output: report(findings) });
}

/** The one name that the scenario writes may still be held by a session that has ended, or by the life of this one that was just reset. */
async function clear({ session, owner, clock }: SessionOptions, client: KubeClient, namespace: string): Promise<void> {
  const found = await client.find(NAMESPACES, undefined, namespace);
  if (found === undefined) return;
  await removeNamespace(client, namespace, (one) => belongs(one, { session: session.id, owner }));
  await untilGone(client, namespace, clock, session.signal);
}

async function open(options: SessionOptions, host: Connection, needs: ScenarioNeeds, made: Saved, scope: Scope): Promise<SessionCluster> {
  const { session, clock, log } = options;
  const { place, signal } = session;
  const virtual = made.mode === 'vcluster' ? await stage(options, 'vcluster', 'The way into the virtual cluster', () => enterVirtual(options, needs, made, scope)) : undefined;
  const inside = virtual ?? host;
  const namespace = virtual === undefined ? made.namespace : needs.namespace;
  const renew = () => requestToken(inside.client, virtual === undefined ? made.namespace : VCLUSTER_ACCOUNTS, LEARNER);
  const { first, gateway, port } = await stage(options, 'access', 'An account of your own', async () => {
    const token = await renew();
    await placeToken(place, token.token);
    signal.throwIfAborted();
    const listening = await place.listen(API_PORT);
    const started: Gateway = startGateway({ upstream: inside.open, listener: listening.server, clock });
    scope.defer(() => started.close());
    return { first: token, gateway: started, port: listening.port };
  });
  keepTokenFresh({ first, renew, place, clock, log, signal: scope.signal });
  watchOver({ client: host.client, access: options.access, namespace: made.namespace, clock, signal: scope.signal, onLost: (error) => session.onLost?.(error) });
  return {
    kubeconfig: learnerKubeconfig({ port, certificate: gateway.certificate, token: first.token, namespace, homeInside: place.homeInside }),
    namespace,
    env: {},
    client: inNamespace(inside.client, needs.namespace, namespace),
    requests: () => gateway.requests(),
    snapshot: () => made,
    async stop(why) {
      // Asked for before the way to the cluster closes; a lab that stops does not wait until it is done.
      const removed = why === 'suspend' ? Promise.resolve() : remove(options, host.client, made);
      const results = await Promise.allSettled([removed.finally(() => scope.close())]);
      for (const result of results) if (result.status === 'rejected') log.warn({ namespace: made.namespace, error: messageOf(result.reason) }, 'a namespace could not be removed; the next start of the lab tries again');
    },
  };
}

/** The virtual cluster's administrator, with what a namespaced session gets put into the scenario's namespace of it. */
async function enterVirtual(options: SessionOptions, needs: ScenarioNeeds, made: Saved, scope: Scope): Promise<Connection> {
  const { session, owner, clock } = options;
  const access = await enterVcluster(hostOf(options, made.namespace), session.folder, scope);
  const inside = connectTo(access, clock, scope);
  const { signal } = session;
  const account: KubeObject[] = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: LEARNER, namespace: VCLUSTER_ACCOUNTS } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: LEARNER }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' }, subjects: [{ kind: 'ServiceAccount', name: LEARNER, namespace: VCLUSTER_ACCOUNTS }] },
  ];
  await createAll(inside.client, account, signal, true);
  if (made.argo === 'none') return inside;
  await installCrds(inside.client, owner, await argoDefinitions(), clock, signal);
  const objects = planObjects({ session: session.id, owner, namespace: needs.namespace, argo: 'all', images: IMAGES, ...storeOf(options, made) });
  // In a cluster of one's own nobody has to be held back.
  await createAll(inside.client, objects.filter(({ kind }) => kind !== 'ResourceQuota' && kind !== 'LimitRange'), signal, true);
  await untilAvailable(inside.client, needs.namespace, partsOf(made), clock, signal);
  return inside;
}

async function remove(options: SessionOptions, client: KubeClient, { namespace, mode }: Saved): Promise<void> {
  const { session, owner, log } = options;
  const mine = (one: KubeObject) => belongs(one, { session: session.id, owner });
  if (mode === 'vcluster') await deleteVcluster({ ...hostOf(options, namespace), signal: new AbortController().signal }).catch((error: unknown) => log.debug({ error: messageOf(error) }, 'the virtual cluster goes with its namespace'));
  await removeNamespace(client, namespace, mine);
  // Whoever may not see resource types has not installed any.
  await releaseCrds(client, owner).catch((error: unknown) => log.debug({ error: messageOf(error) }, "Argo's resource types stay"));
}

function hostOf({ access, environment, session }: SessionOptions, namespace: string): VclusterHost {
  return { kubeconfig: access.file, context: access.context, namespace, environment, signal: session.signal };
}

async function argoDefinitions(): Promise<KubeObject[]> {
  return (await import('../../cluster/index.ts')).argoDefinitions();
}

async function stage<T>({ session, clock }: SessionOptions, id: string, title: string, work: () => Promise<T>): Promise<T> {
  const began = clock.now();
  const say = (state: ClusterStage['state'], output?: string) => session.onStage({ id, title, state, ...(state === 'running' ? {} : { took: clock.now() - began }), ...(output === undefined ? {} : { output }) });
  session.signal.throwIfAborted();
  say('running');
  try {
    const value = await work();
    say('done');
    return value;
  } catch (error) {
    say('failed', typeof error === 'object' && error !== null && 'output' in error ? String(error.output) : messageOf(error));
    throw error;
  }
}
