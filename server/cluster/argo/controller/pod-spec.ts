import { parse as parseYaml } from 'yaml';
import { goJson, isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { mergeOver } from '../defaults/merge.ts';
import { replaceInJson } from '../expressions/index.ts';
import { IMAGES } from '../install/workloads.ts';
import { normalize } from '../types/normal-form.ts';
import { hasLocation, hasLocationOrKey, templateTypeOf } from '../types/template.ts';
import { decodeTemplate } from '../types/workflow.ts';
import type { Artifact, ArtifactLocation, Container, EnvVar, S3Location, Template, Volume, VolumeMount, Workflow, WorkflowSpec } from '../types/workflow.ts';
import { locationIn } from './config.ts';
import type { ArtifactRepository, ControllerConfig } from './config.ts';
import { podNameOf } from './names.ts';
import { controllerReference, EXECUTOR_LOG_OPTIONS, MINIMAL_SECURITY } from './pod-parts.ts';

/** What `podOf` needs to know beside the template. */
export interface PodRequest {
  workflow: Workflow;
  spec: WorkflowSpec;
  globals: Record<string, string>;
  repository: ArtifactRepository | undefined;
  config: Pick<ControllerConfig, 'images' | 'executor' | 'mainContainer'>;
  volumes: Volume[];
  nodeName: string;
  nodeId: string;
  template: Template;
  /** The template around the node, whose scheduling constraints count as well. */
  boundary: Template | undefined;
  containers: Container[];
  includeScriptOutput: boolean;
  onExit: boolean;
  /** RFC 3339; undefined when an attempt may take any time. */
  deadline: string | undefined;
  activeDeadlineSeconds: number | undefined;
  /** Entrypoint and cmd of an image; undefined when nobody knows it. */
  imageCommand(image: string): { entrypoint: string[]; cmd: string[] } | undefined;
}

const LOG_OPTIONS = EXECUTOR_LOG_OPTIONS;
const VAR_RUN_ARGO: VolumeMount = { name: 'var-run-argo', mountPath: '/var/run/argo' };
const NO_DEADLINE = '0001-01-01T00:00:00Z';

type ContainerJson = Container & { args?: string[] };

/**
 * The pod of a node. Throws an Error with Argo's message (`volume 'x' not found in workflow spec`, …).
 * After argo-workflows v3.7.6 workflow/controller/workflowpod.go
 */
export function podOf(request: PodRequest): KubeObject {
  const { workflow, spec, nodeName, nodeId } = request;
  const template = withArchiveLocation(request);
  const type = templateTypeOf(template);
  const podName = podNameOf(workflow.metadata.name, nodeName, template.name ?? '');
  const executor = (name: string): ContainerJson => executorContainer(name, request, type);

  const containers: ContainerJson[] = [];
  const saveLogs = template.archiveLocation?.archiveLogs === true;
  if (type !== 'Data' && (type !== 'Resource' || saveLogs)) containers.push({ ...executor('wait'), command: ['argoexec', 'wait', ...LOG_OPTIONS] });
  for (const container of request.containers) {
    const named = { ...container, name: container.name === '' || type !== 'ContainerSet' ? 'main' : container.name };
    const defaults = request.config.mainContainer;
    containers.push(defaults === undefined ? named : toContainer(mergeOver(defaults, toJson(named))));
  }
  const init: ContainerJson = { ...executor('init'), command: ['argoexec', 'init', ...LOG_OPTIONS] };
  const initContainers = [init];
  const volumes: Volume[] = [{ name: 'var-run-argo', emptyDir: {} }, { name: 'tmp-dir-argo', emptyDir: {} }, ...(template.volumes ?? [])];

  addVolumes(request, template, containers, init, volumes);
  addInputArtifacts(template, containers, init, volumes);
  if (type === 'Script') {
    const staging = { name: 'argo-staging', mountPath: '/argo/staging' };
    volumes.push({ name: 'argo-staging', emptyDir: {} });
    mount(init, staging);
    for (const container of containers) if (container.name === 'main') mount(container, staging);
  }
  const main = containers.find(({ name }) => name === 'main');
  const mirrored = (own: Template['sidecars']) =>
    (own ?? []).map(({ mirrorVolumeMounts, ...container }) => (mirrorVolumeMounts === true ? { ...container, volumeMounts: [...(container.volumeMounts ?? []), ...(main?.volumeMounts ?? [])] } : container));
  initContainers.push(...mirrored(template.initContainers));
  containers.push(...mirrored(template.sidecars));
  const wait = containers.find(({ name }) => name === 'wait');
  if (wait !== undefined && main !== undefined && type !== 'Resource') {
    for (const { readOnly, ...mounted } of main.volumeMounts ?? []) mount(wait, { ...mounted, mountPath: `/mainctrfs${mounted.mountPath}` });
  }
  for (const container of initContainers) mount(container, VAR_RUN_ARGO);

  const shown: Template = { ...template, inputs: template.inputs.artifacts === undefined ? {} : { artifacts: template.inputs.artifacts } };
  const environment: EnvVar[] = [
    { name: 'ARGO_NODE_ID', value: nodeId },
    { name: 'ARGO_INCLUDE_SCRIPT_OUTPUT', value: String(request.includeScriptOutput) },
    { name: 'ARGO_DEADLINE', value: request.deadline ?? NO_DEADLINE },
    { name: 'ARGO_PROGRESS_FILE', value: '/var/run/argo/progress' },
    { name: 'ARGO_PROGRESS_PATCH_TICK_DURATION', value: '1m0s' },
    { name: 'ARGO_PROGRESS_FILE_TICK_DURATION', value: '3s' },
  ];
  for (const container of initContainers) {
    container.env = [...(container.env ?? []), { name: 'ARGO_CONTAINER_NAME', value: container.name }, { name: 'ARGO_TEMPLATE', value: goJson(normalize('Template', shown)) }, ...environment];
  }
  for (const container of containers) container.env = [...(container.env ?? []), { name: 'ARGO_CONTAINER_NAME', value: container.name }, ...environment];

  const pod: JsonObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName,
      namespace: workflow.metadata.namespace ?? '',
      labels: { 'workflows.argoproj.io/workflow': workflow.metadata.name, 'workflows.argoproj.io/completed': 'false', ...(request.onExit ? { 'workflows.argoproj.io/on-exit': 'true' } : {}), ...spec.podMetadata?.labels, ...template.metadata.labels },
      annotations: {
        'workflows.argoproj.io/node-name': nodeName,
        'workflows.argoproj.io/node-id': nodeId,
        'kubectl.kubernetes.io/default-container': main === undefined ? (containers.at(-1 - (template.sidecars ?? []).length)?.name ?? '') : 'main',
        ...(spec.podGC === undefined ? {} : { 'workflows.argoproj.io/pod-gc-strategy': `${spec.podGC.strategy ?? ''}/${spec.podGC.deleteDelayDuration ?? '5s'}` }),
        ...spec.podMetadata?.annotations,
        ...template.metadata.annotations,
      },
      ownerReferences: [controllerReference(workflow)],
    },
    spec: {
      ...scheduling(request, template),
      volumes: volumes as Json[],
      initContainers: initContainers as unknown as Json[],
      containers: containers as unknown as Json[],
      restartPolicy: 'Never',
      ...(request.activeDeadlineSeconds === undefined ? {} : { activeDeadlineSeconds: request.activeDeadlineSeconds }),
      ...serviceAccount(spec, template),
    },
  };
  const values = { ...request.globals, 'pod.name': podName };
  const replaced = JSON.parse(replaceInJson(goJson(pod), values)) as KubeObject & { spec: JsonObject };
  checkArchiveLocation(replaced);
  for (const patch of [spec.podSpecPatch, template.podSpecPatch]) {
    if ((patch ?? '') !== '') replaced.spec = patchedPodSpec(replaced.spec, String(JSON.parse(replaceInJson(JSON.stringify(patch), values))));
  }
  finishContainers(replaced, request);
  return replaced;
}

