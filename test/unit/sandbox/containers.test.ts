import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { createRuntime, type ClusterRuntime } from '../../../server/providers/embedded/runtime.ts';
import { BubblewrapSandbox } from '../../../server/sandbox/bubblewrap.ts';

const folder = await mkdtemp(join(tmpdir(), 'lab-containers-'));
const sandbox = new BubblewrapSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 0, limits: { processes: 200, memoryMiB: 512 } });
const problem = await sandbox.problem();
if (problem !== undefined) console.warn(`\n  SKIPPED: exec into containers in bubblewrap (${problem})\n`);

describe.skipIf(problem !== undefined)('a command that joins a container, as kubectl exec does', () => {
  let runtime: ClusterRuntime;
  beforeAll(async () => {
    runtime = await createRuntime(sandbox, join(folder, 'runtime'), systemClock);
  });
  afterAll(async () => {
    await runtime.close?.();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['busybox', 'host'] as const)('is under the filter and the bounds of the container’s own process (%s)', async (base) => {
    const state = (pid: string) => ['sh', '-c', `grep -E "^(Seccomp|NoNewPrivs):" /proc/${pid}/status; grep -E "^Max (processes|file size|core)" /proc/${pid}/limits; ls /proc/self/fd | grep -c "^[4-9]"; (mount -t tmpfs x /mnt) 2>/dev/null && echo MOUNTED; unshare -U true 2>/dev/null && echo UNSHARED; pwd`];
    const container = await runtime.start({ id: `c-${base}`, argv: ['sleep', '60'], env: {}, cwd: '/tmp', hostname: 'c', root: { base }, layer: join(folder, 'layers', base), mounts: [], tty: false, stdin: false });
    const printed = async (pid: string, tty: boolean) => {
      const running = await container.exec({ argv: state(pid), tty, stdin: false });
      const said = (await text(running.stdout)).replaceAll('\r', '');
      expect((await running.exited).code).toBe(0);
      return said;
    };
    const first = await printed('1', false);
    expect(first.split('\n').filter((line) => !line.startsWith('Max')).slice(-3)).toEqual(['0', '/tmp', '']);
    if (process.arch === 'x64' || process.arch === 'arm64') expect(first).toContain('Seccomp:\t2\n');
    expect([await printed('self', false), await printed('self', true)]).toEqual([first, first]);
    container.signal('SIGKILL');
    await container.exited;
  }, 30_000);
});
