import type { Pod } from '../controllers/runtime/kinds.ts';
import { CLUSTER_DOMAIN } from '../network/service-proxy.ts';

/** The host name inside the pod's containers. */
export function hostnameOf(pod: Pod): string {
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, 63).replace(/[-.]+$/, '');
}

/** /etc/hosts as the kubelet writes it. */
export function etcHosts(pod: Pod, podIP: string): string {
  const hostname = hostnameOf(pod);
  const domain = pod.spec.subdomain === undefined ? undefined : `${hostname}.${pod.spec.subdomain}.${pod.metadata.namespace}.svc.${CLUSTER_DOMAIN}`;
  const lines = [
    '# Kubernetes-managed hosts file.',
    '127.0.0.1\tlocalhost',
    '::1\tlocalhost ip6-localhost ip6-loopback',
    'fe00::0\tip6-localnet',
    'fe00::0\tip6-mcastprefix',
    'fe00::1\tip6-allnodes',
    'fe00::2\tip6-allrouters',
    `${podIP}\t${domain === undefined ? hostname : `${domain}\t${hostname}`}`,
  ];
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length > 0) {
    lines.push('', '# Entries added by HostAliases.', ...aliases.map((alias) => [alias.ip, ...(alias.hostnames ?? [])].join('\t')));
  }
  return `${lines.join('\n')}\n`;
}

/** /etc/resolv.conf for the pod's dnsPolicy and dnsConfig. */
export function resolvConf(pod: Pod): string {
  const namespace = pod.metadata.namespace ?? 'default';
  const none = pod.spec.dnsPolicy === 'None' || pod.spec.dnsPolicy === 'Default';
  const config = pod.spec.dnsConfig;
  const nameservers = [...(none ? [] : ['10.96.0.10']), ...(config?.nameservers ?? [])];
  const searches = [...(none ? [] : [`${namespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN]), ...(config?.searches ?? [])];
  const options = new Map<string, string | undefined>(none ? [] : [['ndots', '5']]);
  for (const option of config?.options ?? []) if (option.name !== undefined) options.set(option.name, option.value);
  const lines = [];
  if (searches.length > 0) lines.push(`search ${[...new Set(searches)].join(' ')}`);
  for (const nameserver of nameservers) lines.push(`nameserver ${nameserver}`);
  if (options.size > 0) lines.push(`options ${[...options].map(([name, value]) => (value === undefined ? name : `${name}:${value}`)).join(' ')}`);
  return `${lines.join('\n')}\n`;
}
