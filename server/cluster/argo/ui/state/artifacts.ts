import type { Artifact, NodeStatus, Workflow } from '../api/shapes.ts';
import { isInCluster } from './actions.ts';

/** Which field of an artifact's location says where in the store it lies. */
const LOCATIONS: readonly (readonly [string, string])[] = [
  ['s3', 'key'],
  ['gcs', 'key'],
  ['oss', 'key'],
  ['azure', 'blob'],
  ['hdfs', 'path'],
  ['http', 'url'],
  ['artifactory', 'url'],
  ['git', 'repo'],
];

export interface ArtifactPlace {
  /** The same for all nodes that write or read it. */
  id: string;
  /** Where it lies: a key, a path or an address. */
  key: string;
  /** Last part of the key. */
  file: string;
}

/** Where an artifact lies; undefined where it lies nowhere, as one whose text stands in the workflow. */
export function artifactPlace(artifact: Artifact): ArtifactPlace | undefined {
  for (const [kind, field] of LOCATIONS) {
    const location = artifact[kind];
    if (typeof location !== 'object' || location === null) continue;
    const key: unknown = Reflect.get(location, field);
    if (typeof key !== 'string' || key === '') continue;
    return { id: `artifact ${kind}:${key}`, key, file: key.replace(/\/+$/, '').replace(/^.*\//, '') };
  }
  return undefined;
}

export interface FoundArtifact extends ArtifactPlace {
  artifact: Artifact;
  node: NodeStatus;
  direction: 'inputs' | 'outputs';
}

/** The artifact that a node of the graph stands for: as the node that made it has it, else as one that takes it in. */
export function findArtifact(workflow: Workflow, id: string): FoundArtifact | undefined {
  if (!id.startsWith('artifact ')) return undefined;
  const nodes = Object.values(workflow.status.nodes ?? {});
  for (const direction of ['outputs', 'inputs'] as const) {
    for (const node of nodes) {
      for (const artifact of node[direction]?.artifacts ?? []) {
        const place = artifactPlace(artifact);
        if (place?.id === id) return { ...place, artifact, node, direction };
      }
    }
  }
  return undefined;
}

/** Where the server hands an artifact out, below the base; the login's cookie goes along. */
export function artifactPath(workflow: Workflow, node: NodeStatus, direction: 'inputs' | 'outputs', artifact: string): string {
  const { name = '', namespace = '', uid = '' } = workflow.metadata;
  const rest = `${encodeURIComponent(node.id)}/${encodeURIComponent(artifact)}`;
  const area = direction === 'outputs' ? 'artifacts' : 'input-artifacts';
  return isInCluster(workflow) ? `${area}/${namespace}/${name}/${rest}` : `${area}-by-uid/${uid}/${rest}`;
}
