import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { createRuntime, type ClusterRuntime } from '../../../server/providers/embedded/runtime.ts';
import { BubblewrapSandbox } from '../../../server/sandbox/bubblewrap.ts';
import { unlockProgram } from '../../../server/sandbox/unlock.ts';

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

  it.each(['busybox', 'host'] as const)('runs as who it is told to be, and so does who joins it (%s)', async (base) => {
    const script = 'id -u; id -g; touch /x 2>/dev/null || echo closed; touch /etc/x 2>/dev/null || echo closed; touch /tmp/x && echo open; touch /data/x && stat -c %u /data/x; cat /conf/f';
    const source = join(folder, `volume-${base}`);
    await mkdir(source, { recursive: true });
    await writeFile(join(folder, 'conf'), 'read\n');
    const mounts = [{ source, target: '/data', readOnly: false }, { source: join(folder, 'conf'), target: '/conf/f', readOnly: true }];
    const container = await runtime.start({ id: `u-${base}`, argv: ['sh', '-c', `${script}; sleep 60`], env: {}, cwd: '/work', hostname: 'c', root: { base }, layer: join(folder, 'layers', `u-${base}`), mounts, user: { uid: 1000, gid: 3000 }, tty: false, stdin: false });
    const expected = ['1000', '3000', ...(process.getuid?.() === 0 ? ['closed', 'closed'] : []), 'open', '1000', 'read', ''];
    const running = await container.exec({ argv: ['sh', '-c', script], tty: false, stdin: false });
    expect((await text(running.stdout)).split('\n')).toEqual(expected);
    container.signal('SIGKILL');
    expect((await text(container.stdout)).split('\n')).toEqual(expected);
    await container.exited;
  }, 30_000);

  it.skipIf(unlockProgram() === undefined).each(['busybox', 'host'] as const)('has terminals of its own, the first process too (%s)', async (base) => {
    const user = { uid: 1000, gid: 3000 };
    const asked = 'read -r line; tty; stty size; ls /dev/pts | tr "\n" " "; stat -c %u $(tty); exit 7';
    const container = await runtime.start({ id: `t-${base}`, argv: ['sh', '-c', asked], env: {}, cwd: '/', hostname: 'c', root: { base }, layer: join(folder, 'layers', `t-${base}`), mounts: [], user, tty: true, stdin: true });
    const joined = await container.exec({ argv: ['sh', '-c', asked], tty: true, stdin: true });
    const ends: unknown[] = [];
    for (const process of [joined, container]) {
      const said = text(process.stdout);
      process.resize(100, 40);
      process.stdin?.write('typed\n');
      ends.push(await said, (await process.exited).code);
    }
    expect(ends).toEqual(['typed\r\n/dev/pts/1\r\n40 100\r\n0 1 ptmx 1000\r\n', 7, 'typed\r\n/dev/pts/0\r\n40 100\r\n0 ptmx 1000\r\n', 7]);
  }, 30_000);

  it.skipIf(process.arch !== 'x64' && process.arch !== 'arm64').each([
    ['busybox', undefined, ['CHOWN', 'KILL', 'SYS_ADMIN', 'BPF'], { CapInh: 0, CapPrm: 0x21, CapEff: 0x21, CapBnd: 0x21, CapAmb: 0 }],
    ['host', undefined, ['CHOWN', 'KILL', 'SYS_ADMIN', 'BPF'], { CapInh: 0, CapPrm: 0x21, CapEff: 0x21, CapBnd: 0x21, CapAmb: 0 }],
    ['busybox', undefined, [], { CapInh: 0, CapPrm: 0, CapEff: 0, CapBnd: 0, CapAmb: 0 }],
    ['host', undefined, [], { CapInh: 0, CapPrm: 0, CapEff: 0, CapBnd: 0, CapAmb: 0 }],
    ['busybox', { uid: 1000, gid: 1000 }, ['CHOWN', 'KILL'], { CapInh: 0, CapPrm: 0, CapEff: 0, CapBnd: 0x21, CapAmb: 0 }],
  ] as const)('may do what was granted, like the container’s own process (%s %j %j)', async (base, user, capabilities, expected) => {
    const id = `cap-${base}-${user?.uid ?? 0}-${capabilities.length}`;
    const container = await runtime.start({ id, argv: ['sleep', '60'], env: {}, cwd: '/', hostname: 'c', root: { base }, layer: join(folder, 'layers', id), mounts: [], tty: false, stdin: false, capabilities, ...(user === undefined ? {} : { user }) });
    const sets = async (argv: string[], tty: boolean) => {
      const running = await container.exec({ argv, tty, stdin: false });
      const said = (await text(running.stdout)).replaceAll('\r', '');
      return Object.fromEntries([...said.matchAll(/^(Cap\w+):\t([0-9a-f]+)$/gm)].map(([, name, value]) => [name, Number.parseInt(value ?? '', 16)]));
    };
    const reads = (pid: string) => ['grep', 'Cap', `/proc/${pid}/status`];
    // Who joins as somebody else than root is that already when the bound is set: it may not set it, and has nothing it could use it for.
    const joined = user === undefined ? expected : { ...expected, CapBnd: expect.any(Number) };
    expect([await sets(reads('1'), false), await sets(reads('self'), false), await sets(reads('self'), true)]).toEqual([expected, joined, joined]);
    const open = await container.exec({ argv: ['ls', '/proc/1/fd', '/proc/self/fd'], tty: false, stdin: false });
    expect((await text(open.stdout)).split('\n').filter((line) => /^[4-9]$/.test(line))).toEqual([]);
    container.signal('SIGKILL');
    await container.exited;
  }, 30_000);

  it('begins a script that has no first line with the shell', async () => {
    const layer = join(folder, 'layers', 'script');
    await mkdir(layer, { recursive: true });
    await writeFile(join(layer, 'run'), 'echo "$0 $1"\n', { mode: 0o755 });
    const container = await runtime.start({ id: 'script', argv: ['/run', 'one'], env: {}, cwd: '/', hostname: 'c', root: { base: 'busybox' }, layer, mounts: [], tty: false, stdin: false, capabilities: [] });
    expect(await text(container.stdout)).toBe('/run one\n');
    expect(await container.exited).toEqual({ code: 0 });
  }, 30_000);

  it.skipIf(process.arch !== 'x64' && process.arch !== 'arm64')('is under the filter even where a volume lies over the programs of the machine', async () => {
    const source = join(folder, 'volume-programs');
    await mkdir(source, { recursive: true });
    const { stdout: bash } = await promisify(execFile)('readlink', ['-f', '/bin/bash']);
    for (const name of ['bash', 'grep', 'sleep']) await copyFile(name === 'bash' ? bash.trim() : `/usr/bin/${name}`, join(source, name));
    await writeFile(join(source, 'setpriv'), '#!/own/bash\necho "not this one"\n', { mode: 0o755 });
    const mounts = [{ source, target: '/usr/bin', readOnly: false }, { source, target: '/own', readOnly: false }];
    const container = await runtime.start({ id: 'programs', argv: ['/own/sleep', '60'], env: {}, cwd: '/', hostname: 'c', root: { base: 'host' }, layer: join(folder, 'layers', 'programs'), mounts, tty: false, stdin: false });
    const running = await container.exec({ argv: ['/own/grep', '-E', '^(Seccomp|NoNewPrivs|CapEff):', '/proc/self/status'], tty: false, stdin: false });
    expect(await text(running.stdout)).toBe('CapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n');
    container.signal('SIGKILL');
    await container.exited;
  }, 30_000);

  it.each([
    ['/', 'mounting over the root folder is not allowed'],
    ['/proc', '"/proc" cannot be mounted because it is not of type proc'],
    ['/x/../proc/self', '"/proc/self" cannot be mounted because it is inside /proc'],
  ])('has no volume over %s', async (target, why) => {
    const mounts = [{ source: folder, target, readOnly: true }];
    await expect(runtime.start({ id: 'over', argv: ['sleep', '60'], env: {}, cwd: '/', hostname: 'c', root: { base: 'busybox' }, layer: join(folder, 'layers', 'over'), mounts, tty: false, stdin: false })).rejects.toThrow(`error during container init: error mounting to rootfs at "${target}": ${why}`);
  });

  it('sees its own processes even where a link in a volume leads to /proc', async () => {
    const [source, other] = [join(folder, 'volume-link'), join(folder, 'volume-other')];
    await mkdir(source, { recursive: true });
    await mkdir(other, { recursive: true });
    await symlink('../proc', join(source, 'p'));
    await mkdir(join(folder, 'layers', 'link', 'proc'), { recursive: true });
    const mounts = [{ source, target: '/v', readOnly: false }, { source: other, target: '/v/p', readOnly: false }];
    const container = await runtime.start({ id: 'link', argv: ['sh', '-c', 'ls -d /proc/self/fd'], env: {}, cwd: '/', hostname: 'c', root: { base: 'busybox' }, layer: join(folder, 'layers', 'link'), mounts, tty: false, stdin: false });
    expect(await text(container.stdout)).toBe('/proc/self/fd\n');
    await container.exited;
  }, 30_000);

  it('writes nowhere but into its mounts when its root folder may only be read', async () => {
    const source = join(folder, 'volume-read-only');
    await mkdir(source, { recursive: true });
    const script = '(touch /x) 2>&1; touch /data/x && echo open; sleep 60';
    const container = await runtime.start({ id: 'ro', argv: ['sh', '-c', script], env: {}, cwd: '/', hostname: 'c', root: { base: 'busybox' }, layer: join(folder, 'layers', 'ro'), mounts: [{ source, target: '/data', readOnly: false }], readOnlyRoot: true, tty: false, stdin: false });
    const lines: string[] = [];
    for await (const chunk of container.stdout) {
      lines.push(...String(chunk).split('\n').filter((line) => line !== ''));
      if (lines.includes('open')) break;
    }
    container.signal('SIGKILL');
    expect(lines).toEqual(['touch: /x: Read-only file system', 'open']);
    await container.exited;
  }, 30_000);
});
