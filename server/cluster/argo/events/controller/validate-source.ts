import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { scheduleProblem } from '../../validate/schedule.ts';
import { durationMs } from '../backoff.ts';
import { goRegExp } from '../../expressions/expr/operators.ts';
import { needsHooks, repositoriesOf } from '../sources/github-hooks.ts';
import type { CalendarSource, EventSourceSpec, FileSource, GithubSource, MinioSource, RedisSource, ResourceSource, WebhookSource } from '../types.ts';

// After argo-events v1.9.9 pkg/reconciler/eventsource/validate.go and the validate.go of each event source

/** Parts of an event source's spec that are no kinds of events. */
const NOT_KINDS = new Set(['eventBusName', 'template', 'service', 'replicas']);
/** Kinds that one pod at a time may listen to; they cannot stand beside the others in one object. */
const ONE_AT_A_TIME = new Set(['amqp', 'calendar', 'kafka', 'pubSub', 'azureEventsHub', 'azureServiceBus', 'nats', 'mqtt', 'minio', 'emitter', 'nsq', 'pulsar', 'redis', 'redisStream', 'resource', 'hdfs', 'file', 'sftp', 'generic']);
/** Those that run here. */
export const KINDS = ['calendar', 'file', 'github', 'minio', 'redis', 'resource', 'webhook'] as const;
export type SourceKind = (typeof KINDS)[number];

export const isKind = (kind: string): kind is SourceKind => (KINDS as readonly string[]).includes(kind);

/** Every event of a spec: its kind and name. */
export function eventsOf(raw: JsonObject): { kind: string; event: string }[] {
  return Object.entries(raw).flatMap(([kind, events]) => (NOT_KINDS.has(kind) || !isJsonObject(events) ? [] : Object.keys(events).map((event) => ({ kind, event }))));
}

/** Whether only a leader among the event source's pods listens. */
export function needsLeader(raw: JsonObject): boolean {
  return eventsOf(raw).some(({ kind }) => ONE_AT_A_TIME.has(kind));
}

export interface Problem {
  /** What the status says. */
  message: string;
  /** What the controller says. */
  error: string;
}

/** The first thing that is wrong with an event source. */
export function sourceProblem(name: string, raw: JsonObject, spec: EventSourceSpec): Problem | undefined {
  const seen = new Set<string>();
  for (const { kind, event } of eventsOf(raw)) {
    if (seen.has(event)) return { message: `more than one "${event}" found`, error: `more than one ${JSON.stringify(event)} found in the spec` };
    seen.add(event);
    const error = isKind(kind) ? eventProblem(kind, event, spec) : undefined;
    if (error !== undefined) return { message: `Invalid spec: ${name} - ${event}`, error };
  }
  const kinds = new Set(eventsOf(raw).map(({ kind }) => ONE_AT_A_TIME.has(kind)));
  if (kinds.size > 1) return { message: 'Some types of event sources can not be put in one spec', error: 'event sources with rolling update and recreate update strategy can not be put together' };
  return undefined;
}

/** What is wrong with one event; the kinds that do not run here are not looked into. */
export function eventProblem(kind: SourceKind, event: string, spec: EventSourceSpec): string | undefined {
  switch (kind) {
    case 'webhook':
      return webhookProblem(spec.webhook?.[event]);
    case 'calendar':
      return calendarProblem(spec.calendar?.[event]);
    case 'minio':
      return minioProblem(spec.minio?.[event]);
    case 'resource':
      return resourceProblem(spec.resource?.[event]);
    case 'redis':
      return redisProblem(spec.redis?.[event]);
    case 'file':
      return fileProblem(spec.file?.[event]);
    case 'github':
      return githubProblem(spec.github?.[event]);
  }
}

function webhookProblem(source: WebhookSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  if (source.endpoint === '') return "endpoint can't be empty";
  if (source.port === '') return "port can't be empty";
  return /^[+-]?\d+$/.test(source.port) ? undefined : `failed to parse server port ${source.port}. err: strconv.Atoi: parsing ${JSON.stringify(source.port)}: invalid syntax`;
}