const toJson = (container: ContainerJson): JsonObject => JSON.parse(JSON.stringify(container)) as JsonObject;
const toContainer = (json: JsonObject): ContainerJson => normalize('core.Container', json) as unknown as ContainerJson;

function mount(container: ContainerJson, volumeMount: VolumeMount): void {
  container.volumeMounts = [...(container.volumeMounts ?? []), volumeMount];
}

function executorContainer(name: string, request: PodRequest, type: string): ContainerJson {
  const { workflow, config } = request;
  const own = config.executor;
  const resources = isJsonObject(own['resources']) ? own['resources'] : {};
  const container: ContainerJson = {
    name,
    image: IMAGES.executor,
    env: [
      { name: 'ARGO_POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      { name: 'ARGO_POD_UID', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.uid' } } },
      { name: 'ARGO_WORKFLOW_NAME', value: workflow.metadata.name },
      { name: 'ARGO_WORKFLOW_UID', value: workflow.metadata.uid ?? '' },
    ],
    resources,
  };
  if (type === 'Resource') container.securityContext = name === 'init' || name === 'wait' ? MINIMAL_SECURITY : { ...MINIMAL_SECURITY, readOnlyRootFilesystem: true };
  return container;
}

/** The main container of templates that argoexec itself carries out. */
export function executorMain(request: PodRequest, command: string[]): Container {
  return { ...executorContainer('main', request, templateTypeOf(request.template)), command: ['argoexec', ...command, ...LOG_OPTIONS] };
}

