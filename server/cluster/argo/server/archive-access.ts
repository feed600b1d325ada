import type { JsonObject } from '../../../lib/json.ts';
import { parseLabelSelector } from '../../store/selectors.ts';
import type { ArchiveFilter } from '../archive/workflow-archive.ts';
import { message, text, type Call } from './route.ts';
import { Code, GrpcStatus, toStatus, withStatus } from './status.ts';
import { metadataOf, nameOf } from './structs.ts';
import { type ListFilter, listFilter } from './list-filter.ts';
import { mayI } from './workflow-access.ts';

/** The conditions of a list, as the archive takes them. Throws InvalidArgument for a selector that is none. */
export function archiveFilter(request: JsonObject, filter: ListFilter = listFilter(request)): ArchiveFilter {
  const selector = text(message(request, 'listOptions'), 'labelSelector');
  const time = (name: 'createdAfter' | 'finishedBefore') => (text(request, name) === '' ? undefined : Date.parse(text(request, name)));
  const [createdFrom, finishedTo] = [time('createdAfter'), time('finishedBefore')];
  try {
    return {
      namespace: filter.namespace,
      name: filter.name,
      nameFilter: text(request, 'nameFilter'),
      namePrefix: text(request, 'namePrefix'),
      labels: parseLabelSelector(selector),
      ...(filter.startedAfter === undefined ? {} : { startedFrom: filter.startedAfter }),
      ...(filter.startedBefore === undefined ? {} : { startedTo: filter.startedBefore }),
      ...(createdFrom === undefined ? {} : { createdFrom }),
      ...(finishedTo === undefined ? {} : { finishedTo }),
    };
  } catch (error) {
    throw new GrpcStatus(Code.InvalidArgument, toStatus(error).message);
  }
}

type Asker = Pick<Call, 'kube' | 'context'>;

/** An archived workflow that the caller may see: by uid, or the last one of a name. */
export async function archivedWorkflow(call: Asker, { uid, namespace = '', name = '' }: { uid: string; namespace?: string; name?: string }): Promise<JsonObject> {
  const { archive } = call.context;
  if (archive === undefined) throw new GrpcStatus(Code.Internal, 'getting archived workflows not supported');
  if (uid === '' && (namespace === '' || name === '')) throw new GrpcStatus(Code.InvalidArgument, 'both name and namespace are required if uid is not specified');
  const found = uid === '' ? archive.latest(namespace, name) : archive.get(uid);
  if (found === undefined) throw new GrpcStatus(Code.NotFound, 'not found');
  await need(call, 'get', found);
  return found;
}

/** Throws PermissionDenied where the caller may not do that to the workflow. */
export async function need(call: Asker, verb: string, workflow: JsonObject): Promise<void> {
  const allowed = await withStatus(Code.Internal, () => mayI(call.kube, verb, 'workflows', text(metadataOf(workflow), 'namespace'), nameOf(workflow)));
  if (!allowed) throw new GrpcStatus(Code.PermissionDenied, 'permission denied');
}
