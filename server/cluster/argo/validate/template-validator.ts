import { goJson } from '../../../lib/json.ts';
import { processArgs, visitTags } from '../expressions/index.ts';
import type { ArgumentSource } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import type { Holder, TemplateContext } from '../types/resolve.ts';
import { TemplateNotFound } from '../types/resolve.ts';
import { artifactOf, hasOutput, isLeaf, isPodType, parameterOf, stepGroupsOf, templateTypeOf, templateTypesOf } from '../types/template.ts';
import type { Arguments, Artifact, DagTask, Invocation, Outputs, Template } from '../types/workflow.ts';
import { validateArguments } from './arguments.ts';
import { ancestryOf, dependenciesOf, sortTasks, unknownTaskResult } from './dag-graph.ts';
import { checkArtifactPath, isPlaceholder, validateLeafFields, validateLocation } from './leaf.ts';
import { fieldNameProblem, isParameterTag, namesProblem, parameterNameProblem } from './names.ts';
import { at, invalid } from './problem.ts';

/** Names that tags may refer to at some place. */
type Names = Set<string>;

const ANY_ITEM = 'item.*';
const ANY_OUTPUT_PARAMETER = 'workflow.outputs.parameters.*';
const ANY_OUTPUT_ARTIFACT = 'workflow.outputs.artifacts.*';
/** Only tags that begin so are Argo's to resolve. */
const ROOTS = ['item.', 'steps.', 'inputs.', 'outputs.', 'pod.', 'workflow.', 'tasks.'];
const CHOICES = 'choose one of: container, containerSet, steps, script, resource, dag, suspend, template, template ref';
const RETRY_POLICIES = ['Always', 'OnError', 'OnFailure', 'OnTransientError', ''];

const argumentsOf = (args: Arguments): ArgumentSource => ({ parameter: (name) => parameterOf(args, name), artifact: (name) => artifactOf(args, name) });

/** Walks through the templates of a workflow. After argo-workflows v3.7.6 workflow/validate/validate.go */
export class TemplateValidator {
  readonly #done = new Set<string>();
  #placeholders = 0;

  constructor(
    /** What every template may refer to, with values for those that may choose a template. */
    readonly globals: Record<string, string>,
    /** A template alone may name parameters that only its workflow will have. */
    readonly templateOnly: boolean,
  ) {}

  placeholder(): string {
    return `placeholder-${this.#placeholders++}`;
  }

  /** Arguments that have everything: for a template looked at alone. */
  anyArguments(): ArgumentSource {
    return { parameter: (name) => ({ name, value: this.placeholder() }), artifact: (name): Artifact => ({ name }) };
  }

  /** Checks the template that a holder names; gives it back unless it is only known at run time. */
  holder(holder: Holder, context: TemplateContext, args: ArgumentSource): Template | undefined {
    const ref = holder.templateRef;
    const name = holder.template ?? '';
    if (ref !== undefined) {
      if (name !== '') invalid('template name cannot be specified with templateRef.');
      if ((ref.name ?? '') === '') invalid('resource name is required');
      if ((ref.template ?? '') === '') invalid('template name is required');
      if (goJson(ref).includes('{{')) return undefined;
    } else if (name !== '' && holder.inline === undefined) {
      try {
        context.byName(name);
      } catch (error) {
        if (error instanceof TemplateNotFound) invalid(`template name '${name}' undefined`);
        throw error;
      }
    }
    let resolved: ReturnType<TemplateContext['resolve']>;
    try {
      resolved = context.resolve(holder);
    } catch (error) {
      if (!(error instanceof TemplateNotFound) || ref === undefined) throw error;
      if (ref.template?.includes('placeholder') === true) return undefined;
      return invalid(`template reference ${ref.name ?? ''}.${ref.template ?? ''} not found`);
    }
    const policy = resolved.template.retryStrategy?.retryPolicy ?? '';
    if (!RETRY_POLICIES.includes(policy)) invalid(`${policy} is not a valid RetryPolicy`);
    this.#template(resolved.template, resolved.context, args);
    return resolved.template;
  }

