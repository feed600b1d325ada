import { TemplateContext, TemplateNotFound, noTemplates } from '../types/resolve.ts';
import type { TemplateGetters } from '../types/resolve.ts';
import type { Arguments, CronWorkflow, Workflow, WorkflowSpec, WorkflowTemplate } from '../types/workflow.ts';
import { artifactOf, parameterOf } from '../types/template.ts';
import { validateArguments } from './arguments.ts';
import { fieldNameProblem, isParameterTag, namesProblem } from './names.ts';
import { podGcSelectorProblem } from './pod-gc.ts';
import { at, invalid, InvalidWorkflow } from './problem.ts';
import { scheduleProblem } from './schedule.ts';
import { TemplateValidator, validateHooks } from './template-validator.ts';

export { InvalidWorkflow } from './problem.ts';
export { noTemplates } from '../types/resolve.ts';
export type { TemplateGetters } from '../types/resolve.ts';
export { scheduleProblem } from './schedule.ts';

export interface ValidateOptions {
  /** Arguments may lack values. */
  lint?: boolean;
  /** A workflow made from a template by `submit`. */
  submit?: boolean;
  /** The controller's workflowDefaults: their labels and annotations may be referred to. */
  defaults?: Pick<Workflow, 'spec'>;
}

interface Mode extends ValidateOptions {
  ignoreEntrypoint?: boolean;
  templateOnly?: boolean;
}

const POD_GC = ['', 'OnPodCompletion', 'OnPodSuccess', 'OnWorkflowCompletion', 'OnWorkflowSuccess'];

/** Templates' arguments win over nothing: what a workflow gives comes first. */
export function mergeArguments(own: Arguments, fallback: Arguments): Arguments {
  const parameters = [...(own.parameters ?? [])];
  for (const parameter of fallback.parameters ?? []) {
    // The workflow's own counts whole: the choices that the template allows are not checked.
    if (!parameters.some(({ name }) => name === parameter.name)) parameters.push(parameter);
  }
  const artifacts = [...(own.artifacts ?? [])];
  for (const artifact of fallback.artifacts ?? []) if (!artifacts.some(({ name }) => name === artifact.name)) artifacts.push(artifact);
  return { ...(parameters.length > 0 ? { parameters } : {}), ...(artifacts.length > 0 ? { artifacts } : {}) };
}

function workflow(wf: Pick<Workflow, 'metadata' | 'spec'>, getters: TemplateGetters, mode: Mode): void {
  const spec = wf.spec;
  const name = wf.metadata.name ?? '';
  if (name.length > 63) invalid(`workflow name ${JSON.stringify(name)} must not be more than 63 characters long (currently ${name.length})`);
  const ref = spec.workflowTemplateRef;
  const referred = ref === undefined ? undefined : referredSpec(spec, getters);
  const entrypoint = (spec.entrypoint ?? '') !== '' ? (spec.entrypoint ?? '') : (referred?.entrypoint ?? '');
  const problem = namesProblem(spec.templates, fieldNameProblem);
  if (problem !== undefined) invalid(`spec.templates${problem}`);
  const args = referred === undefined ? spec.arguments : mergeArguments(spec.arguments, referred.arguments);
  validateArguments('spec.arguments.', args, mode.lint === true || (mode.templateOnly === true && mode.submit !== true));

  const globals: Record<string, string> = {};
  const validator = new TemplateValidator(globals, mode.templateOnly === true);
  const context = new TemplateContext({ scope: 'local', name, spec }, getters);
  fillGlobals(globals, () => validator.placeholder(), wf, args, [spec.workflowMetadata, mode.defaults?.spec.workflowMetadata, referred?.workflowMetadata]);

  const holder = (template: string) =>
    ref === undefined ? { template } : { templateRef: { name: ref.name ?? '', template, ...(ref.clusterScope === true ? { clusterScope: true } : {}) } };
  if (mode.ignoreEntrypoint !== true) {
    if (entrypoint === '') invalid('spec.entrypoint is required');
    validator.holder(holder(entrypoint), context, mode.templateOnly === true ? validator.anyArguments() : { parameter: (p) => parameterOf(args, p), artifact: (a) => artifactOf(args, a) });
  }
  const onExit = (spec.onExit ?? '') !== '' ? (spec.onExit ?? '') : (referred?.onExit ?? '');
  if (onExit !== '') {
    globals['workflow.failures'] = validator.placeholder();
    const dynamic = [...(spec.templates ?? []), ...(referred?.templates ?? [])].some((template) => template.outputs.artifacts?.some((artifact) => isParameterTag(artifact.globalName ?? '')) === true);
    if (dynamic) globals['workflow.outputs.artifacts.*'] = 'true';
    validator.holder(holder(onExit), context, { parameter: (p) => parameterOf(spec.arguments, p), artifact: (a) => artifactOf(spec.arguments, a) });
  }
  validateHooks(spec.hooks, 'hooks');
  const strategy = spec.podGC?.strategy ?? '';
  if (!POD_GC.includes(strategy)) invalid(`podGC.strategy unknown strategy '${strategy}'`);
  const selector = podGcSelectorProblem(spec.podGC?.labelSelector);
  if (selector !== undefined) invalid(`podGC.labelSelector invalid: ${selector}`);
  for (const template of (referred ?? spec).templates ?? []) {
    at(`templates.${template.name ?? ''} `, () => validator.holder(holder(template.name ?? ''), context, validator.anyArguments()));
  }
}

