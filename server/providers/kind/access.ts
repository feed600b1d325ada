import { readFile, writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { LabError } from '../../lib/errors.ts';
import { type KubeAccess, readKubeconfig } from '../existing/kubeconfig.ts';
import type { OwnedClusters } from './owned.ts';
import type { KindTools } from './tools.ts';

/** Who kubeadm's administrator is. */
export const ADMINISTRATOR = 'kubernetes-admin';

/** How to reach a cluster of ours. A kubeconfig that is gone is asked for again. */
export async function accessTo(tools: KindTools, owned: OwnedClusters, name: string, signal?: AbortSignal): Promise<KubeAccess> {
  const file = owned.kubeconfigOf(name);
  if ((await readFile(file, 'utf8').catch(() => '')) === '') {
    const result = await tools.mustKind(['get', 'kubeconfig', '--name', name], signal === undefined ? {} : { signal });
    await writeFile(file, result.stdout, { mode: 0o600 });
  }
  try {
    return readKubeconfig({ file });
  } catch (error) {
    throw new LabError('cluster-failed', 'the kubeconfig of the cluster is gone or broken', 'Start anew.', { cause: error });
  }
}

/** The administrator's kubeconfig as seen from inside the place, with the names that kubeadm gives. */
export function placeKubeconfig(access: KubeAccess, port: number, certificate: string): string {
  const base64 = (data: Uint8Array | string | undefined) => Buffer.from(data ?? '').toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': base64(certificate), server: `https://127.0.0.1:${port}` }, name: 'kubernetes' }],
      contexts: [{ context: { cluster: 'kubernetes', user: ADMINISTRATOR }, name: `${ADMINISTRATOR}@kubernetes` }],
      'current-context': `${ADMINISTRATOR}@kubernetes`,
      kind: 'Config',
      preferences: {},
      users: [{ name: ADMINISTRATOR, user: { 'client-certificate-data': base64(access.client?.certificate), 'client-key-data': base64(access.client?.key) } }],
    },
    { lineWidth: 0 },
  );
}
