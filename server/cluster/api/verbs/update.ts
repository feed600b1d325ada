import { refuseLarge } from './request-size.ts';
import { isDeepStrictEqual } from 'node:util';
import { rfc3339 } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { KubeObject, ObjectMeta } from '../../store/object.ts';
import { forStorage, present, storageOf, type ApiCore } from '../core.ts';
import { badRequest, conflict, invalid, MODIFIED } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { orderObject, sameObject, specChanged } from '../metadata.ts';
import { outsideOf } from '../outside.ts';
import { ApiStatus } from '../status.ts';
import { splitReplicas } from '../patch/scale-ownership.ts';
import { hasSubresource, type ResourceInfo } from '../scheme/resource-info.ts';
import { withNamespace } from './create.ts';
import { getObject } from './read.ts';

export interface UpdateOptions {
  subresource?: string;
  /** Managed fields are there already: server-side apply made them. */
  tracked?: boolean;
}

/** Replaces an object by a decoded, defaulted one. Throws ApiStatus 400, 404, 409, 422. */
export function updateObject(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, name: string, decoded: KubeObject, options: UpdateOptions = {}): KubeObject {
  const { schema, admission } = core.hooks;
  const { subresource } = options;
  if (decoded.metadata.name === '') throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (decoded.metadata.name !== name) throw badRequest(`the name of the object (${decoded.metadata.name}) does not match the name on the URL (${name})`);
  const named = withNamespace(info, namespace, decoded);
  const old = getObject(core, info, namespace, name);
  const now = rfc3339(core.clock.now());
  checkPreconditions(info, old, named.metadata);

  let object = combine(info, old, named, subresource);
  const request = { operation: 'UPDATE', user: context.user, resource: info, ...(subresource === undefined ? {} : { subresource }), ...(namespace === undefined ? {} : { namespace }), name, oldObject: old, dryRun: context.dryRun, warn: context.warn, ...outsideOf(context) } as const;
  const admitted = admission.mutate({ ...request, object });
  if (admitted !== object) object = combine(info, old, schema.defaults(info, admitted), subresource);
  if ((subresource === undefined || subresource === 'scale') && old.metadata.generation !== undefined && specChanged(info, old, object)) {
    object = { ...object, metadata: { ...object.metadata, generation: old.metadata.generation + 1 } };
  }
  object = withTemplateGeneration(info, old, object, subresource);
  if (options.tracked !== true) {
    object = schema.trackUpdate(info, old, object, { manager: context.fieldManager, time: now, ...(subresource === undefined ? {} : { subresource }) });
  }
  if (subresource === 'scale' && info.custom === undefined) {
    const managedFields = splitReplicas(object.metadata.managedFields);
    if (managedFields !== undefined) object = { ...object, metadata: { ...object.metadata, managedFields } };
  }
  object = orderObject(object);

  const causes = schema.validate(info, object, old, subresource);
  if (causes.length > 0) throw invalid(info, name, causes);
  if (subresource === undefined) for (const warning of schema.warnings(info, object, old)) context.warn(warning);
  admission.validate({ ...request, object });
  return store(core, context, info, old, object);
}

/** A DaemonSet counts the changes of its template in an annotation, which nobody else may write. */
function withTemplateGeneration(info: ResourceInfo, old: KubeObject, object: KubeObject, subresource: string | undefined): KubeObject {
  if (info.group !== 'apps' || info.resource !== 'daemonsets' || subresource !== undefined) return object;
  const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 1);
  const template = (o: KubeObject): unknown => (isJsonObject(o.spec) ? o.spec.template : undefined);
  const strategy = (o: KubeObject): unknown => (isJsonObject(o.spec) ? o.spec.updateStrategy : undefined);
  const changed = !isDeepStrictEqual(template(old), template(object)) || !isDeepStrictEqual(strategy(old), strategy(object));
  return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [TEMPLATE_GENERATION]: String(changed ? before + 1 : before) } } };
}

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

