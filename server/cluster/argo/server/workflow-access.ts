import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';
import type { Caller } from './auth.ts';
import { userLabels } from './auth.ts';
import { SELF_REVIEWS, WORKFLOWS, message, type Call } from './route.ts';
import { ArgoError, Code, GrpcStatus, withStatus } from './status.ts';
import { LABEL } from './actions/shared.ts';
import { fromKube, mapOf, metadataOf, nameOf, toKube } from './structs.ts';

export const LATEST = '@latest';

/** A workflow by name, from the archive if it is only there, or the newest one; as the caller. After argo-workflows v3.7.6 server/workflow/workflow_server.go */
export async function getWorkflow({ kube, context }: Pick<Call, 'kube' | 'context'>, namespace: string, name: string): Promise<JsonObject> {
  return withStatus(Code.Internal, async () => {
    if (name !== LATEST) {
      try {
        return fromKube('Workflow', await kube.get(WORKFLOWS, namespace, name));
      } catch (error) {
        if (context.archive === undefined || !(await mayI(kube, 'get', 'workflows', namespace, name))) throw error;
        const archived = context.archive.latest(namespace, name);
        if (archived === undefined) throw error;
        return fromKube('Workflow', toKube('Workflow', archived));
      }
    }
    const list = await kube.list(WORKFLOWS, { namespace });
    let newest = list.items[0];
    for (const item of list.items) if (newest !== undefined && (item.metadata.creationTimestamp ?? '') > (newest.metadata.creationTimestamp ?? '')) newest = item;
    if (newest === undefined) throw new GrpcStatus(Code.NotFound, 'no workflows found');
    return fromKube('Workflow', newest);
  });
}

/** Refuses an object that belongs to another controller. After argo-workflows v3.7.6 util/instanceid/service.go */
export function checkInstance(object: JsonObject): void {
  const label = message(metadataOf(object), 'labels')?.[`${LABEL}controller-instanceid`];
  if (label !== undefined && label !== '') throw new ArgoError(400, `'${nameOf(object)}' is not managed by the current Argo Server`);
}

/** A workflow that one of the verbs is about. */
export async function getOwnWorkflow(call: Pick<Call, 'kube' | 'context'>, namespace: string, name: string): Promise<JsonObject> {
  const workflow = await getWorkflow(call, namespace, name);
  await withStatus(Code.InvalidArgument, () => checkInstance(workflow));
  return workflow;
}

/** Marks an object as made by the caller and as this server's. */
export function labelCreator(caller: Caller, object: JsonObject): void {
  const labels = message(metadataOf(object), 'labels');
  if (labels !== undefined) for (const key of ['controller-instanceid', 'creator', 'creator-email', 'creator-preferred-username']) if (key === 'controller-instanceid' || caller.claims !== undefined) delete labels[`${LABEL}${key}`];
  const made = userLabels(caller.claims, 'creator');
  if (Object.keys(made).length > 0) Object.assign(mapOf(object, 'labels'), made);
}

/** The labels that say who acted on an object, and how. */
export function actorLabels(caller: Caller, action: string | undefined): Record<string, string> {
  const labels = userLabels(caller.claims, 'actor');
  if (caller.claims !== undefined && action !== undefined) labels[`${LABEL}action`] = action;
  return labels;
}

export async function updateWorkflow(kube: KubeClient, workflow: JsonObject): Promise<JsonObject> {
  return fromKube('Workflow', await kube.update(WORKFLOWS, toKube('Workflow', workflow)));
}

/** Whether the caller may do something, asked of Kubernetes. */
export async function mayI(kube: KubeClient, verb: string, resource: string, namespace: string, name = ''): Promise<boolean> {
  const review = await kube.create(SELF_REVIEWS, undefined, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: { name: '' },
    spec: { resourceAttributes: { namespace, verb, group: 'argoproj.io', resource, name } },
  });
  const status = review['status'];
  return isJsonObject(status) && status['allowed'] === true;
}
