import type { ListOptions } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { matchesLabels, parseFieldSelector, parseLabelSelector, SelectorError } from '../../store/selectors.ts';
import { componentStatus, componentStatuses, isComponentStatus } from '../component-statuses.ts';
import { present, presentAll, storageOf, type ApiCore } from '../core.ts';
import type { StoreEvent } from '../../store/watch-hub.ts';
import { badRequest, expired, notFound, tooOld } from '../errors.ts';
import { checkFieldSelector, matchesFields } from '../field-labels.ts';
import { Unanswered } from '../outside.ts';
import type { ResourceInfo } from '../scheme/resource-info.ts';
import { ApiStatus } from '../status.ts';
import { goCharacter } from '../go-character.ts';

/** Throws ApiStatus 404. */
export function getObject(core: ApiCore, info: ResourceInfo, namespace: string | undefined, name: string): KubeObject {
  if (isComponentStatus(info)) return componentStatus(name);
  const stored = core.store.get(storageOf(info), info.namespaced ? namespace : undefined, name);
  if (stored === undefined) throw notFound(info, name);
  return present(info, stored);
}

/** The test that a label and a field selector make together. Throws ApiStatus 400 when one can't be read. */
export function selectorOf(info: ResourceInfo, options: Pick<ListOptions, 'labelSelector' | 'fieldSelector'>): (object: KubeObject) => boolean {
  try {
    const labels = parseLabelSelector(options.labelSelector ?? '');
    const fields = parseFieldSelector(options.fieldSelector ?? '');
    checkFieldSelector(info, fields);
    if (labels.length === 0 && fields.length === 0) return () => true;
    return (object) => matchesLabels(labels, object.metadata.labels) && matchesFields(fields, object);
  } catch (error) {
    if (!(error instanceof SelectorError)) throw error;
    throw badRequest(error.message);
  }
}

export interface ListResult {
  items: KubeObject[];
  resourceVersion: string;
  continue?: string;
  remainingItemCount?: number;
}

/** A page of the matching objects, in the order of their keys, as they were at the first page. Throws ApiStatus 400, 410. */
export function listObjects(core: ApiCore, info: ResourceInfo, options: ListOptions & { exact?: boolean }): ListResult {
  const matches = selectorOf(info, options);
  if (isComponentStatus(info)) return { items: componentStatuses().filter(matches), resourceVersion: '' };
  checkRevision(core, options.resourceVersion);
  const token = options.continue === undefined || options.continue === '' ? undefined : readContinue(options.continue);
  const at = token?.rv ?? (options.exact === true ? readRevision(options.resourceVersion) : undefined);
  const stored = core.store.list(storageOf(info), info.namespaced ? options.namespace : undefined, at);
  if (stored === undefined) throw token === undefined ? expired(`The resourceVersion for the provided list is too old.`) : expired(CONTINUE_EXPIRED);
  const objects = presentAll(info, stored).filter((object) => matches(object) && (token === undefined || keyOf(object) > token.start));
  const resourceVersion = String(at ?? core.store.revision);
  const limit = options.limit ?? 0;
  if (limit <= 0 || objects.length <= limit) return { items: objects, resourceVersion };
  const items = objects.slice(0, limit);
  const last = items[items.length - 1];
  const selective = (options.labelSelector ?? '') !== '' || (options.fieldSelector ?? '') !== '';
  return {
    items,
    resourceVersion,
    continue: writeContinue(Number(resourceVersion), last === undefined ? '' : keyOf(last)),
    ...(selective ? {} : { remainingItemCount: objects.length - limit }),
  };
}

const CONTINUE_EXPIRED =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function writeContinue(rv: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv, start: `${start}\0` })).toString('base64url');
}

function readContinue(token: string): { rv: number; start: string } {
  // Go reads groups of four; what is left over, or foreign, stops it there.
  const foreign = token.search(/[^A-Za-z0-9_-]/);
  if (foreign >= 0 || token.length % 4 === 1) throw badRequest(`invalid continue token: continue key is not valid: illegal base64 data at input byte ${foreign >= 0 ? foreign : token.length - 1}`);
  const text = Buffer.from(token, 'base64url').toString('latin1');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'rv' in value && typeof value.rv === 'number' && 'start' in value && typeof value.start === 'string') {
      return { rv: value.rv, start: value.start.replace(/\0$/, '') };
    }
  } catch {
    const shown = goCharacter(text.charAt(0));
    const why = text === '' ? 'unexpected end of JSON input' : `invalid character '${shown}' looking for beginning of value`;
    throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
  }
  throw badRequest('invalid continue token: continue key is not valid: server does not recognize this encoded version');
}

