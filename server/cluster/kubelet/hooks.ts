import type { Duplex } from 'node:stream';
import { sleep, type Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Container } from '../controllers/runtime/kinds.ts';
import { askProbe } from './probes.ts';
import type { RunningContainer } from './running-container.ts';

type Hook = NonNullable<NonNullable<Container['lifecycle']>['postStart']>;

/** Hooks have no time limit of their own: the pod's grace period is theirs. */
const HOOK_SECONDS = 3600;

/** Runs a lifecycle hook to its end; gives what went wrong. */
export async function runHook(hook: Hook, running: RunningContainer, dial: (port: number) => Promise<Duplex>, clock: Clock, podIP: string, container: Container): Promise<string | undefined> {
  try {
    if (hook.sleep !== undefined) {
      await sleep(clock, hook.sleep.seconds * 1000);
      return undefined;
    }
    const result = await askProbe({ ...hook, timeoutSeconds: HOOK_SECONDS }, { podIP, container, running, dial }, clock);
    return result.ok ? undefined : result.output;
  } catch (error) {
    return messageOf(error);
  }
}
