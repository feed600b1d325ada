import type { Converter } from '../conversion-webhook.ts';
import type { ResourceType } from '../../client.ts';

/** A served resource: what discovery says of it, and what the verbs need to know. */
export interface ResourceInfo extends ResourceType {
  kind: string;
  singular: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames?: readonly string[];
  categories?: readonly string[];
  subresources?: readonly SubresourceInfo[];
  /** `metadata.generation` counts changes of the spec. */
  hasGeneration?: boolean;
  /** The list's kind, when it is not the kind with `List` behind it. */
  listKind?: string;
  /** Set when a CustomResourceDefinition serves it. */
  custom?: CustomResourceInfo;
}

export interface SubresourceInfo {
  name: string;
  verbs: readonly string[];
  kind: string;
  /** Absent: the group and version of the resource itself. */
  group?: string;
  version?: string;
}

export interface CustomResourceInfo {
  /** The name of the CustomResourceDefinition. */
  definition: string;
  /** The version that objects are stored in. */
  storageVersion: string;
  /** openAPIV3Schema as written. */
  schema?: unknown;
  printerColumns?: readonly PrinterColumn[];
  /** JSON paths of the scale subresource, as written. */
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };
  /** JSON paths that field selectors may name. */
  selectableFields?: readonly string[];
  deprecationWarning?: string;
  /** Shows objects of other versions as this one; absent: they differ in nothing else. */
  converter?: Converter;
}

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  format?: string;
  description?: string;
  priority?: number;
}

export function hasSubresource(info: ResourceInfo, name: string): boolean {
  return info.subresources?.some((s) => s.name === name) === true;
}
