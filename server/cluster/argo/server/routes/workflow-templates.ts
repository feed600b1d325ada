import type { Json, JsonObject } from '../../../../lib/json.ts';
import type { KubeList, KubeClient, ResourceType } from '../../../client.ts';
import { CLUSTER_WORKFLOW_TEMPLATES, LIST_OPTIONS, WORKFLOW_TEMPLATES, message, text, type Call, type Route } from '../route.ts';
import { Code, GrpcStatus, withStatus } from '../status.ts';
import { copy, fromKube, listOf, mapOf, metadataOf, toKube, type ArgoKind } from '../structs.ts';
import { templatesOf, validateClusterWorkflowTemplate, validateWorkflowTemplate } from '../validation.ts';
import { actorLabels, checkInstance, labelCreator } from '../workflow-access.ts';
import { OWN_SELECTOR } from '../workflow-list.ts';

// After argo-workflows v3.7.6 server/workflowtemplate and server/clusterworkflowtemplate

/** What differs between templates of a namespace and of the cluster. */
interface Flavour {
  type: ResourceType;
  kind: ArgoKind;
  namespaced: boolean;
  service: string;
  base: string;
  missing: { create: string; update: string };
  prefix: string;
}

const NAMESPACED: Flavour = {
  type: WORKFLOW_TEMPLATES,
  kind: 'WorkflowTemplate',
  namespaced: true,
  service: 'workflowtemplate.WorkflowTemplateService',
  base: '/api/v1/workflow-templates/{namespace}',
  missing: { create: 'workflow template was not found in the request body', update: 'WorkflowTemplate is not found in Request body' },
  prefix: 'workflowtemplate.WorkflowTemplate',
};

const CLUSTER: Flavour = {
  type: CLUSTER_WORKFLOW_TEMPLATES,
  kind: 'ClusterWorkflowTemplate',
  namespaced: false,
  service: 'clusterworkflowtemplate.ClusterWorkflowTemplateService',
  base: '/api/v1/cluster-workflow-templates',
  missing: { create: 'cluster workflow template was not found in the request body', update: 'ClusterWorkflowTemplate is not found in Request body' },
  prefix: 'clusterworkflowtemplate.ClusterWorkflowTemplate',
};

function namespaceOf(flavour: Flavour, call: Call): string | undefined {
  return flavour.namespaced ? text(call.request, 'namespace') : undefined;
}

function validate(flavour: Flavour, kube: KubeClient, namespace: string | undefined, template: JsonObject, lint = false): Promise<void> {
  const source = templatesOf(kube);
  return withStatus(Code.InvalidArgument, () =>
    flavour.namespaced ? validateWorkflowTemplate(source, namespace ?? '', template, { lint }) : validateClusterWorkflowTemplate(source, template, { lint }),
  );
}

function normal(flavour: Flavour, template: JsonObject): JsonObject {
  return fromKube(flavour.kind, toKube(flavour.kind, template));
}

async function create(flavour: Flavour, call: Call): Promise<Json> {
  const given = message(call.request, 'template');
  if (given === undefined) throw new GrpcStatus(Code.InvalidArgument, flavour.missing.create);
  const template = copy(given);
  labelCreator(call, template);
  const namespace = namespaceOf(flavour, call);
  await validate(flavour, call.context.own, namespace, template);
  return withStatus(Code.Internal, async () => fromKube(flavour.kind, await call.kube.create(flavour.type, namespace, toKube(flavour.kind, template))));
}

async function get(flavour: Flavour, call: Call): Promise<Json> {
  const template = await withStatus(Code.Internal, async () => fromKube(flavour.kind, await call.kube.get(flavour.type, namespaceOf(flavour, call), text(call.request, 'name'))));
  await withStatus(Code.InvalidArgument, () => checkInstance(template));
  return template;
}

async function list(flavour: Flavour, call: Call): Promise<Json> {
  const options = message(call.request, 'listOptions');
  const namespace = namespaceOf(flavour, call);
  const labels = text(options, 'labelSelector');
  const pattern = text(call.request, 'namePattern');
  const limit = Number(text(options, 'limit'));
  const after = text(options, 'continue');
  return withStatus(Code.Internal, async () => {
    const found = await call.kube.list(flavour.type, {
      ...(namespace === undefined || namespace === '' ? {} : { namespace }),
      labelSelector: labels === '' ? OWN_SELECTOR : `${labels},${OWN_SELECTOR}`,
      ...(text(options, 'fieldSelector') === '' ? {} : { fieldSelector: text(options, 'fieldSelector') }),
      ...(limit > 0 && pattern === '' ? { limit, ...(after === '' ? {} : { continue: after }) } : {}),
    });
    const items = found.items.filter((item) => item.metadata.name.includes(pattern)).map((item) => fromKube(flavour.kind, item));
    if (!(limit > 0) || pattern === '') return listOf(flavour.kind, found, items);
    return page(flavour, found, items, limit, after);
  });
}