function store(core: ApiCore, context: RequestContext, info: ResourceInfo, old: KubeObject, object: KubeObject): KubeObject {
  const version = old.metadata.resourceVersion;
  const { namespace, name } = old.metadata;
  // The last finalizer of an object that is being deleted is gone: so is the object.
  const over = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0 && (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
  const namespaceBusy = info.group === '' && info.resource === 'namespaces' && namespaceFinalizers(object).length > 0;
  if (context.dryRun) return { ...object, metadata: { ...object.metadata, ...(version === undefined ? {} : { resourceVersion: version }) } };
  if (over && !namespaceBusy) return present(info, core.store.delete(storageOf(info), namespace, name, version));
  if (sameObject(old, object)) return old;
  refuseLarge(context, object);
  return present(info, core.store.update(storageOf(info), forStorage(core, info, object), version));
}

export function namespaceFinalizers(object: KubeObject): unknown[] {
  const spec = object.spec;
  return typeof spec === 'object' && spec !== null && 'finalizers' in spec && Array.isArray(spec.finalizers) ? spec.finalizers : [];
}

function checkPreconditions(info: ResourceInfo, old: KubeObject, metadata: ObjectMeta): void {
  const { uid, resourceVersion } = metadata;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    const place = [info.resource, old.metadata.namespace, old.metadata.name].filter((part) => part !== undefined).join('/');
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid ?? ''}`;
    throw conflict(info, old.metadata.name, `StorageError: invalid object, Code: 4, Key: /registry/${info.group === '' ? '' : `${info.group}/`}${place}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`);
  }
  if (resourceVersion === undefined || resourceVersion === '' || resourceVersion === '0') {
    if (!allowsUnconditionalUpdate(info)) {
      throw invalid(info, old.metadata.name, [{ reason: 'FieldValueInvalid', message: 'Invalid value: 0x0: must be specified for an update', field: 'metadata.resourceVersion' }]);
    }
    return;
  }
  if (!/^\d+$/.test(resourceVersion)) throw new ApiStatus(500, '', `strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`);
  if (resourceVersion !== old.metadata.resourceVersion) throw conflict(info, old.metadata.name, MODIFIED);
}

/** Whether a PUT may leave the resourceVersion out. */
function allowsUnconditionalUpdate(info: ResourceInfo): boolean {
  return info.custom === undefined && info.group !== 'apiextensions.k8s.io' && info.group !== 'coordination.k8s.io' && info.resource !== 'poddisruptionbudgets' && info.resource !== 'apiservices';
}

/** What is written: metadata that only the server sets comes from the old object; so does what the subresource does not own. */
function combine(info: ResourceInfo, old: KubeObject, next: KubeObject, subresource: string | undefined): KubeObject {
  const { uid, creationTimestamp, generation, deletionTimestamp, deletionGracePeriodSeconds, resourceVersion, generateName } = old.metadata;
  const fixed = { ...(uid === undefined ? {} : { uid }), ...(creationTimestamp === undefined ? {} : { creationTimestamp }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  const kept = { ...fixed, ...(generation === undefined ? {} : { generation }), ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }), ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }), ...(generateName === undefined ? {} : { generateName }) };
  const { selfLink: _selfLink, uid: _uid, creationTimestamp: _creation, generation: _generation, deletionTimestamp: _deletion, deletionGracePeriodSeconds: _grace, ...own } = next.metadata;
  const metadata: ObjectMeta = { ...own, ...kept };
  if (subresource === undefined) {
    const object: KubeObject = { ...next, metadata };
    if (hasSubresource(info, 'status')) setOrDelete(object, 'status', old.status);
    if (info.group === '' && info.resource === 'namespaces') object.spec = old.spec;
    return object;
  }
  if (subresource === 'status') {
    // Labels and annotations of a built-in kind may be written together with its status; those of a custom resource not.
    const { managedFields } = next.metadata;
    const meta = info.custom === undefined ? { ...metadata, ...(old.metadata.ownerReferences === undefined ? {} : { ownerReferences: old.metadata.ownerReferences }) } : { ...old.metadata, ...(managedFields === undefined ? {} : { managedFields }) };
    // After kubernetes 1.32 pkg/registry/apps/deployment/strategy.go: a Deployment's status does not carry its labels.
    if (info.group === 'apps' && info.resource === 'deployments') meta.labels = old.metadata.labels ?? {};
    const object: KubeObject = { ...old, metadata: meta };
    setOrDelete(object, 'status', next.status);
    return object;
  }
  if (subresource === 'ephemeralcontainers') {
    // Debug containers are added to a pod; nothing else of it may change this way.
    const spec = isJsonObject(old.spec) ? old.spec : {};
    const added = isJsonObject(next.spec) ? next.spec.ephemeralContainers : undefined;
    return { ...old, metadata: { ...metadata, ...labelsOf(old.metadata) }, spec: { ...spec, ...(added === undefined ? {} : { ephemeralContainers: added }) } };
  }
  if (subresource === 'approval') {
    const status = isJsonObject(old.status) ? old.status : {};
    const conditions = isJsonObject(next.status) ? next.status.conditions : undefined;
    return { ...old, metadata, status: { ...status, ...(conditions === undefined ? {} : { conditions }) } };
  }
  return { ...next, metadata };
}

function labelsOf({ labels, annotations }: ObjectMeta): Pick<ObjectMeta, 'labels' | 'annotations'> {
  return { labels: labels ?? {}, annotations: annotations ?? {} };
}

function setOrDelete(object: KubeObject, field: string, value: unknown): void {
  if (value === undefined) delete object[field];
  else object[field] = value;
}
