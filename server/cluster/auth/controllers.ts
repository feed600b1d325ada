import { rfc3339 } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { ApiStatus } from '../api/status.ts';
import type { KubeClient, ResourceType } from '../client.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import { aggregated } from './bootstrap.ts';
import { parseSigningRequest } from './certificates.ts';
import type { CertificateAuthority } from './certificates.ts';
import { at, records, text, textMap } from './fields.ts';
import type { SigningKey } from './keys.ts';
import { RBAC_GROUP } from './rbac.ts';
import { signSecretToken } from './tokens.ts';

const SECRETS: ResourceType = { group: '', version: 'v1', resource: 'secrets' };
const ACCOUNTS: ResourceType = { group: '', version: 'v1', resource: 'serviceaccounts' };
const CLUSTER_ROLES: ResourceType = { group: RBAC_GROUP, version: 'v1', resource: 'clusterroles' };
const REQUESTS: ResourceType = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' };

const TOKEN_TYPE = 'kubernetes.io/service-account-token';
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
const ACCOUNT_UID = 'kubernetes.io/service-account.uid';

export interface AuthControllerOptions {
  /** Of a system component: it has to be allowed to write secrets, cluster roles and signing requests. */
  client: KubeClient;
  clock: Clock;
  log: Log;
  ca: CertificateAuthority;
  signingKey: () => Promise<SigningKey>;
  signal: AbortSignal;
}

/** Fills and removes token Secrets, aggregates cluster roles, signs approved requests; runs until the signal. */
export function startAuthControllers(options: AuthControllerOptions): void {
  startTokenSecrets(options);
  startAggregation(options);
  startSigner(options);
}

/** Somebody else was faster, or the object is gone: the next event brings us back. */
function expected(error: unknown): boolean {
  return error instanceof ApiStatus && (error.code === 409 || error.code === 404);
}

function guard(options: AuthControllerOptions, what: string, work: Promise<void>): void {
  work.catch((error: unknown) => {
    if (!options.signal.aborted && !expected(error)) options.log.warn({ error: messageOf(error) }, what);
  });
}

/** How long a token Secret may wait for its ServiceAccount: manifests often bring the account a moment later. */
const GRACE = 1000;

/** After kubernetes 1.32 pkg/controller/serviceaccount/tokens_controller.go */
function startTokenSecrets(options: AuthControllerOptions): void {
  const { client, clock, ca, signal } = options;

  const accountOf = async (secret: KubeObject): Promise<KubeObject | undefined> => {
    const annotations = secret.metadata.annotations ?? {};
    const account = await client.find(ACCOUNTS, secret.metadata.namespace, annotations[ACCOUNT_NAME] ?? '');
    const uid = annotations[ACCOUNT_UID];
    return account === undefined || (uid !== undefined && uid !== '' && uid !== account.metadata.uid) ? undefined : account;
  };

  const remove = async (secret: KubeObject): Promise<void> => {
    const uid = secret.metadata.uid;
    await client.delete(SECRETS, secret.metadata.namespace, secret.metadata.name, uid === undefined ? {} : { preconditions: { uid } });
  };

  const fill = async (secret: KubeObject, late: boolean): Promise<void> => {
    const { namespace = '', name } = secret.metadata;
    const account = await accountOf(secret);
    if (account === undefined) {
      if (late) await remove(secret);
      else {
        clock.after(GRACE, () => {
          if (signal.aborted) return;
          guard(options, 'token secret', client.find(SECRETS, namespace, name).then((s) => (s === undefined || s.metadata.uid !== secret.metadata.uid ? undefined : fill(s, true))));
        });
      }
      return;
    }
    const data = textMap(secret['data']);
    const caData = Buffer.from(ca.certificate).toString('base64');
    const space = Buffer.from(namespace).toString('base64');
    const uid = account.metadata.uid ?? '';
    const annotated = secret.metadata.annotations?.[ACCOUNT_UID] === uid;
    if (annotated && data['token'] !== undefined && data['token'] !== '' && data['ca.crt'] === caData && data['namespace'] === space) return;
    const token = data['token'] !== undefined && data['token'] !== '' && annotated
      ? data['token']
      : Buffer.from(signSecretToken(await options.signingKey(), namespace, name, { name: account.metadata.name, uid })).toString('base64');
    await client.update(SECRETS, {
      ...secret,
      metadata: { ...secret.metadata, annotations: { ...secret.metadata.annotations, [ACCOUNT_NAME]: account.metadata.name, [ACCOUNT_UID]: uid } },
      data: { ...data, 'ca.crt': caData, namespace: space, token },
    });
  };

  const isToken = (secret: KubeObject) => secret['type'] === TOKEN_TYPE && (secret.metadata.annotations?.[ACCOUNT_NAME] ?? '') !== '';

  client.watch(SECRETS, { signal }, (event) => {
    if (event.type === 'DELETED' || !isToken(event.object) || event.object.metadata.deletionTimestamp !== undefined) return;
    guard(options, 'token secret', fill(event.object, false));
  });

  const removeAll = async (account: KubeObject): Promise<void> => {
    const namespace = account.metadata.namespace;
    const list = await client.list(SECRETS, namespace === undefined ? {} : { namespace });
    for (const secret of list.items) {
      const annotations = secret.metadata.annotations ?? {};
      if (isToken(secret) && annotations[ACCOUNT_NAME] === account.metadata.name && (annotations[ACCOUNT_UID] ?? account.metadata.uid) === account.metadata.uid) await remove(secret);
    }
  };

  const fillAll = async (account: KubeObject): Promise<void> => {
    const namespace = account.metadata.namespace;
    const list = await client.list(SECRETS, namespace === undefined ? {} : { namespace });
    for (const secret of list.items) {
      if (isToken(secret) && secret.metadata.annotations?.[ACCOUNT_NAME] === account.metadata.name) await fill(secret, false);
    }
  };

  client.watch(ACCOUNTS, { signal }, (event) => {
    if (event.type === 'DELETED') guard(options, 'token secrets', removeAll(event.object));
    else if (event.type === 'ADDED') guard(options, 'token secrets', fillAll(event.object));
  });
}