/** With a name pattern Argo pages by itself: newest version first, the last one's version as the mark. */
function page(flavour: Flavour, found: KubeList, items: JsonObject[], limit: number, after: string): JsonObject {
  const version = (item: JsonObject) => Number(text(metadataOf(item), 'resourceVersion'));
  const sorted = items.filter((item) => after === '' || version(item) < Number(after)).sort((a, b) => version(b) - version(a));
  const cut = sorted.slice(0, limit);
  const last = cut.at(-1);
  const { continue: _dropped, remainingItemCount: _count, ...metadata } = found.metadata;
  const more = sorted.length > cut.length && last !== undefined;
  return listOf(flavour.kind, { items: [], metadata: { ...metadata, ...(more ? { continue: text(metadataOf(last), 'resourceVersion') } : {}) } }, cut);
}

async function update(flavour: Flavour, call: Call): Promise<Json> {
  const given = message(call.request, 'template');
  if (given === undefined) throw new GrpcStatus(Code.InvalidArgument, flavour.missing.update);
  const template = copy(given);
  const namespace = namespaceOf(flavour, call);
  await withStatus(Code.InvalidArgument, () => checkInstance(template));
  Object.assign(mapOf(template, 'labels'), actorLabels(call, 'Update'));
  await validate(flavour, call.context.own, namespace, template);
  return withStatus(Code.Internal, async () => {
    const object = toKube(flavour.kind, template);
    if (namespace !== undefined && object.metadata.namespace === undefined) object.metadata.namespace = namespace;
    return fromKube(flavour.kind, await call.kube.update(flavour.type, object));
  });
}

async function remove(flavour: Flavour, call: Call): Promise<Json> {
  const namespace = namespaceOf(flavour, call);
  const name = text(call.request, 'name');
  return withStatus(Code.Internal, async () => {
    const found = await call.context.own.find(flavour.type, namespace, name);
    if (found !== undefined) checkInstance(fromKube(flavour.kind, found));
    await call.kube.delete(flavour.type, namespace, name);
    return {};
  });
}

async function lint(flavour: Flavour, call: Call): Promise<Json> {
  const given = message(call.request, 'template');
  // What Go does with a nil template reaches the caller as it is.
  if (given === undefined) throw new GrpcStatus(Code.Internal, 'runtime error: invalid memory address or nil pointer dereference');
  const template = copy(given);
  labelCreator(call, template);
  await validate(flavour, call.context.own, namespaceOf(flavour, call), template, true);
  return normal(flavour, template);
}

function routes(flavour: Flavour): Route[] {
  const { service, base, kind, prefix } = flavour;
  const object = { field: 'template', kind };
  const many = `${kind}s`;
  const known = flavour.namespaced;
  return [
    { method: 'POST', path: base, service, rpc: `Create${kind}`, body: '*', message: `${prefix}CreateRequest`, object, answer: kind, unary: (call) => create(flavour, call) },
    { method: 'GET', path: base, service, rpc: `List${many}`, query: known ? ['namePattern', ...LIST_OPTIONS] : [...LIST_OPTIONS], answer: `${kind}List`, unary: (call) => list(flavour, call) },
    { method: 'POST', path: `${base}/lint`, service, rpc: `Lint${kind}`, body: '*', message: `${prefix}LintRequest`, object, answer: kind, unary: (call) => lint(flavour, call) },
    { method: 'GET', path: `${base}/{name}`, service, rpc: `Get${kind}`, query: ['getOptions.resourceVersion'], answer: kind, unary: (call) => get(flavour, call) },
    { method: 'PUT', path: `${base}/{name}`, service, rpc: `Update${kind}`, body: '*', message: `${prefix}UpdateRequest`, object, answer: kind, unary: (call) => update(flavour, call) },
    { method: 'DELETE', path: `${base}/{name}`, service, rpc: `Delete${kind}`, query: ['deleteOptions.propagationPolicy'], unary: (call) => remove(flavour, call) },
  ];
}

export const workflowTemplateRoutes: readonly Route[] = routes(NAMESPACED);
export const clusterWorkflowTemplateRoutes: readonly Route[] = routes(CLUSTER);

