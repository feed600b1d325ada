import { z } from 'zod';
import { ApiStatus } from './api/status.ts';
import type { PatchType, ResourceType } from './client.ts';

/** The content type of a patch. */
export const PATCH_CONTENT: Readonly<Record<PatchType, string>> = { json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json', apply: 'application/apply-patch+yaml' };

const Details = z.object({ name: z.string().optional(), group: z.string().optional(), kind: z.string().optional(), uid: z.string().optional(), retryAfterSeconds: z.number().optional(), causes: z.array(z.object({ reason: z.string().optional(), message: z.string().optional(), field: z.string().optional() })).optional() });
const Status = z.object({ kind: z.literal('Status'), code: z.number().optional(), reason: z.string().optional(), message: z.string().optional(), details: Details.optional() });

/** `/api/v1/namespaces/default/pods/web/log`, `/apis/apps/v1/deployments`; no namespace, or an empty one, is none. */
export function resourcePath(type: ResourceType, namespace: string | undefined, name?: string, subresource?: string): string {
  const base = type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return [base, ...(namespace === undefined || namespace === '' ? [] : ['namespaces', encodeURIComponent(namespace)]), type.resource, ...(name === undefined ? [] : [encodeURIComponent(name)]), ...(subresource === undefined ? [] : [subresource])].join('/');
}

/** `?labelSelector=a%3Db&limit=5` without what is undefined or empty; nothing where all is. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined && value !== '') search.set(name, String(value));
  return search.size === 0 ? '' : `?${search.toString()}`;
}

/** The body of an answer that is no success as the error of a client: `code` where it does not name one itself. */
export function statusOf(text: string, code: number): ApiStatus {
  try {
    const status = Status.parse(JSON.parse(text));
    return new ApiStatus(status.code ?? code, status.reason ?? '', status.message ?? text, status.details);
  } catch {
    return new ApiStatus(code, '', text.trim());
  }
}
