import { forbiddenObject } from '../auth/rbac.ts';
import type { AdmissionRequest } from '../api/hooks.ts';
import type { ResourceInfo } from '../api/scheme/resource-info.ts';
import type { ApiStatus } from '../api/status.ts';
import type { CallWebhook, WebhookAddress } from '../api/webhook-call.ts';
import type { Ids } from '../../lib/ids.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';

export interface AdmissionTools {
  /** Where the objects of a kind are, custom ones included. */
  resourceOf(group: string, kind: string): { group: string; resource: string; namespaced: boolean } | undefined;
  /** Every version of a resource that is served; without it, each is on its own. */
  versionsOf?(group: string, resource: string): readonly ResourceInfo[];
  /** Reads what a webhook made of an object as one of its kind, defaults filled in. Throws ApiStatus 400. */
  normalize?(info: ResourceInfo, object: KubeObject): KubeObject;
  /** Calls a webhook; without it, each call fails. Rejects with the reason as an API server words it. */
  callWebhook?: CallWebhook;
  reader: ObjectReader;
  ids: Ids;
}

export type { CallWebhook, WebhookAddress };

/** One admission plugin. Both phases throw ApiStatus to refuse. */
export interface AdmissionPlugin {
  name: string;
  /** Returns a changed copy, or the same object. Called for CREATE and UPDATE. */
  mutate?(request: AdmissionRequest & { object: KubeObject }, tools: AdmissionTools): KubeObject;
  validate?(request: AdmissionRequest, tools: AdmissionTools): void;
}

/** Whether the request is about objects of this resource themselves, not about a subresource of theirs. */
export function concerns(request: AdmissionRequest, group: string, resource: string): boolean {
  return request.resource.group === group && request.resource.resource === resource && (request.subresource ?? '') === '';
}

/** The name by which admission speaks of an object: one that is still to be generated has only its beginning. */
function nameOf(request: AdmissionRequest): string {
  const base = request.object?.metadata.generateName ?? '';
  const generated = request.named !== true && request.operation === 'CREATE' && base !== '' && (request.name === '' || (request.name.startsWith(base) && request.name.length === base.length + 5));
  return generated ? base : request.name;
}

/** `pods "p" is forbidden: …` about the object of the request. */
export function refuse(request: AdmissionRequest, text: string): ApiStatus {
  return forbiddenObject(request.resource.group, request.resource.resource, nameOf(request), text);
}

/** The object with another spec. */
export function withSpec(object: KubeObject, spec: Record<string, unknown>): KubeObject {
  return { ...object, spec };
}
