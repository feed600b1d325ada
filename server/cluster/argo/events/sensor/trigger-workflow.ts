import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import type { ProgramContext } from '../../../program.ts';
import { mountedText } from '../../../program-io.ts';
import { logLine } from '../../server/access-log.ts';
import { claimsOfToken } from '../../server/auth.ts';
import { requestOf } from '../../server/gateway.ts';
import { matchRoute } from '../../server/routes/index.ts';
import { Code, GrpcStatus, toStatus } from '../../server/status.ts';
import { runArgo } from '../../cli/run.ts';
import type { Question, Transport } from '../../cli/transport.ts';
import { WORKFLOWS } from '../version.ts';
import { applyLabelPolicy, madeBy, manifestOf, type Firing } from './trigger.ts';

const TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

/** What each operation asks `argo` to do. */
const VERBS: Record<string, string> = { resubmit: 'resubmit', resume: 'resume', retry: 'retry', suspend: 'suspend', terminate: 'terminate', stop: 'stop' };

/**
 * Carries out an operation on workflows as the real trigger does, with the command `argo`: what that prints is in the
 * sensor's log. After argo-events v1.9.9 pkg/sensors/triggers/argo-workflow/argo-workflow.go
 */
export async function fireWorkflow(firing: Firing): Promise<void> {
  const { context, sensor, trigger } = firing;
  const template = trigger.template?.argoWorkflow;
  const object = await manifestOf(firing, template?.source, template?.parameters);
  const operation = template?.operation === undefined || template.operation === '' ? 'submit' : template.operation;
  const { name, generateName = '' } = object.metadata;
  const fail = (message: string): never => {
    throw new Error(`failed to execute trigger, ${message}`);
  };
  if (name === '' && operation !== 'submit') fail(`failed to execute the workflow ${operation} operation, no name is given`);
  if (name === '' && generateName === '') fail('failed to trigger the workflow, neither name nor generateName is given');
  const namespace = object.metadata.namespace ?? sensor.namespace;
  const labels = madeBy(firing);
  const args = template?.args ?? [];
  const refused = refusedArgument(args);
  if (refused !== undefined) fail(`failed to execute ${operation} command for workflow ${name}, the argument ${JSON.stringify(refused)} is not taken by this cluster's sensors`);
  let words: string[];
  if (operation === 'submit') words = ['-n', namespace, 'submit', '-'];
  else if (operation === 'submit-from') {
    const kind = object.kind.toLowerCase();
    if (kind !== 'cronworkflow' && kind !== 'workflowtemplate') fail(`invalid kind ${object.kind}`);
    words = ['-n', namespace, 'submit', '--from', `${kind === 'cronworkflow' ? 'cronwf' : 'workflowtemplate'}/${name}`];
  } else words = ['-n', namespace, VERBS[operation] ?? fail(`unknown operation type ${operation}`), name];
  const { name: given, ...metadata } = object.metadata;
  const manifest = JSON.stringify({ ...object, metadata: { ...(given === '' ? {} : { name: given }), ...metadata, labels: { ...metadata.labels, ...labels } } });
  const code = await runArgo([...words, ...args], {
    env: {},
    stdout: (text) => context.stdout(text),
    stderr: (text) => context.stderr(text),
    stdin: async () => manifest,
    clock: context.clock,
    ids: context.ids,
    signal: context.signal,
    transport: inCluster(context, claimsOfToken((await mountedText(context, TOKEN)) ?? '')),
  });
  if (code !== 0) fail(`failed to execute ${operation} command for workflow ${name}, exit status ${code}`);
  const find = async () => {
    if (operation !== 'submit') return await context.client.get(WORKFLOWS, namespace, name);
    const { items } = await context.client.list(WORKFLOWS, { namespace, labelSelector: Object.entries(labels).map(([key, value]) => `${key}=${value}`).join(',') });
    return items[0] ?? fail('failed to list created workflows for unknown reason');
  };
  const workflow = await find().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    return fail(message.replace(/^failed to execute trigger, /, ''));
  });
  await applyLabelPolicy(firing, context.client, WORKFLOWS, workflow);
}

/** Flags with a value and without; anything else would read this machine's files or reach out of the cluster. */
const WITH_VALUE = new Set(['-p', '--parameter', '-l', '--labels', '--name', '--generate-name', '--entrypoint', '--serviceaccount', '--priority', '--node-field-selector', '--message', '-o', '--output']);
const ALONE = new Set(['--restart-successful', '--memoized', '--wait', '-w', '--watch', '--log', '--strict', '--strict=false']);

/** The first argument that a sensor may not hand to `argo`. */
export function refusedArgument(args: readonly string[]): string | undefined {
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (ALONE.has(arg)) continue;
    if (WITH_VALUE.has(arg)) i++;
    else if (!WITH_VALUE.has(arg.split('=')[0] ?? '') || !arg.startsWith('--')) return arg;
  }
  return undefined;
}

/** The services of the Argo Server run here, as the pod's ServiceAccount. */
function inCluster({ client, clock, ids, stderr, env }: ProgramContext, claims: ReturnType<typeof claimsOfToken>): Transport {
  const call = (question: Question, signal: AbortSignal) => {
    const match = matchRoute(question.method, question.path);
    if (match === undefined) throw new GrpcStatus(Code.Unimplemented, 'Not Implemented');
    const request = requestOf(match.route, match.params, new URLSearchParams(question.query ?? {}), question.body === undefined ? '' : JSON.stringify(question.body));
    const log = (level: 'info' | 'warning' | 'error', message: string, fields?: Record<string, string>) => stderr(logLine(clock.now(), level, message, fields ?? {}));
    return { route: match.route, call: { kube: client, claims, context: { own: client, clock, ids, env, managedNamespace: '', log }, request, headers: {}, signal } };
  };
  return {
    remote: false,
    async unary(question) {
      const { route, call: one } = call(question, new AbortController().signal);
      try {
        const answer = await route.unary?.(one);
        return isJsonObject(answer) ? answer : {};
      } catch (error) {
        throw toStatus(error);
      }
    },
    async *stream(question, signal): AsyncGenerator<JsonObject> {
      const { route, call: one } = call(question, signal);
      try {
        for await (const message of route.stream?.(one) ?? []) if (isJsonObject(message)) yield message;
      } catch (error) {
        throw toStatus(error);
      }
    },
    async download() {
      throw new Error('sensors download nothing');
    },
    close() {},
  };
}
