import { at } from '../../auth/fields.ts';
import type { KubeClient } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ControllerContext } from './context.ts';
import type { PodTemplateSpec } from './kinds.ts';
import { controllerRef, isControlledBy } from './owners.ts';
import { CONTROLLER_REVISIONS } from './resources.ts';
import { goJson, revisionHash, templateHash } from './template-hash.ts';
import { deleteIfThere, same } from './writes.ts';

const HASH = 'controller-revision-hash';

export interface Revision {
  /** `NAME-HASH`: the ControllerRevision's name. */
  name: string;
  hash: string;
  template: PodTemplateSpec;
}

/** What a revision stores: a patch that sets the template. */
function dataOf(template: PodTemplateSpec): { spec: { template: object } } {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** Names of revisions: StatefulSets hash what is stored, DaemonSets hash the template as Deployments do. */
const HASHES: Readonly<Record<string, (template: PodTemplateSpec, collisions: number | undefined) => string>> = {
  StatefulSet: (template, collisions = 0) => revisionHash(goJson(dataOf(template)), collisions),
  DaemonSet: (template, collisions) => templateHash(template, collisions),
};

/** The ControllerRevision of the current template; made when missing, the newest number when it is an older one again. */
export async function currentRevision(context: ControllerContext, owner: KubeObject, template: PodTemplateSpec): Promise<Revision> {
  const { client, informers } = context;
  const namespace = owner.metadata.namespace ?? 'default';
  const revisions = informers.of(CONTROLLER_REVISIONS).list(namespace).filter((revision) => isControlledBy(revision, owner));
  const newest = Math.max(0, ...revisions.map(numberOf));
  const data = dataOf(template);
  const found = revisions.filter((revision) => same(revision.data, data)).sort((a, b) => numberOf(b) - numberOf(a))[0];
  if (found !== undefined) {
    if (numberOf(found) !== newest) await client.update(CONTROLLER_REVISIONS, { ...found, revision: newest + 1 });
    return { name: found.metadata.name, hash: found.metadata.labels?.[HASH] ?? '', template };
  }
  // Where another template has the same hash, the next count is tried: it is kept nowhere but in the name.
  const counted = at(owner.status, 'collisionCount');
  for (let collisions = typeof counted === 'number' ? counted : undefined; ; collisions = (collisions ?? 0) + 1) {
    const hash = HASHES[owner.kind]?.(template, collisions) ?? templateHash(template, collisions);
    const name = `${owner.metadata.name}-${hash}`;
    if (revisions.some((revision) => revision.metadata.name === name)) continue;
    await client.create(CONTROLLER_REVISIONS, namespace, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, labels: { ...template.metadata?.labels, [HASH]: hash }, ...(owner.metadata.annotations === undefined ? {} : { annotations: owner.metadata.annotations }), ownerReferences: [controllerRef(owner)] },
      data,
      revision: newest + 1,
    });
    return { name, hash, template };
  }
}

/** Keeps the newest revisions and those in use. */
export async function pruneRevisions(context: ControllerContext, owner: KubeObject, used: ReadonlySet<string>, limit: number): Promise<void> {
  const client: KubeClient = context.client;
  const unused = context.informers
    .of(CONTROLLER_REVISIONS)
    .list(owner.metadata.namespace)
    .filter((revision) => isControlledBy(revision, owner) && !used.has(revision.metadata.name))
    .sort((a, b) => numberOf(a) - numberOf(b));
  for (const revision of unused.slice(0, Math.max(0, unused.length - limit))) await deleteIfThere(client, CONTROLLER_REVISIONS, revision);
}

/** The template that a revision holds. */
export function templateOf(context: ControllerContext, namespace: string | undefined, name: string): PodTemplateSpec | undefined {
  const data = context.informers.of<KubeObject & { data?: { spec?: { template?: PodTemplateSpec } } }>(CONTROLLER_REVISIONS).get(namespace, name)?.data;
  return data?.spec?.template;
}

function numberOf(revision: KubeObject): number {
  return typeof revision.revision === 'number' ? revision.revision : 0;
}