/** A resourceVersion of a request as a number; undefined when there is none. Throws ApiStatus 500, as Kubernetes does. */
export function readRevision(resourceVersion: string | undefined): number | undefined {
  if (resourceVersion === undefined || resourceVersion === '') return undefined;
  if (!/^\d+$/.test(resourceVersion)) {
    throw new ApiStatus(500, '', `resourceVersion: Invalid value: "${resourceVersion}": strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`);
  }
  return Number(resourceVersion);
}

function checkRevision(core: ApiCore, resourceVersion: string | undefined): void {
  const revision = readRevision(resourceVersion);
  if (revision !== undefined && revision > core.store.revision) {
    throw new TooLarge(revision, core.store.revision);
  }
}

/** After kubernetes 1.32 staging/src/k8s.io/apiserver/pkg/storage/errors.go */
class TooLarge extends ApiStatus {
  constructor(asked: number, current: number) {
    super(504, 'Timeout', `Too large resource version: ${asked}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    });
  }
}

export interface WatchParameters {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  resourceVersion?: string;
  /** Leave out the objects that are there already, although no resourceVersion is given. */
  skipInitial?: boolean;
}

export type ApiWatchEvent = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: KubeObject };

/**
 * Delivers what happens to the matching objects. An object that begins to match is ADDED, one that ceases to is
 * DELETED. Without a resourceVersion (or with "0") the present objects come first, as ADDED; `initial` is told how
 * far those reach. Throws ApiStatus 410 when the history does not go back that far. Returns how to stop.
 */
export function watchObjects(
  core: ApiCore,
  info: ResourceInfo,
  parameters: WatchParameters,
  onEvent: (event: ApiWatchEvent) => void,
  onInitialEnd: (resourceVersion: string) => void = () => undefined,
): () => void {
  const matches = selectorOf(info, parameters);
  const storage = storageOf(info);
  const namespace = info.namespaced ? parameters.namespace : undefined;
  let over = false;
  const run = info.custom?.converter === undefined ? (act: () => void) => act() : inTurn(() => over);
  const stopping = (stop: () => void) => () => {
    over = true;
    stop();
  };
  let since = readRevision(parameters.resourceVersion) ?? 0;
  if (since === 0) {
    since = core.store.revision;
    if (parameters.skipInitial !== true) {
      for (const stored of core.store.list(storage, namespace)) {
        run(() => {
          const object = present(info, stored);
          if (matches(object)) onEvent({ type: 'ADDED', object });
        });
      }
    }
    const reached = String(since);
    run(() => onInitialEnd(reached));
  } else if (!core.store.canWatchFrom(storage, since)) {
    throw tooOld(since, core.store.compactedAt(storage));
  }
  const deliver = (event: StoreEvent): void => {
    if (namespace !== undefined && event.object.metadata.namespace !== namespace) return;
    const object = present(info, event.object);
    const before = event.previous !== undefined && matches(present(info, event.previous));
    const after = event.type !== 'DELETED' && matches(object);
    if (after) onEvent({ type: before ? 'MODIFIED' : 'ADDED', object });
    // What leaves the selection is shown as it was within it, at the version at which it left.
    else if (before && event.previous !== undefined) {
      const last = event.type === 'DELETED' ? object : present(info, { ...event.previous, metadata: { ...event.previous.metadata, resourceVersion: String(event.revision) } });
      onEvent({ type: 'DELETED', object: last });
    }
  };
  return stopping(core.store.watch(storage, since, (event) => run(() => deliver(event))));
}

/** Does one thing after another, each once a webhook has answered what it needs; what none answers is left out. */
function inTurn(isOver: () => boolean): (act: () => void) => void {
  let last: Promise<void> = Promise.resolve();
  const answered = async (act: () => void): Promise<void> => {
    for (let round = 0; round < MAX_QUESTIONS && !isOver(); round++) {
      try {
        return act();
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        await Promise.all(error.questions.map(({ ask }) => ask()));
      }
    }
  };
  return (act) => {
    last = last.then(() => answered(act)).catch(() => undefined);
  };
}

/** An event is about an object now and before, and about what it was when it left. */
const MAX_QUESTIONS = 4;
