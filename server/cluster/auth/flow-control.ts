import type { ApiCore } from '../api/core.ts';
import type { ResourceRequest } from '../api/request-info.ts';
import type { KubeObject } from '../store/object.ts';
import { at, records } from './fields.ts';
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from './flow-control-data.ts';
import type { UserInfo } from './user.ts';

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1';
const SCHEMAS = { group: 'flowcontrol.apiserver.k8s.io', resource: 'flowschemas' };
const LEVELS = { group: 'flowcontrol.apiserver.k8s.io', resource: 'prioritylevelconfigurations' };

/** What a new cluster has of them. */
export function bootstrapFlowControl(): KubeObject[] {
  const metadata = (name: string): KubeObject['metadata'] => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });
  return [
    ...Object.entries(PRIORITY_LEVELS).map(([name, spec]) => ({ apiVersion: API_VERSION, kind: 'PriorityLevelConfiguration', metadata: metadata(name), spec })),
    ...FLOW_SCHEMAS.map(({ name, precedence, level, by, rule }) => ({
      apiVersion: API_VERSION,
      kind: 'FlowSchema',
      metadata: metadata(name),
      spec: { priorityLevelConfiguration: { name: level }, matchingPrecedence: precedence, ...(by === undefined ? {} : { distinguisherMethod: { type: by } }), rules: [rule] },
    })),
  ];
}

/** A request as flow schemas see it. */
export interface FlowRequest {
  user: Pick<UserInfo, 'username' | 'groups'>;
  /** `get`, `list`, `watch`, …; for other paths the method in small letters. */
  verb: string;
  path: string;
  resource?: Pick<ResourceRequest, 'group' | 'resource' | 'namespace' | 'subresource'>;
}

/** The uids of the schema that a request falls under and of its priority level; undefined where there is none. Nothing waits for its turn here: only the answer's headers say it. */
export function flowOf(core: ApiCore, request: FlowRequest): { schema: string; level: string } | undefined {
  let best: KubeObject | undefined;
  for (const schema of core.store.list(SCHEMAS)) if ((best === undefined || comesBefore(schema, best)) && records(at(schema.spec, 'rules')).some((rule) => ruleMatches(rule, request))) best = schema;
  if (best === undefined) return undefined;
  const level = core.store.get(LEVELS, undefined, String(at(best.spec, 'priorityLevelConfiguration', 'name')));
  return { schema: best.metadata.uid ?? '', level: level?.metadata.uid ?? '' };
}

function comesBefore(a: KubeObject, b: KubeObject): boolean {
  const [left, right] = [Number(at(a.spec, 'matchingPrecedence')), Number(at(b.spec, 'matchingPrecedence'))];
  return left === right ? a.metadata.name < b.metadata.name : left < right;
}

/** After kubernetes 1.32 apiserver/pkg/util/flowcontrol/rule.go */
function ruleMatches(rule: Record<string, unknown>, { user, verb, path, resource }: FlowRequest): boolean {
  if (!records(rule.subjects).some((subject) => subjectMatches(subject, user))) return false;
  const holds = (owner: Record<string, unknown>, key: string, value: string): boolean => {
    const list = owner[key];
    return Array.isArray(list) && (list.includes('*') || list.includes(value));
  };
  if (resource === undefined) return records(rule.nonResourceRules).some((one) => holds(one, 'verbs', verb) && (Array.isArray(one.nonResourceURLs) ? one.nonResourceURLs : []).some((url) => pathMatches(String(url), path)));
  const name = resource.subresource === undefined ? resource.resource : `${resource.resource}/${resource.subresource}`;
  return records(rule.resourceRules).some((one) => holds(one, 'verbs', verb) && holds(one, 'apiGroups', resource.group) && holds(one, 'resources', name) && (resource.namespace === undefined ? one.clusterScope === true : holds(one, 'namespaces', resource.namespace)));
}

function pathMatches(pattern: string, path: string): boolean {
  return pattern === '*' || pattern === path || (pattern.endsWith('/*') && path.startsWith(pattern.slice(0, -1)));
}

function subjectMatches(subject: Record<string, unknown>, user: FlowRequest['user']): boolean {
  if (subject.kind === 'User') return ['*', user.username].includes(String(at(subject, 'user', 'name')));
  if (subject.kind === 'Group') return at(subject, 'group', 'name') === '*' || user.groups.includes(String(at(subject, 'group', 'name')));
  const [namespace, name] = [at(subject, 'serviceAccount', 'namespace'), at(subject, 'serviceAccount', 'name')];
  const prefix = `system:serviceaccount:${String(namespace)}:`;
  return name === '*' ? user.username.startsWith(prefix) : user.username === `${prefix}${String(name)}`;
}
