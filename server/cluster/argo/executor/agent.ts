import { isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import type { ResourceType } from '../../client.ts';
import type { ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';
import { argoExprEnv, evalBool } from '../expressions/index.ts';
import { callInCluster } from './cluster-http.ts';
import { logger } from './log.ts';

const TASK_SETS: ResourceType = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflowtasksets' };
const SECRETS: ResourceType = { group: '', version: 'v1', resource: 'secrets' };

/** What became of a task, as the task set's status has it. */
interface NodeResult {
  phase: 'Succeeded' | 'Failed' | 'Error';
  message?: string;
  outputs?: { result: string };
}

/**
 * `argoexec agent main`: carries out the http templates of one workflow, as its task set lists them, until the
 * workflow is over. After argo-workflows v3.7.6 workflow/executor/agent.go
 */
export async function runAgent(context: ProgramContext): Promise<number> {
  const log = logger(context);
  const workflow = context.env['ARGO_WORKFLOW_NAME'] ?? '';
  const namespace = context.pod.metadata.namespace ?? 'default';
  log('info', 'Starting Workflow Executor', ' version=v3.7.6');
  log('info', 'Starting Agent', ` requeueTime=10s taskWorkers=16 workflow=${workflow}`);
  const considered = new Set<string>();
  const results = new Map<string, NodeResult>();
  let patching: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    if (results.size === 0) return;
    const nodes = Object.fromEntries(results);
    results.clear();
    log('info', 'Processing Patch', ` workflow=${workflow}`);
    try {
      await context.client.patch(TASK_SETS, namespace, workflow, { type: 'merge', body: { status: { nodes } } }, { subresource: 'status' });
      log('info', 'Patched TaskSet');
    } catch (error) {
      log('error', 'TaskSet Patch Failed', ` error=${JSON.stringify(error instanceof Error ? error.message : String(error))} workflow=${workflow}`);
    }
  };
  const consider = (nodeId: string, template: Json): void => {
    if (considered.has(nodeId)) return;
    considered.add(nodeId);
    log('info', 'Processing task', ` nodeID=${nodeId}`);
    void executeTask(context, template, namespace).then((result) => {
      log('info', 'Sending result', ` message=${JSON.stringify(result.message ?? '')} nodeID=${nodeId} phase=${result.phase} requeue=0s`);
      results.set(nodeId, result);
      patching = patching.then(flush);
    });
  };
  return await new Promise<number>((resolve) => {
    const stop = new AbortController();
    const finish = (code: number): void => {
      stop.abort();
      void patching.then(() => resolve(code));
    };
    context.signal.addEventListener('abort', () => finish(143), { once: true });
    const signal = AbortSignal.any([context.signal, stop.signal]);
    context.client.watch(TASK_SETS, { namespace, fieldSelector: `metadata.name=${workflow}`, signal, onEnd: (reason) => {
      if (signal.aborted) return;
      context.stderr(`Error: ${reason?.message ?? 'the watch has ended'}\n`);
      finish(1);
    } }, ({ type, object }) => {
      log('info', 'TaskSet Event', ` event_type=${type} workflow=${workflow}`);
      if (type === 'DELETED') {
        finish(0);
        return;
      }
      if (object.metadata.labels?.['workflows.argoproj.io/completed'] === 'true') {
        log('info', 'Workflow completed... stopping agent', ` workflow=${workflow}`);
        finish(0);
        return;
      }
      for (const [nodeId, template] of tasksOf(object)) consider(nodeId, template);
    });
  });
}

function tasksOf(taskSet: KubeObject): [string, Json][] {
  const spec = isJsonObject(taskSet['spec']) ? taskSet['spec'] : {};
  return Object.entries(isJsonObject(spec['tasks']) ? spec['tasks'] : {});
}

async function executeTask(context: ProgramContext, template: Json, namespace: string): Promise<NodeResult> {
  if (!isJsonObject(template) || !isJsonObject(template['http'])) {
    const plugin = isJsonObject(template) && template['plugin'] !== undefined;
    return plugin ? { phase: 'Failed', message: 'no plugin executed the template' } : { phase: 'Error', message: 'error processing task: agent cannot execute: unknown task type: Unknown' };
  }
  try {
    return await executeHttp(context, template['http'], namespace);
  } catch (error) {
    return { phase: 'Failed', message: error instanceof Error ? error.message : String(error) };
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
/** As Go's http.Header writes a name. */
const canonical = (name: string): string => name.toLowerCase().replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => `${dash}${letter.toUpperCase()}`);

async function executeHttp(context: ProgramContext, http: JsonObject, namespace: string): Promise<NodeResult> {
  const method = text(http['method']) === '' ? 'GET' : text(http['method']);
  const url = text(http['url']);
  const headers: Record<string, string> = {};
  const asked: Record<string, string[]> = {};
  for (const header of Array.isArray(http['headers']) ? http['headers'] : []) {
    if (!isJsonObject(header)) continue;
    const from = isJsonObject(header['valueFrom']) && isJsonObject(header['valueFrom']['secretKeyRef']) ? header['valueFrom']['secretKeyRef'] : undefined;
    const value = from === undefined ? text(header['value']) : await secretValue(context, namespace, text(from['name']), text(from['key']));
    headers[text(header['name'])] = value;
    (asked[canonical(text(header['name']))] ??= []).push(text(header['value']));
  }
  const bytes = isJsonObject(http['bodyFrom']) ? text(http['bodyFrom']['bytes']) : '';
  const body = bytes === '' ? Buffer.from(text(http['body'])) : Buffer.from(bytes, 'base64');
  const timeout = new AbortController();
  const seconds = Number(http['timeoutSeconds'] ?? 0);
  const cancel = seconds > 0 ? context.clock.after(seconds * 1000, () => timeout.abort()) : () => undefined;
  const answer = await callInCluster(context.network, { method, url, headers, body, namespace, insecureSkipVerify: http['insecureSkipVerify'] === true, signal: AbortSignal.any([context.signal, timeout.signal]) }).finally(cancel);
  const result = answer.body.toString('utf8');
  const outputs = { result };
  const condition = text(http['successCondition']);
  if (condition === '') {
    if (answer.status >= 200 && answer.status < 300) return { phase: 'Succeeded', outputs };
    return { phase: 'Failed', message: `received non-2xx response code: ${answer.status}`, outputs };
  }
  const given: Record<string, string[]> = {};
  for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) given[canonical(name)] = Array.isArray(value) ? value : [value];
  const scope = {
    request: { method: text(http['method']), url, body: text(http['body']), bodyBytes: bytes, headers: asked },
    response: { statusCode: answer.status, body: result, headers: given },
  };
  if (evalBool(condition, { ...argoExprEnv({}), ...scope })) return { phase: 'Succeeded', outputs };
  return { phase: 'Failed', message: `successCondition '${condition}' evaluated false`, outputs };
}

async function secretValue(context: ProgramContext, namespace: string, name: string, key: string): Promise<string> {
  const secret = await context.client.get(SECRETS, namespace, name);
  const data = isJsonObject(secret['data']) ? secret['data'] : {};
  const value = data[key];
  if (typeof value !== 'string') throw new Error(`secret '${name}' does not have the key '${key}'`);
  return Buffer.from(value, 'base64').toString('utf8');
}
