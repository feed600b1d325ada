import { z } from 'zod';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { ApiHooks, VirtualRequest } from '../api/hooks.ts';
import type { KubeClient } from '../client.ts';
import type { ObjectReader } from '../store/reader.ts';
import { Authenticator, unauthorized } from './authenticate.ts';
import type { Credentials } from './authenticate.ts';
import { CertificateAuthority } from './certificates.ts';
import type { KeyCertificate } from './certificates.ts';
import { secretTokenTracker, startAuthControllers } from './controllers.ts';
import { impersonate } from './impersonate.ts';
import { signingKey, takeSigningKey } from './keys.ts';
import type { SigningKey } from './keys.ts';
import { kubeconfig } from './kubeconfig.ts';
import { authorize, forbidden } from './rbac.ts';
import { review, REVIEWS } from './reviews.ts';
import { requestToken } from './token-request.ts';
import { jwks, openidConfiguration } from './tokens.ts';
import type { Attributes, UserInfo } from './user.ts';

export { bootstrapRbac } from './bootstrap.ts';
export { bootstrapFlowControl } from './flow-control.ts';
export { bearerToken, anonymous, unauthorized } from './authenticate.ts';
export type { Credentials } from './authenticate.ts';
export { CertificateAuthority } from './certificates.ts';
export type { KeyCertificate } from './certificates.ts';
export { checkEscalation, guardsEscalation } from './escalation.ts';
export { PlainResponse } from './impersonate.ts';
export { prepareSigningKey } from './keys.ts';
export { kubeconfig } from './kubeconfig.ts';
export { authorize, forbidden } from './rbac.ts';
export type { Decision } from './rbac.ts';
export { REVIEWS } from './reviews.ts';
export { API_AUDIENCE, ISSUER } from './tokens.ts';
export { recordOf } from './request-record.ts';
export { RequestLog } from './request-log.ts';
export type { RequestRecord } from './request-log.ts';
export type { Attributes, UserInfo } from './user.ts';

export interface AuthOptions {
  clock: Clock;
  ids: Ids;
  log: Log;
  reader: ObjectReader;
  /** Further names and addresses of the server's certificate: where the listener is, when that is not loopback. */
  altNames?: string[];
  /** What `snapshot()` of an earlier run returned: keys and tokens stay good. Throws ZodError when it is something else. */
  restore?: unknown;
}

const snapshotSchema = z.object({
  ca: z.object({ certificate: z.string(), key: z.string() }),
  signingKey: z.string(),
  adminToken: z.string(),
});
export type AuthSnapshot = z.infer<typeof snapshotSchema>;

const CA_NAME = 'kubernetes';
const YEAR = 365 * 86_400_000;
/** May do everything without a binding, as the administrator of the recorded clusters. */
const ADMIN: UserInfo = { username: 'kubernetes-admin', groups: ['system:masters'] };

