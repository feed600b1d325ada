import { isRecord, quote, record, records, text } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, refuse, withSpec } from './plugin.ts';

const MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const VOLUME_PREFIX = 'kube-api-access-';

function tokenVolume(name: string): Record<string, unknown> {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
      defaultMode: 420,
    },
  };
}

/**
 * Gives a pod its ServiceAccount, that account's pull secrets, and the volume with its token.
 * After kubernetes 1.32 plugin/pkg/admission/serviceaccount
 */
export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  mutate(request, { reader, ids }) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'pods')) return object;
    if (object.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return object;
    const spec = record(object['spec']);
    const name = text(spec['serviceAccountName']) || text(spec['serviceAccount']) || 'default';
    const namespace = request.namespace ?? '';
    const account = reader.get({ group: '', resource: 'serviceaccounts' }, namespace, name);
    if (account === undefined) throw refuse(request, `error looking up service account ${namespace}/${name}: serviceaccount ${quote(name)} not found`);
    let next: Record<string, unknown> = { ...spec, serviceAccountName: name, serviceAccount: name };
    const pull = records(account['imagePullSecrets']);
    if (records(spec['imagePullSecrets']).length === 0 && pull.length > 0) next['imagePullSecrets'] = structuredClone(pull);
    const automount = spec['automountServiceAccountToken'] ?? account['automountServiceAccountToken'] ?? true;
    if (automount !== false) next = withToken(next, () => VOLUME_PREFIX + ids.suffix());
    return withSpec(object, next);
  },
};

function withToken(spec: Record<string, unknown>, newName: () => string): Record<string, unknown> {
  const volumes = records(spec['volumes']);
  const present = volumes.find((v) => text(v['name']).startsWith(VOLUME_PREFIX) && isRecord(v['projected']));
  const name = present === undefined ? newName() : text(present['name']);
  let mounted = false;
  const mount = (value: unknown): unknown[] =>
    records(value).map((container) => {
      const mounts = records(container['volumeMounts']);
      // Whoever mounts something there himself has his reasons.
      if (mounts.some((m) => m['mountPath'] === MOUNT_PATH)) return container;
      mounted = true;
      return { ...container, volumeMounts: [...mounts, { name, readOnly: true, mountPath: MOUNT_PATH }] };
    });
  const containers = mount(spec['containers']);
  const initContainers = spec['initContainers'] === undefined ? undefined : mount(spec['initContainers']);
  return {
    ...spec,
    containers,
    ...(initContainers === undefined ? {} : { initContainers }),
    ...(mounted && present === undefined ? { volumes: [...volumes, tokenVolume(name)] } : {}),
  };
}
