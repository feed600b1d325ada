import { goJson, isJsonObject, type JsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';
import { CLUSTER_WORKFLOW_TEMPLATES, WORKFLOW_TEMPLATES, message, text } from './route.ts';
import { Code, GrpcStatus } from './status.ts';
import { copy, dig, fromKube } from './structs.ts';
import { normalize } from '../types/normal-form.ts';
import type { CronWorkflow, Workflow, WorkflowSpec, WorkflowTemplate } from '../types/workflow.ts';
import { type InvalidWorkflow, type TemplateGetters, validateCronWorkflow as cronProblem, validateWorkflow as workflowProblem, validateWorkflowTemplate as templateProblem } from '../validate/index.ts';
import { ApiStatus } from '../../api/status.ts';

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

/** Every `workflowTemplateRef` and `templateRef` in a value, wherever it stands. */
function refsIn(value: unknown, found: Map<string, { name: string; cluster: boolean }>): void {
  if (Array.isArray(value)) for (const item of value) refsIn(item, found);
  if (!isJsonObject(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    if ((key === 'workflowTemplateRef' || key === 'templateRef') && isJsonObject(inner)) {
      const ref = { name: text(inner, 'name'), cluster: inner['clusterScope'] === true };
      if (ref.name !== '' && !ref.name.includes('{{')) found.set(`${ref.cluster ? 'cluster' : 'namespaced'}/${ref.name}`, ref);
    }
    refsIn(inner, found);
  }
}

/** Reads everything that `object` refers to, directly or not, so that validation can look it up at once. */
async function gettersFor(source: TemplateSource, namespace: string, object: JsonObject): Promise<TemplateGetters> {
  const known = new Map<string, { spec: WorkflowSpec } | undefined>();
  let todo: JsonObject[] = [object];
  while (todo.length > 0) {
    const refs = new Map<string, { name: string; cluster: boolean }>();
    for (const item of todo) refsIn(item, refs);
    todo = [];
    for (const [key, { name, cluster }] of refs) {
      if (known.has(key)) continue;
      try {
        const template = cluster ? await source.clusterWorkflowTemplate(name) : await source.workflowTemplate(namespace, name);
        known.set(key, { spec: specOf(template) });
        todo.push(template);
      } catch (error) {
        if (!(error instanceof ApiStatus && error.code === 404)) throw error;
        known.set(key, undefined);
      }
    }
  }
  return { workflowTemplate: (name) => known.get(`namespaced/${name}`), clusterWorkflowTemplate: (name) => known.get(`cluster/${name}`) };
}

/** The normal form is what the types describe: the one place where that is said. */
function specOf(template: JsonObject): WorkflowSpec {
  return dig(template, 'spec') as unknown as WorkflowSpec;
}

/** What `workflowTemplateRef` names; undefined without one. */
async function readTemplate(source: TemplateSource, namespace: string, workflow: JsonObject): Promise<JsonObject | undefined> {
  const ref = dig(workflow, 'spec')['workflowTemplateRef'];
  if (!isJsonObject(ref)) return undefined;
  const name = text(ref, 'name');
  return ref['clusterScope'] === true ? source.clusterWorkflowTemplate(name) : source.workflowTemplate(namespace, name);
}

function refuse(problem: InvalidWorkflow | undefined): void {
  if (problem !== undefined) throw new GrpcStatus(problem.notFound ? Code.NotFound : Code.InvalidArgument, problem.message);
}

/**
 * Throws what is wrong with a workflow. As in Argo, the templates of what it refers to are noted in its
 * `status.storedTemplates` on the way.
 */
export async function validateWorkflow(source: TemplateSource, namespace: string, workflow: JsonObject, options: ValidateOptions = {}): Promise<void> {
  const getters = await gettersFor(source, namespace, workflow);
  const problem = workflowProblem(normalize('Workflow', copy(workflow)) as unknown as Workflow, getters, options);
  // The template that the workflow is made of is reported missing in Kubernetes' own words.
  if (problem?.notFound === true) await readTemplate(source, namespace, workflow);
  refuse(problem);
  const stored = await storedTemplates(source, namespace, workflow);
  if (Object.keys(stored).length > 0) Object.assign(dig(workflow, 'status', 'storedTemplates'), stored);
}

/**
 * The templates of others that a workflow comes to use, by the keys under which Argo keeps them: those of its
 * workflowTemplateRef all, those of a templateRef with what they call in turn.
 */
async function storedTemplates(source: TemplateSource, namespace: string, workflow: JsonObject): Promise<JsonObject> {
  const stored: JsonObject = {};
  const templatesIn = (holder: JsonObject) => {
    const templates = message(holder, 'spec')?.['templates'];
    return Array.isArray(templates) ? templates.filter(isJsonObject) : [];
  };
  const visit = async (value: unknown, scope: { key: string; holder: JsonObject } | undefined): Promise<void> => {
    if (Array.isArray(value)) for (const item of value) await visit(item, scope);
    if (!isJsonObject(value)) return;
    const ref = message(value, 'templateRef');
    // What is only known at run time is not looked up.
    if (ref !== undefined && goJson(ref).includes('{{')) return;
    if (ref !== undefined) {
      const cluster = ref['clusterScope'] === true;
      const key = `${cluster ? 'cluster' : 'namespaced'}/${text(ref, 'name')}`;
      const holder = cluster ? await source.clusterWorkflowTemplate(text(ref, 'name')) : await source.workflowTemplate(namespace, text(ref, 'name'));
      await keep({ key, holder }, text(ref, 'template'));
    } else if (scope !== undefined && typeof value['template'] === 'string') await keep(scope, value['template']);
    for (const part of Object.values(value)) await visit(part, scope);
  };
  const keep = async (scope: { key: string; holder: JsonObject }, name: string): Promise<void> => {
    const template = templatesIn(scope.holder).find((one) => text(one, 'name') === name);
    const key = `${scope.key}/${name}`;
    if (template === undefined || stored[key] !== undefined) return;
    stored[key] = template;
    await visit([template['steps'], template['dag']], scope);
  };
  const ref = message(message(workflow, 'spec'), 'workflowTemplateRef');
  const holder = await readTemplate(source, namespace, workflow);
  if (holder !== undefined) {
    const scope = { key: `${ref?.['clusterScope'] === true ? 'cluster' : 'namespaced'}/${text(ref, 'name')}`, holder };
    for (const template of templatesIn(holder)) await keep(scope, text(template, 'name'));
  } else for (const template of templatesIn(workflow)) await visit([template['steps'], template['dag']], undefined);
  return stored;
}

export async function validateWorkflowTemplate(source: TemplateSource, namespace: string, template: JsonObject, options: ValidateOptions = {}): Promise<void> {
  refuse(templateProblem(normalize('WorkflowTemplate', copy(template)) as unknown as WorkflowTemplate, await gettersFor(source, namespace, template), options));
}

export async function validateClusterWorkflowTemplate(source: TemplateSource, template: JsonObject, options: ValidateOptions = {}): Promise<void> {
  refuse(templateProblem(normalize('ClusterWorkflowTemplate', copy(template)) as unknown as WorkflowTemplate, await gettersFor(source, '', template), { ...options, cluster: true }));
}

export async function validateCronWorkflow(source: TemplateSource, namespace: string, cron: JsonObject): Promise<void> {
  refuse(cronProblem(normalize('CronWorkflow', copy(cron)) as unknown as CronWorkflow, await gettersFor(source, namespace, cron)));
}
