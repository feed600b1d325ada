import { z } from 'zod';
import { ApiStatus } from '../cluster/vocabulary.ts';
import type { KubeClient, ResourceType } from '../cluster/vocabulary.ts';
import type { KubeObject } from '../cluster/vocabulary.ts';

/** `v1/secrets`, `argoproj.io/v1alpha1/workflows`. */
export const ResourceName = z.string().transform((text, context): ResourceType => {
  const parts = text.split('/');
  const [resource, version, group] = [parts.at(-1), parts.at(-2), parts.length === 3 ? parts[0] : ''];
  if (resource === undefined || version === undefined || group === undefined || parts.length > 3) {
    context.addIssue({ code: 'custom', message: 'write group/version/resource, e.g. argoproj.io/v1alpha1/workflows or v1/secrets' });
    return z.NEVER;
  }
  return { group, version, resource };
});

export const WORKFLOWS: ResourceType = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };

/** The object, or undefined when it (or its whole type) does not exist. */
export async function findResource(client: KubeClient, type: ResourceType, namespace: string | undefined, name: string): Promise<KubeObject | undefined> {
  try {
    return await client.get(type, namespace, name);
  } catch (error) {
    if (error instanceof ApiStatus && error.code === 404) return undefined;
    throw error;
  }
}

/** All objects that a selector picks; none where the type does not exist. */
export async function listResources(client: KubeClient, type: ResourceType, namespace: string | undefined, labelSelector?: string): Promise<KubeObject[]> {
  try {
    const list = await client.list(type, { ...(namespace === undefined ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }) });
    return list.items;
  } catch (error) {
    if (error instanceof ApiStatus && error.code === 404) return [];
    throw error;
  }
}

/** `role/jenkins`, in the words of kubectl's output. */
export function labelOf(type: ResourceType, name?: string): string {
  const singular = type.resource.replace(/ies$/, 'y').replace(/s$/, '');
  return name === undefined ? singular : `${singular}/${name}`;
}
