import { createHmac, timingSafeEqual } from 'node:crypto';
import { parse } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../client.ts';
import { SECRETS, SERVICE_ACCOUNTS } from '../server/route.ts';

const PREFIX = '/api/v1/events/';
const CLIENTS = 'argo-workflows-webhook-clients';
export const WEBHOOK_BODY_LIMIT = 2 * 1024 * 1024;

export interface WebhookRequest {
  method: string;
  path: string;
  header(name: string): string | undefined;
  body: Buffer;
}

const clientSchema = z.object({ type: z.string().default(''), secret: z.string().default('') });

/** Whether a request is an event without credentials, which a webhook's signature may stand in for. */
export function isWebhook(method: string, path: string, hasAuthorization: boolean): boolean {
  return method === 'POST' && !hasAuthorization && path.startsWith(PREFIX) && path.slice(PREFIX.length).includes('/');
}

/**
 * The bearer token of the ServiceAccount whose webhook client signed the request; undefined when none did. Throws when
 * the clients cannot be read. After argo-workflows v3.7.6 server/auth/webhook/interceptor.go
 */
export async function webhookToken(own: KubeClient, request: WebhookRequest): Promise<string | undefined> {
  const namespace = request.path.slice(PREFIX.length).split('/')[0] ?? '';
  const secret = await explained('failed to get webhook clients', () => own.get(SECRETS, namespace, CLIENTS));
  for (const [account, data] of Object.entries(dataOf(secret))) {
    const client = await explained(`failed to unmarshal webhook client "${account}"`, async () => clientSchema.parse(parse(data) ?? {}));
    const matches = MATCHERS[client.type];
    if (matches === undefined || !matches(client.secret, request)) continue;
    const found = await explained(`failed to get service account "${account}"`, () => own.get(SERVICE_ACCOUNTS, namespace, account));
    const tokenName = found.metadata.annotations?.['workflows.argoproj.io/service-account-token.name'] ?? `${account}.service-account-token`;
    const token = await explained(`failed to get token secret "${tokenName}"`, () => own.get(SECRETS, namespace, tokenName));
    return dataOf(token)['token'] ?? '';
  }
  return undefined;
}

async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A Secret's data, decoded. */
function dataOf(secret: { [field: string]: unknown }): Record<string, string> {
  const data = z.record(z.string(), z.string()).safeParse(secret['data'] ?? {});
  return data.success ? Object.fromEntries(Object.entries(data.data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')])) : {};
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function signed(header: string | undefined, algorithm: 'sha1' | 'sha256', secret: string, body: Buffer): boolean {
  if (header === undefined || !header.startsWith(`${algorithm}=`)) return false;
  return same(header.slice(algorithm.length + 1), createHmac(algorithm, secret).update(body).digest('hex'));
}

/** How each service proves who it is. */
const MATCHERS: Readonly<Record<string, (secret: string, request: WebhookRequest) => boolean>> = {
  github: (secret, request) =>
    request.header('x-github-event') !== undefined &&
    (request.header('x-hub-signature-256') === undefined ? signed(request.header('x-hub-signature'), 'sha1', secret, request.body) : signed(request.header('x-hub-signature-256'), 'sha256', secret, request.body)),
  gitlab: (secret, request) => request.header('x-gitlab-event') !== undefined && same(request.header('x-gitlab-token') ?? '', secret),
  bitbucket: (secret, request) => request.header('x-event-key') !== undefined && same(request.header('x-hook-uuid') ?? '', secret),
  bitbucketserver: (secret, request) => request.header('x-event-key') !== undefined && signed(request.header('x-hub-signature'), 'sha256', secret, request.body),
};
