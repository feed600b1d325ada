import { goJson } from '../../lib/json.ts';
import type { SigningKey } from './keys.ts';
import { at, isRecord, record, text, texts } from './fields.ts';
import type { ObjectReader } from '../store/reader.ts';
import type { KubeObject } from '../store/object.ts';
import type { UserInfo } from './user.ts';

/** The issuer of bound tokens, and the audience that the API server itself accepts. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';
export const API_AUDIENCE = ISSUER;
const LEGACY_ISSUER = 'kubernetes/serviceaccount';

interface Reference {
  name: string;
  uid: string;
}

export interface BoundClaims {
  /** Seconds since the epoch. */
  now: number;
  /** Seconds. */
  lifetime: number;
  audiences: string[];
  namespace: string;
  serviceAccount: Reference;
  pod?: Reference;
  secret?: Reference;
  node?: Reference;
  /** The claim that makes the API log the use of a token past this time. */
  warnAfter?: number;
  jti: string;
}

function encode(key: SigningKey, claims: object): string {
  const part = (value: object) => Buffer.from(goJson(value)).toString('base64url');
  const data = `${part({ alg: 'RS256', kid: key.kid })}.${part(claims)}`;
  return `${data}.${key.sign(data).toString('base64url')}`;
}

/**
 * A bound token, as TokenRequest answers with: claims in alphabetical order, because Kubernetes merges them as maps.
 * After kubernetes 1.32 pkg/serviceaccount/claims.go
 */
export function signBoundToken(key: SigningKey, claims: BoundClaims): string {
  const { pod, secret, node, warnAfter } = claims;
  return encode(key, {
    aud: claims.audiences,
    exp: claims.now + claims.lifetime,
    iat: claims.now,
    iss: ISSUER,
    jti: claims.jti,
    'kubernetes.io': {
      namespace: claims.namespace,
      ...(node === undefined ? {} : { node: { name: node.name, uid: node.uid } }),
      ...(pod === undefined ? {} : { pod: { name: pod.name, uid: pod.uid } }),
      ...(secret === undefined ? {} : { secret: { name: secret.name, uid: secret.uid } }),
      serviceaccount: { name: claims.serviceAccount.name, uid: claims.serviceAccount.uid },
      ...(warnAfter === undefined ? {} : { warnafter: warnAfter }),
    },
    nbf: claims.now,
    sub: `system:serviceaccount:${claims.namespace}:${claims.serviceAccount.name}`,
  });
}

/** The token of a Secret of type kubernetes.io/service-account-token: no expiry; it lives as long as its Secret. */
export function signSecretToken(key: SigningKey, namespace: string, secretName: string, serviceAccount: Reference): string {
  return encode(key, {
    iss: LEGACY_ISSUER,
    'kubernetes.io/serviceaccount/namespace': namespace,
    'kubernetes.io/serviceaccount/secret.name': secretName,
    'kubernetes.io/serviceaccount/service-account.name': serviceAccount.name,
    'kubernetes.io/serviceaccount/service-account.uid': serviceAccount.uid,
    sub: `system:serviceaccount:${namespace}:${serviceAccount.name}`,
  });
}

export type TokenVerdict = { user: UserInfo; audiences: string[]; secret?: { namespace: string; name: string } } | { error: string };

const CORE = (resource: string) => ({ group: '', resource });

function alive(object: KubeObject | undefined, uid: string): boolean {
  return object !== undefined && object.metadata.uid === uid;
}

/** Past its grace: Kubernetes lets tokens of a deleted object live for as long as the object may, and a minute more. */
function deleted(object: KubeObject | undefined, nowMs: number): boolean {
  const time = object?.metadata.deletionTimestamp;
  return time !== undefined && Date.parse(time) + 60_000 < nowMs;
}

function decodePart(part: string | undefined): Record<string, unknown> | undefined {
  if (part === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whom a service-account token belongs to: signature, time, audience, and that the objects it is bound to still are
 * the same ones. Never cached, so a deleted Secret, pod or ServiceAccount ends its tokens at once.
 * After kubernetes 1.32 pkg/serviceaccount/{jwt,claims,legacy}.go
 */
export function verifyToken(token: string, key: SigningKey, reader: ObjectReader, nowMs: number, audiences: readonly string[] = [API_AUDIENCE]): TokenVerdict {
  const parts = token.split('.');
  const header = decodePart(parts[0]);
  const claims = decodePart(parts[1]);
  if (parts.length !== 3 || header === undefined || claims === undefined) return { error: 'invalid bearer token' };
  if (header['alg'] !== 'RS256' || !key.verify(`${parts[0]}.${parts[1]}`, Buffer.from(parts[2] ?? '', 'base64url'))) {
    return { error: 'invalid bearer token' };
  }
  if (claims['iss'] === LEGACY_ISSUER) return legacy(token, claims, reader, nowMs, audiences);
  if (claims['iss'] === ISSUER) return bound(claims, reader, nowMs, audiences);
  return { error: 'invalid bearer token' };
}

function userOf(namespace: string, name: string, uid: string, extra?: Record<string, string[]>): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
    ...(extra === undefined ? {} : { extra }),
  };
}

