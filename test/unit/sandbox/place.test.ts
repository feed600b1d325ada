import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BubblewrapSandbox } from '../../../server/sandbox/bubblewrap.ts';
import { NoSandbox } from '../../../server/sandbox/none.ts';
import { runToEnd } from '../../../server/sandbox/run.ts';
import type { Place, Sandbox } from '../../../server/sandbox/sandbox.ts';
import { readPlaceFile, runScriptText, writeFiles } from '../../../server/session/files.ts';
import { spawnPty } from '../../../server/terminal/pty.ts';

const folder = await mkdtemp(join(tmpdir(), 'lab-place-'));
await mkdir(join(folder, 'tools', 'bin'), { recursive: true });
const candidate = new BubblewrapSandbox({ folder: join(folder, 'warm'), tools: join(folder, 'tools'), warm: 1, warmPorts: [6443] });
const problem = await candidate.problem();
if (problem !== undefined) {
  await candidate.close();
  console.warn(`\n  SKIPPED: everything about bubblewrap (${problem})\n`);
}
afterAll(() => rm(folder, { recursive: true, force: true }));

function sh(place: Place, script: string, timeoutMs = 10_000) {
  return runToEnd(place.command(['/bin/bash', '-c', script]), { timeoutMs });
}

/** Both kinds of place keep these promises. */
function promises(make: () => Sandbox) {
  let sandbox: Sandbox;
  let place: Place;
  beforeAll(async () => {
    sandbox = make();
    place = await sandbox.open({ sessionId: `s${process.pid}`, home: join(folder, sandbox.isolation, 'home') });
  });
  afterAll(() => sandbox.close());

  it('runs a command with its exit code, both streams and nothing of the server’s environment', async () => {
    process.env['LAB_SECRET'] = 'secret';
    expect(await sh(place, 'echo out; echo err >&2; echo "[$LAB_SECRET]"; exit 7')).toEqual({ code: 7, stdout: 'out\n[]\n', stderr: 'err\n', timedOut: false });
  });

  it('starts in the home folder, which is kept on the host', async () => {
    await sh(place, 'pwd > here');
    expect((await sh(place, 'cat "$HOME/here"')).stdout).toBe(`${place.homeInside}\n`);
    expect((await stat(join(place.home, 'here'))).size).toBe(place.homeInside.length + 1);
  });

  it('ends a command that takes too long, with its children', async () => {
    const result = await sh(place, `(exec -a lab-child-${process.pid} sleep 300) & sleep 300`, 300);
    expect({ code: result.code, timedOut: result.timedOut }).toEqual({ code: 124, timedOut: true });
    expect(running(`lab-child-${process.pid}`)).toEqual([]);
  });

  it('caps what a command prints', async () => {
    const result = await runToEnd(place.command(['/bin/sh', '-c', 'yes | head -c 5000000']), { timeoutMs: 10_000, maxBytes: 1000 });
    expect({ code: result.code, length: result.stdout.length }).toEqual({ code: 0, length: 1000 });
  });

  it('does not wait for what a command leaves in the background', async () => {
    const began = Date.now();
    expect((await sh(place, 'sleep 5 & echo done')).stdout).toBe('done\n');
    expect(Date.now() - began).toBeLessThan(2000);
  });

  it('listens and connects on the loopback that its processes see', async () => {
    const { server, port } = await place.listen(0);
    server.on('connection', (socket) => socket.end('from the server\n'));
    expect((await sh(place, `cat < /dev/tcp/127.0.0.1/${port}`)).stdout).toBe('from the server\n');
    const socket = await place.dial(port);
    expect(await text(socket)).toBe('from the server\n');
    expect(await place.listening()).toContain(port);
    server.close();
    await expect(place.dial(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('writes files where they belong, with their mode', async () => {
    await writeFiles(place, [
      { path: '~/a/b.txt', data: Buffer.from('one\n') },
      { path: `${place.homeInside}/run.sh`, data: Buffer.from('#!/bin/sh\necho ran\n'), mode: '+x' },
    ]);
    expect((await sh(place, 'cat a/b.txt; ./run.sh')).stdout).toBe('one\nran\n');
  });

  it('reads files as its processes would, and none of the host’s', async () => {
    await writeFile(join(place.home, 'readable'), 'text');
    expect(await readPlaceFile(place, 'readable')).toBe('text');
    expect(await readPlaceFile(place, '~/missing')).toBeUndefined();
    for (const path of ['../../../../../../etc/passwd', '/etc/passwd']) {
      if (place.isolation === 'none') await expect(readPlaceFile(place, path)).rejects.toMatchObject({ code: 'forbidden' });
      else expect(await readPlaceFile(place, path)).toBe((await sh(place, 'cat /etc/passwd')).stdout);
    }
    await sh(place, 'mkfifo pipe');
    expect(await readPlaceFile(place, '~/pipe')).toBeUndefined();
  });

  it('runs scripts with CRLF lines and without a shebang', async () => {
    expect(await runScriptText(place, 'verify.sh', '[[ a == a ]] && echo yes\r\nexit 3\r\n', { timeoutMs: 5000 })).toEqual({ code: 3, stdout: 'yes\n', stderr: '', timedOut: false });
  });

  it('ends a script that never ends, floods and hides its children, within its time', async () => {
    const name = `lab-hidden-${place.isolation}-${process.pid}`;
    const began = Date.now();
    const result = await runScriptText(place, 'bad.sh', `setsid bash -c 'exec -a ${name} sleep 300' & (setsid nohup bash -c 'trap "" TERM HUP; exec -a ${name} sleep 300' >/dev/null 2>&1 &)\nyes`, { timeoutMs: 1500, maxBytes: 1000, alone: true });
    expect({ code: result.code, timedOut: result.timedOut, length: result.stdout.length }).toEqual({ code: 124, timedOut: true, length: 1000 });
    expect(Date.now() - began).toBeLessThan(10_000);
    expect(running(name)).toEqual([]);
  });

  it('gives a script nothing to read', async () => {
    expect(await runScriptText(place, 'reads.sh', 'read -r line; echo "[$line] $?"', { timeoutMs: 5000 })).toMatchObject({ code: 0, stdout: '[] 1\n' });
  });

  it('asks bash for every script but those for another program', async () => {
    const kinds = ['[[ a == a ]] && echo bash', '#!/bin/sh\n[[ a == a ]] && echo bash', '#!/usr/bin/env -S bash -e\n[[ a == a ]] && echo bash', '\uFEFF#!/bin/bash\r\n[[ a == a ]] && echo bash\r\n', '# a comment\n#!/bin/false\n[[ a == a ]] && echo bash', '#!/usr/bin/env python3\nprint("python")'];
    const said = [];
    for (const text of kinds) said.push((await runScriptText(place, 's', text, { timeoutMs: 10_000 })).stdout.trim());
    expect(said).toEqual(['bash', 'bash', 'bash', 'bash', 'bash', 'python']);
  });

  it('ends every process, also those that hide from signals and sessions', async () => {
    await sh(place, `trap "" TERM HUP; setsid nohup bash -c 'trap "" TERM HUP INT; exec -a lab-hidden-${process.pid} sleep 300' >/dev/null 2>&1 & sleep 0.3`);
    expect(running(`lab-hidden-${process.pid}`)).toHaveLength(1);
    await place.stop();
    expect(running(`lab-hidden-${process.pid}`)).toEqual([]);
  });
}

function running(name: string): string[] {
  return execFileSync('ps', ['axo', 'stat,args'])
    .toString()
    .split('\n')
    .filter((line) => line.includes(name) && !line.startsWith('Z') && !line.includes('bash -c'));
}

describe('a place of plain processes', () => promises(() => new NoSandbox({ folder, tools: join(folder, 'tools') }, 'no sandbox')));

describe.runIf(problem === undefined)('a place in bubblewrap', () => {
  promises(() => candidate);

  describe('against whoever is inside', () => {
    let sandbox: BubblewrapSandbox;
    let place: Place;
    beforeAll(async () => {
      sandbox = new BubblewrapSandbox({ folder: join(folder, 'warm2'), tools: join(folder, 'tools'), warm: 0 });
      place = await sandbox.open({ sessionId: 'x', home: join(folder, 'inside', 'home') });
    });
    afterAll(() => sandbox.close());

    it('shows only its own processes, users and network', async () => {
      const { stdout } = await sh(place, 'id -u; hostname; ls /proc | grep -c "^[0-9]"; ls /sys /home 2>&1 | head -2; cat /proc/net/dev | tail -n +3 | cut -d: -f1');
      expect(stdout).toMatch(/^0\ncontrolplane\n[3-9]\n/);
      expect(stdout.trim().endsWith('lo')).toBe(true);
    });

    it('has no capability, can gain none, and writes nothing but its own folders', async () => {
      const { stdout } = await sh(place, 'grep -E "CapEff|CapBnd|NoNewPrivs" /proc/self/status; for f in /proc/sys/kernel/panic /usr/x /usr/bin/x /bin/x /dev/x /opt/argo-lab/x /opt/argo-lab-host/x /opt/argo-lab-etc/x; do (echo 1 > $f) 2>/dev/null && echo WROTE $f; done; mount -t tmpfs x /mnt 2>/dev/null && echo MOUNTED; echo end');
      expect(stdout).toBe('CapBnd:\t0000000000000000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nend\n'.split('\n').sort((a, b) => order(a) - order(b)).join('\n'));
    });

    it('has a root folder like a machine of one’s own, which ends with it and is nobody else’s', async () => {
      const { stdout } = await sh(place, 'mkdir -p /ks /etc/docker /var/lib/app && echo x > /etc/hosts && printf "#!/bin/sh\\necho mine\\n" > /usr/local/bin/mine && chmod +x /usr/local/bin/mine && mine; ls -d /ks /home /srv; cat /etc/hosts; ls -A /var/log/killercoda; grep -c root /etc/passwd');
      expect(stdout).toBe('mine\n/home\n/ks\n/srv\nx\n1\n');
      expect(await stat('/usr/local/bin/mine').catch(() => 'missing')).toBe('missing');
      expect(await stat('/ks').catch(() => 'missing')).toBe('missing');
    });

    it('lets nobody inside replace what the lab starts there before it gives up its rights', async () => {
      const attempts = ['echo /tmp/evil.so > /etc/ld.so.preload', 'rm -f /etc/ld.so.preload', ...['/etc/ld.so.preload', '/etc/ld.so.cache', '/etc', '/usr', '/bin', '/sbin', '/lib', '/lib64'].map((path) => `perl -e 'rename("${path}", "/moved") and print "MOVED ${path}"'`), 'rmdir /lib', 'ln -sfn /tmp /sbin/x', 'cp /bin/true /usr/bin/setpriv'];
      const { stdout } = await sh(place, `${attempts.map((attempt) => `(${attempt}) 2>/dev/null; `).join('')} ls /lib >/dev/null && wc -c < /etc/ld.so.preload && readlink -f /bin/sh && ls /usr/bin/setpriv`);
      expect(stdout).toBe('0\n/bin/dash\n/usr/bin/setpriv\n'.replace('/bin/dash', stdout.split('\n')[1] ?? ''));
      expect((await sh(place, 'grep CapEff /proc/self/status')).stdout).toBe('CapEff:\t0000000000000000\n');
    });

    it.skipIf(process.arch !== 'x64' || !existsSync('/usr/bin/python3'))('makes no system call that is the kernel’s own business', async () => {
      const calls = { bpf: 321, perf_event_open: 298, keyctl: 250, add_key: 248, userfaultfd: 323, io_uring_setup: 425, mount: 165, open_by_handle_at: 304, kexec_load: 246, init_module: 175, setns: 308, x32_getpid: 0x40000000 + 39 };
      const script = `import ctypes, fcntl, os, subprocess, threading
c = ctypes.CDLL(None, use_errno=True)
for name, number in ${JSON.stringify(calls)}.items():
    ctypes.set_errno(0)
    print(name, c.syscall(number, 0, 0, 0, 0, 0), ctypes.get_errno())
for request in (0x5412, 0x541c):
    try: fcntl.ioctl(0, request, b'x')
    except OSError as error: print('ioctl', error.errno)
t = threading.Thread(target=lambda: print('a thread')); t.start(); t.join()
print(subprocess.check_output(['echo', 'a', 'child']).decode(), end='')`;
      const { stdout } = await runToEnd(place.command(['/usr/bin/python3', '-c', script]), { timeoutMs: 15_000 });
      expect(stdout).toBe(`${Object.keys(calls).map((name) => `${name} -1 ${name === 'x32_getpid' ? 38 : 1}\n`).join('')}ioctl 1\nioctl 1\na thread\na child\n`);
      expect((await sh(place, 'unshare -U true 2>/dev/null || echo refused; grep Seccomp: /proc/self/status')).stdout).toBe('refused\nSeccomp:\t2\n');
    });

    it('puts whatever joins later under the filter and the bounds of its first process', async () => {
      const small = new BubblewrapSandbox({ folder: join(folder, 'warm4'), tools: join(folder, 'tools'), warm: 0, limits: { processes: 64, memoryMiB: 128 } });
      const other = await small.open({ sessionId: 'j', home: join(folder, 'joins', 'home') });
      const state = (pid: string) => `grep -E "^(Seccomp|NoNewPrivs|CapEff|CapBnd):" /proc/${pid}/status; grep -E "^Max (processes|file size|core)" /proc/${pid}/limits; ls /proc/self/fd | grep -c "^[4-9]"`;
      const first = (await sh(other, state('1'))).stdout;
      expect(first).toMatch(/^CapBnd/m);
      if (process.arch === 'x64' || process.arch === 'arm64') expect(first).toMatch(/^Seccomp:\t2$/m);
      // A command, a script of an author's, and what a terminal starts: a shell on a terminal of its own.
      const script = (await runScriptText(other, 'verify.sh', state('self'), { timeoutMs: 10_000 })).stdout;
      const shell: string[] = [];
      const pty = await new Promise<string>((resolve, reject) => {
        void spawnPty(other.command(['/bin/bash', '-c', state('self')]), { columns: 200, rows: 50 }, { onData: (bytes) => shell.push(bytes.toString()), onExit: () => resolve(shell.join('').replaceAll('\r', '')) }).catch(reject);
      });
      const bounds = (text: string) => text.replace(/(\d+)( +\d+)? +(processes|bytes)/g, '$1 $3').replace(/ +/g, ' ');
      expect([bounds((await sh(other, state('self'))).stdout), bounds(script), bounds(pty)]).toEqual([bounds(first), bounds(first), bounds(first)]);
      await small.close();
    }, 30_000);

    it('fills no more of the machine’s memory than its folders may hold', async () => {
      const { stdout } = await sh(place, 'for d in / /etc /tmp /run /var/tmp /var/log/killercoda /usr/local/bin /dev/shm; do df -k --output=size $d | tail -1; done', 10_000);
      expect(stdout.trim().split(/\s+/).map((kib) => Number(kib) / 1024)).toEqual([128, 8, 256, 16, 16, 16, 64, 64]);
    });

    it('hides the server: no environment, no arguments, no path of its own in the first process', async () => {
      const { stdout } = await sh(place, 'tr "\\0" "\\n" < /proc/1/environ | wc -l; tr "\\0" " " < /proc/1/cmdline');
      expect(stdout).not.toContain(folder);
      expect(stdout.startsWith('0\n')).toBe(true);
    });

    it('reaches neither the host’s loopback nor an outside network', async () => {
      const { server, port } = await new NoSandbox({ folder, tools: folder }, '').open({ sessionId: 'h', home: join(folder, 'h') }).then((host) => host.listen(0));
      const { stdout } = await sh(place, `(exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null && echo HOST; (exec 3<>/dev/tcp/169.254.169.254/80) 2>/dev/null && echo METADATA; echo end`);
      server.close();
      expect(stdout).toBe('end\n');
    });

    it('ends what takes more memory than a place may, and nothing else', async (context) => {
      const small = new BubblewrapSandbox({ folder: join(folder, 'warm3'), tools: join(folder, 'tools'), warm: 0, limits: { processes: 64, memoryMiB: 128 } });
      const other = await small.open({ sessionId: 'm', home: join(folder, 'limited', 'home') });
      const groups = (await sh(other, 'cat /proc/self/cgroup')).stdout;
      const limited = groups.includes('argo-lab-');
      if (limited) {
        const eaten = await sh(other, 'echo before; head -c 400M /dev/zero | tail | wc -c; echo "${PIPESTATUS[1]}"', 20_000);
        expect(eaten.stdout.split('\n').slice(0, 3)).toEqual(['before', '0', '137']);
        const forks = await runToEnd(other.command(['/bin/sh', '-c', 'i=0; while [ $i -lt 200 ]; do sleep 30 & i=$((i+1)); echo $i; done 2>/dev/null']), { timeoutMs: 20_000, alone: true });
        expect(Number(forks.stdout.trim().split('\n').at(-1))).toBeLessThan(64);
        expect(Number(forks.stdout.trim().split('\n').at(-1))).toBeGreaterThan(40);
        expect((await sh(other, 'echo alive')).stdout).toBe('alive\n');
      }
      await small.close();
      const mine = /place-\d+/.exec(groups)?.[0] ?? 'none';
      expect(execFileSync('sh', ['-c', `ls -d /sys/fs/cgroup/*/argo-lab-${process.pid}/${mine} 2>/dev/null | wc -l`]).toString().trim()).toBe('0');
      if (!limited) context.skip('this machine lets nobody make control groups');
    }, 60_000);

    it('lets no single file grow without end', async () => {
      expect((await sh(place, 'ulimit -f; ulimit -c')).stdout).toBe(`${2 * 1024 * 1024}\n0\n`);
    });

    it('ends what writes into a home that is full, and leaves the rest', async () => {
      const own = await sandbox.open({ sessionId: 'w', home: join(folder, 'writers', 'home') });
      const writer = sh(own, 'exec 9>/tmp/elsewhere; exec sleep 30 > ~/big', 20_000);
      const other = sh(own, 'exec 8>/tmp/other; exec 7<~/.; sleep 4; echo still here', 20_000);
      for (let i = 0; i < 100 && (await stat(join(folder, 'writers', 'home', 'big')).catch(() => undefined)) === undefined; i++) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(await own.endWriters()).toBe(1);
      expect((await writer).code).toBe(137);
      expect((await other).stdout).toBe('still here\n');
      await own.stop();
    });

    it('keeps a fork bomb within bounds', async () => {
      if (process.getuid?.() !== 0) return;
      const { stdout } = await runToEnd(place.command(['/bin/sh', '-c', 'i=0; while [ $i -lt 1500 ]; do sleep 30 & i=$((i+1)); echo $i; done 2>/dev/null']), { timeoutMs: 9000 });
      const started = Number(stdout.trim().split('\n').at(-1));
      expect(started).toBeGreaterThan(900);
      expect(started).toBeLessThan(1100);
      const again = await sandbox.open({ sessionId: 'y', home: join(folder, 'other', 'home') });
      expect((await sh(again, 'echo alive')).stdout).toBe('alive\n');
      await again.stop();
    });

    it('gives two places the same port each', async () => {
      const other = await sandbox.open({ sessionId: 'z', home: join(folder, 'z', 'home') });
      const mine = await sandbox.open({ sessionId: 'w', home: join(folder, 'w', 'home') });
      const [a, b] = [await mine.listen(2746), await other.listen(2746)];
      expect([a.port, b.port]).toEqual([2746, 2746]);
      a.server.close();
      b.server.close();
      await Promise.all([other.stop(), mine.stop()]);
    });

    it('writes through no link that leads out of the place', async () => {
      const other = await sandbox.open({ sessionId: 'l', home: join(folder, 'l', 'home') });
      await sh(other, `ln -s ${folder} .kube`);
      await expect(writeFiles(other, [{ path: '~/.kube/config', data: Buffer.from('x') }])).rejects.toThrow('failed');
      await expect(stat(join(folder, 'config'))).rejects.toMatchObject({ code: 'ENOENT' });
      await other.stop();
    });

    it('takes files at once as long as nothing has run in it', async () => {
      const other = await sandbox.open({ sessionId: 'e', home: join(folder, 'e', 'home') });
      expect(await other.seed('a/b', Buffer.from('seeded'), 0o600)).toBe(true);
      expect((await sh(other, 'cat a/b; stat -c "%U %a" a a/b')).stdout).toBe('seededroot 755\nroot 600\n');
      expect(await other.seed('c', Buffer.from('late'), 0o600)).toBe(false);
      await other.stop();
    });

    it('keeps its processes when its home moves', async () => {
      const moving = await sandbox.open({ sessionId: 'm', home: join(folder, 'm1', 'home') });
      await sh(moving, 'echo kept > file');
      expect(await moving.moveHome(join(folder, 'm2', 'home'))).toBe(true);
      expect((await sh(moving, 'cat file; echo more > more')).stdout).toBe('kept\n');
      expect((await stat(join(folder, 'm2', 'home', 'more'))).size).toBe(5);
      await moving.stop();
    });
  });
});

/** The order in which /proc/self/status lists them. */
function order(line: string): number {
  return ['CapEff', 'CapBnd', 'NoNewPrivs', 'end', ''].findIndex((start) => line.startsWith(start));
}
