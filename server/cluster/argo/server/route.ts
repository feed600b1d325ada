import type { Clock } from '../../../lib/clock.ts';
import type { Ids } from '../../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts';
import type { KubeClient, ResourceType } from '../../client.ts';
import type { WorkflowArchive } from '../archive/workflow-archive.ts';
import type { Caller } from './auth.ts';
import { core } from '../types/resources.ts';

/** What the services need beside the caller. The command `argo` makes one too: it runs them in its own process. */
export interface ServiceContext {
  /** The server's own account: what Argo reads through its informers, whoever asks. */
  own: KubeClient;
  clock: Clock;
  ids: Ids;
  env: Record<string, string | undefined>;
  managedNamespace: string;
  /** Absent where the controller's ConfigMap has no `persistence`. */
  archive?: WorkflowArchive;
  log(level: 'info' | 'warning' | 'error', message: string, fields?: Record<string, string>): void;
}

export interface Call extends Caller {
  context: ServiceContext;
  /** The request message: body, path and query merged as protobuf's JSON has it; query values are strings. */
  request: JsonObject;
  /** Lower-case names; absent in-process. */
  headers: Record<string, string | string[] | undefined>;
  signal: AbortSignal;
}

/** One operation: data for the HTTP server, the OpenAPI document and the client side of `argo`. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `/api/v1/workflows/{namespace}/{name}`; a component may be empty. */
  path: string;
  /** `workflow.WorkflowService` */
  service: string;
  rpc: string;
  /** `*`: the body is the request; a name: it is that field of it; absent: only path and query. */
  body?: string;
  /** The request's type as Go names it in decoding errors. */
  message?: string;
  /** The field of the request that holds the object, and its kind: for decoding and for the OpenAPI document. */
  object?: { field: string; kind: string };
  /** The kind of the answer, for the OpenAPI document. */
  answer?: string;
  query?: readonly string[];
  unary?: (call: Call) => Promise<Json>;
  stream?: (call: Call) => AsyncIterable<Json>;
}

export { CLUSTER_WORKFLOW_TEMPLATES, CONFIG_MAPS, CRON_WORKFLOWS, EVENT_BINDINGS, EVENTS, PODS, WORKFLOW_TEMPLATES, WORKFLOWS } from '../types/resources.ts';
export const SECRETS = core('secrets');
export const SERVICE_ACCOUNTS = core('serviceaccounts');
export const SELF_REVIEWS: ResourceType = { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' };

/** The query parameters of every list. */
export const LIST_OPTIONS = [
  'listOptions.labelSelector',
  'listOptions.fieldSelector',
  'listOptions.watch',
  'listOptions.allowWatchBookmarks',
  'listOptions.resourceVersion',
  'listOptions.resourceVersionMatch',
  'listOptions.timeoutSeconds',
  'listOptions.limit',
  'listOptions.continue',
  'listOptions.sendInitialEvents',
] as const;

export function text(message: JsonObject | undefined, name: string): string {
  const value = message?.[name];
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export function flag(message: JsonObject | undefined, name: string): boolean {
  const value = message?.[name];
  return value === true || value === 'true' || value === '1';
}

export function message(parent: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = parent?.[name];
  return isJsonObject(value) ? value : undefined;
}

export function texts(parent: JsonObject | undefined, name: string): string[] {
  const value = parent?.[name];
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : typeof value === 'string' && value !== '' ? [value] : [];
}
