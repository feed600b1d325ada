import { z } from 'zod';

/** The parts of Argo's objects that this interface shows; everything else is kept as it came, for the editor. */
const Strings = z.record(z.string(), z.string());

export const Metadata = z.looseObject({
  name: z.string().optional(),
  generateName: z.string().optional(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().nullish(),
  labels: Strings.nullish(),
  annotations: Strings.nullish(),
});

export const Parameter = z.looseObject({ name: z.string(), value: z.unknown().optional(), default: z.unknown().optional(), description: z.string().optional(), enum: z.array(z.unknown()).nullish(), globalName: z.string().optional() });
export type Parameter = z.infer<typeof Parameter>;
export const Artifact = z.looseObject({ name: z.string(), path: z.string().optional() });
export type Artifact = z.infer<typeof Artifact>;
const Arguments = z.looseObject({ parameters: z.array(Parameter).nullish(), artifacts: z.array(Artifact).nullish() });
export type Arguments = z.infer<typeof Arguments>;

export const Container = z.looseObject({ name: z.string().optional(), image: z.string().optional(), command: z.array(z.string()).nullish(), args: z.array(z.string()).nullish(), source: z.string().optional(), env: z.array(z.looseObject({ name: z.string(), value: z.string().optional(), valueFrom: z.looseObject({ secretKeyRef: z.looseObject({ name: z.string().optional(), key: z.string().optional() }).nullish() }).nullish() })).nullish() });
export type Container = z.infer<typeof Container>;

export const Template = z.looseObject({
  name: z.string().optional(),
  inputs: Arguments.nullish(),
  outputs: Arguments.nullish(),
  container: Container.nullish(),
  script: Container.nullish(),
  initContainers: z.array(Container).nullish(),
  sidecars: z.array(Container).nullish(),
  containerSet: z.looseObject({ containers: z.array(Container).nullish() }).nullish(),
});
export type Template = z.infer<typeof Template>;

export const NodeStatus = z.looseObject({
  id: z.string(),
  name: z.string(),
  displayName: z.string().optional(),
  type: z.string(),
  phase: z.string().optional(),
  message: z.string().optional(),
  templateName: z.string().optional(),
  templateRef: z.looseObject({ name: z.string().optional(), template: z.string().optional() }).nullish(),
  templateScope: z.string().optional(),
  memoizationStatus: z.looseObject({ hit: z.boolean().optional(), key: z.string().optional(), cacheName: z.string().optional() }).nullish(),
  boundaryID: z.string().optional(),
  children: z.array(z.string()).nullish(),
  outboundNodes: z.array(z.string()).nullish(),
  startedAt: z.string().nullish(),
  finishedAt: z.string().nullish(),
  progress: z.string().optional(),
  podIP: z.string().optional(),
  hostNodeName: z.string().optional(),
  resourcesDuration: z.record(z.string(), z.number()).nullish(),
  inputs: Arguments.nullish(),
  outputs: z.looseObject({ parameters: z.array(Parameter).nullish(), artifacts: z.array(Artifact).nullish(), result: z.string().optional(), exitCode: z.string().optional() }).nullish(),
});
export type NodeStatus = z.infer<typeof NodeStatus>;

const WorkflowSpec = z.looseObject({ entrypoint: z.string().optional(), arguments: Arguments.nullish(), templates: z.array(Template).nullish(), suspend: z.boolean().optional(), workflowTemplateRef: z.looseObject({ name: z.string().optional(), clusterScope: z.boolean().optional() }).nullish() });

export const Workflow = z.looseObject({
  metadata: Metadata,
  spec: WorkflowSpec.default({}),
  status: z
    .looseObject({
      phase: z.string().optional(),
      startedAt: z.string().nullish(),
      finishedAt: z.string().nullish(),
      progress: z.string().optional(),
      message: z.string().optional(),
      nodes: z.record(z.string(), NodeStatus).nullish(),
      storedTemplates: z.record(z.string(), Template).nullish(),
      storedWorkflowTemplateSpec: WorkflowSpec.nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), status: z.string().optional(), message: z.string().optional() })).nullish(),
      outputs: Arguments.nullish(),
      resourcesDuration: z.record(z.string(), z.number()).nullish(),
    })
    .default({}),
});
export type Workflow = z.infer<typeof Workflow>;

