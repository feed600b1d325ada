import { rfc3339 } from '../../../lib/clock.ts';
import { refuseLarge } from './request-size.ts';
import { StoreConflict } from '../../store/object-store.ts';
import type { KubeObject } from '../../store/object.ts';
import { forStorage, present, storageOf, type ApiCore } from '../core.ts';
import { alreadyExists, badRequest, generateNameConflict, invalid } from '../errors.ts';
import type { RequestContext } from '../hooks.ts';
import { orderObject } from '../metadata.ts';
import { outsideOf } from '../outside.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { ApiStatus } from '../status.ts';
import { prepareForCreate } from '../strategy.ts';

/** After kubernetes 1.32 staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go */
const GENERATE_NAME_ATTEMPTS = 8;
/** What a generated name keeps of its base, so that it stays within 63 characters. */
const MAX_GENERATE_BASE = 58;

/** Creates a decoded, defaulted object; `tracked` when its managedFields are made already. Throws ApiStatus 400, 403, 409, 422. */
export function createObject(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, decoded: KubeObject, tracked = false): KubeObject {
  const generated = decoded.metadata.name === '' && (decoded.metadata.generateName ?? '') !== '';
  for (let attempt = 1; ; attempt++) {
    try {
      return createOnce(core, context, info, namespace, decoded, tracked);
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
      // Kubernetes looks at generateName alone, even where a name was given.
      if (!generated) throw (decoded.metadata.generateName ?? '') === '' ? alreadyExists(info, error.taken) : generateNameConflict(info, error.taken);
      if (attempt >= GENERATE_NAME_ATTEMPTS) throw generateNameConflict(info, error.taken);
    }
  }
}

class NameTaken extends Error {
  constructor(readonly taken: string) {
    super(`${taken} is taken`);
  }
}

function createOnce(core: ApiCore, context: RequestContext, info: ResourceInfo, namespace: string | undefined, decoded: KubeObject, tracked: boolean): KubeObject {
  const { schema, admission } = core.hooks;
  const now = rfc3339(core.clock.now());
  let object = withNamespace(info, namespace, decoded);
  const request = { operation: 'CREATE', user: context.user, resource: info, ...(namespace === undefined ? {} : { namespace }), dryRun: context.dryRun, warn: context.warn, ...outsideOf(context) } as const;

  // A generated name exists before admission sees the object, as it does since Kubernetes 1.30.
  if (object.metadata.name === '' && (object.metadata.generateName ?? '') !== '') {
    const name = (object.metadata.generateName ?? '').slice(0, MAX_GENERATE_BASE) + core.ids.suffix();
    object = { ...object, metadata: { ...object.metadata, name } };
  }
  const admitted = admission.mutate({ ...request, name: object.metadata.name, object });
  // What admission added may lack defaults of its own; what it left alone has them.
  if (admitted !== object) object = schema.defaults(info, admitted);

  const { resourceVersion, selfLink: _selfLink, deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, generation: _generation, ...kept } = object.metadata;
  if (!context.dryRun && resourceVersion !== undefined && resourceVersion !== '' && resourceVersion !== '0') throw new ApiStatus(500, '', 'resourceVersion should not be set on objects to be created');
  object = { ...object, metadata: { ...kept, uid: core.ids.uuid(), creationTimestamp: now, ...(info.hasGeneration === true ? { generation: 1 } : {}) } };
  object = prepareForCreate(info, object, now);
  object = orderObject(tracked ? object : schema.trackUpdate(info, undefined, object, { manager: context.fieldManager, time: now }));

  const causes = schema.validate(info, object, undefined, undefined);
  if (causes.length > 0) throw invalid(info, object.metadata.name, causes);
  for (const warning of schema.warnings(info, object, undefined)) context.warn(warning);
  admission.validate({ ...request, name: object.metadata.name, object });
  return store(core, context, info, object);
}

function store(core: ApiCore, context: RequestContext, info: ResourceInfo, object: KubeObject): KubeObject {
  const resource = storageOf(info);
  const name = object.metadata.name;
  if (core.store.get(resource, object.metadata.namespace, name) !== undefined) throw new NameTaken(name);
  if (context.dryRun) return object;
  refuseLarge(context, object);
  try {
    return present(info, core.store.create(resource, forStorage(core, info, object)));
  } catch (error) {
    if (error instanceof StoreConflict && error.reason === 'exists') throw new NameTaken(name);
    throw error;
  }
}

/** The object in the namespace of its URL. Throws ApiStatus 400 when it says another one. */
export function withNamespace(info: ResourceInfo, namespace: string | undefined, object: KubeObject): KubeObject {
  const { namespace: own, ...metadata } = object.metadata;
  if (!info.namespaced) {
    return { ...object, metadata };
  }
  if (namespace === undefined || namespace === '') throw badRequest('an empty namespace may not be set during creation');
  if (own !== undefined && own !== '' && own !== namespace) throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  return { ...object, metadata: { ...metadata, namespace } };
}
