import { z } from 'zod';
import { argoInstallObjects } from '../../cluster/index.ts';
import type { KubeObject } from '../../cluster/vocabulary.ts';

/** Other images than the course's own, where the cluster has those under another name: `MINIO_IMAGE`, `MINIO_CLIENT_IMAGE`. */
export interface StoreImages {
  server?: string | undefined;
  client?: string | undefined;
}

/** By default the first of its namespace's repositories. After argo-workflows v3.7.6 workflow/artifactrepositories/artifactrepositories.go */
const DEFAULT = { 'workflows.argoproj.io/default-artifact-repository': 'course' };

/** What a controller's own settings say of the store. */
export function repositorySettings(): string {
  return Settings.parse(argoInstallObjects().find(({ kind, metadata: { name } }) => kind === 'ConfigMap' && name === 'workflow-controller-configmap')).data.artifactRepository;
}

/** Leads the workflows of a namespace to its store, whichever controller looks after them. */
export function repositories(metadata: { namespace: string; labels: Record<string, string> }): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name: 'artifact-repositories', annotations: DEFAULT }, data: { course: repositorySettings() } };
}

/**
 * An object store for one namespace, the course's own. It counts against the namespace's quota, and keeps nothing beyond its pod.
 */
export function objectStore(metadata: { namespace: string; labels: Record<string, string> }, images: StoreImages): KubeObject[] {
  return argoInstallObjects().filter((object) => /minio/.test(object.metadata.name) && object.kind !== 'CustomResourceDefinition').map((object) => ({ ...withImages(object, images), metadata: { ...object.metadata, ...metadata, labels: { ...object.metadata.labels, ...metadata.labels } } }));
}

const Settings = z.object({ data: z.object({ artifactRepository: z.string() }) });
const Template = z.looseObject({ spec: z.looseObject({ template: z.looseObject({ spec: z.looseObject({ containers: z.array(z.looseObject({ name: z.string(), image: z.string() })) }) }) }) });

function withImages(object: KubeObject, images: StoreImages): KubeObject {
  const parsed = Template.safeParse(object);
  if (!parsed.success) return object;
  const { spec } = parsed.data;
  const containers = spec.template.spec.containers.map((container) => ({ ...container, image: (container.name === 'minio' ? images.server : images.client) ?? container.image, imagePullPolicy: 'IfNotPresent' }));
  return { ...object, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } };
}
