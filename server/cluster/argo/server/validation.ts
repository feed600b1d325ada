import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';
import { CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES, text } from './route.ts';
import { Code, GrpcStatus } from './status.ts';
import { dig, fromKube } from './structs.ts';

/** Where validation finds the templates that a workflow refers to. Throws ApiStatus when they are not there. */
export interface TemplateSource {
  workflowTemplate(namespace: string, name: string): Promise<JsonObject>;
  clusterWorkflowTemplate(name: string): Promise<JsonObject>;
}

export function templatesOf(kube: KubeClient): TemplateSource {
  return {
    workflowTemplate: async (namespace, name) => fromKube('WorkflowTemplate', await kube.get(WORKFLOW_TEMPLATES, namespace, name)),
    clusterWorkflowTemplate: async (name) => fromKube('ClusterWorkflowTemplate', await kube.get(CLUSTER_WORKFLOW_TEMPLATES, undefined, name)),
  };
}

export interface ValidateOptions {
  /** Linting takes arguments without values. */
  lint?: boolean;
  submit?: boolean;
}

/**
 * Throws what is wrong with a workflow. As in Argo, the templates of what it refers to are noted in its
 * `status.storedTemplates` on the way.
 */
export async function validateWorkflow(source: TemplateSource, namespace: string, workflow: JsonObject, _options: ValidateOptions = {}): Promise<void> {
  const spec = dig(workflow, 'spec');
  const ref = spec['workflowTemplateRef'];
  if (isJsonObject(ref)) {
    if (Array.isArray(spec['templates']) && spec['templates'].length > 0) throw new GrpcStatus(Code.InvalidArgument, 'Templates is invalid field in spec if workflow referred WorkflowTemplate reference');
    const name = text(ref, 'name');
    const cluster = ref['clusterScope'] === true;
    const template = cluster ? await source.clusterWorkflowTemplate(name) : await source.workflowTemplate(namespace, name);
    const stored = dig(workflow, 'status', 'storedTemplates');
    const templates = dig(template, 'spec')['templates'];
    for (const item of Array.isArray(templates) ? templates : []) {
      if (isJsonObject(item)) stored[`${cluster ? 'cluster' : 'namespaced'}/${name}/${text(item, 'name')}`] = item;
    }
    return;
  }
  if (text(spec, 'entrypoint') === '') throw new GrpcStatus(Code.InvalidArgument, 'spec.entrypoint is required');
}

export async function validateWorkflowTemplate(_source: TemplateSource, _namespace: string, _template: JsonObject, _options: ValidateOptions = {}): Promise<void> {}

export async function validateClusterWorkflowTemplate(_source: TemplateSource, _template: JsonObject, _options: ValidateOptions = {}): Promise<void> {}

export async function validateCronWorkflow(_source: TemplateSource, _namespace: string, _cron: JsonObject): Promise<void> {}
