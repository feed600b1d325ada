import { z } from 'zod';
import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';
import { ApiStatus } from '../../cluster/vocabulary.ts';
import { LabError } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { KubeAccess } from './kubeconfig.ts';
import { MANAGED_BY, OWNER, SESSION } from './names.ts';
import type { Rule } from './plan.ts';
import type { KubeTransport } from './transport.ts';

/** What a cluster is, and what it lets us do: all that `decide` goes by. */
export interface ClusterFacts {
  /** `v1.32.2` */
  version: string;
  /** Rights that a namespaced session needs and that are missing, as `create resourcequotas`. */
  missing: string[];
  /** Rules that may not be handed on, because we do not hold them ourselves. */
  ungrantable: string[];
  /** Resources of argoproj.io/v1alpha1 that are served; empty without Argo. */
  argoResources: string[];
  mayInstallCrds: boolean;
  /** Where a workflow controller looks after every namespace: `argo/workflow-controller`. */
  clusterController?: string;
  /** The namespace that the scenario names, if there is one of that name. */
  taken?: { by: 'this-session' | 'another-session' | 'others'; terminating: boolean };
  /** The `vcluster` command is there. */
  vcluster: boolean;
}

const Version = z.object({ gitVersion: z.string() });
const ResourceList = z.object({ resources: z.array(z.object({ name: z.string() })) });
const AccessReview = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });
const RulesReview = z.object({ status: z.object({ incomplete: z.boolean().default(false), resourceRules: z.array(z.object({ verbs: z.array(z.string()), apiGroups: z.array(z.string()).default([]), resources: z.array(z.string()).default([]), resourceNames: z.array(z.string()).nullish() })).nullish() }) });

type HeldRule = NonNullable<z.infer<typeof RulesReview>['status']['resourceRules']>[number];

/** What the lab itself does in a session's namespace, beside making the namespace. */
const OWN_RIGHTS: readonly [string, string, string][] = [
  ['', 'namespaces', 'create'],
  ['', 'namespaces', 'get'],
  ['', 'namespaces', 'list'],
  ['', 'namespaces', 'delete'],
  ['', 'resourcequotas', 'create'],
  ['', 'limitranges', 'create'],
  ['', 'serviceaccounts', 'create'],
  ['', 'serviceaccounts/token', 'create'],
  ['rbac.authorization.k8s.io', 'roles', 'create'],
  ['rbac.authorization.k8s.io', 'rolebindings', 'create'],
];
const ARGO_RIGHTS: readonly [string, string, string][] = [
  ['', 'services', 'create'],
  ['', 'configmaps', 'create'],
  ['apps', 'deployments', 'create'],
  ['apps', 'deployments', 'get'],
];
const STORE_RIGHTS: readonly [string, string, string][] = [
  ['', 'secrets', 'create'],
  ['batch', 'jobs', 'create'],
];

export interface FactOptions {
  transport: KubeTransport;
  client: KubeClient;
  access: KubeAccess;
  /** The namespace in which rights are asked for. */
  namespace: string;
  /** The namespace that the scenario names. */
  wanted: string;
  argo: boolean;
  /** Whether an object store is to be put into the namespace. */
  artifacts: boolean;
  granted: readonly Rule[];
  session: string;
  owner: string;
  vcluster: boolean;
}

export async function gatherFacts(options: FactOptions): Promise<ClusterFacts> {
  const version = await versionOf(options.transport, options.access);
  const rights = [...OWN_RIGHTS, ...(options.argo ? ARGO_RIGHTS : []), ...(options.artifacts ? STORE_RIGHTS : [])];
  const [allowed, ungrantable, argoResources, mayInstallCrds, clusterController, taken] = await Promise.all([
    Promise.all(rights.map(([group, resource, verb]) => may(options.client, options.namespace, group, resource, verb))),
    ungrantableOf(options),
    options.argo ? argoResourcesOf(options.transport) : [],
    options.argo ? may(options.client, undefined, 'apiextensions.k8s.io', 'customresourcedefinitions', 'create') : false,
    options.argo ? controllerOf(options.client) : undefined,
    takenBy(options),
  ]);
  return {
    version,
    missing: rights.flatMap(([group, resource, verb], i) => (allowed[i] === true ? [] : [`${verb} ${resource}${group === '' ? '' : `.${group}`}`])),
    ungrantable,
    argoResources,
    mayInstallCrds,
    vcluster: options.vcluster,
    ...(clusterController === undefined ? {} : { clusterController }),
    ...(taken === undefined ? {} : { taken }),
  };
}

/** The first question to a cluster: whether it is there, and whether it knows us. */
export async function versionOf(transport: KubeTransport, access: KubeAccess): Promise<string> {
  const { status, text } = await read(transport, '/version');
  if (status === 401) throw unauthorized(access);
  const parsed = Version.safeParse(parseJson(text));
  if (!parsed.success) throw new LabError('cluster-failed', `${access.server.host} does not answer as a Kubernetes API server does (status ${status})`, `Look at server of cluster ${access.cluster} in ${access.file}.`);
  return parsed.data.gitVersion;
}