function withArchiveLocation({ template, spec, repository }: PodRequest): Template {
  if (template.archiveLocation !== undefined && hasLocation(template.archiveLocation)) return template;
  let archiveLogs = repository?.archiveLogs === true;
  if (!archiveLogs) archiveLogs = template.archiveLocation?.archiveLogs ?? spec.archiveLogs ?? false;
  const source = isJsonObject(template.data?.['source']) ? template.data['source']['artifactPaths'] : undefined;
  const artifacts = [...(template.inputs.artifacts ?? []), ...(template.outputs.artifacts ?? []), ...(isJsonObject(source) ? [normalize('Artifact', source) as unknown as Artifact] : [])];
  if (!archiveLogs && !artifacts.some((artifact) => !hasLocation(artifact))) return template;
  const location = repository === undefined ? {} : locationIn(repository);
  return { ...template, archiveLocation: { archiveLogs, ...location } };
}

function addVolumes(request: PodRequest, template: Template, containers: ContainerJson[], init: ContainerJson, volumes: Volume[]): void {
  const claims = request.workflow.status.persistentVolumeClaims ?? [];
  const known = [...(template.volumes ?? []), ...request.volumes, ...claims];
  const users: { volumeMounts?: VolumeMount[] }[] = [template.container, template.script, template.containerSet, ...(template.initContainers ?? []), ...(template.sidecars ?? [])].flatMap((user) => user ?? []);
  for (const { name } of users.flatMap((user) => user.volumeMounts ?? [])) {
    const volume = known.find((candidate) => candidate.name === name);
    if (volume === undefined) throw new Error(`volume '${name}' not found in workflow spec`);
    if (!volumes.some((other) => other.name === name)) volumes.push(volume);
  }
  const secrets = new Map<string, Set<string>>();
  for (const location of [template.archiveLocation, ...(template.outputs.artifacts ?? []), ...(template.inputs.artifacts ?? [])]) {
    for (const { name, key } of secretsOf(location)) secrets.set(name, (secrets.get(name) ?? new Set()).add(key));
  }
  for (const [name, keys] of secrets) {
    volumes.push({ name, secret: { secretName: name, items: [...keys].map((key) => ({ key, path: key })) } });
    const mounted: VolumeMount = { name, readOnly: true, mountPath: `/argo/secret/${name}` };
    mount(init, mounted);
    // A data template reads the store itself.
    for (const container of containers) if (container.name === 'wait' || (template.data !== undefined && container.name === 'main')) mount(container, mounted);
  }
  // A container set's containers share the set's mounts.
  for (const shared of template.containerSet?.volumeMounts ?? []) for (const container of containers) if (container.name !== 'wait') mount(container, shared);
}

