import { sleep, systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { keepingAlive } from '../lib/keep-alive.ts';
import type { StartedLab } from './flags.ts';
import { stopSignal } from './stop-signal.ts';

/** Everything has to be over by then, whatever hangs. */
const DEADLINE_MS = 3000;

/** `argo-lab serve`: prints where the lab is as its last line, and runs until it is stopped. */
export async function serve(start: () => Promise<StartedLab>): Promise<number> {
  const stopped = stopSignal();
  const lab = await keepingAlive(start());
  for (const notice of lab.notices) process.stdout.write(`Note: ${notice}\n`);
  process.stdout.write(`argo-lab is ready: ${lab.url}\n`);
  await stopped;
  try {
    await keepingAlive(Promise.race([lab.close(), sleep(systemClock, DEADLINE_MS)]));
  } catch (error) {
    process.stderr.write(`argo-lab: ${messageOf(error)}\n`);
    return 1;
  }
  return 0;
}