/** Names by which the API server is called from inside and outside. `10.96.0.1` is the Service `kubernetes`. */
const SERVER_NAMES = ['controlplane', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local', 'localhost', '127.0.0.1', '::1', '10.96.0.1'];

/** Who may do what in one cluster: its certificates, tokens, authentication, RBAC and reviews. */
export class Auth {
  readonly ca: CertificateAuthority;
  /** For the TLS listener: `{key, cert: certificate, ca: ca.certificate, requestCert: true, rejectUnauthorized: false}`. */
  readonly serverCertificate: KeyCertificate;
  readonly adminCertificate: KeyCertificate;
  /** A static bearer token of the administrator; good until the cluster is gone. */
  readonly adminToken: string;
  readonly authenticator: Authenticator;
  readonly #options: AuthOptions;
  #key: SigningKey | undefined;
  #onSecretToken: ((namespace: string, secret: string) => void) | undefined;
  readonly #keyReady: Promise<SigningKey>;

  /** Synchronous and fast (about 2 ms): the RSA key comes later by itself. */
  constructor(options: AuthOptions) {
    this.#options = options;
    const { clock, ids, reader } = options;
    const now = clock.now();
    const saved = options.restore === undefined ? undefined : snapshotSchema.parse(options.restore);
    this.ca = saved === undefined ? CertificateAuthority.create(CA_NAME, now) : CertificateAuthority.restore(saved.ca, CA_NAME);
    this.adminToken = saved?.adminToken ?? ids.secret();
    const span = { notBefore: now - 5 * 60_000, notAfter: now + YEAR };
    this.serverCertificate = this.ca.issue({ subject: { commonName: 'kube-apiserver' }, usage: 'server', altNames: [...new Set([...SERVER_NAMES, ...(options.altNames ?? [])])], ...span });
    this.adminCertificate = this.ca.issue({ subject: { commonName: ADMIN.username, organizations: ADMIN.groups }, usage: 'client', ...span });
    if (saved === undefined) {
      this.#keyReady = takeSigningKey().then((key) => (this.#key = key));
      // Whoever needs the key sees the failure; nobody may be waiting yet.
      this.#keyReady.catch(() => undefined);
    } else {
      this.#key = signingKey(saved.signingKey);
      this.#keyReady = Promise.resolve(this.#key);
    }
    this.authenticator = new Authenticator({ clock, reader, caPublicKey: this.ca.publicKey, signingKey: () => this.#key, staticTokens: new Map([[this.adminToken, ADMIN]]), onSecretToken: (namespace, name) => this.#onSecretToken?.(namespace, name) });
  }

  /** The key that signs service-account tokens, once it is made. */
  signingKey(): Promise<SigningKey> {
    return this.#keyReady;
  }

  /** The administrator's kubeconfig (YAML). */
  kubeconfig(options: { server: string; namespace?: string; clusterName?: string }): string {
    return kubeconfig({ caCertificate: this.ca.certificate, client: this.adminCertificate, token: this.adminToken, ...options });
  }

  /**
   * Whom an HTTPS request is to be treated as coming from, impersonation included. `url` is path and query as sent.
   * Throws ApiStatus 401 or 403, or PlainResponse.
   */
  identify(credentials: Credentials, url: string): UserInfo {
    return impersonate(this.authenticator.authenticate(credentials), credentials.headers, url, this.#options.reader);
  }

  /** The same for headers alone, without a certificate. */
  identifyHeaders(headers: IncomingHttpHeaders, url: string): UserInfo {
    return this.identify({ headers }, url);
  }

  /** Throws ApiStatus 403 with the exact text when RBAC does not allow it. */
  authorize(attributes: Attributes): void {
    const decision = authorize(attributes, this.#options.reader);
    if (!decision.allowed) throw forbidden(attributes, decision.reason);
  }

  /** What the API takes from this room: `defaultHooks({...auth.hooks(), admission, …})`. */
  hooks(): Pick<ApiHooks, 'authenticate' | 'authorize' | 'virtual'> {
    const { reader, clock } = this.#options;
    const virtual = new Map<string, (request: VirtualRequest) => unknown>();
    for (const { group, resource } of REVIEWS) {
      virtual.set(`${group}/${resource}`, ({ context, namespace, body }) =>
        review(resource, body, { user: context.user, fieldManager: context.fieldManager, namespace, reader, authenticator: this.authenticator, clock }),
      );
    }
    virtual.set('/serviceaccounts/token', ({ namespace, name, body }) => this.#requestToken(body, namespace ?? '', name ?? ''));
    return {
      authenticate: (bearer) => {
        const user = this.authenticator.byToken(bearer);
        if (user === undefined) throw unauthorized();
        return user;
      },
      authorize: (attributes) => this.authorize(attributes),
      virtual,
    };
  }

  /** The body of `/.well-known/openid-configuration`. */
  openidConfiguration(): object {
    return openidConfiguration();
  }

  /** The body of `/openid/v1/jwks` (`application/jwk-set+json`). */
  async jwks(): Promise<object> {
    return jwks(await this.#keyReady);
  }

  /** Token Secrets, aggregated cluster roles and certificate requests; `client` speaks as a system component. */
  startControllers(client: KubeClient, signal: AbortSignal): void {
    const { clock, log } = this.#options;
    const options = { client, clock, log, ca: this.ca, signingKey: () => this.#keyReady, signal };
    startAuthControllers(options);
    this.#onSecretToken = secretTokenTracker(options, this.#options.reader);
  }

  /** Keys and tokens for `restore`; undefined while the signing key is still being made. Secret: keep it as such. */
  snapshot(): AuthSnapshot | undefined {
    if (this.#key === undefined) return undefined;
    return { ca: this.ca.pair, signingKey: this.#key.pem, adminToken: this.adminToken };
  }

  #requestToken(body: unknown, namespace: string, name: string): unknown {
    const { reader, clock, ids } = this.#options;
    const answer = (key: SigningKey) => requestToken(body, { namespace, name, reader, clock, ids, key });
    return this.#key === undefined ? this.#keyReady.then(answer) : answer(this.#key);
  }
}

/** The auth room of one cluster. See `Auth`. */
export function createAuth(options: AuthOptions): Auth {
  return new Auth(options);
}
