import { at, record, records, text } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, refuse, withSpec } from './plugin.ts';

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];

/** A pod stays five minutes on a node that is gone. After kubernetes 1.32 plugin/pkg/admission/defaulttolerationseconds */
export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate(request) {
    const { object } = request;
    if (!concerns(request, '', 'pods')) return object;
    const spec = record(object['spec']);
    const tolerations = records(spec['tolerations']);
    const tolerates = (key: string) =>
      tolerations.some((t) => (text(t['key']) === key || text(t['key']) === '') && (text(t['effect']) === 'NoExecute' || text(t['effect']) === ''));
    const missing = TAINTS.filter((key) => !tolerates(key)).map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
    return missing.length === 0 ? object : withSpec(object, { ...spec, tolerations: [...tolerations, ...missing] });
  },
};

/** A claim without a class gets the default one. After kubernetes 1.32 plugin/pkg/admission/storage/storageclass/setdefault */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  mutate(request, { reader }) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'persistentvolumeclaims')) return object;
    const spec = record(object['spec']);
    const beta = 'volume.beta.kubernetes.io/storage-class';
    if (typeof spec['storageClassName'] === 'string' || object.metadata.annotations?.[beta] !== undefined) return object;
    const marked = reader
      .list({ group: 'storage.k8s.io', resource: 'storageclasses' })
      .filter((c) => c.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true');
    // The newest wins; among those of one second the first by name.
    marked.sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name));
    const chosen = marked[0];
    return chosen === undefined ? object : withSpec(object, { ...spec, storageClassName: chosen.metadata.name });
  },
};

/** An Ingress without a class gets the default one. After kubernetes 1.32 plugin/pkg/admission/network/defaultingressclass */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  mutate(request, { reader }) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, 'networking.k8s.io', 'ingresses')) return object;
    const spec = record(object['spec']);
    if (typeof spec['ingressClassName'] === 'string' || object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return object;
    const chosen = reader
      .list({ group: 'networking.k8s.io', resource: 'ingressclasses' })
      .filter((c) => c.metadata.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true')
      .sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name.localeCompare(b.metadata.name))[0];
    return chosen === undefined ? object : withSpec(object, { ...spec, ingressClassName: chosen.metadata.name });
  },
};

/** A pod's RuntimeClass has to be there; it may say where such pods run. After kubernetes 1.32 plugin/pkg/admission/runtimeclass */
export const runtimeClass: AdmissionPlugin = {
  name: 'RuntimeClass',
  mutate(request, { reader }) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'pods')) return object;
    const spec = record(object['spec']);
    const name = text(spec['runtimeClassName']);
    if (name === '' && Object.keys(record(spec['overhead'])).length > 0) throw refuse(request, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead');
    if (name === '') return object;
    const found = reader.get({ group: 'node.k8s.io', resource: 'runtimeclasses' }, undefined, name);
    if (found === undefined) throw refuse(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
    const selector = record(at(found, 'scheduling', 'nodeSelector'));
    if (Object.keys(selector).length === 0) return object;
    return withSpec(object, { ...spec, nodeSelector: { ...selector, ...record(spec['nodeSelector']) } });
  },
};
