import type { RequestRecord } from '../../auth/request-log.ts';
import { CertificateAuthority } from '../../auth/certificates.ts';
import type { Program, ProgramContext } from '../../program.ts';
import { whenAborted } from '../../../lib/abort.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { persistenceOf } from '../archive/persistence.ts';
import type { WorkflowArchive } from '../archive/workflow-archive.ts';
import { logLine } from './access-log.ts';
import { Gatekeeper, parseAuthModes, type AuthMode, type Claims } from './auth.ts';
import { parseServerFlags, type ServerFlags } from './flags.ts';
import { Front } from './front.ts';
import { createListener } from './listener.ts';
import type { ServiceContext } from './route.ts';
import { ssoProblem } from './sso.ts';
import { VERSION } from './version.ts';

export interface ArgoServerOptions {
  /** Told of each request to the API, after it was answered. */
  record?: (record: RequestRecord) => void;
  /** Where finished workflows are kept; asked only when the controller's ConfigMap has `persistence`. */
  archive?: WorkflowArchive;
  /** A folder with the built user interface; without one, every page says that it is not built. */
  uiFolder?: string;
}

/** The Argo Server as an image: `quay.io/argoproj/argocli`, `argo server …`, by default on port 2746 of its pod. */
export function createArgoServerProgram(options: ArgoServerOptions = {}): Program {
  return { run: (context) => run(context, options) };
}

async function run(context: ProgramContext, options: ArgoServerOptions): Promise<number> {
  const { clock, ids, signal, env } = context;
  const log = (level: 'info' | 'warning' | 'error', message: string | undefined, fields: Record<string, string> = {}) => context.stderr(logLine(clock.now(), level, message, fields));
  let flags: ServerFlags;
  let modes: Set<AuthMode>;
  try {
    flags = parseServerFlags(context.argv, env);
    modes = parseAuthModes(flags.authModes);
  } catch (error) {
    context.stderr(`Error: ${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
  const namespace = context.pod.metadata.namespace ?? 'argo';
  const managedNamespace = flags.managedNamespace !== '' ? flags.managedNamespace : flags.namespaced ? namespace : '';
  const url = `${flags.secure ? 'https' : 'http'}://localhost:${flags.port}${flags.baseHref === '/' ? '' : flags.baseHref}`;
  log('info', 'not enabling pprof debug endpoints');
  log('info', undefined, { authModes: `[${[...modes].join(' ')}]`, baseHRef: flags.baseHref, managedNamespace, namespace, secure: String(flags.secure), ssoNamespace: namespace });
  if (!flags.secure) log('warning', 'You are running in insecure mode. Learn how to enable transport layer security: https://argo-workflows.readthedocs.io/en/latest/tls/');
  if (modes.has('sso')) {
    context.stderr(`Error: ${await ssoProblem(context.client, namespace)}\n`);
    return 1;
  }
  log('info', 'SSO disabled');
  log('info', 'Starting Argo Server', { instanceID: '', version: VERSION.version });
  log('info', 'Creating event controller', { asyncDispatch: 'false', operationQueueSize: '16', workerCount: '4' });

  const persistence = options.archive === undefined ? undefined : await persistenceOf(context.client, namespace).catch(() => undefined);
  const services: ServiceContext = { own: context.client, clock, ids, env, managedNamespace, log, ...(persistence === undefined || options.archive === undefined ? {} : { archive: options.archive }) };
  const front = new Front({
    context: services,
    gatekeeper: new Gatekeeper(modes, { kube: context.client, claims: ownClaims(context, namespace) }),
    files: { uiFolder: options.uiFolder, tls: flags.secure, baseHref: flags.baseHref, frameOptions: flags.frameOptions },
    artifacts: { context: services, network: context.network, namespace, now: () => context.clock.now() },
    clock,
    write: (line) => context.stderr(line),
    ...(options.record === undefined ? {} : { record: options.record }),
    signal,
  });
  const certificate = flags.secure ? CertificateAuthority.create('ArgoProj', clock.now()).pair : undefined;
  const listener = createListener((request, response) => void front.handle(request, response), certificate);
  const close = context.network.listen(context.pod.metadata.uid ?? '', flags.port, (socket) => listener.accept(socket));
  log('info', 'GRPC Server Max Message Size, MaxGRPCMessageSize, is set', { GRPC_MESSAGE_SIZE: '104857600' });
  log('info', `Argo Server started successfully on ${url}`, { url });
  await whenAborted(signal);
  close();
  listener.close();
  return 0;
}

/** What the token of the pod's own account would say: with `--auth-mode=server` everybody is it. */
function ownClaims(context: ProgramContext, namespace: string): Claims {
  const spec = context.pod['spec'];
  const account = isJsonObject(spec) && typeof spec['serviceAccountName'] === 'string' ? spec['serviceAccountName'] : 'default';
  return { issuer: 'https://kubernetes.default.svc.cluster.local', subject: `system:serviceaccount:${namespace}:${account}`, serviceAccountName: account, serviceAccountNamespace: namespace };
}
