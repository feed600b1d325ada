import type { KubeClient } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ControllerContext } from './context.ts';
import type { PodTemplateSpec } from './kinds.ts';
import { controllerRef, isControlledBy } from './owners.ts';
import { CONTROLLER_REVISIONS } from './resources.ts';
import { templateHash } from './template-hash.ts';
import { deleteIfThere } from './writes.ts';

export interface Revision {
  /** `NAME-HASH`: the ControllerRevision's name. */
  name: string;
  hash: string;
  template: PodTemplateSpec;
}

/** The ControllerRevision of the current template; made when missing, the newest number when it is an older one again. */
export async function currentRevision(context: ControllerContext, owner: KubeObject, template: PodTemplateSpec): Promise<Revision> {
  const { client, informers } = context;
  const hash = templateHash(template);
  const name = `${owner.metadata.name}-${hash}`;
  const namespace = owner.metadata.namespace ?? 'default';
  const revisions = informers.of(CONTROLLER_REVISIONS).list(namespace).filter((revision) => isControlledBy(revision, owner));
  const newest = Math.max(0, ...revisions.map(numberOf));
  const found = revisions.find((revision) => revision.metadata.name === name);
  if (found === undefined) {
    await client.create(CONTROLLER_REVISIONS, namespace, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, namespace, labels: { ...template.metadata?.labels, 'controller-revision-hash': hash }, ownerReferences: [controllerRef(owner)] },
      data: { spec: { template: { ...template, $patch: 'replace' } } },
      revision: newest + 1,
    });
  } else if (numberOf(found) !== newest) await client.update(CONTROLLER_REVISIONS, { ...found, revision: newest + 1 });
  return { name, hash, template };
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