/** A WorkflowTemplate, ClusterWorkflowTemplate or CronWorkflow. */
export const Definition = z.looseObject({ metadata: Metadata, spec: WorkflowSpec.default({}), status: z.looseObject({}).nullish() });
export type Definition = z.infer<typeof Definition>;
/** What a CronWorkflow has beside. */
export const CronParts = z.looseObject({
  spec: z.looseObject({ schedules: z.array(z.string()).nullish(), schedule: z.string().nullish(), timezone: z.string().nullish(), suspend: z.boolean().nullish(), workflowSpec: WorkflowSpec.nullish() }),
  status: z
    .looseObject({
      active: z.array(z.looseObject({ name: z.string().optional(), namespace: z.string().optional() })).nullish(),
      lastScheduledTime: z.string().nullish(),
      succeeded: z.number().nullish(),
      failed: z.number().nullish(),
      phase: z.string().nullish(),
      conditions: z.array(z.looseObject({ type: z.string(), message: z.string().optional() })).nullish(),
    })
    .nullish(),
});
/** An event of Kubernetes about an object. */
export const KubeEvent = z.looseObject({ metadata: Metadata, type: z.string().optional(), reason: z.string().optional(), message: z.string().optional(), lastTimestamp: z.string().nullish(), count: z.number().nullish(), involvedObject: z.looseObject({ kind: z.string().optional(), name: z.string().optional() }).nullish() });
export type KubeEvent = z.infer<typeof KubeEvent>;

export const EventBinding = z.looseObject({ metadata: Metadata, spec: z.looseObject({ event: z.looseObject({ selector: z.string() }), submit: z.looseObject({ workflowTemplateRef: z.looseObject({ name: z.string().optional(), clusterScope: z.boolean().optional() }).nullish() }).nullish() }) });
export type EventBinding = z.infer<typeof EventBinding>;

const Conditions = z.looseObject({ conditions: z.array(z.looseObject({ type: z.string().optional(), status: z.string().optional(), message: z.string().optional() })).nullish() }).nullish();
export const EventSource = z.looseObject({ metadata: Metadata, spec: z.record(z.string(), z.unknown()).default({}), status: Conditions });
export type EventSource = z.infer<typeof EventSource>;
export const Sensor = z.looseObject({
  metadata: Metadata,
  spec: z
    .looseObject({
      dependencies: z.array(z.looseObject({ name: z.string().optional(), eventSourceName: z.string().optional(), eventName: z.string().optional() })).nullish(),
      triggers: z.array(z.looseObject({ template: z.looseObject({ name: z.string().optional(), conditions: z.string().optional() }).nullish() })).nullish(),
    })
    .default({}),
  status: Conditions,
});
export type Sensor = z.infer<typeof Sensor>;

export const listOf = <T>(item: z.ZodType<T>) => z.looseObject({ metadata: z.looseObject({ continue: z.string().optional(), resourceVersion: z.string().optional() }).default({}), items: z.array(item).nullish() });

export const Info = z.looseObject({ managedNamespace: z.string().optional(), links: z.array(z.looseObject({ name: z.string(), url: z.string(), scope: z.string() })).nullish(), columns: z.array(z.looseObject({ name: z.string(), type: z.string(), key: z.string() })).nullish() });
export type Info = z.infer<typeof Info>;
export const Version = z.looseObject({ version: z.string() });
export const UserInfo = z.looseObject({ issuer: z.string().optional(), subject: z.string().optional(), name: z.string().optional(), email: z.string().optional(), groups: z.array(z.string()).nullish(), serviceAccountName: z.string().optional(), serviceAccountNamespace: z.string().optional() });
export type UserInfo = z.infer<typeof UserInfo>;

export const WatchEvent = z.looseObject({ type: z.string(), object: Workflow });
export type WatchEvent = z.infer<typeof WatchEvent>;
/** A line of what the programs of Argo Events log. */
export const EventLogEntry = z.record(z.string(), z.unknown());
export type EventLogEntry = z.infer<typeof EventLogEntry>;
export const LogEntry = z.looseObject({ content: z.string().default(''), podName: z.string().default('') });
export type LogEntry = z.infer<typeof LogEntry>;
