import { isJsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { badRequest } from '../errors.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';

/** A workload as an autoscaling/v1 Scale. */
export function scaleOf(info: ResourceInfo, object: KubeObject): KubeObject {
  const paths = pathsOf(info);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(read(object, paths.selector));
  const spec = read(object, paths.spec);
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }), ...(creationTimestamp === undefined ? {} : { creationTimestamp }) },
    spec: typeof spec === 'number' && spec !== 0 ? { replicas: spec } : {},
    status: { replicas: read(object, paths.status) ?? 0, ...(selector === '' ? {} : { selector }) },
  };
}

/** The workload with the number of replicas that a Scale asks for. Throws ApiStatus 400. */
export function withScale(info: ResourceInfo, object: KubeObject, scale: KubeObject): KubeObject {
  const replicas = read(scale, ['spec', 'replicas']) ?? 0;
  if (typeof replicas !== 'number') throw badRequest('spec.replicas must be a number');
  const { resourceVersion } = scale.metadata;
  const next = write(object, pathsOf(info).spec, replicas) as KubeObject;
  return { ...next, metadata: { ...next.metadata, ...(resourceVersion === undefined || resourceVersion === '' ? {} : { resourceVersion }) } };
}

function pathsOf(info: ResourceInfo): { spec: string[]; status: string[]; selector: string[] } {
  const split = (path: string): string[] => path.split('.').filter((part) => part !== '');
  const custom = info.custom?.scale;
  return {
    spec: split(custom?.specReplicasPath ?? 'spec.replicas'),
    status: split(custom?.statusReplicasPath ?? 'status.replicas'),
    selector: custom === undefined ? ['spec', 'selector'] : split(custom.labelSelectorPath ?? ''),
  };
}

function read(value: unknown, path: readonly string[]): unknown {
  return path.length === 0 ? undefined : path.reduce<unknown>((node, key) => (isJsonObject(node) ? node[key] : undefined), value);
}

function write(value: unknown, path: readonly string[], leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  const node = isJsonObject(value) ? value : {};
  return { ...node, [key]: write(node[key], rest, leaf) };
}

/** A selector as one string: `app=web,tier in (a,b)`. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  if (!isJsonObject(selector)) return '';
  const labels = isJsonObject(selector.matchLabels) ? selector.matchLabels : 'matchExpressions' in selector ? {} : selector;
  const terms = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  for (const expression of Array.isArray(selector.matchExpressions) ? selector.matchExpressions : []) {
    if (!isJsonObject(expression)) continue;
    const key = String(expression.key);
    const values = Array.isArray(expression.values) ? [...expression.values].sort().join(',') : '';
    if (expression.operator === 'In') terms.push(`${key} in (${values})`);
    else if (expression.operator === 'NotIn') terms.push(`${key} notin (${values})`);
    else if (expression.operator === 'Exists') terms.push(key);
    else terms.push(`!${key}`);
  }
  return terms.sort().join(',');
}
