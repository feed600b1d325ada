import { systemClock, type Clock } from '../lib/clock.ts';
import { BubblewrapSandbox } from './bubblewrap.ts';
import { NoSandbox } from './none.ts';
import type { Sandbox, SandboxOptions } from './sandbox.ts';

/** The best sandbox that works on this machine. `wanted` forces one; forcing `bubblewrap` where it can't work throws. */
export async function createSandbox(options: SandboxOptions & { wanted?: 'auto' | 'bubblewrap' | 'none' }, clock: Clock = systemClock): Promise<Sandbox> {
  if (options.wanted === 'none') return new NoSandbox(options, 'The sandbox is switched off: commands run as your own user, with access to your files and your network. A session’s home is a folder of the lab’s, not /root.', clock);
  const sandbox = new BubblewrapSandbox(options, clock);
  const problem = await sandbox.problem();
  if (problem === undefined) return sandbox;
  await sandbox.close();
  if (options.wanted === 'bubblewrap') throw new Error(`no sandbox: ${problem}`);
  return new NoSandbox(options, `There is no sandbox on this machine (${problem}): commands run as your own user, with access to your files and your network. A session’s home is a folder of the lab’s, not /root. On Linux, install bubblewrap to change that.`, clock);
}
