import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubeObject, ResourceType } from '../../cluster/vocabulary.ts';
import { LabError } from '../../lib/errors.ts';
import type { ArgoBackend } from '../../scenario/schema.ts';

const Manifest = z.looseObject({ apiVersion: z.string(), kind: z.string(), metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }) });

/** The objects of a YAML file. Throws LabError that names the file. */
export function parseManifests(text: string, file: string): KubeObject[] {
  const objects: KubeObject[] = [];
  for (const document of parseAllDocuments(text)) {
    const problem = document.errors[0];
    if (problem !== undefined) throw new LabError('bad-request', `${file} is no YAML: ${problem.message.split('\n')[0] ?? ''}`, 'Give --argo-manifest the install.yaml of an Argo Workflows release.');
    const json: unknown = document.toJS({ maxAliasCount: 1000 });
    if (json === null || json === undefined) continue;
    const parsed = Manifest.safeParse(json);
    if (!parsed.success) throw new LabError('bad-request', `${file} holds something that is no Kubernetes object`, 'Give --argo-manifest the install.yaml of an Argo Workflows release.');
    objects.push(parsed.data);
  }
  return objects;
}

const CLUSTER_SCOPED = new Set(['Namespace', 'CustomResourceDefinition', 'ClusterRole', 'ClusterRoleBinding', 'PriorityClass', 'StorageClass', 'PersistentVolume', 'APIService', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ClusterWorkflowTemplate']);
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod']);

export const NAMESPACE = 'argo';

export interface ArgoPlan {
  /** In steps: those of one may be written side by side. Workloads are the last. */
  steps: KubeObject[][];
  workloads: KubeObject[];
  /** Deployments without which there is no Argo. */
  needed: string[];
}

export interface ArgoPlanOptions {
  argo: ArgoBackend | undefined;
  /** Images that were loaded into the node: never to be pulled, whatever their tag. */
  local: ReadonlySet<string>;
}

/**
 * What is written into a new cluster: the release's manifests, then what the course has besides, where the manifests do
 * not have it. The Argo Server is set as the scenario asks.
 */
export function planArgo(manifests: readonly KubeObject[], course: readonly KubeObject[], { argo, local: named }: ArgoPlanOptions): ArgoPlan {
  const options = { argo, local: new Set([...named].map(fullImageName)) };
  const all = new Map<string, KubeObject>();
  for (const object of manifests) put(all, inArgo(object));
  for (const object of course) {
    const known = all.get(keyOf(object));
    if (known === undefined) put(all, inArgo(object));
    else if (object.kind === 'ConfigMap') put(all, { ...known, data: { ...record(object['data']), ...record(known['data']) } });
  }
  const objects = [...all.values()].map((object) => adjusted(withPolicy(object, options.local), options));
  const first = objects.filter(({ kind }) => kind === 'Namespace' || kind === 'CustomResourceDefinition' || kind === 'PriorityClass');
  const workloads = objects.filter(({ kind }) => WORKLOADS.has(kind));
  const rest = objects.filter((object) => !first.includes(object) && !workloads.includes(object));
  if (!first.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === NAMESPACE)) first.unshift({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
  const needed = workloads.filter(({ kind, metadata }) => kind === 'Deployment' && /^(argo-server|workflow-controller)$/.test(metadata.name)).map(({ metadata }) => metadata.name);
  return { steps: [first, rest], workloads, needed };
}

function put(all: Map<string, KubeObject>, object: KubeObject): void {
  all.set(keyOf(object), object);
}

function keyOf(object: KubeObject): string {
  return [object.apiVersion.replace(/\/.*|^v\d+$/, ''), object.kind, CLUSTER_SCOPED.has(object.kind) ? '' : (object.metadata.namespace ?? NAMESPACE), object.metadata.name].join(' ');
}

/** Workflows' images that were loaded into the node are there, whatever their tag: Argo's own setting for it. */
function withPolicy(object: KubeObject, local: ReadonlySet<string>): KubeObject {
  if (local.size === 0 || object.kind !== 'ConfigMap' || object.metadata.name !== 'workflow-controller-configmap') return object;
  const policy = 'imagePullPolicy: IfNotPresent\n';
  return { ...object, data: { mainContainer: policy, executor: policy, ...record(object['data']) } };
}

function inArgo(object: KubeObject): KubeObject {
  if (CLUSTER_SCOPED.has(object.kind) || object.metadata.namespace !== undefined) return object;
  return { ...object, metadata: { ...object.metadata, namespace: NAMESPACE } };
}

const Container = z.looseObject({ name: z.string(), image: z.string().optional(), args: z.array(z.string()).nullish(), env: z.array(z.looseObject({ name: z.string() })).nullish(), readinessProbe: z.looseObject({ httpGet: z.looseObject({}).optional() }).optional() });
const Template = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers: z.array(Container), initContainers: z.array(Container).optional() }) }) }) });

