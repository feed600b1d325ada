import { rfc3339 } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ResourceType } from '../../client.ts';
import type { ControllerContext } from '../runtime/context.ts';
import type { ConfigMap, Namespace } from '../runtime/kinds.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../runtime/resources.ts';
import { systemAccounts, systemConfigMaps } from './system-objects.ts';

const SYSTEM = 'kube-system';
const ROOT_CA = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Gives every namespace its `default` ServiceAccount and the ConfigMap with the cluster's root certificate. */
export function startServiceAccounts(context: ControllerContext, rootCertificate: string): void {
  const { client, informers } = context;
  const namespaces = informers.of<Namespace>(NAMESPACES);
  const accounts = informers.of(SERVICE_ACCOUNTS);
  const configMaps = informers.of<ConfigMap>(CONFIG_MAPS);

  const make = async (type: ResourceType, namespace: string, object: KubeObject): Promise<void> => {
    try {
      await client.create(type, namespace, object);
    } catch (error) {
      if (!(error instanceof ApiStatus && (error.code === 409 || error.code === 403 || error.code === 404))) throw error;
    }
  };

  const makeSystemObjects = async (): Promise<void> => {
    for (const account of systemAccounts()) if (accounts.get(SYSTEM, account.metadata.name) === undefined) await make(SERVICE_ACCOUNTS, SYSTEM, account);
    for (const map of systemConfigMaps(rootCertificate, rfc3339(context.clock.now()).slice(0, 10))) {
      if (configMaps.get(SYSTEM, map.metadata.name) === undefined) await make(CONFIG_MAPS, SYSTEM, map);
    }
  };

  const queue = context.queue('serviceaccount', async (name) => {
    const namespace = namespaces.get(undefined, name);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
    if (name === SYSTEM) await makeSystemObjects();
    if (accounts.get(name, 'default') === undefined) {
      await make(SERVICE_ACCOUNTS, name, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } });
    }
    const map = configMaps.get(name, ROOT_CA);
    const data = { 'ca.crt': rootCertificate };
    if (map === undefined) {
      const metadata = { name: ROOT_CA, namespace: name, annotations: { 'kubernetes.io/description': DESCRIPTION } };
      await make(CONFIG_MAPS, name, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
    } else if (map.data?.['ca.crt'] !== rootCertificate) await client.update(CONFIG_MAPS, { ...map, data });
  });

  namespaces.onChange(({ current }) => {
    if (current !== undefined) queue.add(current.metadata.name);
  });
  accounts.onChange(({ previous, current }) => {
    if (current === undefined && previous?.metadata.name === 'default') queue.add(previous.metadata.namespace ?? '');
  });
  configMaps.onChange(({ previous, current }) => {
    if (previous?.metadata.name === ROOT_CA) queue.add((current ?? previous).metadata.namespace ?? '');
  });
}
