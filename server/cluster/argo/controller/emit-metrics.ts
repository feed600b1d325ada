import { goJson, isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { replaceInJson, shouldExecute } from '../expressions/index.ts';
import type { NodeStatus } from '../types/workflow.ts';
import type { MetricSpec } from './custom-metrics.ts';
import { isFulfilled } from './nodes.ts';
import type { Operation } from './operation.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '');
const seconds = (from: string | null, to: number): number => (from === null ? 0 : (to - Date.parse(from)) / 1000);

const isRealtime = (metric: JsonObject): boolean => isJsonObject(metric['gauge']) && metric['gauge']['realtime'] === true;

/** What the texts of a metric may speak of. */
function scopeOf(op: Operation, node: NodeStatus | undefined): Record<string, string> {
  const { workflow } = op;
  const scope: Record<string, string> = { ...op.globals, 'workflow.status': op.globals['workflow.status'] ?? workflow.status.phase ?? '' };
  scope['workflow.duration'] = seconds(workflow.status.startedAt, workflow.status.finishedAt === null ? op.now : Date.parse(workflow.status.finishedAt)).toFixed(6);
  if (node === undefined) return scope;
  scope['duration'] = seconds(node.startedAt, isFulfilled(node) && node.finishedAt !== null ? Date.parse(node.finishedAt) : op.now).toFixed(6);
  if ((node.children ?? []).length > 0) scope['retries'] = String((node.children ?? []).length - 1);
  scope['status'] = node.phase;
  for (const parameter of node.inputs?.parameters ?? []) scope[`inputs.parameters.${parameter.name}`] = parameter.value ?? '';
  if (node.outputs?.result !== undefined) scope['outputs.result'] = node.outputs.result;
  if (node.outputs?.exitCode !== undefined) scope['exitCode'] = node.outputs.exitCode;
  for (const parameter of node.outputs?.parameters ?? []) scope[`outputs.parameters.${parameter.name}`] = parameter.value ?? '';
  for (const [name, amount] of Object.entries(node.resourcesDuration ?? {})) scope[`resourcesDuration.${name}`] = String(amount);
  return scope;
}

/**
 * Emits the metrics of a template for its node, or those of the workflow (without one): in real time when it begins,
 * all of them when it is over. What cannot be emitted is told in a condition.
 * After argo-workflows v3.7.6 workflow/controller/operator.go computeMetrics
 */
export function emitMetrics(op: Operation, metrics: unknown, node: NodeStatus | undefined, realtimeOnly: boolean): void {
  const list = isJsonObject(metrics) && Array.isArray(metrics['prometheus']) ? metrics['prometheus'].filter(isJsonObject) : [];
  if (list.length === 0) return;
  const scope = scopeOf(op, node);
  for (const declared of list) {
    if (realtimeOnly && !isRealtime(declared)) continue;
    try {
      emit(op, declared, scope, node);
    } catch (error) {
      report(op, error instanceof Error ? error.message : String(error));
    }
  }
}

function emit(op: Operation, declared: JsonObject, scope: Record<string, string>, node: NodeStatus | undefined): void {
  const name = text(declared['name']);
  if (text(declared['help']) === '') throw new Error(`metric '${name}' must contain a help string under 'help: ' field`);
  const { gauge, counter, histogram, ...rest } = declared;
  let filled: JsonObject;
  let value: string;
  const kind = isJsonObject(gauge) ? 'gauge' : isJsonObject(histogram) ? 'histogram' : 'counter';
  const body = isJsonObject(gauge) ? gauge : isJsonObject(histogram) ? histogram : isJsonObject(counter) ? counter : undefined;
  if (body === undefined) throw new Error(`could not construct metric '${name}': invalid custom metric type`);
  try {
    filled = JSON.parse(replaceInJson(goJson(rest), scope, false)) as JsonObject;
    value = isRealtime(declared) ? text(body['value']) : text(JSON.parse(replaceInJson(JSON.stringify(text(body['value'])), scope, false)));
  } catch (error) {
    throw new Error(`unable to substitute parameters for metric '${name}': ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  let proceed: boolean;
  try {
    proceed = shouldExecute(text(filled['when']));
  } catch (error) {
    throw new Error(`unable to compute 'when' clause for metric '${op.workflow.metadata.name}': ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (!proceed) return;
  const operation = text(body['operation']);
  const spec: MetricSpec = {
    name: text(filled['name']),
    help: text(filled['help']),
    labels: (Array.isArray(filled['labels']) ? filled['labels'] : []).filter(isJsonObject).map((label) => ({ key: text(label['key']), value: text(label['value']) })),
    kind,
    operation: operation === 'Add' || operation === 'Sub' ? operation : 'Set',
    buckets: (Array.isArray(body['buckets']) ? body['buckets'] : []).map(Number),
  };
  const failed = (reason: string) => new Error(`could not construct metric '${spec.name}': ${reason}`);
  const problem = op.observed.metrics.problem(spec);
  if (problem !== undefined) throw failed(problem);
  if (isRealtime(declared)) {
    const variable = /^\{\{\s*(.*?)\s*\}\}$/.exec(value)?.[1];
    if (variable === undefined) throw new Error('real time metrics can only be used with metric variables');
    const startedAt = variable === 'workflow.duration' ? op.workflow.status.startedAt : variable === 'duration' && node !== undefined ? node.startedAt : undefined;
    if (startedAt === undefined) throw new Error(`'${variable}' is not available as a real time metric`);
    const over = node !== undefined && isFulfilled(node) ? seconds(startedAt, Date.parse(node.finishedAt ?? op.nowText)) : undefined;
    op.changes.metrics.push({ spec, value: over ?? { since: startedAt ?? op.nowText } });
    return;
  }
  if (!/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(value)) throw failed(`strconv.ParseFloat: parsing ${JSON.stringify(value)}: invalid syntax`);
  op.changes.metrics.push({ spec, value: Number(value) });
}

function report(op: Operation, message: string): void {
  const conditions = (op.workflow.status.conditions ??= []);
  const known = conditions.find(({ type }) => type === 'MetricsError');
  if (known === undefined) conditions.push({ type: 'MetricsError', status: 'True', message });
  else if (known.message?.includes(message) !== true) known.message = `${known.message ?? ''}, ${message}`;
}
