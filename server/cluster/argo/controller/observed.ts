import type { JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import type { TemplateGetters } from '../types/resolve.ts';
import type { NodeStatus, Outputs, Template } from '../types/workflow.ts';
import type { ControllerConfig } from './config.ts';
import type { CustomMetrics, MetricSpec } from './custom-metrics.ts';
import type { Locks } from './locks.ts';
import type { PodView } from './pod-outcome.ts';

/** What reconciling sees beside the workflow itself. */
export interface Observed {
  now: number;
  /** By node id. */
  pods: ReadonlyMap<string, PodView>;
  taskResults: readonly KubeObject[];
  templates: TemplateGetters;
  config: ControllerConfig;
  locks: Locks;
  /** A ConfigMap's data; undefined when there is none. */
  configMap(name: string, namespace?: string): KubeObject | undefined;
  /** Where the controller itself lives. */
  controllerNamespace: string;
  parseYaml(text: string): unknown;
  imageCommand(image: string): { entrypoint: string[]; cmd: string[] } | undefined;
  /** Pods that could not be made, by node name, and why. */
  podErrors: ReadonlyMap<string, string>;
  /** Memoization caches that could not be written, by node id, and why. */
  cacheErrors: ReadonlyMap<string, string>;
  /** The workflow's WorkflowTaskSet. */
  taskSet: KubeObject | undefined;
  /** What the tasks of artifact garbage collection have come to, by name of the task. */
  gcTasks: ReadonlyMap<string, KubeObject>;
  /** Five letters and digits nobody can guess. */
  randomSuffix(): string;
  /** Custom metrics of templates and of the workflow. */
  metrics: CustomMetrics;
}

/** What has to be done to the cluster. */
export interface Changes {
  createPods: { nodeName: string; pod: KubeObject }[];
  /** Names of pods whose containers have to end. */
  terminatePods: Set<string>;
  events: { type: 'Normal' | 'Warning'; reason: string; message: string; annotations?: Record<string, string> }[];
  createClaims: KubeObject[];
  deleteClaims: string[];
  /** What is to be remembered of nodes, or that it was of use (`hit`: the entry). */
  saveCaches: { configMap: string; key: string; nodeId: string; outputs?: Outputs | undefined; hit?: JsonObject }[];
  /** `namespace/name` of workflows that may get a lock now. */
  wake: Set<string>;
  /** Templates that the workflow's agent has to carry out, by node id. */
  tasks: Map<string, Template>;
  createAgent: KubeObject | undefined;
  createBudget: KubeObject | undefined;
  deleteBudget: boolean;
  /** Tasks of artifact garbage collection, each with its pod. */
  collect: { task: KubeObject; pod: KubeObject }[];
  deleteGcTasks: string[];
  /** Metrics to be emitted once all is written; real-time ones by when they began. */
  metrics: { spec: MetricSpec; value: number | { since: string } }[];
  /** Look again after so many milliseconds. */
  requeueAfter: number | undefined;
}

/** Not now: a limit is reached, or a deadline; the node is looked at again later. */
export class Postponed extends Error {}
/** A template's `timeout` is over. */
export class TimedOut extends Error {}

export interface ExecuteOptions {
  boundaryId?: string;
  onExit?: boolean;
  nodeFlag?: NodeStatus['nodeFlag'];
  /** Until when attempts may run, as milliseconds. */
  executionDeadline?: number;
}

/** Nothing to do yet. */
export const noChanges = (): Changes => ({ createPods: [], terminatePods: new Set(), events: [], createClaims: [], deleteClaims: [], saveCaches: [], wake: new Set(), tasks: new Map(), createAgent: undefined, createBudget: undefined, deleteBudget: false, collect: [], deleteGcTasks: [], metrics: [], requeueAfter: undefined });
