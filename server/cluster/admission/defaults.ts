import { record, records, text } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, withSpec } from './plugin.ts';

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
