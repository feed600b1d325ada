import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ApiStatus, type KubeClient, type ResourceType } from '../../cluster/vocabulary.ts';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { untilArgoRuns } from './argo-install.ts';
import { type Baseline, baselineOf, type Deed, deedsFor, type Found } from './restore-plan.ts';

const DEFINITIONS = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };

/** What a session can fill a cluster with; resources of custom kinds are added as they are defined. */
const TYPES: readonly ResourceType[] = [
  ...['namespaces', 'configmaps', 'secrets', 'serviceaccounts', 'services', 'persistentvolumeclaims', 'persistentvolumes', 'pods', 'replicationcontrollers', 'limitranges', 'resourcequotas', 'podtemplates'].map((resource) => ({ group: '', version: 'v1', resource })),
  ...['deployments', 'replicasets', 'statefulsets', 'daemonsets'].map((resource) => ({ group: 'apps', version: 'v1', resource })),
  ...['jobs', 'cronjobs'].map((resource) => ({ group: 'batch', version: 'v1', resource })),
  ...['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings'].map((resource) => ({ group: 'rbac.authorization.k8s.io', version: 'v1', resource })),
  ...['ingresses', 'networkpolicies', 'ingressclasses'].map((resource) => ({ group: 'networking.k8s.io', version: 'v1', resource })),
  { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' },
  { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' },
  { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' },
  { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' },
  DEFINITIONS,
];
const Definition = z.looseObject({ spec: z.looseObject({ group: z.string(), names: z.looseObject({ plural: z.string() }), versions: z.array(z.looseObject({ name: z.string(), storage: z.boolean() })) }) });
const Kept = z.object({ version: z.literal(1), found: z.array(z.object({ type: z.object({ group: z.string(), version: z.string(), resource: z.string() }), object: z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string() }) }) })) });

/** Notes what a new cluster holds. */
export async function saveBaseline(client: KubeClient, file: string): Promise<void> {
  await writeFileAtomic(file, JSON.stringify({ version: 1, found: await everything(client) }));
}

/** Makes a cluster hold again what it held when it was new. Rejects where that is not known, or takes too long. */
export async function restoreBaseline(client: KubeClient, file: string, options: { clock: Clock; needed: readonly string[]; signal: AbortSignal }): Promise<void> {
  const { clock, needed, signal } = options;
  const baseline: Baseline = baselineOf(Kept.parse(JSON.parse(await readFile(file, 'utf8'))).found);
  for (;;) {
    signal.throwIfAborted();
    const deeds = deedsFor(baseline, await everything(client));
    if (deeds.length === 0) break;
    await Promise.all(deeds.map((deed) => perform(client, deed)));
    // What is deleted goes step by step: owners, what they own, finalizers.
    await sleep(clock, 200, signal);
  }
  await untilArgoRuns(client, needed, { clock, signal, missingImage: 30_000 });
}

async function everything(client: KubeClient): Promise<Found[]> {
  const definitions = await client.list(DEFINITIONS);
  const custom = definitions.items.flatMap((item): ResourceType[] => {
    const parsed = Definition.safeParse(item);
    const version = parsed.success ? parsed.data.spec.versions.find(({ storage }) => storage)?.name : undefined;
    return !parsed.success || version === undefined ? [] : [{ group: parsed.data.spec.group, version, resource: parsed.data.spec.names.plural }];
  });
  const lists = await Promise.all(
    [...TYPES, ...custom].map(async (type) => {
      try {
        return (await client.list(type)).items.map((object): Found => ({ type, object }));
      } catch (error) {
        // A kind that this Kubernetes does not have, or that was undefined just now.
        if (error instanceof ApiStatus && error.code === 404) return [];
        throw error;
      }
    }),
  );
  return lists.flat();
}

async function perform(client: KubeClient, deed: Deed): Promise<void> {
  const { type, object } = deed;
  const { namespace, name } = object.metadata;
  try {
    if (deed.do === 'delete') await client.delete(type, namespace, name, { propagationPolicy: 'Background', gracePeriodSeconds: 0 });
    else if (deed.do === 'release') await client.patch(type, namespace, name, { type: 'merge', body: { metadata: { finalizers: null } } });
    else if (deed.do === 'create') await client.create(type, namespace, object);
    else await client.update(type, object);
  } catch (error) {
    // Another pass looks again.
    if (!(error instanceof ApiStatus)) throw error;
  }
}