export function unauthorized(access: KubeAccess): LabError {
  const how = { none: 'The kubeconfig has no credentials for it.', token: 'Its token has expired or was revoked.', file: 'The token in its file has expired or was revoked.', basic: 'Its password is wrong, or the cluster takes none.', exec: 'What its exec plugin printed was refused: log in again.' }[access.bearer.kind];
  return new LabError('cluster-failed', `${access.server.host} does not accept user ${access.user || '(none)'} of ${access.file} (401). ${access.client !== undefined && access.bearer.kind === 'none' ? 'Its client certificate has expired or is of another cluster.' : how}`, `Get a new kubeconfig, or choose another context. Try: kubectl --kubeconfig ${access.file} --context ${access.context} auth whoami`);
}

async function may(client: KubeClient, namespace: string | undefined, group: string, name: string, verb: string): Promise<boolean> {
  const [resource = '', subresource] = name.split('/');
  const clusterScoped = resource === 'namespaces' && verb !== 'get' && verb !== 'delete';
  const review: KubeObject = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: { name: '' }, spec: { resourceAttributes: { group, resource, verb, ...(subresource === undefined ? {} : { subresource }), ...(namespace === undefined || clusterScoped ? {} : { namespace }) } } };
  const answer = AccessReview.safeParse(await client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews' }, undefined, review));
  return answer.success && answer.data.status.allowed;
}

async function ungrantableOf({ client, namespace, granted }: FactOptions): Promise<string[]> {
  const review: KubeObject = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', metadata: { name: '' }, spec: { namespace } };
  const answer = RulesReview.safeParse(await client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectrulesreviews' }, undefined, review));
  // Where the cluster can't tell everything, only making the roles will show.
  if (!answer.success || answer.data.status.incomplete) return [];
  return uncovered(granted, answer.data.status.resourceRules ?? []);
}

/** Pure: which of the rules to be handed on are not held. Whoever may `escalate` and `bind` roles may hand on anything. */
export function uncovered(granted: readonly Rule[], held: readonly HeldRule[]): string[] {
  const holds = (group: string, resource: string, verb: string) =>
    held.some((rule) => (rule.resourceNames ?? []).length === 0 && has(rule.apiGroups, group) && has(rule.verbs, verb) && (has(rule.resources, resource) || (resource.includes('/') && rule.resources.includes(`*/${resource.split('/')[1] ?? ''}`))));
  if (holds('rbac.authorization.k8s.io', 'roles', 'escalate') && holds('rbac.authorization.k8s.io', 'roles', 'bind')) return [];
  const out = new Set<string>();
  for (const { apiGroups, resources, verbs } of granted) for (const group of apiGroups) for (const resource of resources) for (const verb of verbs) if (!holds(group, resource, verb)) out.add(`${verb === '*' ? 'do everything with' : verb} ${resource}${group === '' ? '' : `.${group}`}`);
  return [...out];
}

function has(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

async function argoResourcesOf(transport: KubeTransport): Promise<string[]> {
  const { text } = await read(transport, '/apis/argoproj.io/v1alpha1');
  const parsed = ResourceList.safeParse(parseJson(text));
  return parsed.success ? parsed.data.resources.map(({ name }) => name) : [];
}

const PodTemplate = z.object({ spec: z.object({ template: z.object({ spec: z.object({ containers: z.array(z.object({ image: z.string().default(''), command: z.array(z.string()).nullish(), args: z.array(z.string()).nullish() })) }) }) }) });

async function controllerOf(client: KubeClient): Promise<string | undefined> {
  const list = await client.list({ group: 'apps', version: 'v1', resource: 'deployments' }).catch((error: unknown) => {
    // Not ours to see: then it can't be told, and a controller of the session's own is the safe guess.
    if (error instanceof ApiStatus) return { items: [] };
    throw error;
  });
  const found = list.items.find((item) => watchesEverything(item));
  return found === undefined ? undefined : `${found.metadata.namespace ?? ''}/${found.metadata.name}`;
}

/** Pure: whether a Deployment is a workflow controller that is not bound to one namespace. */
export function watchesEverything(deployment: KubeObject): boolean {
  const parsed = PodTemplate.safeParse(deployment);
  if (!parsed.success) return false;
  return parsed.data.spec.template.spec.containers.some(({ image, command, args }) => {
    const words = [...(command ?? []), ...(args ?? [])];
    const isController = /(^|\/)workflow-controller([:@]|$)/.test(image) || words.some((word) => /(^|\/)workflow-controller$/.test(word));
    return isController && !words.some((word) => /^--namespaced(=true)?$/.test(word));
  });
}

async function takenBy({ client, wanted, session, owner }: FactOptions): Promise<ClusterFacts['taken']> {
  const found = await client.find({ group: '', version: 'v1', resource: 'namespaces' }, undefined, wanted).catch((error: unknown) => {
    if (error instanceof ApiStatus) return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  const labels = found.metadata.labels ?? {};
  const ours = labels[MANAGED_BY] === 'argo-lab' && labels[OWNER] === owner;
  return { by: ours ? (labels[SESSION] === session ? 'this-session' : 'another-session') : 'others', terminating: found.metadata.deletionTimestamp !== undefined };
}

async function read(transport: KubeTransport, path: string): Promise<{ status: number; text: string }> {
  const { status, body } = await transport.request({ method: 'GET', path, headers: { accept: 'application/json' } });
  let text = '';
  body.setEncoding('utf8');
  for await (const chunk of body) text += String(chunk);
  return { status, text };
}
