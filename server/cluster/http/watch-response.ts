import { apiVersionOf, type KubeObject } from '../store/object.ts';
import type { ApiCore, Target } from '../api/core.ts';
import type { RequestContext } from '../api/hooks.ts';
import type { Form } from '../api/negotiate.ts';
import { watch } from '../api/operations.ts';
import { listKindOf, partialMetadata, writeObject } from '../api/serialize.ts';
import { ApiStatus } from '../api/status.ts';
import { readIncludeObject, writeTable } from '../api/table.ts';
import { commonHeaders, encodeJson, type Answering } from './answer.ts';
import type { ListQuery } from './options.ts';

/** How long a watch lasts when its client does not say. After kubernetes 1.32: between this and twice as much. */
const DEFAULT_TIMEOUT = 1800;
const BOOKMARK_EVERY = 60_000;
/** A client that does not read is cut off before its events fill the memory. */
const MAX_BUFFERED = 32 * 1024 * 1024;
/** The same for all watchers of a cluster together: then one that is behind by much is cut off sooner. */
const MAX_TOGETHER = 128 * 1024 * 1024;
const MUCH = 512 * 1024;
const waiting = new WeakMap<ApiCore, { bytes: number }>();

function waitingOf(core: ApiCore): { bytes: number } {
  let all = waiting.get(core);
  if (all === undefined) waiting.set(core, (all = { bytes: 0 }));
  return all;
}

/** What the newest event's object became, by form: stored objects never change, and a hundred watchers get it one after the other. */
let newest: { object: KubeObject; lines: Map<string, string> } | undefined;

function sharedLine(object: KubeObject, form: string, make: () => string): string {
  if (newest?.object !== object) newest = { object, lines: new Map() };
  const known = newest.lines.get(form);
  if (known !== undefined) return known;
  const text = make();
  newest.lines.set(form, text);
  return text;
}

/**
 * Answers with events, one JSON object a line, until the timeout, the client or `end` ends it.
 * Throws ApiStatus before anything was sent.
 */
export function sendWatch(core: ApiCore, context: RequestContext, answering: Answering, target: Target, options: ListQuery, form: Form, end: AbortSignal): void {
  const { response, query } = answering;
  const { info } = target;
  const include = form.as?.kind === 'Table' ? readIncludeObject(query.get('includeObject')) : 'Metadata';
  let first = true;
  let queued = 0;
  const all = waitingOf(core);
  const queue = (bytes: number): void => {
    all.bytes += bytes - queued;
    queued = bytes;
  };
  let over = false;
  const lines: string[] = [];
  let started = false;
  let scheduled = false;

  const flush = (): void => {
    scheduled = false;
    if (lines.length === 0 || response.writableEnded || response.destroyed) return;
    const text = lines.splice(0).join('');
    if (response.write(text)) return queue(0);
    queue(queued + text.length);
    if (queued > MAX_BUFFERED || (all.bytes > MAX_TOGETHER && queued > MUCH)) response.destroy();
  };
  // Events that come together go out together: a write for each would cost more than all the rest.
  const write = (text: string): void => {
    if (over) return;
    lines.push(text);
    if (!started || scheduled) return;
    scheduled = true;
    setImmediate(flush);
  };
  const shape = (object: KubeObject): unknown => {
    if (form.as === undefined) return writeObject(info, object);
    if (form.as.kind !== 'Table') return partialMetadata(object, form.as.version);
    const withoutColumns = !first;
    first = false;
    const { resourceVersion } = object.metadata;
    return writeTable([object], { info, printer: core.hooks.printer, now: core.clock.now(), include, version: form.as.version, metadata: resourceVersion === undefined ? {} : { resourceVersion }, withoutColumns });
  };
  const bookmark = (resourceVersion: string, annotations?: Record<string, string>): void => {
    const object: KubeObject = { kind: info.kind, apiVersion: apiVersionOf(info), metadata: { resourceVersion, creationTimestamp: null, ...(annotations === undefined ? {} : { annotations }) } as unknown as KubeObject['metadata'] };
    if (form.as === undefined) write(encodeJson({ type: 'BOOKMARK', object: info.custom === undefined ? { kind: object.kind, apiVersion: object.apiVersion, metadata: object.metadata } : writeObject(info, object) }, false));
    else if (form.as.kind === 'Table') {
      const table = writeTable([], { info, printer: core.hooks.printer, now: 0, include, version: form.as.version, metadata: { resourceVersion }, withoutColumns: !first });
      const row = { cells: core.hooks.printer.columns(info).map(() => null), object: include === 'None' ? null : partialMetadata(object, form.as.version) };
      write(encodeJson({ type: 'BOOKMARK', object: { ...(table as object), rows: [row] } }, false));
    } else write(encodeJson({ type: 'BOOKMARK', object: partialMetadata(object, form.as.version) }, false));
  };

  const cleanups: (() => void)[] = [];
  const finish = (): void => {
    if (over) return;
    over = true;
    for (const cleanup of cleanups) cleanup();
    if (started) flush();
    if (!response.writableEnded) response.end();
  };
  const initial = options.sendInitialEvents;
  // Without initial events a watch begins with what happens from now on.
  const parameters = { ...options, ...(initial === true && (options.resourceVersion ?? '0') !== '0' ? { resourceVersion: '0' } : {}), skipInitial: initial === false };
  try {
    const stop = watch(
      core,
      context,
      target,
      parameters,
      ({ type, object }) => write(form.as?.kind === 'Table' ? encodeJson({ type, object: shape(object) }, false) : sharedLine(object, `${type} ${apiVersionOf(info)} ${form.as?.version ?? ''}`, () => encodeJson({ type, object: shape(object) }, false))),
      (resourceVersion) => {
        if (initial !== true || !options.allowWatchBookmarks) return;
        const blueprint = encodeJson({ kind: listKindOf(info), apiVersion: apiVersionOf(info), metadata: {}, items: null }, false);
        bookmark(resourceVersion, { 'k8s.io/initial-events-end': 'true', 'kubernetes.io/initial-events-list-blueprint': Buffer.from(blueprint).toString('base64') });
      },
    );
    cleanups.push(stop);
  } catch (error) {
    if (!(error instanceof ApiStatus) || error.code !== 410) throw error;
    // A version that is too old is told within the stream.
    lines.push(encodeJson({ type: 'ERROR', object: error.body() }, false));
    start();
    finish();
    return;
  }

  function start(): void {
    response.writeHead(200, { ...commonHeaders(answering), 'Content-Type': 'application/json' });
    started = true;
    const text = lines.splice(0).join('');
    // An empty write makes the headers go out at once.
    response.write(text);
  }
  start();

  const seconds = options.timeoutSeconds !== undefined && options.timeoutSeconds > 0 ? options.timeoutSeconds : DEFAULT_TIMEOUT;
  cleanups.push(core.clock.after(seconds * 1000, finish));
  if (options.allowWatchBookmarks) cleanups.push(core.clock.every(BOOKMARK_EVERY, () => bookmark(String(core.store.revision))));
  cleanups.push(core.scheme.onChange(() => {
    if (core.scheme.find(info) === undefined) finish();
  }));
  end.addEventListener('abort', finish, { once: true });
  cleanups.push(() => end.removeEventListener('abort', finish));
  response.on('drain', () => queue(0));
  response.on('close', () => {
    finish();
    queue(0);
  });
}
