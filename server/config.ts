import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bytes, type Flags, integer } from './cli/flags.ts';
import { LabError } from './lib/errors.ts';
import type { ExistingSettings } from './providers/existing/settings.ts';
import { PROVIDER_NAMES, type ProviderName } from './providers/index.ts';
import type { KindSettings } from './providers/kind/settings.ts';

/** Everything that flags and environment decide, fixed at the start. */
export interface Config {
  /** The folder that holds package.json. */
  root: string;
  host: string;
  /** 0 takes a free one. */
  port: number;
  data: string;
  /** Folders of courses, in the order in which they are listed. */
  scenarios: readonly string[];
  /** The built page. */
  web: string;
  sandbox: 'auto' | 'bubblewrap' | 'none';
  /** The provider of sessions that ask for none. */
  cluster: ProviderName;
  kind: KindSettings;
  /** Only with a kubeconfig. */
  existing?: ExistingSettings;
  allowHosts: readonly string[];
  previewDomain: string;
  mostSessions: number;
  /** Bytes that a learner's home may hold. */
  homeSize: number;
  /** Bytes that the pods, claims and logs of one session's embedded cluster may hold on the machine's disk. */
  podsSize: number;
  logLevel: string;
  /** Tells open pages when an author changes a scenario, and gives him tools. */
  watch: boolean;
}

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]']);

export function configFrom(flags: Flags, folders: readonly string[], environment: NodeJS.ProcessEnv, cwd = process.cwd()): Config {
  const root = projectRoot();
  const host = flags.host ?? '127.0.0.1';
  if (!LOOPBACK.has(host.toLowerCase()) && flags.allowRemote !== true) {
    throw new LabError('bad-request', `listening on ${host} lets others on the network reach the lab`, 'Say --allow-remote if that is what you want, or leave --host out.');
  }
  const data = resolve(cwd, flags.data ?? environment['ARGO_LAB_DATA'] ?? join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'argo-lab'));
  const [nodeImage, argoManifest] = [flags.nodeImage ?? environment['KIND_NODE_IMAGE'], flags.argoManifest ?? environment['ARGO_MANIFEST']];
  const given = [...(flags.scenarios ?? []), ...folders];
  return Object.freeze({
    root,
    host,
    port: integer('--port', flags.port ?? '8080', 0, 65535),
    data,
    scenarios: given.length === 0 ? [join(root, 'scenarios')] : given.map((folder) => resolve(cwd, folder)),
    web: join(root, 'dist', 'web'),
    sandbox: oneOf('--sandbox', flags.sandbox ?? 'auto', ['auto', 'bubblewrap', 'none'] as const),
    cluster: oneOf('--cluster', flags.cluster ?? 'embedded', PROVIDER_NAMES),
    kind: {
      folder: join(data, 'kind'),
      ...(nodeImage === undefined || nodeImage === '' ? {} : { nodeImage }),
      ...(argoManifest === undefined || argoManifest === '' ? {} : { argoManifest: resolve(cwd, argoManifest) }),
      warm: integer('--warm', flags.warm ?? '0', 0, 10),
      environment,
    },
    ...(flags.kubeconfig === undefined ? {} : { existing: { kubeconfig: resolve(cwd, flags.kubeconfig), ...(flags.context === undefined ? {} : { context: flags.context }), folder: join(data, 'existing') } }),
    allowHosts: flags.allowHost ?? [],
    previewDomain: (flags.previewDomain ?? 'localhost').toLowerCase(),
    mostSessions: integer('--max-sessions', flags.maxSessions ?? '20', 1, 1000),
    homeSize: bytes('--home-size', flags.homeSize ?? '2Gi'),
    podsSize: bytes('--pods-size', flags.podsSize ?? '4Gi'),
    logLevel: flags.logLevel ?? 'warn',
    watch: flags.watch === true,
  });
}

function oneOf<T extends string>(flag: string, text: string, values: readonly T[]): T {
  const found = values.find((value) => value === text);
  if (found === undefined) throw new LabError('bad-request', `${flag} takes ${values.join(', ')}, not ${text}`);
  return found;
}

/** Up from this file, which lies in server/ or, bundled, in dist/server/. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('package.json is not found above the server');
    folder = parent;
  }
  return folder;
}
