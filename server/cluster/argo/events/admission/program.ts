import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { whenAborted } from '../../../../lib/abort.ts';
import { messageOf } from '../../../../lib/errors.ts';
import { isJsonObject, type Json } from '../../../../lib/json.ts';
import { readAtMost } from '../../../../lib/read-at-most.ts';
import { ApiStatus } from '../../../api/status.ts';
import { CertificateAuthority } from '../../../auth/certificates.ts';
import { CONFIG_MAPS, DEPLOYMENTS } from '../../../controllers/runtime/resources.ts';
import type { ProgramContext } from '../../../program.ts';
import { serveOn } from '../../../program-io.ts';
import type { KubeObject } from '../../../store/object.ts';
import { SECRETS } from '../../server/route.ts';
import { EVENT_BUSES } from '../version.ts';
import { failed, type ZapLogger } from '../zap.ts';
import { refusalOf } from './verdict.ts';

const SECRET = 'events-webhook-certs';
const WEBHOOK = 'webhook.argo-events.argoproj.io';
const TEN_YEARS_MS = 10 * 365 * 86_400_000;
const MAX_REVIEW = 8 * 1024 * 1024;
const WEBHOOKS = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingwebhookconfigurations' };
const CLUSTER_ROLES = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles' };

interface Pair {
  key: string;
  certificate: string;
  ca: string;
}

/**
 * `argo-events webhook-service`: tells the API server whether event buses, event sources and sensors are valid, and
 * registers itself there. After argo-events v1.9.9 pkg/webhook
 */
export async function runAdmission(context: ProgramContext, root: ZapLogger): Promise<number> {
  const log = root.named('webhook');
  const { env } = context;
  const namespace = env['NAMESPACE'];
  if (namespace === undefined) return log.fatal('cmd/start.go:41', 'required environment variable "NAMESPACE" not defined');
  const port = env['PORT'] ?? '443';
  if (!/^[+-]?\d+$/.test(port)) return log.fatal('cmd/start.go:47', `port should be a number, environment variable ${JSON.stringify(port)} not valid`);
  const end = (error: unknown) => log.fatal('cmd/start.go:73', 'Failed to create the admission controller', [failed(error)]);
  let pair: Pair;
  try {
    await context.client.get(CONFIG_MAPS, 'kube-system', 'extension-apiserver-authentication');
    pair = await pairOf(context, namespace);
  } catch (error) {
    log.error('webhook/webhook.go:94', 'Could not configure admission webhook certs', [failed(error)]);
    return end(error);
  }
  try {
    await register(context, log, namespace, Number(port), pair.ca);
  } catch (error) {
    log.error('webhook/webhook.go:104', 'Failed to register webhook', [failed(error)]);
    return end(error);
  }
  log.info('webhook/webhook.go:107', 'Successfully registered webhook');
  const server = createServer({ key: pair.key, cert: pair.certificate }, (request, response) => {
    review(context, log, request, response).catch((error: unknown) => {
      // The API server takes what it can't reach as its failurePolicy says.
      log.error('webhook/webhook.go:259', 'could not encode response', [failed(error)]);
      response.destroy();
    });
  });
  let stop: () => void;
  try {
    stop = serveOn(context, server, Number(port));
  } catch (error) {
    log.error('webhook/webhook.go:112', 'ListenAndServeTLS for admission webhook errored out', [failed(error)]);
    return end(new Error('webhook server failed to start'));
  }
  await whenAborted(context.signal);
  stop();
  return 0;
}

/** The key and certificates of the Secret; one is made where there is none. */
async function pairOf({ client, clock, env }: ProgramContext, namespace: string): Promise<Pair> {
  const read = async () => {
    const found = await client.get(SECRETS, namespace, SECRET);
    const data = isJsonObject(found['data']) ? found['data'] : {};
    const text = (key: string, name: string) => {
      const value = data[key];
      if (typeof value !== 'string') throw new Error(`${name} missing`);
      return Buffer.from(value, 'base64').toString('utf8');
    };
    return { key: text('server-key.pem', 'server key'), certificate: text('server-cert.pem', 'server cert'), ca: text('ca-cert.pem', 'ca cert') };
  };
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ApiStatus && error.code === 404)) throw error;
  }
  const host = `${env['SERVICE_NAME'] ?? 'events-webhook'}.${namespace}.svc`;
  const now = clock.now();
  const authority = CertificateAuthority.create('io.argoproj', now);
  const made = authority.issue({ subject: { commonName: `${host}.cluster.local`, organizations: ['io.argoproj'] }, altNames: [`${host}.cluster.local`, host], usage: 'server', notBefore: now, notAfter: now + TEN_YEARS_MS });
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const deployment = await client.get(DEPLOYMENTS, namespace, env['DEPLOYMENT_NAME'] ?? 'events-webhook').catch((error: unknown) => Promise.reject(new Error(`failed to fetch webhook deployment, ${messageOf(error)}`)));
  const data = { 'server-key.pem': encoded(made.key), 'server-cert.pem': encoded(made.certificate), 'ca-cert.pem': encoded(authority.certificate) };
  await client.create(SECRETS, namespace, { apiVersion: 'v1', kind: 'Secret', metadata: { name: SECRET, namespace, ownerReferences: [ownedBy('apps/v1', 'Deployment', deployment)] }, data }).catch((error: unknown) => {
    // Another pod was first.
    if (!(error instanceof ApiStatus && error.code === 409)) throw error;
  });
  return await read();
}

