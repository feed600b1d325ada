import { z } from 'zod';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';

// The parts of Argo Events' kinds that this cluster acts on; what else a manifest says is kept, and shown, untouched.
// After argo-events v1.9.9 pkg/apis/events/v1alpha1

const strings = z.record(z.string(), z.string());
const json = z.custom<JsonObject>(isJsonObject, 'expected an object');
/** Go decodes `null` as if nothing were there. */
const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);
const list = <T extends z.ZodType>(schema: T) => z.array(schema).nullish().transform((value) => value ?? undefined);
const text = z.string().nullish().transform((value) => value ?? '');
const flag = z.boolean().nullish().transform((value) => value ?? false);

export const KeySelector = z.object({ name: text, key: text });
export type KeySelector = z.infer<typeof KeySelector>;

/** Durations are words (`10s`) or nanoseconds; factors and jitter plain numbers, or words for them. */
export const Backoff = z.object({ duration: optional(z.union([z.string(), z.number()])), factor: optional(z.union([z.number(), z.string()])), jitter: optional(z.union([z.number(), z.string()])), steps: optional(z.number()) });
export type Backoff = z.infer<typeof Backoff>;

const Metadata = z.object({ labels: optional(strings), annotations: optional(strings) });

export const Template = z.object({
  metadata: optional(Metadata),
  serviceAccountName: text,
  container: optional(json),
  volumes: list(json),
  securityContext: optional(json),
  nodeSelector: optional(strings),
  tolerations: list(json),
  affinity: optional(json),
  imagePullSecrets: list(json),
  priorityClassName: text,
  priority: optional(z.number()),
});

const EventFilter = z.object({ expression: text });

export const WebhookSource = z.object({
  endpoint: text,
  method: text,
  port: text,
  url: text,
  serverCertSecret: optional(KeySelector),
  serverKeySecret: optional(KeySelector),
  metadata: optional(strings),
  authSecret: optional(KeySelector),
  maxPayloadSize: optional(z.number()),
  filter: optional(EventFilter),
});
export type WebhookSource = z.infer<typeof WebhookSource>;

export const CalendarSource = z.object({
  schedule: text,
  interval: text,
  exclusionDates: list(z.string()),
  timezone: text,
  metadata: optional(strings),
  persistence: optional(z.object({ catchup: optional(z.object({ enabled: flag, maxDuration: text })), configMap: optional(z.object({ name: text, createIfNotExist: flag })) })),
  filter: optional(EventFilter),
});
export type CalendarSource = z.infer<typeof CalendarSource>;

export const MinioSource = z.object({
  endpoint: text,
  bucket: optional(z.object({ name: text })),
  region: text,
  insecure: flag,
  accessKey: optional(KeySelector),
  secretKey: optional(KeySelector),
  events: list(z.string()),
  filter: optional(z.object({ prefix: text, suffix: text })),
  metadata: optional(strings),
  caCertificate: optional(KeySelector),
});
export type MinioSource = z.infer<typeof MinioSource>;

const Selector = z.object({ key: text, operation: text, value: text });
export type Selector = z.infer<typeof Selector>;

export const ResourceSource = z.object({
  namespace: text,
  group: text,
  version: text,
  resource: text,
  eventTypes: list(z.string()),
  filter: optional(z.object({ prefix: text, labels: list(Selector), fields: list(Selector), createdBy: optional(z.string()), afterStart: flag })),
  metadata: optional(strings),
});
export type ResourceSource = z.infer<typeof ResourceSource>;

export const RedisSource = z.object({
  hostAddress: text,
  password: optional(KeySelector),
  username: text,
  namespace: text,
  db: optional(z.number().int()).transform((db) => db ?? 0),
  channels: list(z.string()),
  tls: optional(z.object({ caCertSecret: optional(KeySelector), clientCertSecret: optional(KeySelector), clientKeySecret: optional(KeySelector), insecureSkipVerify: flag, enabled: flag })),
  metadata: optional(strings),
  jsonBody: flag,
  filter: optional(EventFilter),
});
export type RedisSource = z.infer<typeof RedisSource>;

