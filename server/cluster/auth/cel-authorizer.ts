import type { Environment } from '@marcbachmann/cel-js';
import type { ObjectReader } from '../store/reader.ts';
import { authorize, type Decision } from './rbac.ts';
import type { Attributes, UserInfo } from './user.ts';

/** CEL's `authorizer`: what the one who asks may do elsewhere. After kubernetes 1.32 apiserver/pkg/cel/library/authz.go */

type Ask = (attributes: Omit<Attributes, 'user'>) => Decision;
type ResourceAsked = NonNullable<Attributes['resource']>;

class PathCheck {
  constructor(
    readonly ask: Ask,
    readonly path: string,
  ) {}
}

class GroupCheck {
  constructor(
    readonly ask: Ask,
    readonly group: string,
  ) {}
}

class ResourceCheck {
  constructor(
    readonly ask: Ask,
    readonly resource: ResourceAsked,
  ) {}

  with(more: Partial<ResourceAsked>): ResourceCheck {
    return new ResourceCheck(this.ask, { ...this.resource, ...more });
  }
}

class Authorizer {
  readonly requestResource: ResourceCheck | undefined;

  constructor(
    readonly user: UserInfo,
    readonly reader: ObjectReader,
    request?: ResourceAsked,
  ) {
    if (request !== undefined) this.requestResource = new ResourceCheck(this.ask, request);
  }

  ask: Ask = (attributes) => authorize({ ...attributes, user: this.user }, this.reader);
}

class AuthorizerDecision {
  constructor(readonly decision: Decision) {}
}

const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function accountOf(namespace: string, name: string): UserInfo {
  if (!LABEL.test(namespace)) throw new Error(`Invalid service account namespace ${namespace}`);
  if (!SUBDOMAIN.test(name)) throw new Error('Invalid service account name');
  return { username: `system:serviceaccount:${namespace}:${name}`, groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'] };
}

function need(value: string, what: string): string {
  if (value.trim() === '') throw new Error(`${what} must not be empty`);
  return value;
}

/** Teaches an environment the types and their functions. */
export function registerAuthorizer(environment: Environment): Environment {
  return environment
    .registerType('kubernetes.authorization.PathCheck', PathCheck)
    .registerType('kubernetes.authorization.GroupCheck', GroupCheck)
    .registerType('kubernetes.authorization.ResourceCheck', ResourceCheck)
    .registerType('kubernetes.authorization.Decision', AuthorizerDecision)
    .registerType('kubernetes.authorization.Authorizer', { ctor: Authorizer, fields: { requestResource: 'kubernetes.authorization.ResourceCheck' } })
    .registerFunction('kubernetes.authorization.Authorizer.path(string): kubernetes.authorization.PathCheck', (self: Authorizer, path: string) => new PathCheck(self.ask, need(path, 'path').replace(/^\/*/, '/')))
    .registerFunction('kubernetes.authorization.Authorizer.group(string): kubernetes.authorization.GroupCheck', (self: Authorizer, group: string) => new GroupCheck(self.ask, group))
    .registerFunction('kubernetes.authorization.Authorizer.serviceAccount(string, string): kubernetes.authorization.Authorizer', (self: Authorizer, namespace: string, name: string) => new Authorizer(accountOf(namespace, name), self.reader))
    .registerFunction('kubernetes.authorization.GroupCheck.resource(string): kubernetes.authorization.ResourceCheck', (self: GroupCheck, resource: string) => new ResourceCheck(self.ask, { group: self.group, version: '*', resource: need(resource, 'resource') }))
    .registerFunction('kubernetes.authorization.ResourceCheck.subresource(string): kubernetes.authorization.ResourceCheck', (self: ResourceCheck, subresource: string) => self.with({ subresource }))
    .registerFunction('kubernetes.authorization.ResourceCheck.namespace(string): kubernetes.authorization.ResourceCheck', (self: ResourceCheck, namespace: string) => self.with({ namespace }))
    .registerFunction('kubernetes.authorization.ResourceCheck.name(string): kubernetes.authorization.ResourceCheck', (self: ResourceCheck, name: string) => self.with({ name }))
    .registerFunction('kubernetes.authorization.ResourceCheck.check(string): kubernetes.authorization.Decision', (self: ResourceCheck, verb: string) => new AuthorizerDecision(self.ask({ verb, resource: self.resource })))
    .registerFunction('kubernetes.authorization.PathCheck.check(string): kubernetes.authorization.Decision', (self: PathCheck, verb: string) => new AuthorizerDecision(self.ask({ verb, path: self.path })))
    .registerFunction('kubernetes.authorization.Decision.allowed(): bool', (self: AuthorizerDecision) => self.decision.allowed)
    .registerFunction('kubernetes.authorization.Decision.reason(): string', (self: AuthorizerDecision) => self.decision.reason)
    // RBAC always comes to a decision.
    .registerFunction('kubernetes.authorization.Decision.errored(): bool', (_self: AuthorizerDecision) => false)
    .registerFunction('kubernetes.authorization.Decision.error(): string', (_self: AuthorizerDecision) => '');
}

/** `authorizer` for who asks, with `requestResource` for what it is asked about. */
export function authorizerFor(user: UserInfo, reader: ObjectReader, request: ResourceAsked): object {
  return new Authorizer(user, reader, request);
}
