import { setMaxListeners } from 'node:events';
import { BoundedRegExp } from '../../../lib/bounded-regexp.ts';
import type { JsonObject } from '../../../lib/json.ts';
import { linesOf } from '../../../lib/lines.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { AsyncQueue } from './queue.ts';
import { PODS, WORKFLOWS, text, type ServiceContext } from './route.ts';
import { fromKube, dig } from './structs.ts';
import { watching } from './watching.ts';

export interface LogRequest {
  namespace: string;
  workflow: string;
  podName: string;
  /** A regular expression that a line must match. */
  grep: string;
  /** Further labels that a pod must have. */
  selector: string;
  container: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  tailLines: number | undefined;
  sinceSeconds: number | undefined;
  sinceTime: string | undefined;
  limitBytes: number | undefined;
}

export interface LogEntry {
  content: string;
  podName: string;
}

type Timed = LogEntry & { at: string };

/** How often lines that came in are put in order and sent. */
const FLUSH_MS = 1000;

/**
 * The lines of all pods of a workflow, in order of their times. Following ends with the workflow.
 * After argo-workflows v3.7.6 util/logs/workflow-logger.go
 */
export async function* workflowLogs(kube: KubeClient, context: ServiceContext, request: LogRequest, signal: AbortSignal): AsyncGenerator<LogEntry> {
  const own = new AbortController();
  // Each pod's log listens to it.
  setMaxListeners(0, own.signal);
  const abort = () => own.abort();
  signal.addEventListener('abort', abort, { once: true });
  const pattern = request.grep === '' ? undefined : new BoundedRegExp(request.grep);
  let pending: Timed[] = [];
  const out = new AsyncQueue<LogEntry>();
  const flush = () => {
    pending.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const { content, podName } of pending) out.push({ content, podName });
    pending = [];
  };
  const streams = new Map<string, Promise<void>>();
  const start = (pod: KubeObject) => {
    const name = pod.metadata.name;
    if (streams.has(name) || phaseOf(pod) === 'Pending' || phaseOf(pod) === '') return;
    if (request.podName !== '' && request.podName !== name) return;
    streams.set(
      name,
      podLines(kube, request, name, own.signal, (at, content) => {
        if (pattern === undefined || pattern.test(content)) pending.push({ at, content, podName: name });
      }).catch((error: unknown) => {
        // A pod that cannot be read is noted and left out; the others still count.
        if (!own.signal.aborted) context.log('error', 'failed to get logs', { error: error instanceof Error ? error.message : String(error), podName: name });
      }),
    );
  };
  const labelSelector = [request.selector, `workflows.argoproj.io/workflow=${request.workflow}`].filter((part) => part !== '').join(',');
  const stopTimer = context.clock.every(FLUSH_MS, flush);
  const gather = async () => {
    try {
      if (request.follow) await followPods(kube, request, labelSelector, start, own.signal);
      else {
        // Argo watches before it lists, so the right to watch is needed even here.
        await refusedWatch(kube, request.namespace, labelSelector, own.signal);
        const list = await kube.list(PODS, { namespace: request.namespace, labelSelector });
        for (const pod of list.items) start(pod);
      }
      await Promise.all(streams.values());
      flush();
      out.end();
    } catch (error) {
      out.fail(error);
    }
  };
  try {
    void gather();
    yield* out;
  } finally {
    stopTimer();
    signal.removeEventListener('abort', abort);
    own.abort();
  }
}

function phaseOf(pod: KubeObject): string {
  const status = pod['status'];
  return isJsonObject(status) ? text(status, 'phase') : '';
}

function fulfilled(workflow: KubeObject): boolean {
  const status: JsonObject = dig(fromKube('Workflow', workflow), 'status');
  return ['Succeeded', 'Failed', 'Error'].includes(text(status, 'phase'));
}

/** Opens a watch and closes it: throws when it is refused. */
async function refusedWatch(kube: KubeClient, namespace: string, labelSelector: string, signal: AbortSignal): Promise<void> {
  const own = new AbortController();
  const abort = () => own.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      kube.watch(PODS, { namespace, labelSelector, signal: own.signal, onEnd: (reason) => (reason === undefined ? resolve() : reject(reason)) }, () => resolve());
      // An allowed watch of nothing says nothing: a read-through of the list tells that the server has answered.
      kube.list(PODS, { namespace, labelSelector, limit: 1 }).then(() => setImmediate(resolve), reject);
    });
  } finally {
    signal.removeEventListener('abort', abort);
    own.abort();
  }
}

/** Starts each pod's stream as it comes up, until the workflow is done. */
async function followPods(kube: KubeClient, request: LogRequest, labelSelector: string, start: (pod: KubeObject) => void, signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const abort = () => done.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const pods = (async () => {
      for await (const event of watching(kube, PODS, { namespace: request.namespace, labelSelector }, done.signal)) if (event.type !== 'DELETED') start(event.object);
    })();
    const workflow = (async () => {
      const options = { namespace: request.namespace, fieldSelector: `metadata.name=${request.workflow}` };
      for await (const event of watching(kube, WORKFLOWS, options, done.signal)) {
        if (event.type !== 'DELETED' && !fulfilled(event.object)) continue;
        // Pods that came up just before the end have been reported by now or are in the list.
        const list = await kube.list(PODS, { namespace: request.namespace, labelSelector });
        for (const pod of list.items) start(pod);
        return;
      }
    })();
    await Promise.race([pods, workflow]);
    done.abort();
    await Promise.allSettled([pods, workflow]);
  } finally {
    signal.removeEventListener('abort', abort);
    done.abort();
  }
}

/** Reads a container's log line by line; `onLine` gets the time that Kubernetes put in front, and the rest. */
async function podLines(kube: KubeClient, request: LogRequest, pod: string, signal: AbortSignal, onLine: (at: string, content: string) => void): Promise<void> {
  const stream = kube.logs(
    request.namespace,
    pod,
    {
      timestamps: true,
      ...(request.container === '' ? {} : { container: request.container }),
      ...(request.follow ? { follow: true } : {}),
      ...(request.previous ? { previous: true } : {}),
      ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
      ...(request.sinceSeconds === undefined ? {} : { sinceSeconds: request.sinceSeconds }),
      ...(request.sinceTime === undefined ? {} : { sinceTime: request.sinceTime }),
      ...(request.limitBytes === undefined ? {} : { limitBytes: request.limitBytes }),
    },
    signal,
  );
  for await (const line of linesOf(stream)) {
    const space = line.indexOf(' ');
    const at = space < 0 ? line : line.slice(0, space);
    onLine(at, request.timestamps ? line : space < 0 ? '' : line.slice(space + 1));
  }
}