export const FileSource = z.object({
  eventType: text,
  watchPathConfig: z.object({ directory: text, path: text, pathRegexp: text }).nullish().transform((value) => value ?? { directory: '', path: '', pathRegexp: '' }),
  polling: flag,
  metadata: optional(strings),
  filter: optional(EventFilter),
});
export type FileSource = z.infer<typeof FileSource>;

export const GithubSource = z.object({
  webhook: optional(WebhookSource),
  owner: text,
  repository: text,
  repositories: list(z.object({ owner: text, names: list(z.string()) })),
  organizations: list(z.string()),
  events: list(z.string()),
  apiToken: optional(KeySelector),
  githubApp: optional(json),
  webhookSecret: optional(KeySelector),
  insecure: flag,
  active: flag,
  contentType: text,
  githubBaseURL: text,
  githubUploadURL: text,
  metadata: optional(strings),
  filter: optional(EventFilter),
});
export type GithubSource = z.infer<typeof GithubSource>;

const named = <T extends z.ZodType>(schema: T) => z.record(z.string(), schema).nullish().transform((value) => value ?? undefined);

export const EventSourceSpec = z.looseObject({
  eventBusName: text,
  replicas: optional(z.number()),
  template: optional(Template),
  service: optional(z.object({ metadata: optional(Metadata), ports: list(json), clusterIP: text })),
  webhook: named(WebhookSource),
  calendar: named(CalendarSource),
  minio: named(MinioSource),
  resource: named(ResourceSource),
  redis: named(RedisSource),
  file: named(FileSource),
  github: named(GithubSource),
});
export type EventSourceSpec = z.infer<typeof EventSourceSpec>;

export const Parameter = z.object({
  src: optional(z.object({ dependencyName: text, contextKey: text, contextTemplate: text, dataKey: text, dataTemplate: text, value: optional(z.string()), useRawData: flag })),
  dest: text,
  operation: text,
});
export type Parameter = z.infer<typeof Parameter>;
export type ParameterSource = NonNullable<Parameter['src']>;

const Source = z.looseObject({ resource: optional(json), inline: optional(z.string()), configmap: optional(KeySelector), url: optional(z.object({ path: text, verifyCert: flag })), file: optional(z.object({ path: text })) });
export type Source = z.infer<typeof Source>;

export const HttpTrigger = z.object({
  url: text,
  payload: list(Parameter),
  method: text,
  parameters: list(Parameter),
  timeout: optional(z.number()),
  basicAuth: optional(z.object({ username: optional(KeySelector), password: optional(KeySelector) })),
  headers: optional(strings),
  secureHeaders: list(z.object({ name: text, valueFrom: optional(z.object({ secretKeyRef: optional(KeySelector), configMapKeyRef: optional(KeySelector) })) })),
  dynamicHeaders: list(Parameter),
  tls: optional(z.object({ insecureSkipVerify: flag })),
  host: text,
});
export type HttpTrigger = z.infer<typeof HttpTrigger>;

export const TriggerTemplate = z.looseObject({
  name: text,
  conditions: text,
  conditionsReset: list(z.object({ byTime: optional(z.object({ cron: text, timezone: text })) })),
  k8s: optional(z.object({ source: optional(Source), operation: text, parameters: list(Parameter), patchStrategy: text, liveObject: flag })),
  argoWorkflow: optional(z.object({ source: optional(Source), operation: text, parameters: list(Parameter), args: list(z.string()) })),
  http: optional(HttpTrigger),
  log: optional(z.object({ intervalSeconds: optional(z.number()) })),
});
export type TriggerTemplate = z.infer<typeof TriggerTemplate>;

const BareTrigger = z.object({
  template: optional(TriggerTemplate),
  parameters: list(Parameter),
  policy: optional(z.object({ k8s: optional(z.object({ labels: optional(strings), backoff: optional(Backoff), errorOnBackoffTimeout: flag })), status: optional(z.object({ allow: list(z.number()) })) })),
  retryStrategy: optional(Backoff),
  rateLimit: optional(z.object({ unit: text, requestsPerUnit: optional(z.number()) })),
  atLeastOnce: flag,
});
export const Trigger = BareTrigger.extend({ dlqTrigger: optional(BareTrigger) });
export type Trigger = z.infer<typeof Trigger>;
export type OneTrigger = z.infer<typeof BareTrigger>;

