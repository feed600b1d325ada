import { z } from 'zod';
import { ApiStatus, type KubeClient, type KubeObject, type ResourceType } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';

export const NAMESPACES: ResourceType = { group: '', version: 'v1', resource: 'namespaces' };
export const PODS: ResourceType = { group: '', version: 'v1', resource: 'pods' };
export const EVENTS: ResourceType = { group: '', version: 'v1', resource: 'events' };
export const DEPLOYMENTS: ResourceType = { group: 'apps', version: 'v1', resource: 'deployments' };
export const SERVICE_ACCOUNTS: ResourceType = { group: '', version: 'v1', resource: 'serviceaccounts' };
export const DEFINITIONS: ResourceType = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

/** How long the parts of Argo may take to be there: images may have to be pulled. */
const READY_MS = 300_000;
const GONE_MS = 180_000;
const POLL_MS = 500;

/** A plural as the kinds that we make have it: with an `s`, or `ies` for a `y` after a consonant. */
function typeOf({ apiVersion, kind }: KubeObject): ResourceType {
  const [first = '', second] = apiVersion.split('/');
  const lower = kind.toLowerCase();
  return { group: second === undefined ? '' : first, version: second ?? first, resource: /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s` };
}

/** Creates objects one after another; what is there already stays as it is where `keep` is set. Throws LabError. */
export async function createAll(client: KubeClient, objects: readonly KubeObject[], signal: AbortSignal, keep = false): Promise<void> {
  for (const object of objects) {
    signal.throwIfAborted();
    try {
      await client.create(typeOf(object), object.metadata.namespace, object);
    } catch (error) {
      if (keep && error instanceof ApiStatus && error.code === 409) continue;
      if (error instanceof LabError) throw error;
      const next = error instanceof ApiStatus && error.code === 403 ? 'Ask the administrator of the cluster for this right.' : error instanceof ApiStatus && error.code === 409 ? 'Wait a minute and reset the session: something of that name is just being removed.' : undefined;
      throw new LabError('cluster-failed', `creating ${object.kind} ${object.metadata.name} failed: ${messageOf(error)}`, next, { cause: error });
    }
  }
}

/** Asks for the removal of a namespace that is ours; whoever else's it is now stays. */
export async function removeNamespace(client: KubeClient, name: string, mine: (namespace: KubeObject) => boolean): Promise<void> {
  const found = await client.find(NAMESPACES, undefined, name);
  if (found === undefined || !mine(found) || found.metadata.deletionTimestamp !== undefined) return;
  try {
    const { uid } = found.metadata;
    await client.delete(NAMESPACES, undefined, name, { propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) });
  } catch (error) {
    if (!(error instanceof ApiStatus) || (error.code !== 404 && error.code !== 409)) throw error;
  }
}

export async function untilGone(client: KubeClient, name: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.now() + GONE_MS;
  while ((await client.find(NAMESPACES, undefined, name)) !== undefined) {
    if (clock.now() > end) throw new LabError('timeout', `the namespace ${name} is still being removed after ${GONE_MS / 60_000} minutes`, `Look at what holds it: kubectl get namespace ${name} -o yaml`);
    await sleep(clock, POLL_MS, signal);
  }
}

const DeploymentStatus = z.object({ status: z.object({ availableReplicas: z.number().default(0) }).default({ availableReplicas: 0 }) });

/** Waits for Deployments to be available; a failure says what the cluster says of their pods. */
export async function untilAvailable(client: KubeClient, namespace: string, names: readonly string[], clock: Clock, signal: AbortSignal): Promise<void> {
  const end = clock.now() + READY_MS;
  for (const name of names) {
    for (;;) {
      const parsed = DeploymentStatus.safeParse(await client.find(DEPLOYMENTS, namespace, name));
      if (parsed.success && parsed.data.status.availableReplicas > 0) break;
      if (clock.now() > end) {
        const details = await troubles(client, namespace);
        throw Object.assign(new LabError('timeout', `${name} was not ready within ${READY_MS / 60_000} minutes`, details.includes('ImagePull') || details.includes('ErrImage') ? `The nodes of the cluster can't get the image: look at the registry and its credentials.${name === 'minio' ? ' Or name another: MINIO_IMAGE=IMAGE MINIO_CLIENT_IMAGE=IMAGE.' : ''}` : 'Look at the events above, then reset the session.'), { output: details });
      }
      await sleep(clock, POLL_MS, signal);
    }
  }
}

const PodStatus = z.object({ metadata: z.object({ name: z.string() }), status: z.object({ phase: z.string().default(''), containerStatuses: z.array(z.object({ ready: z.boolean().default(false), state: z.object({ waiting: z.object({ reason: z.string().default(''), message: z.string().default('') }).optional() }).default({}) })).default([]) }) });
const EventText = z.object({ type: z.string().default(''), reason: z.string().default(''), message: z.string().default('') });

/** What is not ready in a namespace, and its last warnings. */
async function troubles(client: KubeClient, namespace: string): Promise<string> {
  const [pods, events] = await Promise.all([client.list(PODS, { namespace }), client.list(EVENTS, { namespace })]);
  const lines = pods.items.flatMap((pod) => {
    const parsed = PodStatus.safeParse(pod);
    if (!parsed.success || (parsed.data.status.containerStatuses.length > 0 && parsed.data.status.containerStatuses.every(({ ready }) => ready))) return [];
    const waiting = parsed.data.status.containerStatuses.flatMap(({ state }) => (state.waiting === undefined ? [] : [`${state.waiting.reason} ${state.waiting.message}`.trim()]));
    return [`pod ${parsed.data.metadata.name}: ${[parsed.data.status.phase, ...waiting].join(', ')}`];
  });
  const warnings = events.items.flatMap((event) => {
    const parsed = EventText.safeParse(event);
    return parsed.success && parsed.data.type === 'Warning' ? [`${parsed.data.reason}: ${parsed.data.message}`] : [];
  });
  return [...lines, ...warnings.slice(-15)].join('\n');
}