/** The Secrets that a place needs. */
export function secretsOf(location: ArtifactLocation | undefined): { name: string; key: string }[] {
  const store = location?.s3 ?? location?.git ?? location?.artifactory ?? location?.oss ?? location?.gcs ?? location?.azure;
  if (store === undefined) return [];
  return Object.entries(store).flatMap(([field, value]) => {
    if (!/Secret$/.test(field) || !isJsonObject(value) || typeof value['name'] !== 'string' || typeof value['key'] !== 'string') return [];
    return value['name'] === '' ? [] : [{ name: value['name'], key: value['key'] }];
  });
}

function addInputArtifacts(template: Template, containers: ContainerJson[], init: ContainerJson, volumes: Volume[]): void {
  const artifacts = template.inputs.artifacts ?? [];
  if (artifacts.length === 0) return;
  volumes.push({ name: 'input-artifacts', emptyDir: {} });
  mount(init, { name: 'input-artifacts', mountPath: '/argo/inputs/artifacts' });
  const own = [...(template.container?.volumeMounts ?? template.script?.volumeMounts ?? template.containerSet?.volumeMounts ?? [])];
  for (const mounted of own) mount(init, { ...mounted, mountPath: `/mainctrfs${mounted.mountPath}` });
  for (const artifact of artifacts) {
    if (!hasLocationOrKey(artifact) && artifact.optional === true) continue;
    if (overlapping(own, artifact.path ?? '') !== undefined) continue;
    for (const container of containers) if (container.name === 'main') mount(container, { name: 'input-artifacts', mountPath: artifact.path ?? '', subPath: artifact.name });
  }
}

/** The deepest of a template's own mounts that a path lies in. */
export function overlapping(mounts: readonly VolumeMount[], path: string): VolumeMount | undefined {
  return [...mounts].sort((a, b) => b.mountPath.length - a.mountPath.length).find(({ mountPath }) => {
    const folder = mountPath.replace(/\/+$/, '');
    return path === folder || path.startsWith(`${folder}/`);
  });
}

function serviceAccount(spec: WorkflowSpec, template: Template): JsonObject {
  const name = template.serviceAccountName ?? spec.serviceAccountName;
  const automount = template.automountServiceAccountToken ?? spec.automountServiceAccountToken;
  const executor = template.executor?.serviceAccountName ?? spec.executor?.serviceAccountName ?? '';
  if (automount === false && executor === '') throw new Error('executor.serviceAccountName must not be empty if automountServiceAccountToken is false');
  return { ...(name === undefined ? {} : { serviceAccountName: name }), ...(automount === false ? { automountServiceAccountToken: false } : {}) };
}

function scheduling({ spec, boundary }: PodRequest, template: Template): JsonObject {
  const pick = <K extends 'nodeSelector' | 'affinity' | 'tolerations'>(field: K): JsonObject => {
    const value = [template[field], boundary?.[field], spec[field]].find((candidate) => candidate !== undefined);
    return value === undefined ? {} : { [field]: value as Json };
  };
  const set = (field: string, value: Json | undefined): JsonObject => (value === undefined || value === '' ? {} : { [field]: value });
  const aliases = [...(spec.hostAliases ?? []), ...(template.hostAliases ?? [])];
  return {
    ...pick('nodeSelector'),
    ...pick('affinity'),
    ...pick('tolerations'),
    ...set('schedulerName', template.schedulerName ?? spec.schedulerName),
    ...set('priorityClassName', template.priorityClassName ?? spec.podPriorityClassName),
    ...(aliases.length > 0 ? { hostAliases: aliases } : {}),
    ...set('securityContext', template.securityContext ?? spec.securityContext),
    ...set('hostNetwork', spec.hostNetwork),
    ...set('dnsPolicy', spec.dnsPolicy),
    ...set('dnsConfig', spec.dnsConfig),
    ...set('imagePullSecrets', spec.imagePullSecrets),
  };
}

