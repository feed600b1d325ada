import { scheduleProblem } from '../../validate/schedule.ts';
import { timeOfDay, isZone } from '../sensor/filter-time.ts';
import type { Dependency, DependencyFilter, EventBusSpec, OneTrigger, Parameter, SensorSpec, Trigger, TriggerTemplate } from '../types.ts';

// After argo-events v1.9.9 pkg/reconciler/sensor/validate.go

const COMPARATORS = new Set(['', '>=', '>', '=', '!=', '<', '<=']);
const OPERATORS = new Set(['', 'and', 'or']);
const K8S_OPERATIONS = new Set(['', 'create', 'patch', 'update', 'delete']);
const WORKFLOW_OPERATIONS = new Set(['submit', 'submit-from', 'suspend', 'retry', 'resume', 'resubmit', 'terminate', 'stop']);
const METHODS = new Set(['', 'GET', 'DELETE', 'PATCH', 'POST', 'PUT']);
const PARAMETER_OPERATIONS = new Set(['', 'append', 'overwrite', 'prepend']);

export interface SensorProblem {
  of: 'dependencies' | 'triggers';
  error: string;
}

/** The first thing that is wrong with a sensor; `now` in milliseconds. */
export function sensorProblem(spec: SensorSpec, bus: EventBusSpec, now: number): SensorProblem | undefined {
  const dependencies = dependenciesProblem(spec.dependencies ?? [], bus, now);
  if (dependencies !== undefined) return { of: 'dependencies', error: dependencies };
  const triggers = triggersProblem(spec.triggers ?? []);
  return triggers === undefined ? undefined : { of: 'triggers', error: triggers };
}

/** The first answer that there is. */
function first<T>(items: readonly T[], problem: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}

function dependenciesProblem(dependencies: readonly Dependency[], bus: EventBusSpec, now: number): string | undefined {
  if (dependencies.length === 0) return 'no event dependencies found';
  const pairs = new Set<string>();
  return first(dependencies, ({ name, eventSourceName, eventName, filters, filtersLogicalOperator }) => {
    if (name === '') return 'event dependency must define a name';
    if (eventSourceName === '') return 'event dependency must define the EventSourceName';
    if (eventName === '') return 'event dependency must define the EventName';
    if (bus.nats !== undefined) {
      const pair = `${eventSourceName}-$$$-${eventName}`;
      if (pairs.has(pair)) return `event '${eventName}' from EventSource '${eventSourceName}' is referenced for more than one dependency in this Sensor object`;
      pairs.add(pair);
    }
    return filterProblem(filters, now) ?? operatorProblem(filtersLogicalOperator);
  });
}

const operatorProblem = (operator: string): string | undefined => (OPERATORS.has(operator) ? undefined : `logical operator ${operator} not supported`);

function filterProblem(filter: DependencyFilter | undefined, now: number): string | undefined {
  if (filter === undefined) return undefined;
  const { exprs = [], data = [], context, time } = filter;
  return (
    operatorProblem(filter.exprLogicalOperator) ??
    operatorProblem(filter.dataLogicalOperator) ??
    first(exprs, ({ expr, fields = [] }) => {
      if (expr === '' || fields.length === 0) return 'one of expr filters is not valid (expr and fields must be not empty)';
      return fields.some(({ path, name }) => path === '' || name === '') ? 'one of expr filters is not valid (path and name in a field must be not empty)' : undefined;
    }) ??
    first(data, ({ comparator, path, type, value = [] }) => {
      if (!COMPARATORS.has(comparator)) return `comparator ${comparator} not supported`;
      if (path === '' || type === '' || value.length === 0) return 'one of data filters is not valid (type, path and value must be not empty)';
      return value.includes('') ? 'one of data filters is not valid (value must be not empty)' : undefined;
    }) ??
    (context !== undefined && context.type === '' && context.subject === '' && context.source === '' && context.datacontenttype === '' ? 'no fields specified in ctx filter (aka all events will be discarded)' : undefined) ??
    (time === undefined ? undefined : timeProblem(time, now))
  );
}

