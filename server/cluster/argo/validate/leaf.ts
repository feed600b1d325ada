import { parseAllDocuments } from 'yaml';
import type { TemplateBase } from '../types/resolve.ts';
import type { Artifact, ArtifactLocation, ContainerSetTemplate, Template } from '../types/workflow.ts';
import { fieldNameProblem, namesProblem } from './names.ts';
import { invalid } from './problem.ts';

export const isPlaceholder = (text: unknown): boolean => typeof text === 'string' && text.startsWith('placeholder-');

/** Checks what a pod's template says of its containers. After argo-workflows v3.7.6 workflow/validate/validate.go */
export function validateLeafFields(template: Template, base: TemplateBase): void {
  const at = `templates.${template.name ?? ''}`;
  if (template.container !== undefined) {
    collisions(`${at}.container`, at, template);
    if ((template.container.image ?? '') === '' && (defaultsOf(base)?.container?.image ?? '') === '') invalid(`${at}.container.image may not be empty`);
  }
  if (template.containerSet !== undefined) {
    containerSet(`${at}.containerSet.`, template.containerSet);
    const hasData = [template.inputs.artifacts, template.outputs.parameters, template.outputs.artifacts].some((list) => (list ?? []).length > 0);
    if (hasData && !template.containerSet.containers.some(({ name }) => name === 'main')) invalid(`${at}.containerSet.containers must have a container named "main" for input or output`);
  }
  if (template.resource !== undefined) resource(at, template);
  if (template.script !== undefined && (template.script.image ?? '') === '' && (defaultsOf(base)?.script?.image ?? '') === '') invalid(`${at}.script.image may not be empty`);
  const deadline = template.activeDeadlineSeconds;
  if (deadline !== undefined) {
    const number = Number(deadline);
    const valid = typeof deadline === 'number' || /^[+-]?\d+$/.test(deadline) || (deadline.startsWith('{{') && deadline.endsWith('}}')) || isPlaceholder(deadline);
    if (!valid || number < 0) invalid(`${at}.activeDeadlineSeconds must be a positive integer > 0 or an argo variable`);
  }
  if (template.parallelism !== undefined) invalid(`${at}.parallelism is only valid for steps and dag templates`);
}

function defaultsOf(base: TemplateBase): Template | undefined {
  return base.scope === 'cluster' ? undefined : base.spec.templateDefaults;
}

function collisions(place: string, at: string, template: Template): void {
  const taken = new Map<string, string>();
  for (const [i, mount] of (template.container?.volumeMounts ?? []).entries()) {
    const previous = taken.get(mount.mountPath);
    if (previous !== undefined) invalid(`${place}.volumeMounts[${i}].mountPath '${mount.mountPath}' already mounted in ${previous}`);
    taken.set(mount.mountPath, `container.volumeMounts.${mount.name}`);
  }
  for (const [i, artifact] of (template.inputs.artifacts ?? []).entries()) {
    const path = artifact.path ?? '';
    const previous = taken.get(path);
    if (previous !== undefined) invalid(`${at}.inputs.artifacts[${i}].path '${path}' already mounted in ${previous}`);
    taken.set(path, `inputs.artifacts.${artifact.name}`);
  }
}

function containerSet(prefix: string, set: ContainerSetTemplate): void {
  if (set.containers === null || set.containers.length === 0) invalid(`${prefix}containers must have at least one container`);
  const problem = namesProblem(set.containers, fieldNameProblem);
  if (problem !== undefined) invalid(`${prefix}containers${problem}`);
  const taken = new Map<string, string>();
  for (const [i, mount] of (set.volumeMounts ?? []).entries()) {
    const previous = taken.get(mount.mountPath);
    if (previous !== undefined) invalid(`${prefix}volumeMounts[${i}].mountPath '${mount.mountPath}' already mounted in ${previous}`);
    taken.set(mount.mountPath, `volumeMounts.${mount.name}`);
  }
  const byName = new Map(set.containers.map((container) => [container.name, container.dependencies ?? []]));
  for (const [name, dependencies] of byName) {
    const missing = dependencies.find((dependency) => !byName.has(dependency));
    if (missing !== undefined) invalid(`${prefix}containers.${name} dependency '${missing}' not defined`);
  }
  const visit = (name: string, path: string[]): void => {
    for (const next of byName.get(name) ?? []) {
      if (path.includes(next)) invalid(`${prefix}containers dependency cycle detected: ${path.join('->')}->${next}`);
      visit(next, [...path, next]);
    }
  };
  for (const name of byName.keys()) visit(name, []);
}

const ACTIONS = ['get', 'create', 'apply', 'delete', 'replace', 'patch'];

function resource(at: string, template: Template): void {
  const spec = template.resource;
  if (spec === undefined) return;
  if (!isPlaceholder(spec.action) && !ACTIONS.includes(spec.action)) invalid(`${at}.resource.action must be one of: ${ACTIONS.join(', ')}`);
  if (spec.action === 'delete' || spec.action === 'get') return;
  const manifest = spec.manifest ?? '';
  if (manifest === '' && spec.manifestFrom === undefined) invalid(`either ${at}.resource.manifest or ${at}.resource.manifestFrom must be specified`);
  if (manifest !== '' && spec.manifestFrom !== undefined) invalid("shouldn't have both `manifest` and `manifestFrom` specified in `Manifest` for resource template");
  const source = spec.manifestFrom?.artifact;
  if (source !== undefined && source !== null && template.inputs.artifacts?.some(({ name }) => name === source.name) !== true) {
    invalid(`artifact ${source.name} in \`manifestFrom\` refer to a non-exist artifact`);
  }
  if (manifest === '' || isPlaceholder(manifest)) return;
  if (!isYaml(manifest.replace(/\{\{\s*=\s*(.+?)\s*\}\}/g, 'placeholder'))) invalid(`${at}.resource.manifest must be a valid yaml`);
}

/** Whether sigs.k8s.io/yaml takes a text: it reads the first document, and no maps as keys. */
function isYaml(text: string): boolean {
  const documents = parseAllDocuments(text, { logLevel: 'error', stringKeys: true, uniqueKeys: false });
  if ('empty' in documents) return documents.errors.length === 0;
  try {
    documents[0]?.toJS();
  } catch {
    return false;
  }
  return (documents[0]?.errors ?? []).length === 0;
}

export function validateLocation(prefix: string, location: ArtifactLocation): void {
  if (location.git !== undefined && (location.git['repo'] ?? '') === '') invalid(`${prefix}.git.repo is required`);
  if (location.hdfs !== undefined && !(Array.isArray(location.hdfs['addresses']) && location.hdfs['addresses'].length > 0)) invalid(`${prefix}.hdfs.addresses is required`);
}

/** Refuses an artifact without a path, and one whose path climbs out of its folder. */
export function checkArtifactPath(artifact: Artifact): void {
  const path = artifact.path ?? '';
  if (path === '') throw new Error(`Artifact '${artifact.name}' did not specify a path`);
  const climbing = path.includes('/../') ? path.slice(0, path.indexOf('/../')) : path.endsWith('/..') ? path.slice(0, -3) : '';
  if (climbing === '') return;
  const cleaned = new URL(`file://${path}`).pathname;
  if (!cleaned.startsWith(`${climbing}/`) || cleaned.length <= climbing.length + 1) {
    throw new Error(`Artifact '${artifact.name}' attempted to use a path containing '..'. Directory traversal is not permitted`);
  }
}