const LAST_USED = 'kubernetes.io/legacy-token-last-used';

/** Notes on a token's Secret the day on which it was last used. After kubernetes 1.32 pkg/serviceaccount/legacy.go */
export function secretTokenTracker(options: AuthControllerOptions, reader: ObjectReader): (namespace: string, name: string) => void {
  const { client, clock, signal } = options;
  return (namespace, name) => {
    const today = rfc3339(clock.now()).slice(0, 10);
    const secret = reader.get(SECRETS, namespace, name);
    if (signal.aborted || secret === undefined || secret.metadata.labels?.[LAST_USED] === today) return;
    guard(options, 'token use', client.patch(SECRETS, namespace, name, { type: 'merge', body: { metadata: { labels: { [LAST_USED]: today } } } }).then(() => undefined));
  };
}

function startAggregation(options: AuthControllerOptions): void {
  const { client, signal } = options;
  const roles = new Map<string, KubeObject>();
  let dirty = false;

  const run = async (): Promise<void> => {
    // Everything that arrives in this turn is dealt with together.
    await Promise.resolve();
    dirty = false;
    const all = [...roles.values()];
    for (const role of all) {
      const next = aggregated(role, all);
      if (next !== undefined && !signal.aborted) await client.update(CLUSTER_ROLES, next);
    }
  };

  client.watch(CLUSTER_ROLES, { signal }, (event) => {
    if (event.type === 'DELETED') roles.delete(event.object.metadata.name);
    else roles.set(event.object.metadata.name, event.object);
    if (dirty) return;
    dirty = true;
    guard(options, 'cluster role aggregation', run());
  });
}

/** The signers of the cluster's own CA, and what their certificates are good for. */
const SIGNERS: Record<string, 'client' | 'server'> = {
  'kubernetes.io/kube-apiserver-client': 'client',
  'kubernetes.io/kube-apiserver-client-kubelet': 'client',
  'kubernetes.io/kubelet-serving': 'server',
};

/** After kubernetes 1.32 pkg/controller/certificates/signer */
function startSigner(options: AuthControllerOptions): void {
  const { client, clock, ca, signal } = options;
  const sign = async (request: KubeObject): Promise<void> => {
    const usage = SIGNERS[text(at(request, 'spec', 'signerName'))];
    const conditions = records(at(request, 'status', 'conditions'));
    const has = (type: string) => conditions.some((c) => c['type'] === type && c['status'] === 'True');
    if (usage === undefined || !has('Approved') || has('Denied') || has('Failed') || text(at(request, 'status', 'certificate')) !== '') return;
    const parsed = parseSigningRequest(Buffer.from(text(at(request, 'spec', 'request')), 'base64').toString('utf8'));
    if (parsed === undefined) return;
    const asked = at(request, 'spec', 'expirationSeconds');
    const seconds = typeof asked === 'number' ? asked : 365 * 86_400;
    const certificate = ca.sign({ subject: parsed.subject, usage, keyUsage: asksKeyUsage(request), notBefore: clock.now() - 5 * 60_000, notAfter: clock.now() + seconds * 1000 }, parsed.publicKey);
    const status = { ...(typeof request['status'] === 'object' ? request['status'] : {}), certificate: Buffer.from(certificate).toString('base64') };
    await client.update(REQUESTS, { ...request, status }, { subresource: 'status' });
  };
  client.watch(REQUESTS, { signal }, (event) => {
    if (event.type !== 'DELETED') guard(options, 'certificate signing', sign(event.object));
  });
}

/** Whether a request asks for anything but extended usages. */
function asksKeyUsage(request: KubeObject): boolean {
  const usages = at(request, 'spec', 'usages');
  return Array.isArray(usages) && usages.some((usage) => usage === 'digital signature' || usage === 'key encipherment' || usage === 'signing');
}
