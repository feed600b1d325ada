import { goString } from '../api/schema/causes.ts';
import { ApiStatus } from '../api/status.ts';
import { rfc3339 } from '../../lib/clock.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ObjectReader } from '../store/reader.ts';
import type { Authenticator } from './authenticate.ts';
import { at, isRecord, record, text, texts } from './fields.ts';
import { aggregate, authorize, rulesFor } from './rbac.ts';
import type { PolicyRule } from './rules.ts';
import { API_AUDIENCE } from './tokens.ts';
import type { Attributes, UserInfo } from './user.ts';

/** The virtual resources that are only ever created: they are answered, not stored. */
export const REVIEWS = [
  { group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', namespaced: false },
  { group: 'authorization.k8s.io', resource: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', namespaced: true },
  { group: 'authorization.k8s.io', resource: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', namespaced: false },
  { group: 'authentication.k8s.io', resource: 'selfsubjectreviews', kind: 'SelfSubjectReview', namespaced: false },
  { group: 'authentication.k8s.io', resource: 'tokenreviews', kind: 'TokenReview', namespaced: false },
] as const;

export type ReviewResource = (typeof REVIEWS)[number]['resource'];

export interface ReviewContext {
  user: UserInfo;
  /** The name in managedFields. */
  fieldManager: string;
  /** Of a LocalSubjectAccessReview. */
  namespace?: string | undefined;
  reader: ObjectReader;
  authenticator: Authenticator;
  clock: Clock;
}

export interface ReviewAnswer {
  apiVersion: string;
  kind: string;
  metadata: { creationTimestamp: string | null; [field: string]: unknown };
  [field: string]: unknown;
}

/** Reviews are validated before they have a kind, so none is named. */
function invalid(group: string, causes: { reason: string; field: string; message: string }[]): ApiStatus {
  const lines = causes.map((c) => `${c.field}: ${c.message}`);
  const text = lines.length === 1 ? (lines[0] ?? '') : `[${lines.join(', ')}]`;
  return new ApiStatus(422, 'Invalid', `.${group} "" is invalid: ${text}`, { group, causes });
}

function attributesOf(user: UserInfo, spec: Record<string, unknown>): Attributes {
  const resource = spec['resourceAttributes'];
  if (isRecord(resource)) {
    const part = (name: string) => text(resource[name]);
    return {
      user,
      verb: part('verb'),
      resource: { group: part('group'), version: part('version'), resource: part('resource'), subresource: part('subresource'), namespace: part('namespace'), name: part('name') },
    };
  }
  const path = record(spec['nonResourceAttributes']);
  return { user, verb: text(path['verb']), path: text(path['path']) };
}

function exactlyOne(spec: Record<string, unknown>): { reason: string; field: string; message: string }[] {
  const resource = isRecord(spec['resourceAttributes']);
  const path = isRecord(spec['nonResourceAttributes']);
  if (resource && path) {
    const nonResource = record(spec['nonResourceAttributes']);
    return [{ reason: 'FieldValueInvalid', field: 'spec.nonResourceAttributes', message: `Invalid value: authorization.NonResourceAttributes{Path:${goString(nonResource['path'] ?? '')}, Verb:${goString(nonResource['verb'] ?? '')}}: cannot be specified in combination with resourceAttributes` }];
  }
  if (resource || path) return [];
  return [{ reason: 'FieldValueInvalid', field: 'spec.resourceAttributes', message: 'Invalid value: "null": exactly one of nonResourceAttributes or resourceAttributes must be specified' }];
}

function access(user: UserInfo, spec: Record<string, unknown>, reader: ObjectReader): Record<string, unknown> {
  const decision = authorize(attributesOf(user, spec), reader);
  return {
    allowed: decision.allowed,
    ...(decision.reason === '' ? {} : { reason: decision.reason }),
  };
}

function ruleView(rule: PolicyRule): Record<string, unknown> {
  if (rule.nonResourceURLs.length > 0) return { verbs: rule.verbs, nonResourceURLs: rule.nonResourceURLs };
  return {
    verbs: rule.verbs,
    ...(rule.apiGroups.length === 0 ? {} : { apiGroups: rule.apiGroups }),
    ...(rule.resources.length === 0 ? {} : { resources: rule.resources }),
    ...(rule.resourceNames.length === 0 ? {} : { resourceNames: rule.resourceNames }),
  };
}

function userView(user: UserInfo): Record<string, unknown> {
  return {
    username: user.username,
    ...(user.uid === undefined || user.uid === '' ? {} : { uid: user.uid }),
    ...(user.groups.length === 0 ? {} : { groups: user.groups }),
    ...(user.extra === undefined || Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
  };
}

/** What managedFields says of an object that was written whole; lists are one field each. */
function fieldsOf(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [`f:${name}`, isRecord(value) ? { '.': {}, ...fieldsOf(value) } : {}]),
  );
}

/**
 * Answers the creation of one of `REVIEWS`. `body` is the decoded object. Throws 422 (Invalid) and 400 (BadRequest) as the API server does.
 */
export function review(resource: ReviewResource, body: unknown, context: ReviewContext): ReviewAnswer {
  const { user, reader } = context;
  const entry = REVIEWS.find((r) => r.resource === resource);
  const kind = entry?.kind ?? '';
  const group = entry?.group ?? '';
  const spec = record(at(body, 'spec'));
  const { name, creationTimestamp: _made, managedFields: _managed, ...given } = record(at(body, 'metadata'));
  const entryOf = { manager: context.fieldManager, operation: 'Update', apiVersion: `${group}/v1`, time: rfc3339(context.clock.now()), fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': fieldsOf(spec) } };
  const metadata = { ...(text(name) === '' ? {} : { name }), ...given, creationTimestamp: null, managedFields: [entryOf] };
  const answer = (rest: Record<string, unknown>): ReviewAnswer => ({ kind, apiVersion: `${group}/v1`, metadata, ...rest });
  switch (resource) {
    case 'selfsubjectaccessreviews': {
      const causes = exactlyOne(spec);
      if (causes.length > 0) throw invalid(group, causes);
      return answer({ spec, status: access(user, spec, reader) });
    }
    case 'subjectaccessreviews':
    case 'localsubjectaccessreviews': {
      const causes = exactlyOne(spec);
      if (text(spec['user']) === '' && texts(spec['groups']).length === 0) {
        causes.push({ reason: 'FieldValueInvalid', field: 'spec.user', message: 'Invalid value: "": at least one of user or group must be specified' });
      }
      if (resource === 'localsubjectaccessreviews') {
        if (isRecord(spec['nonResourceAttributes'])) {
          causes.push({ reason: 'FieldValueInvalid', field: 'spec.nonResourceAttributes', message: 'Invalid value: "nonResourceAttributes": disallowed on this kind of request' });
        }
        const asked = text(at(spec, 'resourceAttributes', 'namespace'));
        if (isRecord(spec['resourceAttributes']) && asked !== context.namespace) {
          causes.push({ reason: 'FieldValueInvalid', field: 'spec.resourceAttributes.namespace', message: `Invalid value: ${JSON.stringify(asked)}: must match metadata.namespace` });
        }
      }
      if (causes.length > 0) throw invalid(group, causes);
      const asked: UserInfo = { username: text(spec['user']), groups: texts(spec['groups']), ...(text(spec['uid']) === '' ? {} : { uid: text(spec['uid']) }) };
      return answer({ spec, status: access(asked, spec, reader) });
    }
    case 'selfsubjectrulesreviews': {
      const namespace = text(spec['namespace']);
      if (namespace === '') throw new ApiStatus(400, 'BadRequest', 'no namespace on request');
      const resolved = rulesFor(reader, user, namespace);
      return answer({
        spec: {},
        status: {
          resourceRules: resolved.rules.filter((r) => r.resources.length > 0).map(ruleView),
          nonResourceRules: resolved.rules.filter((r) => r.nonResourceURLs.length > 0).map(ruleView),
          incomplete: resolved.errors.length > 0,
          ...(resolved.errors.length === 0 ? {} : { evaluationError: aggregate(resolved.errors) }),
        },
      });
    }
    case 'selfsubjectreviews':
      return { kind, apiVersion: `${group}/v1`, metadata: { creationTimestamp: rfc3339(context.clock.now()) }, status: { userInfo: userView(user) } };
    case 'tokenreviews': {
      const token = text(spec['token']);
      if (token === '') throw new ApiStatus(400, 'BadRequest', 'token is required for TokenReview in authentication');
      const audiences = texts(spec['audiences']);
      const verdict = context.authenticator.reviewToken(token, audiences.length === 0 ? [API_AUDIENCE] : audiences);
      if ('error' in verdict) return answer({ spec, status: { user: {}, error: verdict.error.startsWith('invalid bearer token') ? verdict.error : `[invalid bearer token, ${verdict.error}]` } });
      return answer({ spec, status: { authenticated: true, user: userView(verdict.user), audiences: verdict.audiences } });
    }
  }
}
