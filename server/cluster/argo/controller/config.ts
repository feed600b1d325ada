import { parse } from 'yaml';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { normalize } from '../types/normal-form.ts';
import { decodeWorkflow } from '../types/workflow.ts';
import type { ArtifactLocation, S3Location, Workflow } from '../types/workflow.ts';

export type ArtifactRepository = ArtifactLocation & { archiveLogs?: boolean; s3?: S3Location & { keyFormat?: string } };

/** What the workflow controller reads from its ConfigMap. */
export interface ControllerConfig {
  artifactRepository: ArtifactRepository | undefined;
  workflowDefaults: Workflow | undefined;
  /** How many workflows may run at once, in all; 0 means any number. */
  parallelism: number;
  namespaceParallelism: number;
  /** Only objects with this label are the controller's; '': those without one. */
  instanceId: string;
  nodeEvents: boolean;
  workflowEvents: boolean;
  /** Commands of images, for containers that name none. */
  images: Record<string, { entrypoint: string[]; cmd: string[] }>;
  mainContainer: JsonObject | undefined;
  executor: JsonObject;
}

/** Reads the ConfigMap's data: one key a setting, or all of them as YAML under `config`. Throws when it is no YAML. */
export function readConfig(data: Record<string, string>): ControllerConfig {
  const values: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(data)) {
    if (key === 'config') {
      const all: unknown = parse(text);
      if (isJsonObject(all)) Object.assign(values, all);
    } else values[key] = parse(text);
  }
  const repository = values['artifactRepository'];
  const defaults = values['workflowDefaults'];
  const enabled = (value: unknown): boolean => !(isJsonObject(value) && value['enabled'] === false);
  const images: ControllerConfig['images'] = {};
  if (isJsonObject(values['images'])) {
    for (const [image, entry] of Object.entries(values['images'])) {
      const list = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
      if (isJsonObject(entry)) images[image] = { entrypoint: list(entry['entrypoint'] ?? entry['command']), cmd: list(entry['cmd'] ?? entry['args']) };
    }
  }
  return {
    artifactRepository: isJsonObject(repository) ? repositoryOf(repository) : undefined,
    workflowDefaults: isJsonObject(defaults) ? decodeWorkflow(defaults) : undefined,
    parallelism: Number(values['parallelism'] ?? 0) || 0,
    namespaceParallelism: Number(values['namespaceParallelism'] ?? 0) || 0,
    instanceId: typeof values['instanceID'] === 'string' ? values['instanceID'] : '',
    nodeEvents: enabled(values['nodeEvents']),
    workflowEvents: enabled(values['workflowEvents']),
    images,
    mainContainer: isJsonObject(values['mainContainer']) ? values['mainContainer'] : undefined,
    executor: isJsonObject(values['executor']) ? values['executor'] : {},
  };
}

export function repositoryOf(value: unknown): ArtifactRepository {
  return normalize('ArtifactRepository', value) as ArtifactRepository;
}

/** A place in the repository, with the default key of an artifact's pod. */
export function locationIn(repository: ArtifactRepository): ArtifactLocation & { s3?: S3Location } {
  const location: ArtifactLocation & { s3?: S3Location } = {};
  if (repository.s3 !== undefined) {
    const { keyFormat, ...bucket } = repository.s3;
    location.s3 = { ...bucket, key: keyFormat !== undefined && keyFormat !== '' ? keyFormat : '{{workflow.name}}/{{pod.name}}' };
  }
  return location;
}

/** Whether an object is for a controller of this instance ID. */
export const isOurs = (object: KubeObject, instanceId: string): boolean => (object.metadata.labels?.['workflows.argoproj.io/controller-instanceid'] ?? '') === instanceId;
