import { ApiStatus } from '../api/status.ts';
import { rfc3339 } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { KubeObject } from '../store/object.ts';
import type { ObjectReader } from '../store/reader.ts';
import { at, isRecord, quote, text, texts } from './fields.ts';
import type { SigningKey } from './keys.ts';
import { API_AUDIENCE, signBoundToken } from './tokens.ts';
import type { BoundClaims } from './tokens.ts';

const YEAR = 365 * 86_400;
/** What the kubelet asks for in a projected volume: such a token lives a year, with a warning after the hour. */
const WARN_ONLY = 3607;

export interface TokenRequestContext {
  namespace: string;
  /** The ServiceAccount's name. */
  name: string;
  reader: ObjectReader;
  clock: Clock;
  ids: Ids;
  key: SigningKey;
}

export interface TokenRequestAnswer {
  kind: 'TokenRequest';
  apiVersion: 'authentication.k8s.io/v1';
  metadata: { name: string; namespace: string; creationTimestamp: string };
  spec: { audiences: string[]; expirationSeconds: number; boundObjectRef: unknown };
  status: { token: string; expirationTimestamp: string };
}

function notFound(resource: string, name: string): ApiStatus {
  return new ApiStatus(404, 'NotFound', `${resource} ${quote(name)} not found`, { name, kind: resource });
}

function bind(context: TokenRequestContext, ref: Record<string, unknown>): Pick<BoundClaims, 'pod' | 'secret' | 'node'> {
  const { reader, namespace } = context;
  const kind = text(ref['kind']);
  const name = text(ref['name']);
  const version = text(ref['apiVersion']);
  const resources: Record<string, string> = { Pod: 'pods', Secret: 'secrets', Node: 'nodes' };
  const resource = resources[kind];
  if (resource === undefined || (version !== 'v1' && version !== '')) {
    const slash = version.indexOf('/');
    const [group, plain] = slash < 0 ? ['', version] : [version.slice(0, slash), version.slice(slash + 1)];
    throw new ApiStatus(400, 'BadRequest', `cannot bind token to object of type ${group}/${plain}, Kind=${kind}`);
  }
  const object = reader.get({ group: '', resource }, kind === 'Node' ? undefined : namespace, name);
  if (object === undefined) throw notFound(resource, name);
  const uid = object.metadata.uid ?? '';
  const asked = text(ref['uid']);
  if (kind === 'Pod' && text(at(object, 'spec', 'serviceAccountName')) !== context.name) {
    throw new ApiStatus(400, 'BadRequest', `cannot bind token for serviceaccount ${quote(context.name)} to pod running with different serviceaccount name.`);
  }
  if (asked !== '' && asked !== uid) {
    throw new ApiStatus(409, 'Conflict', `Operation cannot be fulfilled on ${kind} ${quote(name)}: the UID in the bound object reference (${asked}) does not match the UID in record. The object might have been deleted and then recreated`, { name, kind });
  }
  const reference = { name, uid };
  if (kind === 'Secret') return { secret: reference };
  if (kind === 'Node') return { node: reference };
  const nodeName = text(at(object, 'spec', 'nodeName'));
  const node = nodeName === '' ? undefined : reader.get({ group: '', resource: 'nodes' }, undefined, nodeName);
  return { pod: reference, ...(node === undefined ? {} : { node: { name: nodeName, uid: node.metadata.uid ?? '' } }) };
}

/**
 * Answers POST …/serviceaccounts/NAME/token. `body` is the decoded TokenRequest; audiences default to the API server,
 * the lifetime to an hour (at least 600 s). Throws 404 without the ServiceAccount, 422 for a lifetime out of bounds.
 * After kubernetes 1.32 pkg/registry/core/serviceaccount/storage/token.go
 */
export function requestToken(body: unknown, context: TokenRequestContext): TokenRequestAnswer {
  const { namespace, name, reader, clock, ids, key } = context;
  const account: KubeObject | undefined = reader.get({ group: '', resource: 'serviceaccounts' }, namespace, name);
  if (account === undefined) throw notFound('serviceaccounts', name);
  const asked = texts(at(body, 'spec', 'audiences'));
  const audiences = asked.length === 0 ? [API_AUDIENCE] : asked;
  const given = at(body, 'spec', 'expirationSeconds');
  const seconds = typeof given === 'number' ? given : 3600;
  const problem = seconds < 600 ? 'may not specify a duration less than 10 minutes' : seconds > 2 ** 32 ? 'may not specify a duration larger than 2^32 seconds' : undefined;
  if (problem !== undefined) {
    const message = `Invalid value: ${seconds}: ${problem}`;
    const group = 'authentication.k8s.io';
    throw new ApiStatus(422, 'Invalid', `TokenRequest.${group} "" is invalid: spec.expirationSeconds: ${message}`, {
      group,
      kind: 'TokenRequest',
      causes: [{ reason: 'FieldValueInvalid', message, field: 'spec.expirationSeconds' }],
    });
  }
  const ref = at(body, 'spec', 'boundObjectRef');
  const binding = isRecord(ref) ? bind(context, ref) : {};
  const now = Math.floor(clock.now() / 1000);
  const extended = seconds === WARN_ONLY && binding.pod !== undefined && audiences.length === 1 && audiences[0] === API_AUDIENCE;
  const lifetime = extended ? YEAR : seconds;
  const token = signBoundToken(key, {
    now,
    lifetime,
    audiences,
    namespace,
    serviceAccount: { name, uid: account.metadata.uid ?? '' },
    jti: ids.uuid(),
    ...binding,
    ...(extended ? { warnAfter: now + seconds } : {}),
  });
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: rfc3339(clock.now()) },
    spec: { audiences, expirationSeconds: seconds, boundObjectRef: isRecord(ref) ? ref : null },
    // The answer speaks of the lifetime that was asked for; the token itself may hold longer.
    status: { token, expirationTimestamp: rfc3339((now + seconds) * 1000) },
  };
}