function referredSpec(spec: WorkflowSpec, getters: TemplateGetters): WorkflowSpec {
  if ((spec.templates ?? []).length > 0) invalid('Templates is invalid field in spec if workflow referred WorkflowTemplate reference');
  const { name = '', clusterScope } = spec.workflowTemplateRef ?? {};
  const found = clusterScope === true ? getters.clusterWorkflowTemplate(name) : getters.workflowTemplate(name);
  if (found === undefined) throw new InvalidWorkflow(`${clusterScope === true ? 'clusterworkflowtemplate' : 'workflowtemplate'}.argoproj.io ${JSON.stringify(name)} not found`, true);
  return found.spec;
}

function fillGlobals(globals: Record<string, string>, placeholder: () => string, wf: Pick<Workflow, 'metadata' | 'spec'>, args: Arguments, sources: (WorkflowSpec['workflowMetadata'] | undefined)[]): void {
  for (const key of ['name', 'namespace', 'mainEntrypoint', 'serviceAccountName', 'uid', 'annotations', 'annotations.json', 'labels', 'labels.json', 'status']) {
    globals[`workflow.${key}`] = placeholder();
  }
  if ((args.parameters ?? []).length > 0) {
    globals['workflow.parameters'] = placeholder();
    globals['workflow.parameters.json'] = placeholder();
  }
  for (const parameter of args.parameters ?? []) globals[`workflow.parameters.${parameter.name}`] = parameter.value ?? placeholder();
  const known = (kind: 'annotations' | 'labels') => [...Object.keys(wf.metadata[kind] ?? {}), ...sources.flatMap((source) => [...Object.keys(source?.[kind] ?? {}), ...(kind === 'labels' ? Object.keys(source?.labelsFrom ?? {}) : [])])];
  for (const kind of ['annotations', 'labels'] as const) for (const key of known(kind)) globals[`workflow.${kind}.${key}`] = placeholder();
  if (wf.spec.priority !== undefined) globals['workflow.priority'] = String(wf.spec.priority);
}

function run(check: () => void): InvalidWorkflow | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidWorkflow) return error;
    if (error instanceof TemplateNotFound) return new InvalidWorkflow(error.message, true);
    if (error instanceof Error && error.constructor === Error) return new InvalidWorkflow(error.message);
    throw error;
  }
}

/**
 * What Argo has against a workflow (in normal form), or undefined: the message to the byte.
 * `getters` look templates up in the workflow's namespace. After argo-workflows v3.7.6 workflow/validate/validate.go
 */
export function validateWorkflow(wf: Pick<Workflow, 'metadata' | 'spec'>, getters: TemplateGetters = noTemplates, options: ValidateOptions = {}): InvalidWorkflow | undefined {
  return run(() => workflow(wf, getters, options));
}

/** The same for a WorkflowTemplate or, with `cluster`, a ClusterWorkflowTemplate. */
export function validateWorkflowTemplate(template: WorkflowTemplate, getters: TemplateGetters = noTemplates, options: ValidateOptions & { cluster?: boolean } = {}): InvalidWorkflow | undefined {
  const { name = '', labels, annotations } = template.metadata;
  return run(() => {
    if (name.length > 63) invalid(`${options.cluster === true ? 'cluster ' : ''}workflow template name ${JSON.stringify(name)} must not be more than 63 characters long (currently ${name.length})`);
    const metadata = { name: '', ...(labels === undefined ? {} : { labels }), ...(annotations === undefined ? {} : { annotations }) };
    workflow({ metadata, spec: template.spec }, getters, { ...options, templateOnly: true, ignoreEntrypoint: (template.spec.entrypoint ?? '') === '' });
  });
}

/** The same for a CronWorkflow. */
export function validateCronWorkflow(cron: CronWorkflow, getters: TemplateGetters = noTemplates, options: Pick<ValidateOptions, 'defaults'> = {}): InvalidWorkflow | undefined {
  return run(() => {
    const { name = '' } = cron.metadata;
    const schedules = cron.spec.schedules ?? [];
    if (schedules.length > 0 && (cron.spec.schedule ?? '') !== '') invalid('cron workflow cant be configured with both Spec.Schedule and Spec.Schedules');
    if (name.length > 52) invalid(`cron workflow name ${JSON.stringify(name)} must not be more than 52 characters long (currently ${name.length})`);
    // As in Argo, without the timezone: a bad one is only found when the schedule is put to work.
    for (const schedule of cronSchedules({ ...cron, spec: { ...cron.spec, timezone: '' } })) {
      const problem = scheduleProblem(schedule);
      if (problem !== undefined) invalid(`cron schedule ${schedule} is malformed: ${problem}`);
    }
    const policy = cron.spec.concurrencyPolicy ?? '';
    if (!['', 'Allow', 'Forbid', 'Replace'].includes(policy)) invalid(`'${policy}' is not a valid concurrencyPolicy`);
    if ((cron.spec.startingDeadlineSeconds ?? 0) < 0) invalid('startingDeadlineSeconds must be positive');
    const { labels, annotations } = cron.spec.workflowMetadata ?? {};
    const metadata = { name: '', labels: { 'workflows.argoproj.io/cron-workflow': name, ...labels }, ...(annotations === undefined ? {} : { annotations }) };
    at('cannot validate Workflow: ', () => workflow({ metadata, spec: cron.spec.workflowSpec }, getters, options));
  });
}

/** A cron workflow's schedules with its timezone, as it is evaluated. */
export function cronSchedules(cron: CronWorkflow): string[] {
  const own = (cron.spec.schedule ?? '') !== '' ? [cron.spec.schedule ?? ''] : (cron.spec.schedules ?? []);
  const zone = cron.spec.timezone ?? '';
  return zone === '' ? own : own.map((schedule) => `CRON_TZ=${zone} ${schedule}`);
}
