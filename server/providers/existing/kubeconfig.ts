import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { LabError } from '../../lib/errors.ts';

/** How to get a bearer token, where a user has one. Source: kubernetes.io, "Kubeconfig (v1)" and "Client Authentication (v1)". */
export type Bearer =
  | { kind: 'none' }
  | { kind: 'token'; token: string }
  /** Read anew now and then: whoever owns the file renews it. */
  | { kind: 'file'; path: string }
  | { kind: 'basic'; username: string; password: string }
  | { kind: 'exec'; plugin: ExecPlugin };

/** A program that prints credentials: `aws eks get-token`, `gke-gcloud-auth-plugin`, `kubelogin`. */
export interface ExecPlugin {
  apiVersion: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  installHint?: string;
  provideClusterInfo: boolean;
}

/** How to reach a cluster, and as whom: one context of a kubeconfig, with everything that is in files read. */
export interface KubeAccess {
  /** The file that named the context, for messages. */
  file: string;
  context: string;
  cluster: string;
  user: string;
  server: URL;
  namespace: string;
  ca?: Buffer;
  /** Whether the server's certificate goes unchecked. */
  insecure: boolean;
  /** The name that the certificate is checked for, where it is not the server's. */
  serverName?: string;
  proxy?: URL;
  client?: { certificate: Buffer; key: Buffer };
  bearer: Bearer;
  impersonate?: { user: string; groups: string[]; uid?: string };
}

const text = z.string();
const Named = z.object({ name: text });
const Cluster = Named.extend({
  cluster: z.object({
    server: text,
    'certificate-authority': text.optional(),
    'certificate-authority-data': text.optional(),
    'insecure-skip-tls-verify': z.boolean().optional(),
    'tls-server-name': text.optional(),
    'proxy-url': text.optional(),
  }),
});
const Exec = z.object({
  apiVersion: text,
  command: text.min(1),
  args: z.array(text).nullish(),
  env: z.array(z.object({ name: text, value: text })).nullish(),
  installHint: text.optional(),
  provideClusterInfo: z.boolean().optional(),
});
const User = Named.extend({
  user: z
    .object({
      token: text.optional(),
      tokenFile: text.optional(),
      username: text.optional(),
      password: text.optional(),
      'client-certificate': text.optional(),
      'client-certificate-data': text.optional(),
      'client-key': text.optional(),
      'client-key-data': text.optional(),
      exec: Exec.nullish(),
      'auth-provider': z.object({ name: text, config: z.record(text, text).nullish() }).nullish(),
      as: text.optional(),
      'as-uid': text.optional(),
      'as-groups': z.array(text).nullish(),
    })
    .nullish(),
});
const Context = Named.extend({ context: z.object({ cluster: text, user: text.optional(), namespace: text.optional() }) });
const File = z.object({
  'current-context': text.nullish(),
  clusters: z.array(Cluster).nullish(),
  users: z.array(User).nullish(),
  contexts: z.array(Context).nullish(),
});

type Parsed = { file: string; data: z.infer<typeof File> };

export interface KubeconfigOptions {
  /** One file; without it those of KUBECONFIG, else `~/.kube/config`. */
  file?: string;
  /** Without it, the current context. */
  context?: string;
  env?: Record<string, string | undefined>;
}

/**
 * Reads one context of a kubeconfig. Several files are merged as kubectl does it: the first to name something wins, and a
 * path is relative to the file that names it. Throws LabError `bad-request`, naming file and field.
 */
export function readKubeconfig(options: KubeconfigOptions): KubeAccess {
  const env = options.env ?? process.env;
  const files = options.file === undefined ? filesOf(env) : [resolve(options.file)];
  const parsed = files.flatMap((file) => parseFile(file, options.file !== undefined || files.length === 1));
  const named = files.join(delimiter);
  const wanted = options.context ?? parsed.map(({ data }) => data['current-context'] ?? '').find((name) => name !== '');
  const known = parsed.flatMap(({ data }) => (data.contexts ?? []).map(({ name }) => name));
  if (wanted === undefined) throw problem(named, 'current-context', 'no context is chosen', known.length === 0 ? 'The file has no contexts: is it a kubeconfig?' : `Choose one with --context: ${known.join(', ')}.`);
  const context = find(parsed, 'contexts', wanted);
  if (context === undefined) throw problem(named, 'contexts', `there is no context ${wanted}`, known.length === 0 ? 'The file has no contexts: is it a kubeconfig?' : `Choose one of these with --context: ${known.join(', ')}.`);
  const { cluster: clusterName, user: userName = '', namespace = 'default' } = context.entry.context;
  const cluster = find(parsed, 'clusters', clusterName);
  if (cluster === undefined) throw problem(context.file, `contexts[${context.index}].context.cluster`, `there is no cluster ${clusterName}`);
  const user = userName === '' ? undefined : find(parsed, 'users', userName);
  if (userName !== '' && user === undefined) throw problem(context.file, `contexts[${context.index}].context.user`, `there is no user ${userName}`);
  return { file: context.file, context: wanted, cluster: clusterName, user: userName, namespace, ...clusterAccess(cluster), ...userAccess(user) };
}

