import { goJson } from '../../../lib/json.ts';
import { labelValue } from '../../api/schema/validation/names.ts';
import { argoExprEnv, compile, evalExpr, goTypeName, replaceInJson } from '../expressions/index.ts';
import { joinSpecs, specOver } from '../defaults/merge.ts';
import { normalize } from '../types/normal-form.ts';
import { decodeWorkflowSpec } from '../types/workflow.ts';
import type { WorkflowSpec } from '../types/workflow.ts';
import { validateWorkflow } from '../validate/index.ts';
import { globalParameters } from './globals.ts';
import type { Operation } from './operation.ts';

/** The workflow cannot be executed; `failed` when it is itself to blame. */
export class SpecProblem extends Error {
  constructor(
    message: string,
    readonly failed: boolean,
  ) {
    super(message);
  }
}

/**
 * Finds out what is to be executed: the spec with the controller's defaults, or the merge with the template that it
 * names, kept in the status. Throws SpecProblem.
 * After argo-workflows v3.7.6 workflow/controller/operator.go setExecWorkflow
 */
export function prepareSpec(op: Operation): void {
  const { workflow, observed } = op;
  const waited = workflow.status.phase === 'Pending' && workflow.status.startedAt === null && (workflow.status.nodes === undefined || Object.keys(workflow.status.nodes).length === 0);
  const fresh = (workflow.status.phase ?? '') === '' || waited;
  const defaults = observed.config.workflowDefaults;
  if (workflow.spec.workflowTemplateRef !== undefined) {
    storeSpec(op, defaults?.spec);
    op.spec = workflow.status.storedWorkflowTemplateSpec ?? workflow.spec;
  } else {
    if (defaults !== undefined && (fresh || workflow.status.phase === undefined)) {
      workflow.spec = specOver(workflow.spec, defaults.spec);
      workflow.metadata.labels = mergeMaps(defaults.metadata.labels, workflow.metadata.labels);
      workflow.metadata.annotations = mergeMaps(defaults.metadata.annotations, workflow.metadata.annotations);
    }
    op.spec = workflow.spec;
  }
  op.volumes = structuredClone(op.spec.volumes ?? []);
  if (fresh) {
    const problem = validateWorkflow(workflow, observed.templates, defaults === undefined ? {} : { defaults });
    if (problem !== undefined) throw new SpecProblem(`invalid spec: ${problem.message}`, true);
    keepTemplates(op);
  }
  try {
    Object.assign(op.globals, globalParameters(workflow, op.spec, op.configMapKey));
  } catch (error) {
    throw new SpecProblem(`failed to set global parameters: ${error instanceof Error ? error.message : String(error)}`, true);
  }
  substituteGlobals(op);
  if (fresh) addMetadata(op);
  op.globals['workflow.status'] = workflow.status.phase ?? '';
  const started = Date.parse(workflow.status.startedAt ?? '');
  if (!Number.isNaN(started)) op.globals['workflow.duration'] = ((op.now - started) / 1000).toFixed(6);
  op.volumes = structuredClone(op.spec.volumes ?? op.volumes);
}

/** As Argo's validation does on its way: the templates of the object that a workflow is made from are kept with it. */
function keepTemplates(op: Operation): void {
  const { name, clusterScope } = op.workflow.spec.workflowTemplateRef ?? {};
  if (name === undefined) return;
  const found = clusterScope === true ? op.observed.templates.clusterWorkflowTemplate(name) : op.observed.templates.workflowTemplate(name);
  for (const template of found?.spec.templates ?? []) op.stored.set(`${clusterScope === true ? 'cluster' : 'namespaced'}/${name}/${template.name ?? ''}`, template);
}

function mergeMaps(base: Record<string, string> | undefined, over: Record<string, string> | undefined): Record<string, string> {
  return { ...base, ...over };
}

function storeSpec(op: Operation, defaults: WorkflowSpec | undefined): void {
  const { workflow } = op;
  const stored = workflow.status.storedWorkflowTemplateSpec;
  const own = workflow.spec;
  const stale = stored !== undefined && ((own.entrypoint !== undefined && own.entrypoint !== stored.entrypoint) || own.shutdown !== stored.shutdown || own.suspend !== stored.suspend);
  if (stored !== undefined && !stale) return;
  let template = stored;
  if (template === undefined) {
    const { name = '', clusterScope } = own.workflowTemplateRef ?? {};
    const found = clusterScope === true ? op.observed.templates.clusterWorkflowTemplate(name) : op.observed.templates.workflowTemplate(name);
    if (found === undefined) throw new SpecProblem(`${clusterScope === true ? 'clusterworkflowtemplates' : 'workflowtemplates'}.argoproj.io ${JSON.stringify(name)} not found`, false);
    template = found.spec;
    const extra = op.observed.config.workflowDefaults?.metadata;
    if (extra?.labels !== undefined) workflow.metadata.labels = mergeMaps(extra.labels, workflow.metadata.labels);
    if (extra?.annotations !== undefined) workflow.metadata.annotations = mergeMaps(extra.annotations, workflow.metadata.annotations);
  }
  workflow.status.storedWorkflowTemplateSpec = joinSpecs(own, template, defaults);
}

/** Tags in everything but the templates, which are replaced when they are executed. */
function substituteGlobals(op: Operation): void {
  const { templates, ...rest } = op.spec;
  const json = goJson(normalize('WorkflowSpec', rest));
  const replaced = replaceInJson(json, op.globals);
  if (replaced === json && templates === op.spec.templates) return;
  op.spec = { ...decodeWorkflowSpec(JSON.parse(replaced)), ...(templates === undefined ? {} : { templates }) };
}

/** Labels and annotations that the spec asks for. */
function addMetadata(op: Operation): void {
  const extra = op.spec.workflowMetadata;
  if (extra === undefined) return;
  const { metadata } = op.workflow;
  const labels = (metadata.labels = { ...metadata.labels, ...extra.labels });
  metadata.annotations = { ...metadata.annotations, ...extra.annotations };
  for (const [name, value] of Object.entries(extra.labels ?? {})) op.globals[`workflow.labels.${name}`] = value;
  for (const [name, { expression }] of Object.entries(extra.labelsFrom ?? {})) {
    let value: unknown;
    const env = argoExprEnv(op.globals);
    try {
      compile(expression, env);
    } catch (error) {
      throw new SpecProblem(`Failed to compile function for expression ${JSON.stringify(expression)}: ${error instanceof Error ? error.message : String(error)}`, false);
    }
    try {
      value = evalExpr(expression, env);
    } catch (error) {
      throw new SpecProblem(`failed to evaluate label ${JSON.stringify(name)} expression ${JSON.stringify(expression)}: ${error instanceof Error ? error.message : String(error)}`, false);
    }
    if (typeof value !== 'string') throw new SpecProblem(`failed to evaluate label ${JSON.stringify(name)} expression ${JSON.stringify(expression)} evaluted to ${goTypeName(value)} but must be a string`, false);
    const problems = labelValue(value);
    if (problems.length > 0) throw new SpecProblem(`invalid label value ${JSON.stringify(value)} for label ${JSON.stringify(name)} and expression ${JSON.stringify(expression)}: ${problems.join(';')}`, false);
    labels[name] = value;
    op.globals[`workflow.labels.${name}`] = value;
  }
  substituteGlobals(op);
}
