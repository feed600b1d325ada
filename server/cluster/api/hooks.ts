import type { Identity } from '../client.ts';
import type { Attributes, UserInfo } from '../auth/user.ts';
import type { ContainerAccess } from '../kubelet/access.ts';
import type { KubeObject } from '../store/object.ts';
import type { ResourceInfo } from './scheme/resource-info.ts';
import type { Outside } from './outside.ts';
import type { StatusCause } from './status.ts';
import type { CallWebhook } from './webhook-call.ts';

/** A write (or a connect) on its way to the store, as admission sees it. */
export interface AdmissionRequest {
  /** A generated name is settled: it is spoken of in full. */
  named?: boolean;
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';
  user: UserInfo;
  resource: ResourceInfo;
  subresource?: string;
  namespace?: string;
  /** The empty string while a generateName is unresolved. */
  name: string;
  /** What is written, after defaulting; absent for DELETE. For CONNECT and POSTed subresources, their body. */
  object?: KubeObject;
  oldObject?: KubeObject;
  dryRun: boolean;
  /** Adds a `Warning` header to the answer. */
  warn(text: string): void;
  /** What webhooks said of the request so far; absent on the first attempt. */
  outside?: Outside;
}

/** Admission's two phases. Both throw ApiStatus to refuse, and Unanswered where a webhook is to be asked. Synchronous, so that nothing is written in between. */
export interface Admission {
  /** Returns the object to go on with: the given one, or a changed copy. Called for CREATE and UPDATE. */
  mutate(request: AdmissionRequest & { object: KubeObject }): KubeObject;
  validate(request: AdmissionRequest): void;
}

/** Who asks, and how. */
export interface RequestContext {
  user: UserInfo;
  /** The name in managedFields. */
  fieldManager: string;
  dryRun: boolean;
  fieldValidation: 'Ignore' | 'Warn' | 'Strict';
  warn(text: string): void;
  /** Bytes of the request's body, where it came with one. */
  received?: number;
  /** Set by `asking`. */
  outside?: Outside;
}

/** What a POST to something that is not stored gets: a review, a token, a binding. */
export interface VirtualRequest {
  context: RequestContext;
  namespace?: string;
  /** The parent's name, for a subresource. */
  name?: string;
  body: KubeObject;
}

/** The knowledge of kinds: pure functions that the schema room provides. */
export interface SchemaHooks {
  /** A copy with defaults filled in. */
  defaults(info: ResourceInfo, object: KubeObject): KubeObject;
  /** Everything that is wrong with the object (metadata included), or with the change from `old`. */
  validate(info: ResourceInfo, object: KubeObject, old: KubeObject | undefined, subresource: string | undefined): StatusCause[];
  /** What is accepted though it is hardly meant so: texts for Warning headers. */
  warnings(info: ResourceInfo, object: KubeObject, old: KubeObject | undefined): string[];
  /** Removes fields that the kind does not know and says which (`unknown field "spec.x"`). */
  prune(info: ResourceInfo, object: KubeObject): { object: KubeObject; unknown: string[] };
  /** Applies a strategic merge patch. Throws ApiStatus. */
  strategicMerge(info: ResourceInfo, object: KubeObject, patch: unknown): unknown;
  /** `next` with managedFields that say what `manager` changed from `old`. */
  trackUpdate(info: ResourceInfo, old: KubeObject | undefined, next: KubeObject, by: FieldManager): KubeObject;
  /** Server-side apply: `old` merged with `applied`. Throws ApiStatus 409 with every conflict. */
  apply(info: ResourceInfo, old: KubeObject | undefined, applied: KubeObject, by: FieldManager & { force: boolean }): KubeObject;
}

export interface FieldManager {
  manager: string;
  subresource?: string;
  /** RFC 3339. */
  time: string;
}

export interface TableColumn {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

/** How a kind's objects look in `kubectl get`. */
export interface TablePrinter {
  columns(info: ResourceInfo): TableColumn[];
  row(info: ResourceInfo, object: KubeObject, now: number): { cells: unknown[]; conditions?: unknown[] };
}

/** The OpenAPI documents; `document` gets the path behind `/openapi/v3/`. */
export interface OpenApi {
  index(): unknown;
  document(path: string): unknown;
  /** `/openapi/v2`, as JSON text or as the protobuf message that kubectl asks for. */
  v2(form: 'json' | 'protobuf'): Uint8Array;
}

/** What the API is put together from. Everything has a default that lets through (`defaultHooks`). */
export interface ApiHooks {
  /** Throws ApiStatus 401. */
  authenticate(bearer: string): UserInfo | Promise<UserInfo>;
  /** Throws ApiStatus 403. */
  authorize(attributes: Attributes): void;
  admission: Admission;
  schema: SchemaHooks;
  /** By `group/resource` or `group/resource/subresource` (`/serviceaccounts/token`): who answers a POST to it. */
  virtual: Map<string, (request: VirtualRequest) => unknown>;
  containers: ContainerAccess | undefined;
  printer: TablePrinter;
  openapi: OpenApi | undefined;
  /** Calls the webhooks that convert custom resources; without it, each call fails. */
  callWebhook?: CallWebhook;
}

export function userOf(hooks: ApiHooks, identity: Identity): UserInfo | Promise<UserInfo> {
  if ('bearer' in identity) return hooks.authenticate(identity.bearer);
  return { username: identity.user, groups: identity.groups, ...(identity.uid === undefined ? {} : { uid: identity.uid }), ...(identity.extra === undefined ? {} : { extra: identity.extra }) };
}

/** Hooks that let everything through: what tests of other rooms start from. */
export function defaultHooks(overrides: Partial<ApiHooks> = {}): ApiHooks {
  return {
    authenticate: () => ({ username: 'system:anonymous', groups: ['system:unauthenticated'] }),
    authorize: () => undefined,
    admission: { mutate: (request) => request.object, validate: () => undefined },
    schema: {
      defaults: (_info, object) => object,
      validate: () => [],
      warnings: () => [],
      prune: (_info, object) => ({ object, unknown: [] }),
      strategicMerge: (_info, object, patch) => mergePatch(object, patch),
      trackUpdate: (_info, _old, next) => next,
      apply: (_info, old, applied) => (old === undefined ? applied : (mergePatch(old, applied) as KubeObject)),
    },
    virtual: new Map(),
    containers: undefined,
    printer: {
      columns: () => ['Name', 'Created At'].map((name) => ({ name, type: name === 'Name' ? 'string' : 'date', format: name === 'Name' ? 'name' : '', description: '', priority: 0 })),
      row: (_info, object) => ({ cells: [object.metadata.name, object.metadata.creationTimestamp ?? null] }),
    },
    openapi: undefined,
    ...overrides,
  };
}

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}