/** The same cluster without anybody's credentials: for requests that bring their own. */
export function withoutCredentials({ client: _client, impersonate: _impersonate, ...access }: KubeAccess): KubeAccess {
  return { ...access, bearer: { kind: 'none' } };
}

function filesOf(env: Record<string, string | undefined>): string[] {
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((name) => name !== '');
  return listed.length === 0 ? [join(env['HOME'] ?? homedir(), '.kube', 'config')] : listed.map((name) => resolve(name));
}

function parseFile(file: string, required: boolean): Parsed[] {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' && !required) return [];
    if (code === 'ENOENT') throw new LabError('bad-request', `there is no kubeconfig ${file}`, 'Name one with --kubeconfig, or set KUBECONFIG.');
    throw new LabError('bad-request', `the kubeconfig ${file} can't be read (${code})`, code === 'EACCES' ? 'Give yourself the right to read it, or name another with --kubeconfig.' : undefined);
  }
  let value: unknown;
  try {
    value = parse(content);
  } catch (error) {
    const at = error instanceof YAMLParseError ? error.linePos?.[0] : undefined;
    throw new LabError('bad-request', `the kubeconfig ${file} is no YAML${at === undefined ? '' : ` (line ${at.line})`}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`);
  }
  const parsed = File.safeParse(value ?? {});
  if (parsed.success) return [{ file, data: parsed.data }];
  const issue = parsed.error.issues[0];
  throw problem(file, fieldOf(issue?.path ?? []), issue?.message ?? 'it is not as expected');
}

interface Entries {
  clusters: z.infer<typeof Cluster>;
  users: z.infer<typeof User>;
  contexts: z.infer<typeof Context>;
}

interface Found<T> {
  file: string;
  index: number;
  entry: T;
}

function find<K extends keyof Entries>(parsed: readonly Parsed[], list: K, name: string): Found<Entries[K]> | undefined {
  for (const { file, data } of parsed) {
    const entries = listOf(data, list);
    const index = entries.findIndex((entry) => entry.name === name);
    const entry = entries[index];
    if (entry !== undefined) return { file, index, entry };
  }
  return undefined;
}

function listOf<K extends keyof Entries>(data: Parsed['data'], list: K): readonly Entries[K][] {
  const lists: { [L in keyof Entries]: readonly Entries[L][] } = { clusters: data.clusters ?? [], users: data.users ?? [], contexts: data.contexts ?? [] };
  return lists[list];
}

function clusterAccess({ file, index, entry }: Found<Entries['clusters']>): Pick<KubeAccess, 'server' | 'ca' | 'insecure' | 'serverName' | 'proxy'> {
  const { cluster } = entry;
  const field = (name: string) => `clusters[${index}].cluster.${name}`;
  const ca = bytes(file, field('certificate-authority'), cluster['certificate-authority-data'], cluster['certificate-authority']);
  if (ca !== undefined && cluster['insecure-skip-tls-verify'] === true) throw problem(file, field('insecure-skip-tls-verify'), 'it is set together with a certificate authority', 'Keep only one of the two.');
  return {
    server: url(file, field('server'), cluster.server, ['https:', 'http:']),
    insecure: cluster['insecure-skip-tls-verify'] === true,
    ...(ca === undefined ? {} : { ca }),
    ...(cluster['tls-server-name'] === undefined ? {} : { serverName: cluster['tls-server-name'] }),
    ...(cluster['proxy-url'] === undefined || cluster['proxy-url'] === '' ? {} : { proxy: url(file, field('proxy-url'), cluster['proxy-url'], ['http:', 'https:']) }),
  };
}

