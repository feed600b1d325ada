import type { Json, JsonObject } from '../../../lib/json.ts';
import type { KubeObject, ObjectMeta } from '../../store/object.ts';
import { normalize } from './normal-form.ts';
import type { ValueFrom, Parameter, S3Location, ArtifactLocation, Artifact, Arguments, Outputs } from './arguments.ts';
import type { Metadata, Volume, Container, UserContainer, ScriptTemplate, ContainerSetTemplate } from './pod-parts.ts';
import type { Condition, WorkflowStatus } from './status.ts';

/*
 * What the rooms of Argo use of its objects, in normal form: what Go prints always is never optional here.
 * Only `decodeWorkflow` and its like make these; the table of Go structs vouches for the types.
 */

export type { ValueFrom, Parameter, S3Location, ArtifactLocation, Artifact, Arguments, Outputs } from './arguments.ts';
export type { Metadata, EnvVar, VolumeMount, Volume, Container, UserContainer, ScriptTemplate, ContainerNode, ContainerSetTemplate } from './pod-parts.ts';
export type { NodePhase, NodeType, NodeStatus, Condition, SyncHolding, SyncStatus, WorkflowPhase, WorkflowStatus } from './status.ts';

export interface ResourceTemplate {
  action: string;
  mergeStrategy?: string;
  manifest?: string;
  manifestFrom?: { artifact?: Artifact };
  setOwnerReference?: boolean;
  successCondition?: string;
  failureCondition?: string;
  flags?: string[];
}

export interface TemplateRef {
  name?: string;
  template?: string;
  clusterScope?: boolean;
}

export interface Sequence {
  count?: number | string;
  start?: number | string;
  end?: number | string;
  format?: string;
}

export interface ContinueOn {
  error?: boolean;
  failed?: boolean;
}

export interface LifecycleHook {
  template?: string;
  arguments: Arguments;
  templateRef?: TemplateRef;
  expression?: string;
}

/** What steps and DAG tasks share: what to run, how often, and when. */
export interface Invocation {
  name?: string;
  template?: string;
  inline?: Template;
  arguments: Arguments;
  templateRef?: TemplateRef;
  withItems?: Json[];
  withParam?: string;
  withSequence?: Sequence;
  when?: string;
  continueOn?: ContinueOn;
  onExit?: string;
  hooks?: Record<string, LifecycleHook>;
}

export type WorkflowStep = Invocation;

export interface DagTask extends Invocation {
  name: string;
  dependencies?: string[];
  depends?: string;
}

export interface Backoff {
  duration?: string;
  factor?: number | string;
  maxDuration?: string;
  cap?: string;
}

export interface RetryStrategy {
  limit?: number | string;
  retryPolicy?: string;
  backoff?: Backoff;
  affinity?: JsonObject;
  expression?: string;
}

export interface SyncDatabaseRef {
  key: string;
}

export interface SemaphoreRef {
  configMapKeyRef?: { name?: string; key: string };
  namespace?: string;
  database?: SyncDatabaseRef;
}

export interface Mutex {
  name?: string;
  namespace?: string;
  database?: boolean;
}

export interface Synchronization {
  semaphore?: SemaphoreRef;
  mutex?: Mutex;
  semaphores?: SemaphoreRef[];
  mutexes?: Mutex[];
}

export interface Template {
  name?: string;
  inputs: Arguments;
  outputs: Outputs;
  nodeSelector?: Record<string, string>;
  affinity?: JsonObject;
  metadata: Metadata;
  daemon?: boolean;
  steps?: (WorkflowStep[] | null)[];
  container?: Container;
  containerSet?: ContainerSetTemplate;
  script?: ScriptTemplate;
  resource?: ResourceTemplate;
  dag?: { target?: string; tasks: DagTask[]; failFast?: boolean };
  suspend?: { duration?: string };
  data?: JsonObject;
  http?: JsonObject;
  plugin?: JsonObject;
  volumes?: Volume[];
  initContainers?: UserContainer[];
  sidecars?: UserContainer[];
  archiveLocation?: ArtifactLocation & { s3?: S3Location };
  activeDeadlineSeconds?: number | string;
  retryStrategy?: RetryStrategy;
  parallelism?: number;
  failFast?: boolean;
  tolerations?: Json[];
  schedulerName?: string;
  priorityClassName?: string;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  executor?: { serviceAccountName?: string };
  hostAliases?: Json[];
  securityContext?: JsonObject;
  podSpecPatch?: string;
  metrics?: { prometheus: MetricSpec[] };
  synchronization?: Synchronization;
  memoize?: { key: string; cache?: { configMap?: { name?: string; key: string } }; maxAge: string };
  timeout?: string;
  annotations?: Record<string, string>;
}

