import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { decodeOutput, type ServerMessage } from '../../../server/protocol/ws.ts';
import { NoSandbox } from '../../../server/sandbox/none.ts';
import type { Place } from '../../../server/sandbox/sandbox.ts';
import { BASHRC, shellArgv, shellEnvironment, type ShellMark } from '../../../server/terminal/shell-integration.ts';
import { ShellHistory } from '../../../server/terminal/shell-state.ts';
import { type Attachment, TerminalHub } from '../../../server/terminal/terminal.ts';

let folder: string;
let place: Place;
const open: TerminalHub[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'argo-lab-terminal-'));
  await mkdir(join(folder, 'shell'));
  await writeFile(join(folder, 'shell', 'bashrc'), BASHRC);
  place = await new NoSandbox({ folder, tools: folder }, 'test').open({ sessionId: `t${process.pid}`, home: join(folder, 'home') });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((hub) => hub.close()));
});
afterAll(async () => {
  await place.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(argv: string[], env: Record<string, string> = {}, onMark: (mark: ShellMark) => void = () => undefined): Promise<TerminalHub> {
  const hub = await TerminalHub.start({ id: '1', name: 'Terminal 1', place, argv, env, nonce: 'secret', clock: systemClock, onMark });
  open.push(hub);
  return hub;
}

/** Attaches as a page does, acknowledging everything after `delay` milliseconds. */
function watch(hub: TerminalHub, options: { offset?: number; ack?: boolean } = {}) {
  const seen = { text: '', bytes: 0, messages: [] as ServerMessage[], contiguous: true, next: undefined as number | undefined };
  const frames: number[] = [];
  let attachment: Attachment | undefined;
  attachment = hub.attach(
    {
      output(frame) {
        const { offset, bytes } = decodeOutput(frame);
        if (seen.next !== undefined && seen.next !== offset) seen.contiguous = false;
        seen.next = offset + bytes.length;
        seen.bytes += bytes.length;
        seen.text = (seen.text + Buffer.from(bytes).toString('latin1')).slice(-200_000);
        frames.push(offset + bytes.length);
        if (options.ack !== false) setImmediate(() => attachment?.ack(offset + bytes.length));
      },
      message: (message) => seen.messages.push(message),
    },
    options.offset,
  );
  return { seen, attachment };
}

async function until(condition: () => boolean, timeout = 8000): Promise<void> {
  const end = Date.now() + timeout;
  while (!condition()) {
    if (Date.now() > end) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a terminal', () => {
  it('hands on every byte of a command that ends at once, and then its exit code', async () => {
    const hub = await start(['/bin/sh', '-c', 'stty -onlcr; seq 1 200000; exit 3']);
    const { seen } = watch(hub, { offset: 0 });
    await until(() => seen.messages.some((message) => message.type === 'exit'));
    expect({ bytes: seen.bytes, end: seen.text.slice(-14), contiguous: seen.contiguous, exit: seen.messages.at(-1) }).toEqual({ bytes: 1_288_895, end: '199999\n200000\n'.slice(-14), contiguous: true, exit: { type: 'exit', code: 3 } });
  });

  it('begins with a greeting, above what the shell says', async () => {
    const hub = await TerminalHub.start({ id: '1', name: 'Terminal 1', place, argv: ['/bin/sh', '-c', 'echo ready'], env: {}, nonce: 'secret', greeting: '\u001b[32mWelcome\u001b[m\r\n', clock: systemClock });
    open.push(hub);
    const { seen } = watch(hub, { offset: 0 });
    await until(() => seen.messages.some((message) => message.type === 'exit'));
    expect(seen.text).toBe('\u001b[32mWelcome\u001b[m\r\nready\r\n');
  });

  it('stops reading when no page keeps up, and grows by little', async () => {
    const hub = await start(['/bin/sh', '-c', 'yes']);
    const { seen, attachment } = watch(hub, { offset: 0, ack: false });
    await until(() => seen.bytes > 256 * 1024);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stalled = seen.bytes;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen.bytes).toBe(stalled);
    expect(stalled).toBeLessThan(2 * 1024 * 1024);
    attachment.ack(stalled);
    await until(() => seen.bytes > stalled);
  });

  it('goes on from where a page was when its connection broke', async () => {
    const hub = await start(['/bin/sh', '-c', 'stty -onlcr; for i in 1 2 3; do echo $i; read x; done']);
    const first = watch(hub, { offset: 0 });
    await until(() => first.seen.text.includes('1\n'));
    first.attachment.detach();
    first.attachment.input(Buffer.from('\n'));
    await until(() => hub.end > first.seen.bytes + 2);
    const second = watch(hub, { offset: first.seen.bytes });
    await until(() => second.seen.text.includes('2\n'));
    expect(second.seen.messages[0]).toEqual({ type: 'attached', offset: first.seen.bytes, columns: 80, rows: 24 });
    expect((first.seen.text + second.seen.text).replace(/\r?\n/g, ' ').trim()).toBe('1  2');
  });

  it('gives a page that comes late the screen, and then what follows', async () => {
    const hub = await start(['/bin/sh', '-c', 'printf "\\033[32mgreen\\033[0m here"; read x; printf " and on"; read x']);
    await until(() => hub.end > 10);
    const { seen, attachment } = watch(hub);
    await until(() => seen.messages.some((message) => message.type === 'screen'));
    expect(seen.messages[0]).toMatchObject({ type: 'screen', columns: 80, rows: 24, data: '\x1b[32mgreen\x1b[0m here' });
    attachment.input(Buffer.from('\n'));
    await until(() => seen.text.includes(' and on'));
    expect(seen.contiguous).toBe(true);
  });

  it('takes the smallest size of its pages, within bounds', async () => {
    const hub = await start(['/bin/sh', '-c', 'trap "stty size" WINCH; while :; do sleep 0.05; done']);
    const [a, b] = [watch(hub, { offset: 0 }), watch(hub, { offset: 0 })];
    a.attachment.resize(1e9, 50);
    b.attachment.resize(120, -1);
    await until(() => a.seen.text.includes('1 120'));
    b.attachment.detach();
    await until(() => a.seen.text.includes('50 1000'));
    expect(a.seen.messages.filter((message) => message.type === 'size')).toEqual([
      { type: 'size', columns: 120, rows: 1 },
      { type: 'size', columns: 1000, rows: 50 },
    ]);
  });

  it('takes a paste of megabytes whole and in order', async () => {
    const hub = await start(['/bin/sh', '-c', 'stty raw -echo; echo go; head -c 3000000 | cksum']);
    const { seen, attachment } = watch(hub, { offset: 0 });
    await until(() => seen.text.includes('go'));
    const data = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => 33 + (i % 90)));
    for (let at = 0; at < data.length; at += 65_536) attachment.input(data.subarray(at, at + 65_536));
    const { execFileSync } = await import('node:child_process');
    const expected = execFileSync('cksum', { input: data }).toString().trim();
    await until(() => seen.text.includes(expected));
  });

  it('ends everything on it when it is closed, whatever that ignores', async () => {
    const hub = await start(['/bin/bash', '-c', `trap "" HUP TERM; (trap "" HUP TERM; exec -a lab-ignores-${process.pid} sleep 300) & echo ready; wait; sleep 300`]);
    const { seen } = watch(hub, { offset: 0 });
    await until(() => seen.text.includes('ready'));
    await hub.close();
    const { execFileSync } = await import('node:child_process');
    const left = execFileSync('ps', ['axo', 'args']).toString().split('\n').filter((line) => line.startsWith(`lab-ignores-${process.pid}`));
    expect({ running: hub.running, left }).toEqual({ running: false, left: [] });
  });
});