function timeProblem({ start, stop, timezone }: NonNullable<DependencyFilter['time']>, now: number): string | undefined {
  if (timezone !== '' && !isZone(timezone)) return `invalid timezone '${timezone}': unknown time zone ${timezone}`;
  try {
    return timeOfDay(start, now, timezone) === timeOfDay(stop, now, timezone) ? `invalid event time filter: stop '${stop}' is equal to start '${start}` : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function triggersProblem(triggers: readonly Trigger[]): string | undefined {
  if (triggers.length === 0) return 'no triggers found';
  const names = new Set<string>();
  return first(triggers, (trigger) => {
    const problem = triggerProblem(trigger) ?? dlqProblem(trigger);
    if (problem !== undefined) return problem;
    const name = trigger.template?.name ?? '';
    if (names.has(name)) return `duplicate trigger name: ${name}`;
    names.add(name);
    return undefined;
  });
}

function triggerProblem(trigger: OneTrigger): string | undefined {
  const { template, policy, parameters = [] } = trigger;
  if (template === undefined) return "trigger template can't be nil";
  return (
    templateProblem(template) ??
    ((template.k8s ?? template.argoWorkflow) !== undefined && policy?.k8s !== undefined && policy.k8s.labels === undefined ? 'resource labels are not specified' : undefined) ??
    (template.http !== undefined && policy?.status !== undefined && policy.status.allow === undefined ? 'list of allowed response status is not specified' : undefined) ??
    first(parameters, parameterProblem('template parameter index', true))
  );
}

function dlqProblem({ dlqTrigger, atLeastOnce }: Trigger): string | undefined {
  if (dlqTrigger === undefined) return undefined;
  if (!atLeastOnce) return 'to use dlqTrigger, trigger.atLeastOnce must be set to true';
  if (!dlqTrigger.atLeastOnce) return 'atLeastOnce must be set to true within the dlqTrigger';
  return triggerProblem(dlqTrigger);
}

function templateProblem(template: TriggerTemplate): string | undefined {
  const { name, conditionsReset = [], k8s, argoWorkflow, http } = template;
  if (name === '') return 'trigger must define a name';
  const reset = first(conditionsReset, ({ byTime }) => {
    if (byTime === undefined) return 'invalid conditionsReset';
    if (byTime.cron.startsWith('@') || scheduleProblem(byTime.cron) !== undefined) return `invalid cron expression ${JSON.stringify(byTime.cron)}`;
    return byTime.timezone === '' || isZone(byTime.timezone) ? undefined : `invalid timezone ${JSON.stringify(byTime.timezone)}`;
  });
  if (reset !== undefined) return reset;
  const parameters = (list: readonly Parameter[] | undefined) => first(list ?? [], parameterProblem('resource parameter index', true));
  if (k8s !== undefined) {
    const problem = k8s.source === undefined ? 'k8s trigger does not contain an absolute action' : !K8S_OPERATIONS.has(k8s.operation) ? `unknown operation type ${k8s.operation}` : parameters(k8s.parameters);
    if (problem !== undefined) return `trigger for template ${name} is invalid, ${problem}`;
  }
  if (argoWorkflow !== undefined) {
    const problem = argoWorkflow.source === undefined ? 'argoWorkflow trigger does not contain an absolute action' : !WORKFLOW_OPERATIONS.has(argoWorkflow.operation) ? `unknown operation type ${argoWorkflow.operation}` : parameters(argoWorkflow.parameters);
    if (problem !== undefined) return `template ${name} is invalid, ${problem}`;
  }
  if (http !== undefined) {
    const problem = http.url === '' ? 'server URL is not specified' : !METHODS.has(http.method) ? 'only GET, DELETE, PATCH, POST and PUT methods are supported' : (parameters(http.parameters) ?? first(http.payload ?? [], parameterProblem('payload index', false)));
    if (problem !== undefined) return `template ${name} is invalid, ${problem}`;
  }
  return undefined;
}

/** The payload of an HTTP trigger may go anywhere: without a destination it is the whole body. */
function parameterProblem(where: string, needsDestination: boolean): (parameter: Parameter, index: number) => string | undefined {
  return ({ src, dest, operation }, index) => {
    const problem =
      src === undefined ? "parameter source can't be empty" : src.dependencyName === '' ? "parameter dependency name can't be empty" : needsDestination && dest === '' ? "parameter destination can't be empty" : PARAMETER_OPERATIONS.has(operation) ? undefined : `parameter operation ${operation} is invalid`;
    return problem === undefined ? undefined : `${where}: ${index}. err: ${problem}`;
  };
}
