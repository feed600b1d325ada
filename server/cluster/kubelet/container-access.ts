import { createHash } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import { ApiStatus } from '../api/status.ts';
import type { KubeObject } from '../store/object.ts';
import type { PodNetwork } from '../network/pod-network.ts';
import type { AttachedProcess, ContainerAccess } from './access.ts';
import type { LogStore } from './log-store.ts';
import type { ContainerRun } from './container-runs.ts';
import { placedContainers } from './observed.ts';
import type { PodWorker } from './pod-worker.ts';

/** What the API's streaming subresources see of the pods that run here. */
export function createContainerAccess(options: { worker: (podUid: string) => PodWorker | undefined; network: PodNetwork }): ContainerAccess {
  const workerOf = (pod: KubeObject) => options.worker(pod.metadata.uid ?? '');

  const attached = new WeakSet<LogStore>();

  const running = (pod: KubeObject, container: string): Required<Pick<ContainerRun, 'running' | 'log'>> & { worker: PodWorker } => {
    const worker = workerOf(pod);
    const run = worker?.run(container);
    if (worker === undefined || run?.running === undefined) {
      throw new ApiStatus(500, 'InternalError', `Internal error occurred: unable to upgrade connection: container not found ("${container}")`);
    }
    return { running: run.running, log: run.log, worker };
  };

  return {
    async *logs(pod, logOptions, signal) {
      const worker = workerOf(pod);
      if (worker === undefined) return; // not on a node yet: an empty log, as the API answers
      const log = logOf(worker, pod, logOptions.container, logOptions.previous === true);
      if (typeof log === 'string') yield Buffer.from(log);
      else yield* log.read(logOptions, signal);
    },

    async exec(pod, container, exec): Promise<AttachedProcess> {
      const { running: target } = running(pod, container);
      try {
        const process = await target.exec(exec);
        return {
          stdin: process.stdin,
          stdout: process.stdout,
          stderr: process.stderr,
          resize: (columns, rows) => process.resize(columns, rows),
          close: () => process.signal('SIGKILL'),
          exited: process.exited,
        };
      } catch (error) {
        const command = exec.argv[0] ?? '';
        const notFound = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
        const why = !notFound ? messageOf(error) : command.includes('/') ? `stat ${command}: no such file or directory` : 'executable file not found in $PATH';
        const id = createHash('sha256').update(`${pod.metadata.uid}/${command}`).digest('hex');
        throw new ApiStatus(
          500,
          'InternalError',
          `Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: exec: "${command}": ${why}: unknown`,
        );
      }
    },

    async attach(pod, container, attach): Promise<AttachedProcess> {
      const { running: target, log, worker } = running(pod, container);
      const spec = placedContainers(worker.pod).find((placed) => placed.container.name === container)?.container;
      const stdout = new PassThrough();
      const stderr = spec?.tty === true ? undefined : new PassThrough();
      // Whoever starts a pod in order to talk to it (`kubectl run -i`) attaches a moment after it began, and would miss
      // the beginning: the first one gets it.
      if (spec?.stdinOnce === true && !attached.has(log)) stdout.write(log.everything());
      attached.add(log);
      const untap = log.tap((stream, chunk) => (stream === 'stderr' && stderr !== undefined ? stderr : stdout).write(chunk));
      const end = () => {
        untap();
        stdout.end();
        stderr?.end();
      };
      const stdin = attach.stdin ? target.stdin : undefined;
      let detached = () => {};
      const exited = Promise.race([target.exited, new Promise<{ code: number }>((resolve) => (detached = () => resolve({ code: 0 })))]).finally(end);
      return {
        stdin,
        stdout,
        stderr,
        resize: (columns, rows) => target.resize(columns, rows),
        close() {
          if (spec?.stdinOnce === true) stdin?.end();
          detached();
        },
        exited,
      };
    },

    async portForward(pod, port) {
      const uid = pod.metadata.uid ?? '';
      try {
        return await options.network.dial(uid, port);
      } catch {
        const sandbox = createHash('sha256').update(uid).digest('hex');
        const id = `${uid.slice(0, 8)}${uid.slice(8)}`;
        throw new ApiStatus(
          500,
          'InternalError',
          `error forwarding port ${port} to pod ${sandbox}, uid : failed to execute portforward in network namespace "/var/run/netns/cni-${id}": failed to connect to localhost:${port} inside namespace "${sandbox}", IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused IPv6 dial tcp6: address localhost: no suitable address found `,
        );
      }
    },
  };
}

/** After kubernetes 1.32 pkg/kubelet/kubelet_pods.go (validateContainerLogStatus). */
function logOf(worker: PodWorker, pod: KubeObject, container: string, previous: boolean): LogStore | string {
  const name = pod.metadata.name;
  const observed = worker.observed(container);
  const run = worker.run(container);
  const refuse = (message: string) => new ApiStatus(400, 'BadRequest', message);
  if (observed === undefined) throw refuse(`container ${container} is not valid for pod ${name}`);
  if (previous) {
    // A container that waits for its next start still shows its last run as the current one.
    const log = observed.waiting !== undefined && observed.phase === 'exited' ? run?.log : run?.previousLog;
    if (log === undefined) throw refuse(`previous terminated container "${container}" in pod "${name}" not found`);
    return log;
  }
  if (run !== undefined) return run.log;
  // It ran before this kubelet began: its log is gone.
  if (observed.phase === 'exited') return `unable to retrieve container logs for ${observed.containerID ?? ''}`;
  const reason = observed.waiting?.reason ?? ((worker.pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating');
  const why = reason === 'ErrImagePull' ? "image can't be pulled" : reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
  throw refuse(`container "${container}" in pod "${name}" is waiting to start: ${why}`);
}
