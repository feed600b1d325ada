import type { IncomingHttpHeaders } from 'node:http';
import type { ObjectReader } from '../store/reader.ts';
import { AUTHENTICATED, UNAUTHENTICATED } from './authenticate.ts';
import { authorize, forbidden } from './rbac.ts';
import type { Attributes, UserInfo } from './user.ts';

/** An answer that is not a Status but plain text: Kubernetes gives it for malformed impersonation. */
export class PlainResponse extends Error {
  override readonly name = 'PlainResponse';
  constructor(
    readonly code: number,
    /** The body, of content type `text/plain; charset=utf-8`. */
    readonly text: string,
  ) {
    super(text);
  }
}

interface Requested {
  group: string;
  resource: string;
  subresource?: string;
  namespace?: string;
  name: string;
  /** How Go prints the reference in an error. */
  kind: string;
}

const AUTHENTICATION = 'authentication.k8s.io';

function one(value: string | string[] | undefined): string {
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '');
}

/** Every value of a header that may come several times; node joins repeated unknown headers with `, `. */
function many(value: string | string[] | undefined): string[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : value.split(', ');
}

function splitAccount(username: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  return match?.[1] === undefined || match[2] === undefined ? undefined : { namespace: match[1], name: match[2] };
}

/**
 * Whom the request is to be treated as coming from: the asker, or, with `Impersonate-…` headers and the right to, somebody
 * else. Throws 403 without the right, a plain 500 for headers without a user.
 * After kubernetes 1.32 apiserver/pkg/endpoints/filters/impersonation.go
 *
 * `url` is the request's path and query, for the message.
 */
export function impersonate(user: UserInfo, headers: IncomingHttpHeaders, url: string, reader: ObjectReader): UserInfo {
  const username = one(headers['impersonate-user']);
  const groups = many(headers['impersonate-group']);
  const uid = one(headers['impersonate-uid']);
  const extra: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('impersonate-extra-')) extra[decodeURIComponent(name.slice('impersonate-extra-'.length))] = many(value);
  }
  const wanted: Requested[] = [];
  const account = splitAccount(username);
  if (username !== '') {
    wanted.push(
      account === undefined
        ? { group: '', resource: 'users', name: username, kind: 'User' }
        : { group: '', resource: 'serviceaccounts', namespace: account.namespace, name: account.name, kind: 'ServiceAccount' },
    );
  }
  for (const name of groups) wanted.push({ group: '', resource: 'groups', name, kind: 'Group' });
  for (const [key, values] of Object.entries(extra)) {
    for (const name of values) wanted.push({ group: AUTHENTICATION, resource: 'userextras', subresource: key, name, kind: 'UserExtra' });
  }
  if (uid !== '') wanted.push({ group: AUTHENTICATION, resource: 'uids', name: uid, kind: 'UID' });
  if (wanted.length === 0) return user;
  if (username === '') {
    const path = url.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
    const references = wanted.map((w) => `{${w.kind}  ${w.name}  ${w.group === '' ? '' : `${w.group}/v1`}  }`).join(' ');
    throw new PlainResponse(500, `Internal Server Error: "${path}": requested [${references}] without impersonating a user\n`);
  }
  for (const item of wanted) {
    const attributes: Attributes = {
      user,
      verb: 'impersonate',
      resource: {
        group: item.group,
        version: 'v1',
        resource: item.resource,
        name: item.name,
        ...(item.subresource === undefined ? {} : { subresource: item.subresource }),
        ...(item.namespace === undefined ? {} : { namespace: item.namespace }),
      },
    };
    const decision = authorize(attributes, reader);
    if (!decision.allowed) throw forbidden(attributes, decision.reason);
  }
  const asked = account !== undefined && groups.length === 0 ? ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`] : [...groups];
  if (!asked.includes(AUTHENTICATED) && !asked.includes(UNAUTHENTICATED)) {
    asked.push(username === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED);
  }
  return { username, groups: asked, ...(uid === '' ? {} : { uid }), ...(Object.keys(extra).length === 0 ? {} : { extra }) };
}