export interface MetricSpec {
  name: string;
  labels?: { key: string; value: string }[];
  help: string;
  when?: string;
  gauge?: { value: string; realtime?: boolean };
  histogram?: { value: string };
  counter?: { value: string };
}

export interface WorkflowSpec {
  templates?: Template[];
  entrypoint?: string;
  arguments: Arguments;
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  executor?: { serviceAccountName?: string };
  volumes?: Volume[];
  volumeClaimTemplates?: (JsonObject & { metadata: ObjectMeta })[];
  parallelism?: number;
  artifactRepositoryRef?: { configMap?: string; key?: string };
  suspend?: boolean;
  nodeSelector?: Record<string, string>;
  affinity?: JsonObject;
  tolerations?: Json[];
  imagePullSecrets?: Json[];
  hostNetwork?: boolean;
  dnsPolicy?: string;
  dnsConfig?: JsonObject;
  onExit?: string;
  ttlStrategy?: { secondsAfterCompletion?: number; secondsAfterSuccess?: number; secondsAfterFailure?: number };
  activeDeadlineSeconds?: number;
  priority?: number;
  schedulerName?: string;
  podGC?: { strategy?: string; labelSelector?: JsonObject; deleteDelayDuration?: string };
  podPriorityClassName?: string;
  hostAliases?: Json[];
  securityContext?: JsonObject;
  podSpecPatch?: string;
  podDisruptionBudget?: JsonObject;
  metrics?: { prometheus: MetricSpec[] };
  shutdown?: 'Stop' | 'Terminate';
  workflowTemplateRef?: { name?: string; clusterScope?: boolean };
  synchronization?: Synchronization;
  volumeClaimGC?: { strategy?: string };
  retryStrategy?: RetryStrategy;
  podMetadata?: Metadata;
  templateDefaults?: Template;
  archiveLogs?: boolean;
  hooks?: Record<string, LifecycleHook>;
  workflowMetadata?: { labels?: Record<string, string>; annotations?: Record<string, string>; labelsFrom?: Record<string, { expression: string }> };
  artifactGC?: JsonObject & { strategy?: string };
}

export interface Workflow extends KubeObject {
  spec: WorkflowSpec;
  status: WorkflowStatus;
}

/** A WorkflowTemplate or a ClusterWorkflowTemplate. */
export interface WorkflowTemplate extends KubeObject {
  spec: WorkflowSpec;
}

export interface CronWorkflow extends KubeObject {
  spec: {
    workflowSpec: WorkflowSpec;
    schedule?: string;
    schedules?: string[];
    concurrencyPolicy?: string;
    suspend?: boolean;
    startingDeadlineSeconds?: number;
    successfulJobsHistoryLimit?: number;
    failedJobsHistoryLimit?: number;
    timezone?: string;
    workflowMetadata?: Partial<ObjectMeta>;
    stopStrategy?: { expression: string };
    when?: string;
  };
  status: {
    active?: JsonObject[] | null;
    lastScheduledTime?: string | null;
    conditions?: Condition[];
    succeeded: number;
    failed: number;
    phase: string;
  };
}

// The table of Go structs has checked every field, so these casts are checked ones.
function decode<T>(struct: string, value: unknown): T {
  return normalize(struct, value) as unknown as T;
}

/** An object from the API in normal form; throws GoDecodeError when a field has the wrong type. */
export const decodeWorkflow = (value: unknown): Workflow => decode('Workflow', value);
export const decodeWorkflowTemplate = (value: unknown): WorkflowTemplate => decode('WorkflowTemplate', value);
export const decodeCronWorkflow = (value: unknown): CronWorkflow => decode('CronWorkflow', value);
export const decodeTemplate = (value: unknown): Template => decode('Template', value);
export const decodeWorkflowSpec = (value: unknown): WorkflowSpec => decode('WorkflowSpec', value);
export const decodeInvocation = (value: unknown): Invocation => decode('WorkflowStep', value);
export const decodeDagTask = (value: unknown): DagTask => decode('DAGTask', value);
export const decodeOutputs = (value: unknown): Outputs => decode('Outputs', value);
export const decodeLifecycleHook = (value: unknown): LifecycleHook => decode('LifecycleHook', value);
