import type { JsonObject } from '../../../lib/json.ts';
import type { S3Location, ArtifactLocation, Arguments, Outputs } from './arguments.ts';
import type { Volume } from './pod-parts.ts';
import type { TemplateRef, Template, WorkflowSpec } from './workflow.ts';

// What the controller writes into a workflow's status.

export type NodePhase = 'Pending' | 'Running' | 'Succeeded' | 'Skipped' | 'Failed' | 'Error' | 'Omitted';
export type NodeType = 'Pod' | 'Container' | 'Steps' | 'StepGroup' | 'DAG' | 'TaskGroup' | 'Retry' | 'Skipped' | 'Suspend' | 'HTTP' | 'Plugin';

export interface NodeStatus {
  id: string;
  name: string;
  displayName: string;
  type: NodeType;
  templateName?: string;
  templateRef?: TemplateRef;
  templateScope?: string;
  phase: NodePhase;
  boundaryID?: string;
  message?: string;
  startedAt: string | null;
  finishedAt: string | null;
  estimatedDuration?: number;
  progress?: string;
  resourcesDuration?: Record<string, number>;
  podIP?: string;
  daemoned?: boolean;
  nodeFlag?: { hooked?: boolean; retried?: boolean };
  inputs?: Arguments;
  outputs?: Outputs;
  children?: string[];
  outboundNodes?: string[];
  hostNodeName?: string;
  memoizationStatus?: { hit: boolean; key: string; cacheName: string };
  synchronizationStatus?: { waiting?: string };
  taskResultSynced?: boolean;
}

export interface Condition {
  type: string;
  status: string;
  message?: string;
}

export interface SyncHolding {
  semaphore?: string;
  mutex?: string;
  holders?: string[];
  holder?: string;
}

export interface SyncStatus {
  semaphore?: { holding?: SyncHolding[]; waiting?: SyncHolding[] };
  mutex?: { holding?: SyncHolding[]; waiting?: SyncHolding[] };
}

export type WorkflowPhase = '' | 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Error';

export interface WorkflowStatus {
  phase?: WorkflowPhase;
  startedAt: string | null;
  finishedAt: string | null;
  estimatedDuration?: number;
  progress?: string;
  message?: string;
  nodes?: Record<string, NodeStatus>;
  storedTemplates?: Record<string, Template>;
  persistentVolumeClaims?: Volume[];
  outputs?: Outputs;
  conditions?: Condition[];
  resourcesDuration?: Record<string, number>;
  storedWorkflowTemplateSpec?: WorkflowSpec;
  synchronization?: SyncStatus;
  artifactRepositoryRef?: JsonObject & { artifactRepository?: ArtifactLocation & { archiveLogs?: boolean; s3?: S3Location & { keyFormat?: string } } };
  artifactGCStatus?: { strategiesProcessed?: Record<string, boolean>; podsRecouped?: Record<string, boolean>; notSpecified?: boolean };
}