/** Where artifacts go has to be known by now. */
function checkArchiveLocation(pod: KubeObject & { spec: JsonObject }): void {
  const containers = pod.spec['initContainers'];
  const first: Json | undefined = Array.isArray(containers) ? containers[0] : undefined;
  const env = isJsonObject(first) && Array.isArray(first['env']) ? first['env'] : [];
  for (const variable of env) {
    if (!isJsonObject(variable) || variable['name'] !== 'ARGO_TEMPLATE' || typeof variable['value'] !== 'string') continue;
    const location = decodeTemplate(JSON.parse(variable['value'])).archiveLocation;
    const tag = /\{\{(?!=)(.*?)\}\}/.exec(location === undefined ? '' : goJson(normalize('ArtifactLocation', location)));
    if (tag !== null) throw new Error(`failed to resolve {{${tag[1] ?? ''}}}`);
  }
}

/** A pod's spec with a patch, JSON or YAML, over it. Throws Argo's words for one that is none. */
export function patchedPodSpec(spec: JsonObject, text: string): JsonObject {
  let patch: unknown;
  try {
    patch = parseYaml(text);
  } catch (error) {
    throw new Error('Error applying PodSpecPatch', { cause: error });
  }
  if (!isJsonObject(patch)) throw new Error('Error applying PodSpecPatch');
  try {
    // What Go could not read as a container.
    for (const container of Array.isArray(patch['containers']) ? patch['containers'] : []) normalize('core.Container', container);
    return mergeWithContainers(spec, patch);
  } catch (error) {
    throw new Error('Error applying PodSpecPatch', { cause: error });
  }
}

/** Containers are told apart by name, which the templates' own merge does not know. */
function mergeWithContainers(spec: JsonObject, patch: JsonObject): JsonObject {
  const { containers, ...rest } = patch;
  const merged = mergeOver(spec, rest);
  if (!Array.isArray(containers) || !Array.isArray(spec['containers'])) return merged;
  const out = [...spec['containers']];
  for (const container of containers) {
    if (!isJsonObject(container)) continue;
    const index = out.findIndex((other) => isJsonObject(other) && other['name'] === container['name']);
    const below = out[index];
    if (isJsonObject(below)) out[index] = mergeOver(below, container);
    else out.push(container);
  }
  return { ...merged, containers: out };
}

/** Wraps every command so that it is watched, and mounts what all share. */
function finishContainers(pod: KubeObject & { spec: JsonObject }, request: PodRequest): void {
  const containers = Array.isArray(pod.spec['containers']) ? pod.spec['containers'].filter(isJsonObject) : [];
  for (const [i, container] of containers.entries()) {
    const image = String(container['image'] ?? '');
    if (container['name'] !== 'wait') {
      let command = Array.isArray(container['command']) ? container['command'] : [];
      if (command.length === 0) {
        const known = request.config.images[image] ?? request.imageCommand(image);
        if (known === undefined) {
          throw new Error(
            `failed to look-up entrypoint/cmd for image ${JSON.stringify(image)}, you must either explicitly specify the command, or list the image's command in the index: https://argo-workflows.readthedocs.io/en/latest/workflow-executors/#emissary-emissary: image not found`,
          );
        }
        command = known.entrypoint;
        if (container['args'] === undefined && known.cmd.length > 0) container['args'] = known.cmd;
      }
      container['command'] = ['/var/run/argo/argoexec', 'emissary', ...LOG_OPTIONS, '--', ...command];
    }
    const mounts = Array.isArray(container['volumeMounts']) ? container['volumeMounts'] : [];
    if (image === IMAGES.executor) mounts.push({ name: 'tmp-dir-argo', mountPath: '/tmp', subPath: String(i) });
    mounts.push({ ...VAR_RUN_ARGO });
    container['volumeMounts'] = mounts;
  }
}

/** Where an output artifact goes: its own place, or the key within the archive location. */
export function outputLocation(artifact: Artifact, archive: (ArtifactLocation & { s3?: S3Location }) | undefined, suffix: string): ArtifactLocation {
  if (hasLocation(artifact)) return {};
  const base = archive?.s3;
  if (base === undefined) return {};
  return { s3: { key: artifact.s3?.key ?? `${base.key ?? ''}/${artifact.name}${suffix}` } };
}
