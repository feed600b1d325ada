import { whenAborted } from '../../../../lib/abort.ts';
import { goJson } from '../../../../lib/json.ts';
import type { ResourceType, WatchEvent } from '../../../client.ts';
import type { KubeObject } from '../../../store/object.ts';
import { BoundedRegExp } from '../../../../lib/bounded-regexp.ts';
import { textAt } from '../paths/gjson.ts';
import type { ResourceSource, Selector } from '../types.ts';
import { failed } from '../zap.ts';
import { goTimeText } from './calendar.ts';
import type { Listening } from './listener.ts';

type EventType = 'ADD' | 'UPDATE' | 'DELETE';
const TYPES: Record<WatchEvent['type'], EventType> = { ADDED: 'ADD', MODIFIED: 'UPDATE', DELETED: 'DELETE' };
const WORDS: Record<EventType, [number, string]> = { ADD: [194, 'detected create event'], UPDATE: [202, 'detected update event'], DELETE: [217, 'detected delete event'] };
/** A watch that ends, or was not allowed, is asked for again after this long. */
const AGAIN_MS = 1000;

/** After argo-events v1.9.9 pkg/eventsources/sources/resource/start.go */
export async function listenToResource(source: ResourceSource, listening: Listening): Promise<void> {
  const { context, log } = listening;
  const info = (line: number, message: string) => log.info(`resource/start.go:${line}`, message);
  info(85, 'setting up a K8s client');
  info(108, 'configuring label selectors if filters are selected...');
  const labelSelector = (source.filter?.labels ?? []).map(requirement).join(',');
  info(121, 'setting up informer factory...');
  const wanted = new Set<string>();
  for (const type of source.eventTypes ?? []) {
    if (type !== 'ADD' && type !== 'UPDATE' && type !== 'DELETE') throw new Error(`unknown event type: ${type}`);
    wanted.add(type);
  }
  info(236, 'running informer...');
  info(174, 'listening to resource events...');
  const type: ResourceType = { group: source.group, version: source.version, resource: source.resource };
  const follower = new Follower(type, source, labelSelector, wanted, listening);
  follower.watch();
  await whenAborted(context.signal);
  info(243, 'event source is stopped');
}

/** A selector of the source as Kubernetes writes it. */
function requirement({ key, operation, value }: Selector): string {
  switch (operation) {
    case '':
    case '=':
    case '==':
      return `${key}=${value}`;
    case '!=':
      return `${key}!=${value}`;
    case 'in':
    case 'notin':
      return `${key} ${operation} (${value})`;
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    default:
      throw new Error(`failed to create the label selector: ${JSON.stringify(operation)} is not a valid label selector operator`);
  }
}

class Follower {
  readonly #known = new Map<string, KubeObject>();
  #work: Promise<void> = Promise.resolve();

  constructor(
    private readonly type: ResourceType,
    private readonly source: ResourceSource,
    private readonly labelSelector: string,
    private readonly wanted: ReadonlySet<string>,
    private readonly listening: Listening,
  ) {}

