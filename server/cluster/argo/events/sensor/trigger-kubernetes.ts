import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { ApiStatus } from '../../../api/status.ts';
import type { PatchType } from '../../../client.ts';
import type { KubeObject } from '../../../store/object.ts';
import { applyLabelPolicy, madeBy, manifestOf, resourceOf, type Firing } from './trigger.ts';

/** Resources without a namespace, as far as the trigger knows them. */
const CLUSTER_WIDE = new Set(['namespaces', 'nodes']);
const PATCHES: Record<string, PatchType> = { '': 'merge', 'application/merge-patch+json': 'merge', 'application/json-patch+json': 'json', 'application/strategic-merge-patch+json': 'strategic', 'application/apply-patch+yaml': 'apply' };

/** After argo-events v1.9.9 pkg/sensors/triggers/standard-k8s/standard-k8s.go */
export async function fireKubernetes(firing: Firing): Promise<void> {
  const { context, sensor, trigger } = firing;
  const { client } = context;
  const template = trigger.template?.k8s;
  const log = firing.log.with(['triggerType', 'Kubernetes']);
  const info = (line: number, message: string) => log.info(`standard-k8s/standard-k8s.go:${line}`, message);
  const manifest = await manifestOf(firing, template?.source, template?.parameters);
  const type = resourceOf(manifest);
  const namespace = CLUSTER_WIDE.has(type.resource) ? undefined : (manifest.metadata.namespace ?? sensor.namespace);
  const { namespace: _given, ...metadata } = manifest.metadata;
  const object: KubeObject = { ...manifest, metadata: namespace === undefined ? metadata : { ...metadata, namespace } };
  const { name } = object.metadata;
  const operation = template?.operation ?? '';
  const existing = async (absent: () => void): Promise<KubeObject | undefined> => {
    try {
      return await client.get(type, namespace, name);
    } catch (error) {
      if (!(error instanceof ApiStatus && error.code === 404)) throw new Error(`failed to retrieve existing object. err: ${error instanceof Error ? error.message : String(error)}`);
      absent();
      return undefined;
    }
  };
  const execute = async (): Promise<KubeObject | undefined> => {
    if (operation === '' || operation === 'create') {
      info(157, 'creating the object...');
      return await client.create(type, namespace, { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...madeBy(firing) } } });
    }
    if (operation === 'delete') {
      info(209, 'deleting the object...');
      if ((await existing(() => info(213, 'object not found, nothing to delete...'))) === undefined) return undefined;
      await client.delete(type, namespace, name).catch((error: unknown) => {
        throw new Error(`failed to delete object. err: ${error instanceof Error ? error.message : String(error)}`);
      });
      return undefined;
    }
    const isUpdate = operation === 'update';
    info(isUpdate ? 170 : 187, isUpdate ? 'updating the object...' : 'patching the object...');
    const old = await existing(() => info(isUpdate ? 174 : 191, 'object not found, creating the object...'));
    if (old === undefined) return await client.create(type, namespace, object);
    if (isUpdate) return await client.update(type, overlay(old, object));
    return await client.patch(type, namespace, name, { type: PATCHES[template?.patchStrategy ?? ''] ?? 'merge', body: object });
  };
  let made: KubeObject | undefined;
  try {
    made = await execute();
  } catch (error) {
    throw new Error(`failed to execute trigger, ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  await applyLabelPolicy(firing, client, type, made);
}

/** The stored object with what the manifest says over it; what the manifest leaves empty stays. */
function overlay(old: KubeObject, object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, ...rest } = object;
  const merged = merge(JSON.parse(JSON.stringify(old)) as JsonObject, JSON.parse(JSON.stringify(rest)) as JsonObject);
  const { name, ...meta } = metadata;
  const known = merge(JSON.parse(JSON.stringify(old.metadata)) as JsonObject, JSON.parse(JSON.stringify(meta)) as JsonObject);
  return { ...merged, apiVersion, kind, metadata: { ...known, name } };
}

function merge(old: JsonObject, over: JsonObject): JsonObject {
  const isEmpty = (value: Json) => value === null || value === '' || value === false || value === 0 || (Array.isArray(value) && value.length === 0);
  const out: JsonObject = { ...old };
  for (const [key, value] of Object.entries(over)) {
    const before = out[key];
    if (isJsonObject(before) && isJsonObject(value)) out[key] = merge(before, value);
    else if (!isEmpty(value)) out[key] = value;
  }
  return out;
}