function userAccess(found: Found<Entries['users']> | undefined): Pick<KubeAccess, 'client' | 'bearer' | 'impersonate'> {
  const user = found?.entry.user ?? undefined;
  if (found === undefined || user === undefined) return { bearer: { kind: 'none' } };
  const { file, index } = found;
  const field = (name: string) => `users[${index}].user.${name}`;
  const certificate = bytes(file, field('client-certificate'), user['client-certificate-data'], user['client-certificate']);
  const key = bytes(file, field('client-key'), user['client-key-data'], user['client-key']);
  if ((certificate === undefined) !== (key === undefined)) throw problem(file, field(certificate === undefined ? 'client-certificate' : 'client-key'), `${certificate === undefined ? 'the certificate of the key' : 'the key of the certificate'} is missing`);
  return {
    bearer: bearerOf(file, field, user),
    ...(certificate === undefined || key === undefined ? {} : { client: { certificate, key } }),
    ...(user.as === undefined ? {} : { impersonate: { user: user.as, groups: user['as-groups'] ?? [], ...(user['as-uid'] === undefined ? {} : { uid: user['as-uid'] }) } }),
  };
}

function bearerOf(file: string, field: (name: string) => string, user: NonNullable<Entries['users']['user']>): Bearer {
  const given = user.exec ?? undefined;
  // After client-go tools/clientcmd: a token file wins over the token that stands beside it.
  if (user.tokenFile !== undefined && user.tokenFile !== '') return { kind: 'file', path: resolve(dirname(file), user.tokenFile) };
  if (user.token !== undefined && user.token !== '') return { kind: 'token', token: user.token.trim() };
  if (user.username !== undefined && user.username !== '') return { kind: 'basic', username: user.username, password: user.password ?? '' };
  if (given !== undefined) {
    if (!/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(given.apiVersion)) throw problem(file, field('exec.apiVersion'), `${given.apiVersion} is not known`, 'It takes client.authentication.k8s.io/v1 or v1beta1: update the tool that wrote the file.');
    return {
      kind: 'exec',
      plugin: {
        apiVersion: given.apiVersion,
        // A bare name is looked up on the PATH, a path is relative to the kubeconfig.
        command: given.command.includes('/') ? resolve(dirname(file), given.command) : given.command,
        args: given.args ?? [],
        env: Object.fromEntries((given.env ?? []).map(({ name, value }) => [name, value])),
        provideClusterInfo: given.provideClusterInfo ?? false,
        ...(given.installHint === undefined ? {} : { installHint: given.installHint }),
      },
    };
  }
  const legacy = user['auth-provider'] ?? undefined;
  if (legacy !== undefined) {
    const token = legacy.config?.['id-token'] ?? legacy.config?.['access-token'];
    if (token === undefined) throw problem(file, field('auth-provider'), `${legacy.name} was taken out of Kubernetes' clients`, legacy.name === 'gcp' ? 'Install gke-gcloud-auth-plugin and write the file anew: gcloud container clusters get-credentials …' : 'Use an exec plugin in its place, such as kubelogin.');
    return { kind: 'token', token };
  }
  return { kind: 'none' };
}

function bytes(file: string, field: string, data: string | undefined, path: string | undefined): Buffer | undefined {
  if (data !== undefined && data !== '') {
    const decoded = Buffer.from(data, 'base64');
    if (!decoded.includes('-----BEGIN ')) throw problem(file, `${field}-data`, 'it is not the base64 of a PEM block');
    return decoded;
  }
  if (path === undefined || path === '') return undefined;
  const absolute = resolve(dirname(file), path);
  try {
    return readFileSync(absolute);
  } catch (error) {
    throw problem(file, field, `${absolute} can't be read (${codeOf(error)})`, 'Put the file there, or have the kubeconfig written with what it holds inside: kubectl config view --flatten --raw');
  }
}

function url(file: string, field: string, value: string, protocols: readonly string[]): URL {
  // kubectl takes a server without a scheme for http.
  const whole = value.includes('://') ? value : `http://${value}`;
  if (!URL.canParse(whole)) throw problem(file, field, `${value} is not an address`);
  const parsed = new URL(whole);
  if (!protocols.includes(parsed.protocol)) throw problem(file, field, `${parsed.protocol.slice(0, -1)} is not supported`, `Use ${protocols.map((name) => name.slice(0, -1)).join(' or ')}.`);
  return parsed;
}

function problem(file: string, field: string, message: string, next?: string): LabError {
  return new LabError('bad-request', `kubeconfig ${file}: ${field}: ${message}`, next);
}

function fieldOf(path: readonly PropertyKey[]): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i === 0 ? '' : '.'}${String(part)}`)).join('') || 'the file';
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : String(error);
}