  watch(): void {
    const { context } = this.listening;
    const { client, clock, signal } = context;
    if (signal.aborted) return;
    const seen = new Set<string>();
    let listing = true;
    const options = { ...(this.source.namespace === '' ? {} : { namespace: this.source.namespace }), ...(this.labelSelector === '' ? {} : { labelSelector: this.labelSelector }) };
    const again = (reason: unknown) => {
      if (signal.aborted) return;
      if (reason !== undefined) {
        const { group, version, resource } = this.type;
        const [date = '', time = ''] = new Date(clock.now()).toISOString().split('T');
        context.stderr(`E${date.slice(5).replace('-', '')} ${time.slice(0, 12)}000       1 reflector.go:200] "Failed to watch" err="failed to list ${group === '' ? '' : `${group}/`}${version}, Resource=${resource}: ${failed(reason)[1].replaceAll('"', '\\"')}" reflector="k8s.io/client-go@v0.33.0/tools/cache/reflector.go:285" type="${group === '' ? '' : `${group}/`}${version}, Resource=${resource}"\n`);
      }
      clock.after(AGAIN_MS, () => this.watch());
    };
    // What may not be listed may not be watched: asking says why, in the API's words.
    client.list(this.type, { ...options, limit: 1 }).then(() => {
      client.watch(this.type, { ...options, signal, onEnd: again }, (event) => {
        if (listing) seen.add(event.object.metadata.uid ?? '');
        this.#take(event);
      });
      listing = false;
      // What went away between two watches did so unseen.
      for (const [uid, object] of this.#known) if (!seen.has(uid)) this.#take({ type: 'DELETED', object });
    }, again);
  }

  #take({ object, type }: WatchEvent): void {
    const uid = object.metadata.uid ?? '';
    const old = this.#known.get(uid);
    const kind = type === 'DELETED' ? 'DELETE' : old === undefined ? 'ADD' : TYPES[type] === 'ADD' ? 'UPDATE' : TYPES[type];
    if (type === 'DELETED') this.#known.delete(uid);
    else this.#known.set(uid, object);
    if (!this.wanted.has(kind)) return;
    const { log } = this.listening;
    const [line, words] = WORDS[kind];
    if (kind === 'UPDATE' && old?.metadata.resourceVersion === object.metadata.resourceVersion) return;
    log.info(`resource/start.go:${line}`, words);
    if (!this.#passes(kind, object)) return;
    // One event after the other, in the order in which they came.
    this.#work = this.#work.then(() => this.#send(kind, object, kind === 'UPDATE' ? old : undefined)).catch((error: unknown) => log.error('resource/start.go:179', 'failed to process a Resource event', [['error', `failed to dispatch a resource event, ${failed(error)[1]}`]]));
  }

  #send(type: EventType, object: KubeObject, old: KubeObject | undefined): Promise<void> {
    const { group, version, resource, metadata } = this.source;
    return this.listening.dispatch(goJson({ type, body: object, oldBody: old ?? null, group, version, resource, ...(metadata === undefined ? {} : { metadata }) }));
  }

  #passes(type: EventType, object: KubeObject): boolean {
    const { filter } = this.source;
    const { log, startedAt } = this.listening;
    if (filter === undefined) return true;
    const { name, creationTimestamp = '' } = object.metadata;
    if (filter.prefix !== '' && !name.startsWith(filter.prefix)) {
      log.info('resource/start.go:300', `resource name does not match prefix. resource-name: ${name}, prefix: ${filter.prefix}\n`);
      return false;
    }
    const at = eventTime(object, type, this.listening.context.clock.now());
    if (filter.afterStart && at < startedAt) {
      log.info('resource/start.go:305', `Event happened before service start time. event-timestamp: ${goTimeText(at)}, start-timestamp: ${goTimeText(startedAt)}\n`);
      return false;
    }
    if (filter.createdBy !== undefined && Date.parse(creationTimestamp) > Date.parse(filter.createdBy)) {
      log.info('resource/start.go:310', `resource is created after filter time. creation-timestamp: ${goTimeText(Date.parse(creationTimestamp))}, filter-creation-timestamp: ${goTimeText(Date.parse(filter.createdBy))}\n`);
      return false;
    }
    return (filter.fields ?? []).every((selector) => this.#meets(object, selector));
  }

  #meets(object: KubeObject, { key, operation, value }: Selector): boolean {
    const { log } = this.listening;
    const text = textAt(JSON.stringify(object), key);
    if (text === undefined) return false;
    let pattern: RegExp;
    try {
      pattern = new BoundedRegExp(value);
    } catch (error) {
      log.error('resource/start.go:333', 'invalid regex', [failed(error)]);
      return false;
    }
    if (operation === '=' || operation === '==') return pattern.test(text);
    if (operation === '!=') return !pattern.test(text);
    log.error('resource/start.go:348', 'invalid operator, only =, == and != are supported');
    return false;
  }
}

function eventTime({ metadata }: KubeObject, type: EventType, now: number): number {
  const created = Date.parse(metadata.creationTimestamp ?? '');
  if (type === 'DELETE') return metadata.deletionTimestamp === undefined ? now : Date.parse(metadata.deletionTimestamp);
  if (type === 'ADD') return created;
  return Math.max(created, ...(metadata.managedFields ?? []).filter(({ operation, time }) => operation === 'Update' && time !== undefined).map(({ time = '' }) => Date.parse(time)));
}
