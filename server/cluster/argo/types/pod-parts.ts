import type { Json, JsonObject } from '../../../lib/json.ts';

// What templates take over from the pods that they become.

export interface Metadata {
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: JsonObject;
}

export interface VolumeMount {
  name: string;
  readOnly?: boolean;
  mountPath: string;
  subPath?: string;
}

export interface Volume {
  name: string;
  [source: string]: Json | undefined;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  resources: { limits?: Record<string, string>; requests?: Record<string, string> };
  volumeMounts?: VolumeMount[];
  imagePullPolicy?: string;
  securityContext?: JsonObject;
}

export interface UserContainer extends Container {
  mirrorVolumeMounts?: boolean;
}

export interface ScriptTemplate extends Container {
  source: string;
}

export interface ContainerNode extends Container {
  dependencies?: string[];
}

export interface ContainerSetTemplate {
  containers: ContainerNode[];
  volumeMounts?: VolumeMount[];
  retryStrategy?: JsonObject;
}
