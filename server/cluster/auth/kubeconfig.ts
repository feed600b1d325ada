import { stringify } from 'yaml';
import type { KeyCertificate } from './certificates.ts';

export interface KubeconfigOptions {
  /** `https://host:port`, with a path when the cluster is behind one. */
  server: string;
  /** PEM. */
  caCertificate: string;
  /** The user's client certificate. */
  client?: KeyCertificate;
  /** A bearer token beside (or instead of) the certificate: what `argo auth token` prints. */
  token?: string;
  /** Default `kubernetes`. */
  clusterName?: string;
  /** Default `kubernetes-admin`. */
  userName?: string;
  /** The context's namespace; none means `default`. */
  namespace?: string;
}

/** A kubeconfig file (YAML) with one context `user@cluster`, as kubeadm writes it. */
export function kubeconfig(options: KubeconfigOptions): string {
  const cluster = options.clusterName ?? 'kubernetes';
  const user = options.userName ?? 'kubernetes-admin';
  const base64 = (value: string) => Buffer.from(value).toString('base64');
  return stringify(
    {
      apiVersion: 'v1',
      clusters: [{ cluster: { 'certificate-authority-data': base64(options.caCertificate), server: options.server }, name: cluster }],
      contexts: [{ context: { cluster, ...(options.namespace === undefined ? {} : { namespace: options.namespace }), user }, name: `${user}@${cluster}` }],
      'current-context': `${user}@${cluster}`,
      kind: 'Config',
      preferences: {},
      users: [
        {
          name: user,
          user: {
            ...(options.client === undefined ? {} : { 'client-certificate-data': base64(options.client.certificate), 'client-key-data': base64(options.client.key) }),
            ...(options.token === undefined ? {} : { token: options.token }),
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}
