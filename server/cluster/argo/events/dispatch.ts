import { goJson, type Json, type JsonObject } from '../../../lib/json.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import type { KubeObject } from '../../store/object.ts';
import { evalBool, evalExpr, goTypeName, toPlainJson, type ExprEnv } from '../expressions/expr/index.ts';
import { LABEL, SUFFIX_LENGTH } from '../server/actions/shared.ts';
import { workflowFromTemplate } from '../server/actions/submit.ts';
import { CLUSTER_WORKFLOW_TEMPLATES, EVENTS, WORKFLOWS, WORKFLOW_TEMPLATES, flag, message, text, type Call } from '../server/route.ts';
import { dig, fromKube, mapOf, metadataOf, nameOf, toKube } from '../server/structs.ts';
import { checkInstance, labelCreator } from '../server/workflow-access.ts';
import { withFunctions } from './functions.ts';

/** An event as the bindings see it. */
export interface EventInput {
  namespace: string;
  discriminator: string;
  /** The request's `x-` headers. */
  metadata: Record<string, string[]>;
  payload: Json;
}

function wrapped(prefix: string, error: unknown): Error {
  return new Error(`${prefix}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/**
 * Offers an event to every binding, one after another. What fails is noted as a Kubernetes Event on its binding, and
 * thrown together at the end. After argo-workflows v3.7.6 server/event/dispatch/operation.go
 */
export async function dispatchEvent(call: Call, bindings: readonly KubeObject[], input: EventInput): Promise<void> {
  const suffix = call.context.ids.alphanumeric(SUFFIX_LENGTH);
  const failures: string[] = [];
  for (const binding of bindings) {
    try {
      await dispatchTo(call, binding, input, suffix);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      call.context.log('error', 'failed to dispatch from event', { error: reason, event: binding.metadata.name, namespace: input.namespace });
      await recordFailure(call, binding, `failed to dispatch event: ${reason}`);
      failures.push(reason);
    }
  }
  if (failures.length > 0) throw new Error(`failed to dispatch event: [${failures.join(' ')}]`);
}

async function dispatchTo(call: Call, object: KubeObject, input: EventInput, suffix: string): Promise<void> {
  const binding = fromKube('WorkflowEventBinding', object);
  const spec = dig(binding, 'spec');
  const env: ExprEnv = { namespace: input.namespace, discriminator: input.discriminator, metadata: input.metadata, payload: input.payload };
  let matches: boolean;
  try {
    matches = evalBool(text(message(spec, 'event'), 'selector'), env);
  } catch (error) {
    throw wrapped('failed to evaluate workflow template expression', error);
  }
  const submit = message(spec, 'submit');
  if (!matches || submit === undefined) return;
  const ref = message(submit, 'workflowTemplateRef');
  const clusterScope = flag(ref, 'clusterScope');
  const template = await getTemplate(call, input.namespace, text(ref, 'name'), clusterScope);
  const workflow = workflowFromTemplate(nameOf(template), clusterScope);
  applyMetadata(workflow, message(submit, 'metadata'), withFunctions(env));
  const metadata = metadataOf(workflow);
  if (text(metadata, 'name') === '') metadata['name'] = text(metadata, 'generateName') + suffix;
  labelCreator(call, workflow);
  mapOf(workflow, 'labels')[`${LABEL}workflow-event-binding`] = object.metadata.name;
  const parameters = message(submit, 'arguments')?.['parameters'];
  if (Array.isArray(parameters) && parameters.length > 0) dig(workflow, 'spec', 'arguments')['parameters'] = parameters.map((parameter) => parameterOf(parameter as JsonObject, env));
  try {
    await call.kube.create(WORKFLOWS, input.namespace, toKube('Workflow', workflow));
  } catch (error) {
    throw wrapped('failed to create workflow', error);
  }
}

async function getTemplate(call: Call, namespace: string, name: string, clusterScope: boolean): Promise<JsonObject> {
  let template: JsonObject;
  try {
    template = clusterScope
      ? fromKube('ClusterWorkflowTemplate', await call.kube.get(CLUSTER_WORKFLOW_TEMPLATES, undefined, name))
      : fromKube('WorkflowTemplate', await call.kube.get(WORKFLOW_TEMPLATES, namespace, name));
  } catch (error) {
    throw wrapped('failed to get workflow template', error);
  }
  try {
    checkInstance(template);
  } catch (error) {
    throw wrapped('failed to validate workflow template instanceid', error);
  }
  return template;
}

function parameterOf(parameter: JsonObject, env: ExprEnv): JsonObject {
  const name = text(parameter, 'name');
  const from = message(parameter, 'valueFrom');
  if (from === undefined) throw new Error(`malformed workflow template parameter "${name}": valueFrom is nil`);
  let value: unknown;
  try {
    value = evalExpr(text(from, 'event'), env);
  } catch (error) {
    throw wrapped('failed to evaluate workflow template parameter "' + name + '" expression', error);
  }
  // A string is taken as it is, everything else as its JSON.
  return { name, value: typeof value === 'string' ? value : goJson(toPlainJson(value)) };
}

/** Evaluates the expressions of `submit.metadata` into the workflow's own metadata. */
function applyMetadata(workflow: JsonObject, given: JsonObject | undefined, env: ExprEnv): void {
  if (given === undefined) return;
  const evaluate = (what: string, expression: string): string => {
    let value: unknown;
    try {
      value = evalExpr(expression, env);
    } catch (error) {
      throw wrapped(`failed to evaluate workflow ${what} expression`, error);
    }
    if (typeof value !== 'string') throw new Error(`workflow ${what} expression must evaluate to a string, not a ${goTypeName(value)}`);
    return value;
  };
  const metadata = metadataOf(workflow);
  for (const field of ['name', 'generateName']) {
    const expression = text(given, field);
    if (expression !== '') metadata[field] = evaluate(field, expression);
  }
  for (const [map, one] of [['labels', 'label'], ['annotations', 'annotation']] as const) {
    for (const [key, expression] of Object.entries(message(given, map) ?? {})) {
      if (typeof expression === 'string') mapOf(workflow, map)[key] = evaluate(`${one} ${JSON.stringify(key)}`, expression);
    }
  }
}

/** A Warning on the binding; that it cannot be written must not hide the failure itself. */
async function recordFailure(call: Call, binding: KubeObject, reason: string): Promise<void> {
  const { context } = call;
  const now = rfc3339(context.clock.now());
  const namespace = binding.metadata.namespace ?? '';
  const involvedObject: JsonObject = { kind: 'WorkflowEventBinding', namespace, name: binding.metadata.name, uid: binding.metadata.uid ?? '', apiVersion: 'argoproj.io/v1alpha1', resourceVersion: binding.metadata.resourceVersion ?? '' };
  try {
    await context.own.create(EVENTS, namespace, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${binding.metadata.name}.${context.ids.uuid().replaceAll('-', '').slice(0, 16)}`, namespace },
      involvedObject,
      reason: 'WorkflowEventBindingError',
      message: reason,
      source: { component: 'workflow-controller' },
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      type: 'Warning',
      eventTime: null,
      reportingComponent: 'workflow-controller',
      reportingInstance: '',
    });
  } catch (error) {
    context.log('error', 'Unable to write event', { error: error instanceof Error ? error.message : String(error) });
  }
}
