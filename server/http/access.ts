import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Name of the lab's cookie: host-only, so that no preview ever sees it. */
export const LAB_COOKIE = 'argo_lab';
export const PREVIEW_COOKIE = 'argo_lab_port';
/** Requests that change state carry this header: a foreign page can't set it without asking first. */
export const GUARD_HEADER = 'x-argo-lab';

export type Refusal = { status: 400 | 401 | 403; code: 'bad-request' | 'unauthorized' | 'forbidden'; message: string; next?: string };

/** A request's host and port in lower case; undefined when it is missing or no host at all. */
export function parseHost(header: string | undefined): { name: string; port: string } | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/.exec((header ?? '').toLowerCase());
  return match === null ? undefined : { name: match[1] ?? '', port: match[2] ?? '' };
}

/**
 * `2746-abc.localhost`: the preview of a port. Undefined for other names; a port that can't be one is kept as it is, to
 * be refused with a word about it.
 */
export function parsePreviewHost(name: string, domain: string): { port: number; session: string } | undefined {
  if (!name.endsWith(`.${domain}`)) return undefined;
  const match = /^([^.-]+)-([a-z0-9]+)$/.exec(name.slice(0, -domain.length - 1));
  if (match === null) return undefined;
  return { port: /^\d{1,7}$/.test(match[1] ?? '') ? Number(match[1]) : Number.NaN, session: match[2] ?? '' };
}

export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

/** The cookie of that name; the first one, as servers do. */
export function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at !== -1 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

/** The Cookie header without the lab's own; undefined when nothing is left. */
export function foreignCookies(header: string | undefined): string | undefined {
  const kept = (header ?? '').split(';').map((part) => part.trim()).filter((part) => part !== '' && ![LAB_COOKIE, PREVIEW_COOKIE].includes(part.split('=')[0] ?? ''));
  return kept.length === 0 ? undefined : kept.join('; ');
}

export function sameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHmac('sha256', 'argo-lab').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

/** Who may talk to the lab: whoever holds its token, from a page of the lab itself. */
export class Access {
  readonly #cookie: string;

  constructor(
    private readonly token: string,
    /** Names by which the lab is reached; others are refused, because a foreign name may have been bent to this address. */
    private readonly hosts: ReadonlySet<string>,
  ) {
    this.#cookie = createHmac('sha256', token).update('cookie').digest('base64url');
  }

  get cookie(): string {
    return this.#cookie;
  }

  acceptsToken(token: string): boolean {
    return sameSecret(token, this.token);
  }

  knowsHost(header: string | undefined): boolean {
    const host = parseHost(header);
    return host !== undefined && this.hosts.has(host.name);
  }

  bearer(request: IncomingMessage): boolean {
    const match = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '');
    return match !== null && this.acceptsToken(match[1] ?? '');
  }

  authenticated(request: IncomingMessage): boolean {
    const cookie = cookieOf(request, LAB_COOKIE);
    return this.bearer(request) || (cookie !== undefined && sameSecret(cookie, this.#cookie));
  }

  /** Signs what a preview's cookie says, so that nothing has to be remembered. */
  sign(text: string): string {
    return createHmac('sha256', this.token).update(`preview:${text}`).digest('base64url');
  }

  /**
   * Why a request is refused; undefined when it may pass. `upgrade` and requests that change state must come from a
   * page of the lab, or from a program that holds the token.
   */
  refusal(request: IncomingMessage, upgrade: boolean): Refusal | undefined {
    if (!this.knowsHost(request.headers.host)) return { status: 403, code: 'forbidden', message: 'this host name is not one of the lab', next: 'Open the lab by the address it printed, or start it with --allow-host NAME.' };
    const origin = request.headers.origin;
    if (origin !== undefined && !this.#sameOrigin(request, origin)) return { status: 403, code: 'forbidden', message: 'requests from other sites are refused' };
    const site = request.headers['sec-fetch-site'];
    const changes = upgrade || !['GET', 'HEAD', 'OPTIONS'].includes(request.method ?? 'GET');
    if (changes && site !== undefined && site !== 'same-origin' && site !== 'none') return { status: 403, code: 'forbidden', message: 'requests from other sites are refused' };
    if (!this.authenticated(request)) return { status: 401, code: 'unauthorized', message: 'the lab needs its token', next: 'Open the link that argo-lab printed when it started.' };
    if (changes && !this.bearer(request)) {
      if (upgrade && origin === undefined) return { status: 403, code: 'forbidden', message: 'a socket needs an Origin' };
      if (!upgrade && request.headers[GUARD_HEADER] === undefined) return { status: 403, code: 'forbidden', message: `requests that change something need the header ${GUARD_HEADER}` };
    }
    return undefined;
  }

  #sameOrigin(request: IncomingMessage, origin: string): boolean {
    const host = (request.headers.host ?? '').toLowerCase();
    return origin === `http://${host}` || origin === `https://${host}`;
  }
}
