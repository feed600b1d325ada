import { X509Certificate } from 'node:crypto';
import type { KubeClient } from '../../client.ts';
import { Code, GrpcStatus } from './status.ts';

/** What a credential says of its owner. Taken from the token without checking its signature: only for labels. */
export interface Claims {
  issuer?: string;
  subject?: string;
  groups?: string[];
  email?: string;
  emailVerified?: boolean;
  name?: string;
  preferredUsername?: string;
  serviceAccountName?: string;
  serviceAccountNamespace?: string;
}

export type AuthMode = 'client' | 'server' | 'sso';

/** Who asks, and the client that speaks for them. */
export interface Caller {
  kube: KubeClient;
  claims: Claims | undefined;
}

export const TOKEN_NOT_VALID = 'token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/';

/** `--auth-mode` values in order; `hybrid` is client and server. Throws on an unknown one. */
export function parseAuthModes(values: readonly string[]): Set<AuthMode> {
  const modes = new Set<AuthMode>();
  for (const value of values) {
    if (value === 'hybrid') {
      modes.add('client');
      modes.add('server');
    } else if (value === 'client' || value === 'server' || value === 'sso') modes.add(value);
    else throw new Error(`invalid mode: ${value}`);
  }
  return modes;
}

/** The mode that a credential asks for. After argo-workflows v3.7.6 server/auth/mode.go */
function modeOf(modes: ReadonlySet<AuthMode>, authorization: string): AuthMode | undefined {
  if (authorization.startsWith('Bearer v2:')) return modes.has('sso') ? 'sso' : undefined;
  if (authorization.startsWith('Bearer ') || authorization.startsWith('Basic ')) return modes.has('client') ? 'client' : modes.has('server') ? 'server' : undefined;
  return modes.has('server') ? 'server' : undefined;
}

/** The values of every cookie called `authorization`, in order. */
function authorizationCookies(cookie: string | undefined): string[] {
  const values: string[] = [];
  for (const part of (cookie ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === 'authorization') values.push(part.slice(equals + 1).trim().replace(/^"(.*)"$/, '$1'));
  }
  return values;
}

/** The claims of a JWT; undefined when the token is none. */
export function claimsOfToken(token: string): Claims | undefined {
  const payload = token.split('.')[1];
  if (payload === undefined || token.split('.').length !== 3) return undefined;
  let decoded: unknown;
  try {
    decoded = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof decoded !== 'object' || decoded === null) return undefined;
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(decoded, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const claims: Claims = {};
  const subject = text('sub');
  const issuer = text('iss');
  const email = text('email');
  const name = text('name');
  const preferredUsername = text('preferred_username');
  if (issuer !== undefined) claims.issuer = issuer;
  if (subject !== undefined) claims.subject = subject;
  const groups: unknown = Reflect.get(decoded, 'groups');
  if (Array.isArray(groups)) claims.groups = groups.filter((g) => typeof g === 'string');
  if (email !== undefined) claims.email = email;
  if (Reflect.get(decoded, 'email_verified') === true) claims.emailVerified = true;
  if (name !== undefined) claims.name = name;
  if (preferredUsername !== undefined) claims.preferredUsername = preferredUsername;
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(subject ?? '');
  if (account?.[1] !== undefined && account[2] !== undefined) {
    claims.serviceAccountName = account[2];
    claims.serviceAccountNamespace = account[1];
  }
  return claims;
}

/** The claims of an x509 client certificate in PEM: its common name. */
export function claimsOfCertificate(pem: string): Claims | undefined {
  try {
    const line = new X509Certificate(pem).subject.split('\n').find((part) => part.startsWith('CN='));
    return line === undefined ? undefined : { subject: line.slice(3) };
  } catch {
    return undefined;
  }
}

export function claimsOfAuthorization(authorization: string): Claims | undefined {
  return authorization.startsWith('Bearer ') ? claimsOfToken(authorization.slice('Bearer '.length).trim()) : undefined;
}

/** Decides who a request comes from. After argo-workflows v3.7.6 server/auth/gatekeeper.go */
export class Gatekeeper {
  constructor(
    private readonly modes: ReadonlySet<AuthMode>,
    /** The server's own account, and what its token says of it. */
    private readonly own: Caller,
  ) {}

  /** Throws Unauthenticated where no enabled mode takes the credential. In client mode the credential itself is not checked. */
  admit(authorization: string | undefined, cookie: string | undefined): Caller {
    const candidates = authorization !== undefined && authorization !== '' ? [authorization] : authorizationCookies(cookie);
    const chosen = candidates.find((value) => modeOf(this.modes, value) !== undefined) ?? '';
    switch (modeOf(this.modes, chosen)) {
      case 'client':
        return { kube: this.own.kube.as({ bearer: chosen.replace(/^(Bearer|Basic) /, '').trim() }, 'argo'), claims: claimsOfAuthorization(chosen) };
      case 'server':
        return this.own;
      default:
        throw new GrpcStatus(Code.Unauthenticated, TOKEN_NOT_VALID);
    }
  }
}

/** The labels that say who made an object. After argo-workflows v3.7.6 workflow/creator/creator.go */
export function userLabels(claims: Claims | undefined, kind: 'creator' | 'actor'): Record<string, string> {
  const labels: Record<string, string> = {};
  if (claims === undefined) return labels;
  const put = (key: string, value: string | undefined) => {
    if (value !== undefined && value !== '') labels[`workflows.argoproj.io/${key}`] = dnsFriendly(value);
  };
  put(kind, claims.subject);
  put(`${kind}-email`, claims.email?.replaceAll('@', '.at.'));
  put(`${kind}-preferred-username`, claims.preferredUsername);
  return labels;
}

/** How Argo prints who resumed a workflow: a Go map. */
export function userText(claims: Claims | undefined): string | undefined {
  if (claims === undefined) return undefined;
  const entries: string[] = [];
  if (claims.email !== undefined) entries.push(`Email:${claims.email}`);
  if (claims.preferredUsername !== undefined) entries.push(`PreferredUsername:${claims.preferredUsername}`);
  if (claims.subject !== undefined) entries.push(`User:${claims.subject}`);
  return `map[${entries.join(' ')}]`;
}

/** A label value from any text: at most the last 63 characters, bad ones replaced. */
function dnsFriendly(value: string): string {
  return value
    .replace(/[^-_.a-z0-9A-Z]/g, '-')
    .slice(-63)
    .replace(/^[^a-z0-9A-Z]*/, '')
    .replace(/[^a-z0-9A-Z]*$/, '');
}
