import type { Artifact, ArtifactLocation, Arguments, Container, Template, WorkflowStep } from './workflow.ts';

export type TemplateType = 'Container' | 'ContainerSet' | 'Steps' | 'DAG' | 'Script' | 'Resource' | 'Data' | 'Suspend' | 'HTTP' | 'Plugin' | 'Unknown';

// After argo-workflows v3.7.6 pkg/apis/workflow/v1alpha1/workflow_types.go
const order: readonly [keyof Template, TemplateType][] = [
  ['container', 'Container'],
  ['containerSet', 'ContainerSet'],
  ['steps', 'Steps'],
  ['dag', 'DAG'],
  ['script', 'Script'],
  ['resource', 'Resource'],
  ['data', 'Data'],
  ['suspend', 'Suspend'],
  ['http', 'HTTP'],
  ['plugin', 'Plugin'],
];

/** How many kinds of work a template names; more than one is a mistake. */
export function templateTypesOf(template: Template): TemplateType[] {
  return order.filter(([field]) => template[field] !== undefined).map(([, type]) => type);
}

export function templateTypeOf(template: Template): TemplateType {
  return templateTypesOf(template)[0] ?? 'Unknown';
}

export function isPodType(template: Template): boolean {
  return ['Container', 'ContainerSet', 'Script', 'Resource', 'Data'].includes(templateTypeOf(template));
}

export function isLeaf(template: Template): boolean {
  return isPodType(template) || ['HTTP', 'Plugin'].includes(templateTypeOf(template));
}

/** Whether a node of the template has `outputs.result` and `exitCode`. */
export function hasOutput(template: Template): boolean {
  return (
    template.container !== undefined ||
    template.containerSet?.containers.some((container) => container.name === 'main') === true ||
    template.script !== undefined ||
    template.data !== undefined ||
    template.http !== undefined ||
    template.plugin !== undefined
  );
}

export function mainContainerNames(template: Template): string[] {
  return template.containerSet === undefined ? ['main'] : template.containerSet.containers.map((container) => container.name);
}

const stores = ['s3', 'git', 'http', 'artifactory', 'hdfs', 'raw', 'oss', 'gcs', 'azure'] as const;

export function storeOf(location: ArtifactLocation): (typeof stores)[number] | undefined {
  return stores.find((store) => location[store] !== undefined);
}

/** Whether the place is complete: the key of a bucket alone is none yet. */
export function hasLocation(location: ArtifactLocation): boolean {
  if (location.s3 !== undefined) return isText(location.s3.endpoint) && isText(location.s3.bucket) && isText(location.s3.key);
  if (location.git !== undefined) return isText(location.git['repo']);
  if (location.http !== undefined) return isText(location.http.url);
  if (location.artifactory !== undefined) return isText(location.artifactory['url']);
  if (location.raw !== undefined) return true;
  if (location.hdfs !== undefined) return Array.isArray(location.hdfs['addresses']) && location.hdfs['addresses'].length > 0;
  if (location.oss !== undefined) return isText(location.oss['bucket']) && isText(location.oss['endpoint']) && isText(location.oss['key']);
  if (location.gcs !== undefined) return isText(location.gcs['bucket']) && isText(location.gcs['key']);
  if (location.azure !== undefined) return isText(location.azure['container']) && isText(location.azure['blob']);
  return false;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** The key or path within a store; undefined when the place has none. */
export function keyOf(location: ArtifactLocation): string | undefined {
  const key = location.s3?.key ?? location.oss?.['key'] ?? location.gcs?.['key'] ?? location.azure?.['blob'] ?? location.hdfs?.['path'];
  if (typeof key === 'string' && key !== '') return key;
  if (location.http !== undefined) return location.http.url;
  return location.raw === undefined ? undefined : '';
}

export function hasLocationOrKey(location: ArtifactLocation): boolean {
  return hasLocation(location) || (keyOf(location) ?? '') !== '';
}

export const parameterOf = (args: Arguments, name: string) => args.parameters?.find((parameter) => parameter.name === name);
export const artifactOf = (args: Arguments, name: string): Artifact | undefined => args.artifacts?.find((artifact) => artifact.name === name);

/** The containers that do a template's work. */
export function mainContainersOf(template: Template): Container[] {
  if (template.containerSet !== undefined) return template.containerSet.containers.map(({ dependencies: _dependencies, ...container }) => container);
  if (template.script !== undefined) {
    const { source, ...container } = template.script;
    return [source === '' ? container : { ...container, args: [...(container.args ?? []), '/argo/staging/script'] }];
  }
  return template.container === undefined ? [] : [template.container];
}

/** A template's groups of parallel steps: Go writes one that is empty as null. */
export const stepGroupsOf = (template: Template): WorkflowStep[][] => (template.steps ?? []).map((group) => group ?? []);
