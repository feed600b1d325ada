import type { JsonObject } from '../../../lib/json.ts';

/* What goes into templates and comes out of them, in normal form. */

export interface ValueFrom {
  path?: string;
  jsonPath?: string;
  jqFilter?: string;
  event?: string;
  parameter?: string;
  supplied?: JsonObject;
  configMapKeyRef?: { name?: string; key: string; optional?: boolean };
  default?: string;
  expression?: string;
}

export interface Parameter {
  name: string;
  default?: string;
  value?: string;
  valueFrom?: ValueFrom;
  globalName?: string;
  enum?: string[];
  description?: string;
}

export interface S3Location {
  endpoint?: string;
  bucket?: string;
  region?: string;
  insecure?: boolean;
  accessKeySecret?: { name?: string; key: string };
  secretKeySecret?: { name?: string; key: string };
  key?: string;
}

/** Where an artifact lies; at most one of the stores is set. */
export interface ArtifactLocation {
  archiveLogs?: boolean;
  s3?: S3Location;
  git?: JsonObject;
  http?: JsonObject & { url: string };
  artifactory?: JsonObject;
  hdfs?: JsonObject;
  raw?: { data: string };
  oss?: JsonObject;
  gcs?: JsonObject;
  azure?: JsonObject;
}

export interface Artifact extends ArtifactLocation {
  name: string;
  path?: string;
  mode?: number;
  from?: string;
  globalName?: string;
  archive?: { tar?: JsonObject; none?: JsonObject; zip?: JsonObject };
  optional?: boolean;
  subPath?: string;
  recurseMode?: boolean;
  fromExpression?: string;
  artifactGC?: JsonObject;
  deleted?: boolean;
}

export interface Arguments {
  parameters?: Parameter[];
  artifacts?: Artifact[];
}

export interface Outputs {
  parameters?: Parameter[];
  artifacts?: Artifact[];
  result?: string;
  exitCode?: string;
}