function calendarProblem(source: CalendarSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  if (source.schedule === '' && source.interval === '') return 'must have either schedule or interval';
  if (source.schedule !== '') {
    const problem = source.schedule.startsWith('@') ? `parser does not accept descriptors: ${source.schedule}` : scheduleProblem(source.schedule);
    return problem === undefined ? undefined : `failed to parse schedule ${source.schedule} from calendar event. Cause: ${problem}`;
  }
  try {
    durationMs(source.interval);
    return undefined;
  } catch (error) {
    return `failed to parse interval ${source.interval} from calendar event. Cause: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function minioProblem(source: MinioSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  if (source.accessKey === undefined) return "access key can't be empty";
  if (source.secretKey === undefined) return "secret key can't be empty";
  if (source.endpoint === '') return "endpoint url can't be empty";
  if (source.bucket !== undefined && source.bucket.name === '') return "bucket name can't be empty";
  return source.events?.includes('') === true ? 'unknown event ' : undefined;
}

function resourceProblem(source: ResourceSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  if (source.version === '') return 'version must be specified';
  if (source.resource === '') return 'resource must be specified';
  if (source.eventTypes === undefined) return 'event types must be specified';
  const selectors = [...(source.filter?.labels ?? []), ...(source.filter?.fields ?? [])];
  return selectors.some(({ key }) => key === '') ? "key can't be empty for selector" : undefined;
}

function redisProblem(source: RedisSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  if (source.hostAddress === '') return 'host address must be specified';
  if (source.channels === undefined) return 'channel/s must be specified';
  if (source.password !== undefined && source.namespace === '') return 'namespace must be defined in order to retrieve the password from the secret';
  const { tls } = source;
  if (tls === undefined || tls.insecureSkipVerify) return undefined;
  if (tls.caCertSecret === undefined && tls.clientCertSecret === undefined && tls.clientKeySecret === undefined && !tls.enabled) return 'invalid tls config, please configure either caCertSecret, or clientCertSecret and clientKeySecret, or both';
  return (tls.clientCertSecret === undefined) === (tls.clientKeySecret === undefined) ? undefined : 'invalid tls config, both clientCertSecret and clientKeySecret need to be configured';
}

function fileProblem(source: FileSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  const { directory, path, pathRegexp } = source.watchPathConfig;
  if (source.eventType === '') return 'type must be specified';
  if (directory === '') return 'directory is required';
  if (!directory.startsWith('/')) return 'directory must be an absolute file path';
  if (path === '' && pathRegexp === '') return 'either path or pathRegexp must be specified';
  if (path !== '' && pathRegexp !== '') return 'path and pathRegexp cannot be specified together';
  if (path.startsWith('/')) return 'path must be a relative file path';
  try {
    if (pathRegexp !== '') goRegExp(pathRegexp);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function githubProblem(source: GithubSource | undefined): string | undefined {
  if (source === undefined) return "event source can't be nil";
  const repositories = repositoriesOf(source).length > 0;
  if (!repositories && source.organizations === undefined) return 'either repositories or organizations is required';
  if (repositories && source.organizations !== undefined) return 'only one of repositories and organizations is allowed';
  if (needsHooks(source) && (source.events ?? []).length === 0) return 'events must be defined to create a github webhook';
  if (!['', 'json', 'form'].includes(source.contentType)) return 'content type must be "json" or "form"';
  if (source.githubBaseURL === '' && source.githubUploadURL !== '') return 'githubBaseURL is required when githubUploadURL is set';
  if (source.githubBaseURL !== '' && source.githubUploadURL === '') return 'githubUploadURL is required when githubBaseURL is set';
  // Argo's own words where the webhook is missing: none.
  return source.webhook === undefined ? '' : webhookProblem(source.webhook);
}
