import { sleep, type Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Container, Pod } from '../controllers/runtime/kinds.ts';
import { askProbe, type ProbeTarget } from './probes.ts';

export type Hook = NonNullable<NonNullable<Container['lifecycle']>['postStart']>;

/** Hooks have no time limit of their own: the pod's grace period is theirs. */
const HOOK_SECONDS = 3600;

/** What went wrong in a hook: the error, and what the command printed. */
export interface HookProblem {
  error: string;
  output: string;
}

/** Runs a lifecycle hook to its end; gives what went wrong. */
export async function runHook(hook: Hook, target: ProbeTarget, clock: Clock): Promise<HookProblem | undefined> {
  try {
    if (hook.sleep !== undefined) {
      await sleep(clock, hook.sleep.seconds * 1000);
      return undefined;
    }
    const result = await askProbe({ ...hook, timeoutSeconds: HOOK_SECONDS }, target, clock);
    if (result.ok) return undefined;
    return result.code === undefined ? { error: result.output, output: '' } : { error: `command '${(hook.exec?.command ?? []).join(' ')}' exited with ${result.code}: ${result.output}`, output: result.output };
  } catch (error) {
    return { error: messageOf(error), output: '' };
  }
}

/** After kubernetes 1.32 pkg/kubelet/lifecycle/handlers.go */
export function hookFailure(hook: Hook, container: Container, pod: Pod, { error, output }: HookProblem): string {
  const { name, namespace, uid } = pod.metadata;
  const where = `for Container "${container.name}" in Pod "${name}_${namespace}(${uid})" failed - error: ${error}`;
  if (hook.exec !== undefined) return `Exec lifecycle hook ([${(hook.exec.command ?? []).join(' ')}]) ${where}, message: ${JSON.stringify(output)}`;
  if (hook.sleep !== undefined) return `Sleep lifecycle hook (${hook.sleep.seconds}) ${where}`;
  return `HTTP lifecycle hook (${hook.httpGet?.path ?? ''}) ${where}`;
}