function legacy(token: string, claims: Record<string, unknown>, reader: ObjectReader, nowMs: number, audiences: readonly string[]): TokenVerdict {
  const claim = (name: string) => text(claims[`kubernetes.io/serviceaccount/${name}`]);
  const namespace = claim('namespace');
  const name = claim('service-account.name');
  const uid = claim('service-account.uid');
  // A legacy token carries no audience: it is good for the API server only.
  if (!audiences.includes(API_AUDIENCE)) return { error: 'token audiences [] is invalid for the target audiences' };
  const secret = reader.get(CORE('secrets'), namespace, claim('secret.name'));
  if (secret === undefined || deleted(secret, nowMs)) return { error: 'service account token has been invalidated' };
  const held = Buffer.from(text(at(secret, 'data', 'token')), 'base64').toString('utf8');
  if (held !== token) return { error: "service account token doesn't match server's copy" };
  const account = reader.get(CORE('serviceaccounts'), namespace, name);
  if (!alive(account, uid) || deleted(account, nowMs)) return { error: `service account ${namespace}/${name} has been deleted` };
  return { user: userOf(namespace, name, uid), audiences: [API_AUDIENCE], secret: { namespace, name: secret.metadata.name } };
}

function bound(claims: Record<string, unknown>, reader: ObjectReader, nowMs: number, audiences: readonly string[]): TokenVerdict {
  const now = nowMs / 1000;
  if (typeof claims['exp'] !== 'number' || now >= claims['exp']) return { error: 'service account token has expired' };
  if (typeof claims['nbf'] === 'number' && now + 1 < claims['nbf']) return { error: 'service account token is not valid yet' };
  const tokenAudiences = texts(claims['aud']);
  const shared = tokenAudiences.filter((a) => audiences.includes(a));
  if (shared.length === 0) return { error: `token audiences ["${tokenAudiences.join('" "')}"] is invalid for the target audiences ["${audiences.join('" "')}"]` };
  const own = record(claims['kubernetes.io']);
  const namespace = text(own['namespace']);
  const account = { name: text(at(own, 'serviceaccount', 'name')), uid: text(at(own, 'serviceaccount', 'uid')) };
  const stored = reader.get(CORE('serviceaccounts'), namespace, account.name);
  if (!alive(stored, account.uid) || deleted(stored, nowMs)) return { error: 'service account token has been invalidated' };
  const extra: Record<string, string[]> = {};
  const jti = text(claims['jti']);
  if (jti !== '') extra['authentication.kubernetes.io/credential-id'] = [`JTI=${jti}`];
  for (const [kind, resource] of [['secret', 'secrets'], ['pod', 'pods'], ['node', 'nodes']] as const) {
    if (!isRecord(own[kind])) continue;
    const reference = { name: text(at(own, kind, 'name')), uid: text(at(own, kind, 'uid')) };
    const namespaced = kind !== 'node';
    // A node beside a pod is information; by itself it is what the token is bound to.
    if (kind !== 'node' || !isRecord(own['pod'])) {
      const object = reader.get(CORE(resource), namespaced ? namespace : undefined, reference.name);
      if (!alive(object, reference.uid) || deleted(object, nowMs)) return { error: 'service account token has been invalidated' };
    }
    if (kind === 'secret') continue;
    extra[`authentication.kubernetes.io/${kind}-name`] = [reference.name];
    extra[`authentication.kubernetes.io/${kind}-uid`] = [reference.uid];
  }
  return { user: userOf(namespace, account.name, account.uid, extra), audiences: shared };
}

/** `/.well-known/openid-configuration`. */
export function openidConfiguration(): object {
  return {
    issuer: ISSUER,
    jwks_uri: 'https://10.96.0.1:443/openid/v1/jwks',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
}

/** `/openid/v1/jwks`, of content type `application/jwk-set+json`. */
export function jwks(key: SigningKey): object {
  const jwk = key.publicKey.export({ format: 'jwk' });
  return { keys: [{ use: 'sig', kty: 'RSA', kid: key.kid, alg: 'RS256', n: jwk.n, e: jwk.e }] };
}