describe("the learner's shell", () => {
  async function shell(names: string[]) {
    const marks: ShellMark[] = [];
    const hub = await start(shellArgv(join(folder, 'shell')), { ...shellEnvironment('secret', names), ARGO_LAB_HOST: 'controlplane' }, (mark) => marks.push(mark));
    const page = watch(hub, { offset: 0 });
    await until(() => marks.length > 0);
    const run = async (code: string) => {
      const before = marks.length;
      await hub.run(code, false);
      await until(() => marks.length > before && marks.at(-1)?.type === 'prompt');
      return marks.at(-1);
    };
    return { hub, marks, run, ...page };
  }

  it('tells command, exit code, folder and declared variables, and shows none of it', async () => {
    const { run, seen } = await shell(['ARGO_TOKEN', 'UNSET']);
    const mark = await run('ARGO_TOKEN="Bearer a;b\\\\c"; cd /; (exit 4)');
    expect(mark).toEqual({ type: 'prompt', exitCode: 4, command: 'ARGO_TOKEN="Bearer a;b\\\\c"; cd /; (exit 4)', cwd: '/', variables: { ARGO_TOKEN: 'Bearer a;b\\c' } });
    // The prompt's own text follows its mark.
    await until(() => seen.text.includes('controlplane:/$ '));
    expect(seen.text).not.toContain('6973');
  });

  it.each([["export PROMPT_COMMAND='history -a'"], ['PROMPT_COMMAND="echo mine; $PROMPT_COMMAND"'], ["PROMPT_COMMAND='(exit 9)'"], ["PROMPT_COMMAND+=('false')"]])('goes on telling where somebody sets a prompt command: %s', async (setting) => {
    const { run } = await shell([]);
    await run(setting);
    expect(await run('(exit 4)')).toMatchObject({ type: 'prompt', exitCode: 4, command: '(exit 4)' });
  });

  it('takes a block of many lines whole', async () => {
    const { run, seen } = await shell([]);
    await run('cat > block.txt <<EOF\nfirst\n\tsecond\nEOF\nwc -l block.txt');
    expect(seen.text).toContain('2 block.txt');
  });

  it('tells of each command of a block how and where it ended, and a block changes nothing for them', async () => {
    const { marks, run, seen } = await shell([]);
    await run('# a word before\ncd /; (exit 3)\necho "code $?"\ncat <<EOF | grep -c one\none;\nEOF\n\nfalse');
    await run('echo alone');
    expect(seen.text).toContain('\rcode 3\r\n');
    const history = new ShellHistory();
    for (const mark of marks) history.apply('1', mark, 7);
    expect(history.commands).toEqual([
      { command: 'cd /; (exit 3)', exitCode: 3, cwd: '/', at: 7 },
      { command: 'echo "code $?"', exitCode: 0, cwd: '/', at: 7 },
      { command: 'cat <<EOF | grep -c one\none;\nEOF', exitCode: 0, cwd: '/', at: 7 },
      { command: 'false', exitCode: 1, cwd: '/', at: 7 },
      { command: 'echo alone', exitCode: 0, cwd: '/', at: 7 },
    ]);
  });

  it('keeps the nonce out of the environment of what it starts', async () => {
    const { run, seen } = await shell(['A']);
    await run('env | grep -c ARGO_LAB_NONCE; env | grep -c ARGO_LAB_VARIABLES');
    expect(seen.text).toMatch(/\r0\r\n0\r\n/);
  });

  it('spares a shell that is only being started, and types what is asked for meanwhile in its order', async () => {
    const hub = await start(['/bin/sh', '-c', 'sleep 0.4; exec "$@"', 'sh', ...shellArgv(join(folder, 'shell'))], shellEnvironment('secret', []));
    const { seen } = watch(hub, { offset: 0 });
    await Promise.all([hub.run('echo first', true), hub.run('echo second', false)]);
    await until(() => seen.text.includes('\rsecond\r\n'));
    expect(seen.text.match(/\r(?:first|second)\r\n/g)).toEqual(['\rfirst\r\n', '\rsecond\r\n']);
  });

  it('interrupts what runs before it types', async () => {
    const { hub, marks, seen } = await shell([]);
    await hub.run('sleep 60', false);
    await until(() => marks.at(-1)?.type === 'start');
    await hub.run('echo after', true);
    await until(() => seen.text.includes('\rafter\r\n'));
    expect(marks.find((mark) => mark.type === 'prompt' && mark.command === 'sleep 60')).toMatchObject({ exitCode: 130 });
  });
});
