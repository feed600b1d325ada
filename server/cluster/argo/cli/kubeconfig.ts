import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const File = z.object({
  'current-context': z.string().optional(),
  clusters: z.array(z.object({ name: z.string(), cluster: z.object({ server: z.string(), 'certificate-authority-data': z.string().optional(), 'certificate-authority': z.string().optional(), 'insecure-skip-tls-verify': z.boolean().optional() }) })).nullish(),
  contexts: z.array(z.object({ name: z.string(), context: z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() }) })).nullish(),
  users: z.array(z.object({ name: z.string(), user: z.object({ token: z.string().optional(), username: z.string().optional(), password: z.string().optional(), 'client-certificate-data': z.string().optional(), 'client-key-data': z.string().optional(), 'client-certificate': z.string().optional(), 'client-key': z.string().optional() }) })).nullish(),
});

/** How to reach a cluster, and as whom. */
export interface Connection {
  server: string;
  namespace: string;
  ca: Buffer | undefined;
  verify: boolean;
  token: string | undefined;
  basic: string | undefined;
  certificate: Buffer | undefined;
  key: Buffer | undefined;
}

export class NoConfiguration extends Error {
  override readonly name = 'NoConfiguration';
  constructor() {
    super('invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable');
  }
}

/** Reads the kubeconfig that `--kubeconfig`, KUBECONFIG or the home folder name. Throws NoConfiguration where it holds nothing. */
export function readKubeconfig(options: { file?: string; context?: string; env: Record<string, string | undefined> }): Connection {
  const candidates = options.file ? [options.file] : (options.env['KUBECONFIG'] ?? '') === '' ? [join(homedir(), '.kube', 'config')] : (options.env['KUBECONFIG'] ?? '').split(':');
  for (const path of candidates) {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch {
      continue;
    }
    const parsed = File.safeParse(parse(text) ?? {});
    if (!parsed.success) throw new NoConfiguration();
    const file = parsed.data;
    const context = file.contexts?.find((one) => one.name === (options.context || file['current-context']))?.context;
    const cluster = file.clusters?.find((one) => one.name === context?.cluster)?.cluster;
    const user = file.users?.find((one) => one.name === context?.user)?.user ?? {};
    if (context === undefined || cluster === undefined) continue;
    const bytes = (data: string | undefined, name: string | undefined) => (data !== undefined ? Buffer.from(data, 'base64') : name !== undefined ? readFileSync(resolve(dirname(path), name)) : undefined);
    return {
      server: cluster.server,
      namespace: context.namespace ?? 'default',
      ca: bytes(cluster['certificate-authority-data'], cluster['certificate-authority']),
      verify: cluster['insecure-skip-tls-verify'] !== true,
      token: user.token,
      basic: user.username === undefined ? undefined : Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64'),
      certificate: bytes(user['client-certificate-data'], user['client-certificate']),
      key: bytes(user['client-key-data'], user['client-key']),
    };
  }
  throw new NoConfiguration();
}