  #template(template: Template, context: TemplateContext, args: ArgumentSource): void {
    const name = template.name ?? '';
    const types = templateTypesOf(template);
    if (types.length !== 1) invalid(`templates.${name} ${types.length === 0 ? 'template type unspecified' : 'multiple template types specified'}. ${CHOICES}`);
    const scope = this.#inputs(template);
    if (template.initContainers?.some((container) => container.name === '') === true) invalid('initContainers must all have container name');
    const locals: Record<string, string> = {};
    const local = (key: string) => {
      locals[key] = this.placeholder();
      scope.add(key);
    };
    if (isPodType(template)) local('pod.name');
    if (template.retryStrategy !== undefined) ['retries', 'lastRetry.exitCode', 'lastRetry.status', 'lastRetry.duration', 'lastRetry.message'].forEach(local);
    if (isLeaf(template)) {
      for (const artifact of template.outputs.artifacts ?? []) if ((artifact.path ?? '') !== '') scope.add(`outputs.artifacts.${artifact.name}.path`);
      for (const parameter of template.outputs.parameters ?? []) if ((parameter.valueFrom?.path ?? '') !== '') scope.add(`outputs.parameters.${parameter.name}.path`);
    }
    const filled = at(`templates.${name} `, () => processArgs(template, args, this.globals, locals, { validateOnly: true }));
    if ((filled.timeout ?? '') !== '') {
      if (!isLeaf(filled)) invalid(`${templateTypeOf(filled)} template doesn't support timeout field.`);
      if (/^[+-]?\d+$/.test(filled.timeout ?? '')) invalid(`${filled.name ?? ''} has invalid duration format in timeout.`);
    }
    const id = `${context.scope}${name}`;
    if (this.#done.has(id)) return;
    this.#done.add(id);
    for (const key of Object.keys(this.globals)) scope.add(key);
    switch (templateTypeOf(filled)) {
      case 'Steps':
        this.#steps(scope, context, filled);
        break;
      case 'DAG':
        this.#dag(scope, context, filled);
        break;
      default:
        at(`templates.${filled.name ?? ''}: `, () => this.#resolveTags(scope, goJson(normalize('Template', filled))));
        validateLeafFields(filled, context.base);
    }
    this.#outputs(scope, filled);
    if (filled.archiveLocation !== undefined) validateLocation(`templates.${filled.name ?? ''}.archiveLocation`, filled.archiveLocation);
    this.#metrics(template.name ?? '', filled);
  }

  #inputs(template: Template): Names {
    const at = `templates.${template.name ?? ''}`;
    for (const field of ['parameters', 'artifacts'] as const) {
      const problem = namesProblem(template.inputs[field], parameterNameProblem);
      if (problem !== undefined) invalid(`${at}.inputs.${field}${problem}`);
    }
    const scope: Names = new Set();
    for (const parameter of template.inputs.parameters ?? []) scope.add(`inputs.parameters.${parameter.name}`);
    if ((template.inputs.parameters ?? []).length > 0) scope.add('inputs.parameters');
    for (const artifact of template.inputs.artifacts ?? []) {
      const ref = `inputs.artifacts.${artifact.name}`;
      scope.add(ref);
      if (isLeaf(template)) {
        this.#path(template, ref, artifact);
        scope.add(`${ref}.path`);
      } else if ((artifact.path ?? '') !== '') invalid(`${at}.${ref}.path only valid in container/script templates`);
      if ((artifact.from ?? '') !== '') invalid(`${at}.${ref}.from not valid in inputs`);
      validateLocation(`${at}.${ref}`, artifact);
    }
    return scope;
  }

