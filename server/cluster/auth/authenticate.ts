import { createHash, X509Certificate, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../lib/clock.ts';
import { ApiStatus } from '../api/status.ts';
import type { ObjectReader } from '../store/reader.ts';
import type { SigningKey } from './keys.ts';
import { verifyToken } from './tokens.ts';
import type { TokenVerdict } from './tokens.ts';
import type { UserInfo } from './user.ts';

export const AUTHENTICATED = 'system:authenticated';
export const UNAUTHENTICATED = 'system:unauthenticated';
const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id';

export function anonymous(): UserInfo {
  return { username: 'system:anonymous', groups: [UNAUTHENTICATED] };
}

export function unauthorized(): ApiStatus {
  return new ApiStatus(401, 'Unauthorized', 'Unauthorized');
}

/** What a connection and a request say about who is asking. */
export interface Credentials {
  headers: IncomingHttpHeaders;
  /** The DER of the peer's certificate (`socket.getPeerCertificate().raw`); absent when it sent none. */
  certificate?: Buffer | undefined;
}

/** The bearer token of a request: from the header, or from a websocket subprotocol. After apiserver authentication/request. */
export function bearerToken(headers: IncomingHttpHeaders): string | undefined {
  const parts = (headers.authorization ?? '').trim().split(' ');
  if (parts.length >= 2 && parts[0]?.toLowerCase() === 'bearer' && parts[1] !== '') return parts[1];
  const prefix = 'base64url.bearer.authorization.k8s.io.';
  for (const protocol of (headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim())) {
    if (protocol.startsWith(prefix)) return Buffer.from(protocol.slice(prefix.length), 'base64url').toString('utf8');
  }
  return undefined;
}

export interface AuthenticatorOptions {
  clock: Clock;
  reader: ObjectReader;
  caPublicKey: KeyObject;
  /** The key that signs service-account tokens; undefined while it is being made (no token can exist then). */
  signingKey: () => SigningKey | undefined;
  /** Static tokens and whom they stand for. */
  staticTokens: ReadonlyMap<string, UserInfo>;
  /** Called when the token of a Secret was accepted. */
  onSecretToken?: (namespace: string, secret: string) => void;
}

/** Client certificate, then bearer token, then anonymous: the order in which Kubernetes asks. */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** By fingerprint: a client sends the same certificate with every request. */
  readonly #certificates = new Map<string, { certificate: X509Certificate; user: UserInfo } | undefined>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /** Whoever asks; throws 401 when credentials were sent and none of them holds. */
  authenticate(credentials: Credentials): UserInfo {
    const { certificate } = credentials;
    if (certificate !== undefined && certificate.length > 0) {
      const user = this.#byCertificate(certificate);
      if (user !== undefined) return user;
    }
    const token = bearerToken(credentials.headers);
    if (token !== undefined) {
      const user = this.byToken(token);
      if (user !== undefined) return user;
      throw unauthorized();
    }
    if (certificate !== undefined && certificate.length > 0) throw unauthorized();
    return anonymous();
  }

  /** Whoever a bearer token belongs to, with `system:authenticated`; undefined when it holds no longer or never did. */
  byToken(token: string): UserInfo | undefined {
    const verdict = this.reviewToken(token);
    return 'error' in verdict ? undefined : verdict.user;
  }

  /** The same with the reason for a refusal and the audiences: what a TokenReview answers. */
  reviewToken(token: string, audiences?: readonly string[]): TokenVerdict {
    const { staticTokens, signingKey, reader, clock } = this.#options;
    for (const [known, user] of staticTokens) {
      if (equal(known, token)) return { user: withAuthenticated(user), audiences: [...(audiences ?? [])] };
    }
    const key = signingKey();
    if (key === undefined) return { error: 'invalid bearer token' };
    const verdict = verifyToken(token, key, reader, clock.now(), audiences);
    if ('error' in verdict) return verdict;
    if (verdict.secret !== undefined) this.#options.onSecretToken?.(verdict.secret.namespace, verdict.secret.name);
    return { user: withAuthenticated(verdict.user), audiences: verdict.audiences };
  }

  #byCertificate(der: Buffer): UserInfo | undefined {
    const fingerprint = createHash('sha256').update(der).digest('hex');
    if (!this.#certificates.has(fingerprint)) {
      if (this.#certificates.size > 1000) this.#certificates.clear();
      this.#certificates.set(fingerprint, this.#parse(der, fingerprint));
    }
    const known = this.#certificates.get(fingerprint);
    if (known === undefined) return undefined;
    const now = this.#options.clock.now();
    if (now < Date.parse(known.certificate.validFrom) || now > Date.parse(known.certificate.validTo)) return undefined;
    return known.user;
  }

  #parse(der: Buffer, fingerprint: string): { certificate: X509Certificate; user: UserInfo } | undefined {
    try {
      const certificate = new X509Certificate(der);
      if (!certificate.verify(this.#options.caPublicKey)) return undefined;
      // Extended key usage: TLS client authentication. A server's certificate is nobody's identity.
      if (!(certificate.keyUsage ?? []).includes('1.3.6.1.5.5.7.3.2')) return undefined;
      const parts = certificate.subject.split('\n');
      const name = parts.find((p) => p.startsWith('CN='))?.slice(3) ?? '';
      const groups = parts.filter((p) => p.startsWith('O=')).map((p) => p.slice(2));
      if (name === '') return undefined;
      return { certificate, user: withAuthenticated({ username: name, groups, extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] } }) };
    } catch {
      return undefined;
    }
  }
}

function equal(a: string, b: string): boolean {
  const digest = (value: string) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Adds `system:authenticated` where neither it nor its opposite is there. */
export function withAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(AUTHENTICATED) || user.groups.includes(UNAUTHENTICATED)) return user;
  return { ...user, groups: [...user.groups, AUTHENTICATED] };
}