export const DataFilter = z.object({ path: text, type: text, value: list(z.string()), comparator: text, template: text });
export type DataFilter = z.infer<typeof DataFilter>;
export const ExprFilter = z.object({ expr: text, fields: list(z.object({ path: text, name: text })) });
export type ExprFilter = z.infer<typeof ExprFilter>;
const EventContextFilter = z.object({ id: text, source: text, specversion: text, type: text, datacontenttype: text, subject: text });
export const DependencyFilter = z.object({
  time: optional(z.object({ start: text, stop: text, timezone: text })),
  context: optional(EventContextFilter),
  data: list(DataFilter),
  exprs: list(ExprFilter),
  dataLogicalOperator: text,
  exprLogicalOperator: text,
  script: text,
});
export type DependencyFilter = z.infer<typeof DependencyFilter>;

export const Dependency = z.object({
  name: text,
  eventSourceName: text,
  eventName: text,
  filters: optional(DependencyFilter),
  transform: optional(z.object({ jq: text, script: text })),
  filtersLogicalOperator: text,
});
export type Dependency = z.infer<typeof Dependency>;

export const SensorSpec = z.looseObject({
  dependencies: list(Dependency),
  triggers: list(Trigger),
  template: optional(Template),
  eventBusName: text,
  replicas: optional(z.number()),
  revisionHistoryLimit: optional(z.number()),
});
export type SensorSpec = z.infer<typeof SensorSpec>;

const ContainerTemplate = z.looseObject({ resources: optional(json), imagePullPolicy: optional(z.string()), securityContext: optional(json) });
const Persistence = z.object({ storageClassName: optional(z.string()), accessMode: optional(z.string()), volumeSize: optional(z.union([z.string(), z.number()])) });
const PodParts = { nodeSelector: optional(strings), tolerations: list(json), securityContext: optional(json), imagePullSecrets: list(json), serviceAccountName: text, priorityClassName: text, priority: optional(z.number()), affinity: optional(json), metadata: optional(Metadata) };
const quantity = optional(z.union([z.string(), z.number()]));

export const NativeStan = z.object({ ...PodParts, replicas: optional(z.number()), auth: optional(z.string()), persistence: optional(Persistence), containerTemplate: optional(ContainerTemplate), metricsContainerTemplate: optional(ContainerTemplate), maxAge: optional(z.string()), maxMsgs: quantity, maxSubs: quantity, maxBytes: optional(z.string()), maxPayload: optional(z.string()), raftHeartbeatTimeout: optional(z.string()), raftElectionTimeout: optional(z.string()), raftLeaseTimeout: optional(z.string()), raftCommitTimeout: optional(z.string()) });
export type NativeStan = z.infer<typeof NativeStan>;
export const JetStream = z.object({ ...PodParts, version: text, replicas: optional(z.number()), containerTemplate: optional(ContainerTemplate), reloaderContainerTemplate: optional(ContainerTemplate), metricsContainerTemplate: optional(ContainerTemplate), persistence: optional(Persistence), settings: optional(z.string()), startArgs: list(z.string()), streamConfig: optional(z.string()), maxPayload: optional(z.string()) });
export type JetStream = z.infer<typeof JetStream>;

const StanConfig = z.object({ url: text, clusterID: optional(z.string()), auth: optional(z.string()), accessSecret: optional(KeySelector) });
const JetStreamConfig = z.object({ url: text, accessSecret: optional(KeySelector), streamConfig: text, tls: optional(json) });
const KafkaConfig = z.looseObject({ url: text, topic: text });
export const BusConfig = z.object({ nats: optional(StanConfig), jetstream: optional(JetStreamConfig), kafka: optional(KafkaConfig) });
export type BusConfig = z.infer<typeof BusConfig>;

export const EventBusSpec = z.object({ nats: optional(z.object({ native: optional(NativeStan), exotic: optional(StanConfig) })), jetstream: optional(JetStream), kafka: optional(KafkaConfig), jetstreamExotic: optional(JetStreamConfig) });
export type EventBusSpec = z.infer<typeof EventBusSpec>;

/** What is wrong with an object, in one line. */
export function problemOf(error: unknown): string {
  if (error instanceof z.ZodError) return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return error instanceof Error ? error.message : String(error);
}