  #path(template: Template, ref: string, artifact: Artifact): void {
    at(`error in templates.${template.name ?? ''}.${ref}: `, () => checkArtifactPath(artifact));
  }

  /** Throws `failed to resolve {{x}}` for the first tag that nothing is known of. */
  #resolveTags(scope: Names, text: string): void {
    visitTags(text, (tag) => {
      const name = tag.trim();
      if (!ROOTS.some((root) => name.startsWith(root)) || scope.has(name) || Object.hasOwn(this.globals, name)) return;
      const late =
        ((name === 'item' || name.startsWith('item.')) && scope.has(ANY_ITEM)) ||
        (name.startsWith('workflow.outputs.parameters.') && scope.has(ANY_OUTPUT_PARAMETER)) ||
        (name.startsWith('workflow.outputs.artifacts.') && (scope.has(ANY_OUTPUT_ARTIFACT) || Object.hasOwn(this.globals, ANY_OUTPUT_ARTIFACT))) ||
        ['outputs.', 'workflow.creationTimestamp', 'workflow.scheduledTime', 'workflow.duration', 'tasks.name', 'steps.name', 'node.name'].some((known) => name.startsWith(known)) ||
        (name.startsWith('workflow.parameters') && this.templateOnly);
      if (!late) throw new Error(`failed to resolve {{${tag}}}`);
    });
  }

  #nonLeaf(template: Template): void {
    if (template.activeDeadlineSeconds !== undefined) invalid(`templates.${template.name ?? ''}.activeDeadlineSeconds is only valid for leaf templates`);
  }

  #steps(scope: Names, context: TemplateContext, template: Template): void {
    this.#nonLeaf(template);
    const at_ = `templates.${template.name ?? ''}.steps`;
    const seen = new Set<string>();
    for (const [i, group] of stepGroupsOf(template).entries()) {
      for (const step of group) {
        const name = step.name ?? '';
        const place = `${at_}[${i}]`;
        if (name === '') invalid(`${place}.name is required`);
        if (seen.has(name)) invalid(`${place}.name '${name}' is not unique`);
        const problem = fieldNameProblem(name);
        if (problem !== undefined) invalid(`${place}.name '${name}' is invalid: ${problem}`);
        seen.add(name);
        const prefix = `steps.${name}`;
        scope.add(`${prefix}.status`);
        at(`${place}.${name} `, () => addItems(step, scope));
        validateArguments(`${place}.${name}.arguments.`, step.arguments, false);
        const resolved = at(`${place}.${name} `, () => this.holder(step, context, this.anyArguments()));
        if (hasExitHook(step)) this.#addOutputs(resolved, prefix, scope, false, false);
        validateHooks(step.hooks, `${place}.${name}`);
        const own: Names = new Set(scope);
        for (const parameter of step.inline?.inputs.parameters ?? []) own.add(`inputs.parameters.${parameter.name}`);
        at(`${at_} `, () => this.#resolveTags(own, goJson(normalize('WorkflowStep', step))));
        this.#addOutputs(resolved, prefix, scope, isAggregate(step), false);
        at(`${place}.${name} `, () => this.holder(step, context, argumentsOf(step.arguments)));
      }
    }
  }

  #dag(scope: Names, context: TemplateContext, template: Template): void {
    this.#nonLeaf(template);
    const name = template.name ?? '';
    const place = `templates.${name}`;
    const tasks = template.dag?.tasks ?? [];
    if (tasks.length === 0) invalid(`${place} must have at least one task`);
    const usingDepends = tasks.some((task) => (task.depends ?? '') !== '');
    const byName = new Map(tasks.map((task) => [task.name, task]));
    const graph = new Map(tasks.map((task) => [task.name, dependenciesOf(task, (other) => byName.get(other)).tasks]));
    const waitsFor = (task: string): string[] => [...(graph.get(task)?.keys() ?? [])];
    const sorted = sortTasks(tasks.map((task) => ({ name: task.name, waitsFor: waitsFor(task.name) })));
    if ('problem' in sorted) invalid(`${place} sorting failed: ${sorted.problem}`);
    const problem = namesProblem(tasks, fieldNameProblem);
    if (problem !== undefined) invalid(`${place}.tasks${problem}`);
    const ordered = sorted.order.flatMap((task) => byName.get(task) ?? []);
    const resolved = new Map<string, Template | undefined>();
    for (const task of ordered) {
      const where = `${place}.tasks.${task.name} `;
      const dependencies = task.dependencies ?? [];
      if ((usingDepends || dependencies.length > 0) && /^[0-9]/.test(task.name)) invalid(`${where}name cannot begin with a digit when using either 'depends' or 'dependencies'`);
      if (usingDepends && dependencies.length > 0) invalid(`${place} cannot use both 'depends' and 'dependencies' in the same DAG template`);
      if (usingDepends && task.continueOn !== undefined) invalid(`${place} cannot use 'continueOn' when using 'depends'. Instead use 'dep-task.Failed'/'dep-task.Errored'`);
      const found = at(where, () => this.holder(task, context, this.anyArguments()));
      resolved.set(task.name, found);
      this.#addOutputs(found, `tasks.${task.name}`, scope, isAggregate(task), false);
      const unknown = unknownTaskResult(task);
      if (unknown !== undefined) invalid(`${where}${unknown}`);
      for (const [dependency, kind] of graph.get(task.name) ?? []) {
        const target = byName.get(dependency);
        if (kind === 'items' && target !== undefined && !isAggregate(target) && target.withSequence === undefined) {
          invalid(`${place}.tasks.${target.name} dependency '${dependency}' uses an items-based condition such as .AnySucceeded or .AllFailed but does not contain any items`);
        }
      }
    }
    at(`${place}.targets `, () => this.#resolveTags(scope, template.dag?.target ?? ''));
    for (const target of (template.dag?.target ?? '').split(' ')) {
      if (target !== '' && !isParameterTag(target) && !byName.has(target)) invalid(`${place}.targets: target '${target}' is not defined`);
    }
    for (const task of ordered) this.#task(task, { scope, context, place, resolved, byName, ancestry: ancestryOf(task.name, waitsFor) });
  }

  #task(
    task: DagTask,
    dag: { scope: Names; context: TemplateContext; place: string; resolved: Map<string, Template | undefined>; byName: Map<string, DagTask>; ancestry: string[] },
  ): void {
    const prefix = `tasks.${task.name}`;
    const where = `${dag.place}.tasks.${task.name} `;
    if (task.hooks !== undefined) dag.scope.add(`${prefix}.status`);
    this.#addOutputs(dag.resolved.get(task.name), prefix, dag.scope, false, false);
    const json = goJson(normalize('DAGTask', task));
    // Only what has tags needs to know what they may be.
    const own: Names = json.includes('{{') || isAggregate(task) ? new Set(dag.scope) : new Set();
    for (const ancestor of dag.ancestry) {
      const other = dag.byName.get(ancestor);
      this.#addOutputs(dag.resolved.get(ancestor), `tasks.${ancestor}`, own, other !== undefined && isAggregate(other), true);
    }
    for (const parameter of task.inline?.inputs.parameters ?? []) own.add(`inputs.parameters.${parameter.name}`);
    at(where, () => addItems(task, own));
    at(where, () => this.#resolveTags(own, json));
    validateArguments(`${dag.place}.tasks.${task.name}.arguments.`, task.arguments, false);
    at(where, () => missingDependency(task.arguments, dag.ancestry));
    at(where, () => this.holder(task, dag.context, argumentsOf(task.arguments)));
  }

  #addOutputs(template: Template | undefined, prefix: string, scope: Names, aggregate: boolean, ancestor: boolean): void {
    for (const field of ['id', 'startedAt', 'finishedAt', 'hostNodeName']) scope.add(`${prefix}.${field}`);
    if (template === undefined) return;
    if (template.daemon === true) scope.add(`${prefix}.ip`);
    if (hasOutput(template)) {
      scope.add(`${prefix}.outputs.result`);
      scope.add(`${prefix}.exitCode`);
    }
    for (const [kind, any, list] of [
      ['parameters', ANY_OUTPUT_PARAMETER, template.outputs.parameters],
      ['artifacts', ANY_OUTPUT_ARTIFACT, template.outputs.artifacts],
    ] as const) {
      for (const output of list ?? []) {
        scope.add(`${prefix}.outputs.${kind}.${output.name}`);
        const globalName = output.globalName ?? '';
        if (globalName === '') continue;
        if (isParameterTag(globalName)) scope.add(any);
        else {
          scope.add(`workflow.outputs.${kind}.${globalName}`);
          this.globals[`workflow.outputs.${kind}.${globalName}`] = this.placeholder();
        }
      }
    }
    if (aggregate) {
      scope.add(`${prefix}.outputs.parameters`);
      if (['Script', 'ContainerSet'].includes(templateTypeOf(template))) {
        scope.add(`${prefix}.outputs.result`);
        scope.add(`${prefix}.exitCode`);
      }
    }
    if (ancestor) scope.add(`${prefix}.status`);
  }

  #outputs(scope: Names, template: Template): void {
    const place = `templates.${template.name ?? ''}`;
    for (const field of ['parameters', 'artifacts'] as const) {
      const problem = namesProblem(template.outputs[field], parameterNameProblem);
      if (problem !== undefined) invalid(`${place}.outputs.${field} ${problem}`);
    }
    at(`${place}.outputs `, () => this.#resolveTags(scope, goJson(normalize('Outputs', template.outputs))));
    for (const artifact of template.outputs.artifacts ?? []) {
      const ref = `outputs.artifacts.${artifact.name}`;
      if (isLeaf(template)) this.#path(template, ref, artifact);
      else if ((artifact.path ?? '') !== '') invalid(`${place}.${ref}.path only valid in container/script templates`);
      globalName(`${place}.${ref}`, artifact.globalName);
    }
    for (const parameter of template.outputs.parameters ?? []) this.#outputParameter(`${place}.outputs.parameters.${parameter.name}`, template, parameter);
  }

  #outputParameter(ref: string, template: Template, parameter: NonNullable<Outputs['parameters']>[number]): void {
    const from = parameter.valueFrom;
    if (from !== undefined && parameter.value !== undefined) invalid(`${ref} has both valueFrom and value specified. Choose one.`);
    if (from === undefined && parameter.value === undefined) invalid(`${ref} does not have valueFrom or value specified`);
    if (from !== undefined) {
      const set = [from.path, from.jqFilter, from.jsonPath, from.parameter, from.expression].filter((text) => (text ?? '') !== '').length + (from.supplied === undefined ? 0 : 1);
      if (set === 0) invalid('valueFrom type unspecified. choose one of: path, jqFilter, jsonPath, parameter, raw, expression');
      if (set > 1) invalid('multiple valueFrom types specified. choose one of: path, jqFilter, jsonPath, parameter, raw');
      const type = templateTypeOf(template);
      const has = (text: string | undefined) => (text ?? '') !== '';
      if (['Container', 'ContainerSet', 'Script'].includes(type) && !has(from.path)) invalid(`${ref}.path must be specified for ${type} templates`);
      if (type === 'Resource' && !has(from.jqFilter) && !has(from.jsonPath)) invalid(`${ref} .jqFilter or jsonPath must be specified for ${type} templates`);
      if ((type === 'DAG' || type === 'Steps') && !has(from.parameter) && !has(from.expression)) invalid(`${ref}.parameter or expression must be specified for ${type} templates`);
    }
    globalName(ref, parameter.globalName);
  }

  #metrics(name: string, template: Template): void {
    const legal = (text: string) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text);
    for (const metric of template.metrics?.prometheus ?? []) {
      if (!legal(metric.name)) invalid(`templates.${name} metric name '${metric.name}' is invalid. Metric names must contain alphanumeric characters or '_'`);
      for (const label of metric.labels ?? []) if (!legal(label.key)) invalid(`metric label '${label.key}' is invalid: keys may only contain alphanumeric characters or '_'`);
      if (metric.help === '') invalid(`templates.${name} metric '${metric.name}' must contain a help string under 'help: ' field`);
      for (const kind of ['gauge', 'counter', 'histogram'] as const) {
        if (metric[kind] !== undefined && metric[kind].value === '') invalid(`templates.${name} metric '${metric.name}' error: missing ${kind}.value`);
      }
      if (metric.gauge?.realtime === true && metric.gauge.value.includes('resourcesDuration.')) invalid(`templates.${name} metric '${metric.name}' error: 'resourcesDuration.*' metrics cannot be used in real-time`);
    }
  }
}