const ownedBy = (apiVersion: string, kind: string, { metadata }: KubeObject) => ({ apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true });

async function register({ client, env }: ProgramContext, log: ZapLogger, namespace: string, port: number, ca: string): Promise<void> {
  const explained = (what: string) => (error: unknown) => Promise.reject(new Error(`failed to ${what}, ${messageOf(error)}`));
  const role = await client.get(CLUSTER_ROLES, undefined, env['CLUSTER_ROLE_NAME'] ?? 'argo-events-webhook').catch(explained('fetch webhook cluster role'));
  const rules = ['eventbus', 'eventsources', 'sensors'].map((resource): Json => ({ operations: ['CREATE', 'UPDATE', 'DELETE'], apiGroups: ['argoproj.io'], apiVersions: ['v1alpha1'], resources: [resource] }));
  const clientConfig = { service: { namespace, name: env['SERVICE_NAME'] ?? 'events-webhook', port }, caBundle: Buffer.from(ca).toString('base64') };
  const webhooks = [{ name: WEBHOOK, clientConfig, rules, failurePolicy: 'Ignore', sideEffects: 'None', admissionReviewVersions: ['v1', 'v1beta1'] }];
  const wanted: KubeObject = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: WEBHOOK, ownerReferences: [ownedBy('rbac.authorization.k8s.io/v1', 'ClusterRole', role)] }, webhooks };
  try {
    await client.create(WEBHOOKS, undefined, wanted);
    log.info('webhook/webhook.go:210', 'Created a webhook');
    return;
  } catch (error) {
    if (!(error instanceof ApiStatus && error.code === 409)) return await explained('create a webhook')(error);
  }
  log.info('webhook/webhook.go:194', 'Webhook already exists');
  const known = await client.get(WEBHOOKS, undefined, WEBHOOK).catch(explained('retrieve webhook'));
  // Defaults make the two differ always, as there.
  if (isDeepStrictEqual(known['webhooks'], webhooks)) {
    log.info('webhook/webhook.go:207', 'Webhook is valid');
    return;
  }
  log.info('webhook/webhook.go:200', 'Updating webhook');
  const { resourceVersion } = known.metadata;
  await client.update(WEBHOOKS, { ...wanted, metadata: { ...wanted.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) } }).catch(explained('update webhook'));
}

const text = z.string().catch('');
const Kind = z.object({ group: text, version: text, kind: text });
const Review = z.object({
  request: z.object({
    uid: z.string(),
    kind: Kind,
    resource: z.object({ group: text, version: text, resource: text }).catch({ group: '', version: '', resource: '' }),
    subResource: text,
    name: text,
    namespace: text,
    operation: text,
    userInfo: z.object({ username: text, uid: text, groups: z.array(z.string()).catch([]) }).catch({ username: '', uid: '', groups: [] }),
    object: z.unknown(),
    oldObject: z.unknown(),
  }),
});

async function review(context: ProgramContext, log: ZapLogger, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refuse = (code: number, words: string) => {
    response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
    response.end(`${words}\n`);
  };
  if (request.headers['content-type'] !== 'application/json') return refuse(415, 'invalid Content-Type, want `application/json`');
  const body = await readAtMost(request, MAX_REVIEW);
  if (body === undefined) return refuse(413, 'request body too large');
  let asked: z.infer<typeof Review>['request'];
  try {
    asked = Review.parse(JSON.parse(body.toString('utf8'))).request;
  } catch (error) {
    return refuse(400, `could not decode body: ${messageOf(error)}`);
  }
  const { kind, resource, userInfo, namespace, name, operation, uid } = asked;
  const shownKind = `${kind.group}/${kind.version}, Kind=${kind.kind}`;
  const own = log.with(['kind', shownKind], ['namespace', namespace], ['name', name], ['operation', operation], ['resource', `{${resource.group} ${resource.version} ${resource.resource}}`], ['subResource', asked.subResource], ['userInfo', `{${userInfo.username} ${userInfo.uid} [${userInfo.groups.join(' ')}] map[]}`]);
  if (operation !== 'CREATE' && operation !== 'UPDATE') own.info('webhook/webhook.go:266', `Operation not interested: ${shownKind} ${operation}`);
  const message = await refusalOf({ kind: kind.kind, shownKind, operation, object: asked.object, oldObject: asked.oldObject, now: context.clock.now(), bus: async (place, bus) => (await context.client.get(EVENT_BUSES, place, bus))['spec'] });
  const status = message === undefined ? undefined : { metadata: {}, status: 'Failure', message, reason: 'BadRequest', code: 400 };
  const shown = message === undefined ? 'nil' : `&v1.Status{ListMeta:ListMeta{SelfLink:,ResourceVersion:,Continue:,RemainingItemCount:nil,},Status:Failure,Message:${message},Reason:BadRequest,Details:nil,Code:400,}`;
  own.info('webhook/webhook.go:252', `AdmissionReview for ${shownKind}: ${namespace}/${name} response=&AdmissionResponse{UID:${uid},Allowed:${String(message === undefined)},Result:${shown},Patch:nil,PatchType:nil,AuditAnnotations:map[string]string{},Warnings:[],}`);
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${JSON.stringify({ kind: 'AdmissionReview', apiVersion: 'admission.k8s.io/v1', response: { uid, allowed: message === undefined, ...(status === undefined ? {} : { status }) } })}\n`);
}
