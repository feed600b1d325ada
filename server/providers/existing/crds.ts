import { ApiStatus, type KubeClient, type KubeObject } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { MANAGED_BY, OWNER, ownedBy } from './names.ts';
import { DEFINITIONS, NAMESPACES } from './objects.ts';

const PATIENCE_MS = 30_000;

/** Installs Argo's resource types where they are missing, as ours; resolves when all are served. */
export async function installCrds(client: KubeClient, owner: string, definitions: readonly KubeObject[], clock: Clock, signal: AbortSignal): Promise<void> {
  for (const definition of definitions) {
    const labels = { ...definition.metadata.labels, [MANAGED_BY]: 'argo-lab', [OWNER]: owner };
    await client.create(DEFINITIONS, undefined, { ...definition, metadata: { ...definition.metadata, labels } }).catch((error: unknown) => {
      if (!(error instanceof ApiStatus) || error.code !== 409) throw error;
    });
  }
  const end = clock.now() + PATIENCE_MS;
  for (const { metadata } of definitions) {
    while (!established(await client.find(DEFINITIONS, undefined, metadata.name)) && clock.now() < end) await sleep(clock, 200, signal);
  }
}

/**
 * Takes the resource types away again that this data folder installed, once no session of it is left; what somebody else
 * has made of them meanwhile keeps them all, because it would go with them.
 */
export async function releaseCrds(client: KubeClient, owner: string): Promise<void> {
  const definitions = (await client.list(DEFINITIONS, { labelSelector: ownedBy(owner) })).items;
  if (definitions.length === 0) return;
  const ours = (await client.list(NAMESPACES, { labelSelector: ownedBy(owner) })).items;
  if (ours.some(({ metadata }) => metadata.deletionTimestamp === undefined)) return;
  const leaving = new Set(ours.map(({ metadata }) => metadata.name));
  for (const { metadata } of definitions) {
    const resource = metadata.name.split('.')[0] ?? '';
    const objects = (await client.list({ group: 'argoproj.io', version: 'v1alpha1', resource })).items;
    if (objects.some(({ metadata: { namespace = '' } }) => !leaving.has(namespace))) return;
  }
  for (const { metadata } of definitions) await client.delete(DEFINITIONS, undefined, metadata.name);
}

function established(definition: KubeObject | undefined): boolean {
  const status = definition?.['status'];
  if (typeof status !== 'object' || status === null || !('conditions' in status) || !Array.isArray(status.conditions)) return false;
  return status.conditions.some((condition: unknown) => typeof condition === 'object' && condition !== null && 'type' in condition && condition.type === 'Established' && 'status' in condition && condition.status === 'True');
}