const isAggregate = (invocation: Invocation): boolean => (invocation.withItems ?? []).length > 0 || (invocation.withParam ?? '') !== '';
export const hasExitHook = (invocation: Pick<Invocation, 'hooks' | 'onExit'>): boolean => (invocation.onExit ?? '') !== '' || invocation.hooks?.['exit'] !== undefined;

/** Every hook but `exit` needs an expression. */
export function validateHooks(hooks: Invocation['hooks'], place: string): void {
  for (const [name, hook] of Object.entries(hooks ?? {})) {
    if (name !== 'exit' && (hook.expression ?? '') === '') invalid(`${place}.${name} Expression required`);
  }
}

function addItems(invocation: Invocation, scope: Names): void {
  const items = invocation.withItems ?? [];
  const given = [items.length > 0, (invocation.withParam ?? '') !== '', invocation.withSequence !== undefined].filter(Boolean).length;
  if (given > 1) throw new Error('only one of withItems, withParam, withSequence can be specified');
  for (const item of items) {
    if (Array.isArray(item)) item.forEach((_, i) => scope.add(`item.[${i}]`));
    else if (typeof item === 'object' && item !== null) Object.keys(item).forEach((key) => scope.add(`item.${key}`));
    else scope.add('item');
  }
  if ((invocation.withParam ?? '') !== '') {
    scope.add('item');
    scope.add(ANY_ITEM);
  }
  if (invocation.withSequence !== undefined) {
    if (invocation.withSequence.count !== undefined && invocation.withSequence.end !== undefined) throw new Error('only one of count or end can be defined in withSequence');
    scope.add('item');
  }
}

function missingDependency(args: Arguments, ancestry: readonly string[]): void {
  const check = (text: string | undefined, what: string) => {
    if (text?.startsWith('{{tasks.') !== true) return;
    const task = text.split('.')[1] ?? '';
    if (!ancestry.includes(task)) throw new Error(`missing dependency '${task}' for ${what}`);
  };
  for (const parameter of args.parameters ?? []) check(parameter.value, `parameter '${parameter.name}'`);
  for (const artifact of args.artifacts ?? []) check(artifact.from, `artifact '${artifact.name}'`);
}

function globalName(place: string, name: string | undefined): void {
  if (name === undefined || name === '' || isParameterTag(name) || isPlaceholder(name)) return;
  const problem = parameterNameProblem(name);
  if (problem !== undefined) invalid(`${place}.globalName: ${problem}`);
}
