import { ApiStatus, type KubeClient, type KubeObject } from '../../cluster/vocabulary.ts';
import { type Clock, sleep } from '../../lib/clock.ts';
import { LabError } from '../../lib/errors.ts';
import { type ArgoPlan, NAMESPACE, resourceOf } from './argo-objects.ts';
import { isRolledOut, missingImage, whyNotReady } from './conditions.ts';

const DEPLOYMENTS = { group: 'apps', version: 'v1', resource: 'deployments' };
const PODS = { group: '', version: 'v1', resource: 'pods' };
const MANAGER = 'argo-lab';
const AT_ONCE = 8;
/** An API that was just defined, or a namespace's account, takes a moment to be there. */
const RETRY_MS = 250;
const RETRIES = 40;

/** Writes the plan's objects, step by step; what is there already is brought to what is asked for. */
export async function applyArgo(client: KubeClient, plan: ArgoPlan, clock: Clock, signal: AbortSignal): Promise<void> {
  for (const step of [...plan.steps, plan.workloads]) {
    const queue = [...step];
    const worker = async () => {
      for (let object = queue.shift(); object !== undefined; object = queue.shift()) await apply(client, object, clock, signal);
    };
    // The namespace of the others comes first.
    if (queue[0]?.kind === 'Namespace') await apply(client, queue.shift() ?? queue[0], clock, signal);
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}

async function apply(client: KubeClient, object: KubeObject, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted();
    try {
      await client.patch(resourceOf(object), object.metadata.namespace, object.metadata.name, { type: 'apply', body: object }, { fieldManager: MANAGER, force: true });
      return;
    } catch (error) {
      if (attempt >= RETRIES || !mayPass(error)) throw new LabError('cluster-failed', `${object.kind} ${object.metadata.name} could not be written: ${error instanceof Error ? error.message : String(error)}`, 'Look at Argo’s manifests: --argo-manifest or ARGO_MANIFEST.', { cause: error });
    }
    await sleep(clock, RETRY_MS, signal);
  }
}

/** Whether it may go well when it is tried again: the server is young, or too busy. */
function mayPass(error: unknown): boolean {
  return error instanceof ApiStatus ? [404, 409, 429, 500, 503, 504].includes(error.code) : error instanceof LabError;
}

/** Resolves when the Deployments serve. Rejects when an image of theirs can't be had, or when `signal` gives up. */
export function untilArgoRuns(client: KubeClient, needed: readonly string[], options: { clock: Clock; signal: AbortSignal; missingImage: number }): Promise<void> {
  const { clock, signal } = options;
  return new Promise((resolve, reject) => {
    const end = new AbortController();
    const waiting = new Set(needed);
    const pods = new Map<string, KubeObject>();
    let cancel: (() => void) | undefined;
    const finish = (error?: unknown) => {
      if (end.signal.aborted) return;
      end.abort();
      cancel?.();
      signal.removeEventListener('abort', onAbort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const onAbort = () => finish(signal.reason);
    if (signal.aborted) return finish(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    const stuck = () => [...pods.values()].find((pod) => needed.some((name) => pod.metadata.name.startsWith(`${name}-`)) && missingImage(pod) !== undefined);
    const missing = () => {
      cancel = undefined;
      const pod = stuck();
      const image = pod === undefined ? undefined : missingImage(pod);
      if (image !== undefined) finish(new LabError('cluster-failed', `the image ${image.image} can't be had: ${image.message}`, `Without internet, it has to be in the local Docker under that name: docker pull ${image.image} on a machine with internet, docker save and docker load here.`));
    };
    const again = (what: 'deployments' | 'pods') => () => {
      if (end.signal.aborted) return;
      // A young API server ends watches: they are begun again.
      clock.after(RETRY_MS, () => void (end.signal.aborted || (what === 'pods' ? watchPods() : watchDeployments())));
    };
    const watchDeployments = () =>
      client.watch(DEPLOYMENTS, { namespace: NAMESPACE, signal: end.signal, onEnd: again('deployments') }, ({ type, object }) => {
        if (type !== 'DELETED' && isRolledOut(object)) waiting.delete(object.metadata.name);
        if (waiting.size === 0) finish();
      });
    const watchPods = () =>
      client.watch(PODS, { namespace: NAMESPACE, signal: end.signal, onEnd: again('pods') }, ({ type, object }) => {
        if (type === 'DELETED') pods.delete(object.metadata.name);
        else pods.set(object.metadata.name, object);
        if (stuck() === undefined) {
          cancel?.();
          cancel = undefined;
        } else cancel ??= clock.after(options.missingImage, missing);
      });
    if (waiting.size === 0) return finish();
    watchDeployments();
    watchPods();
  });
}

/** What is not ready, in a line each. */
export function notReady(pods: readonly KubeObject[]): string[] {
  return pods.flatMap((pod) => whyNotReady(pod) ?? []);
}