function adjusted(object: KubeObject, { argo, local }: ArgoPlanOptions): KubeObject {
  const parsed = Template.safeParse(object);
  if (!parsed.success) return object;
  const { spec } = parsed.data.spec.template;
  const { name } = object.metadata;
  const change = (container: z.infer<typeof Container>) => {
    let next = container.image !== undefined && local.has(fullImageName(container.image)) ? { ...container, imagePullPolicy: 'IfNotPresent' } : container;
    if (object.kind === 'Deployment' && name === 'argo-server' && container.name === 'argo-server') next = serverContainer(next, argo ?? { authModes: ['client'], secure: false });
    // One controller alone has nobody to agree with, and a paused one must not lose its lease.
    if (object.kind === 'Deployment' && name === 'workflow-controller') next = { ...next, env: withEnv(next.env ?? [], 'LEADER_ELECTION_DISABLE', 'true') };
    return next;
  };
  const template = { ...parsed.data.spec.template, spec: { ...spec, containers: spec.containers.map(change), ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(change) }) } };
  return { ...object, spec: { ...parsed.data.spec, template } };
}

function serverContainer(container: z.infer<typeof Container>, argo: ArgoBackend): z.infer<typeof Container> {
  const probe = container.readinessProbe;
  const hide = ['FIRST_TIME_USER_MODAL', 'FEEDBACK_MODAL', 'NEW_VERSION_MODAL'];
  return {
    ...container,
    args: serverArgs(container.args ?? ['server'], argo),
    env: hide.reduce<{ name: string }[]>((env, name) => withEnv(env, name, 'false'), container.env ?? []),
    ...(probe?.httpGet === undefined ? {} : { readinessProbe: { ...probe, httpGet: { ...probe.httpGet, scheme: argo.secure ? 'HTTPS' : 'HTTP' } } }),
  };
}

/** The arguments with other ways to log in and another protocol; both ways to write a flag's value are understood. */
export function serverArgs(args: readonly string[], { authModes, secure }: ArgoBackend): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--auth-mode') i++;
    else if (!/^--(auth-mode=|secure$|secure=|insecure-skip-verify$)/.test(arg) && arg !== '-e') kept.push(arg);
  }
  return [...kept, ...authModes.map((mode) => `--auth-mode=${mode}`), ...(secure ? [] : ['--secure=false'])];
}

function withEnv<T extends { name: string }>(env: readonly T[], name: string, value: string): (T | { name: string; value: string })[] {
  return [...env.filter((one) => one.name !== name), { name, value }];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What an object's API is called: regular plurals, which all of Kubernetes' and Argo's but a few are. */
export function resourceOf(object: { apiVersion: string; kind: string }): ResourceType {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
  const kind = object.kind.toLowerCase();
  const resource = kind === 'endpoints' ? kind : /(s|x|ch)$/.test(kind) ? `${kind}es` : /[^aeiou]y$/.test(kind) ? `${kind.slice(0, -1)}ies` : `${kind}s`;
  return { group: group ?? '', version: version ?? '', resource };
}

const NAME = String.raw`([a-z0-9][\w./:@-]*\w)`;
/** A line of YAML, a field of JSON wherever it stands, and the flags of commands. */
const NAMING = [new RegExp(String.raw`^\s*-?\s*["']?image["']?\s*:\s*["']?${NAME}["']?\s*,?\s*(?:#.*)?$`, 'gim'), new RegExp(String.raw`"image"\s*:\s*"${NAME}"`, 'gi'), new RegExp(String.raw`--(?:executor-)?image(?:=|\s+|",\s*")["']?${NAME}`, 'gi')];

/** Every image that a text names: manifests in a scenario's files, blocks of its pages, its scripts. */
export function imagesNamedIn(text: string): string[] {
  return [...new Set(NAMING.flatMap((naming) => [...text.matchAll(naming)].flatMap((match) => match[1] ?? [])))];
}

/** Names as containerd and Kubernetes compare them: `busybox` is `docker.io/library/busybox:latest`. */
export function fullImageName(image: string): string {
  const [name = '', digest] = image.split('@');
  const tagged = digest !== undefined || /:[\w.-]+$/.test(name.split('/').at(-1) ?? '') ? name : `${name}:latest`;
  const first = tagged.split('/')[0] ?? '';
  const hasRegistry = tagged.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  const path = hasRegistry ? tagged : `docker.io/${tagged.includes('/') ? tagged : `library/${tagged}`}`;
  return digest === undefined ? path : `${path}@${digest}`;
}
