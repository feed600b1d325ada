import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';

/**
 * The same client, for whom namespace `from` is called `to`: a check that speaks of the scenario's namespace asks in the
 * session's. Reviews name their namespace in the body.
 */
export function inNamespace(client: KubeClient, from: string, to: string): KubeClient {
  if (from === to) return client;
  const at = (namespace: string | undefined) => (namespace === from ? to : namespace);
  const options = <T extends { namespace?: string }>(given: T): T => (given.namespace === from ? { ...given, namespace: to } : given);
  const body = (object: KubeObject): KubeObject => {
    const moved = object.metadata?.namespace === from ? { ...object, metadata: { ...object.metadata, namespace: to } } : object;
    return { ...moved, ...('spec' in moved ? { spec: inReview(moved.spec) } : {}) };
  };
  const inReview = (spec: unknown): unknown => {
    if (typeof spec !== 'object' || spec === null || !('resourceAttributes' in spec)) return spec;
    const { resourceAttributes } = spec;
    if (typeof resourceAttributes !== 'object' || resourceAttributes === null || !('namespace' in resourceAttributes) || resourceAttributes.namespace !== from) return spec;
    return { ...spec, resourceAttributes: { ...resourceAttributes, namespace: to } };
  };
  return {
    get: (type, namespace, name) => client.get(type, at(namespace), name),
    find: (type, namespace, name) => client.find(type, at(namespace), name),
    list: (type, given = {}) => client.list(type, options(given)),
    watch: (type, given, onEvent) => client.watch(type, options(given), onEvent),
    create: (type, namespace, object, given) => client.create(type, at(namespace), body(object), given),
    update: (type, object, given) => client.update(type, body(object), given),
    patch: (type, namespace, name, patch, given) => client.patch(type, at(namespace), name, patch, given),
    delete: (type, namespace, name, given) => client.delete(type, at(namespace), name, given),
    deleteCollection: (type, given, how) => client.deleteCollection(type, options(given), how),
    createSubresource: (type, namespace, name, subresource, given) => client.createSubresource(type, at(namespace), name, subresource, given),
    logs: (namespace, pod, given, signal) => client.logs(at(namespace) ?? to, pod, given, signal),
    as: (identity, fieldManager) => inNamespace(client.as(identity, fieldManager), from, to),
  };
}
