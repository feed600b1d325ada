import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { Pipes } from '../../../server/lib/pipes.ts';
import { Spawner } from '../../../server/lib/spawner.ts';

let folder: string;
let pipes: Pipes;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pipes-'));
  pipes = new Pipes(join(folder, 'pipes'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const env = { PATH: process.env.PATH };
const shell = async (script: string, input?: string) => {
  const { stdin, stdout, stderr, exited } = await pipes.spawn('sh', ['-c', script], { env, stdin: input !== undefined });
  stdin?.end(input);
  const [out, err, { code }] = await Promise.all([text(stdout), text(stderr), exited]);
  return { out, err, code };
};

test('what a process prints into its standard streams, opened by their names, arrives', async () => {
  expect(await shell('echo one; echo two >/dev/stdout; echo three >/dev/stderr; echo four >/proc/self/fd/1; exit 3')).toEqual({ out: 'one\ntwo\nfour\n', err: 'three\n', code: 3 });
});

test('a process reads its input to the end, and large output comes whole', async () => {
  expect(await shell('wc -c; head -c 3000000 /dev/zero | tr "\\0" x | tail -c 2000000', 'abc')).toEqual({ out: `3\n${'x'.repeat(2_000_000)}`, err: '', code: 0 });
});

test('the output of many quick processes is kept until somebody reads it', async () => {
  const started = await Promise.all(Array.from({ length: 40 }, (_, i) => pipes.spawn('echo', [String(i)], { env, stdin: false })));
  await Promise.all(started.map(({ exited }) => exited));
  expect(await Promise.all(started.map(({ stdout }) => text(stdout)))).toEqual(started.map((_, i) => `${i}\n`));
});

test('a command that does not exist is an error', async () => {
  await expect(pipes.spawn('/no/such/command', [], { env, stdin: false })).rejects.toMatchObject({ code: 'ENOENT' });
});

test('several of them share a folder, as the clusters of one lab do', async () => {
  const others = Array.from({ length: 3 }, () => new Pipes(join(folder, 'pipes')));
  const started = await Promise.all(others.map((one, i) => one.spawn('echo', [String(i)], { env, stdin: false })));
  expect(await Promise.all(started.map(({ stdout }) => text(stdout)))).toEqual(['0\n', '1\n', '2\n']);
});

describe('from a process that has become large', () => {
  const spawner = new Spawner(systemClock);
  let others: Pipes;
  beforeAll(() => {
    others = new Pipes(join(folder, 'helped'), spawner, 0);
  });
  afterAll(() => spawner.close());

  test('others are started by a helper, with the same pipes, codes and signals', async () => {
    const { pid, stdout, stderr, exited } = await others.spawn('sh', ['-c', 'echo out; echo err >&2; echo $PPID >/dev/stdout; exit 4'], { env, stdin: false });
    const [out, err] = await Promise.all([text(stdout), text(stderr)]);
    expect(err).toBe('err\n');
    const [first, parent] = out.split('\n');
    expect([first, Number(parent) === process.pid, pid === process.pid]).toEqual(['out', false, false]);
    expect(await exited).toEqual({ code: 4, signal: null });
    const killed = await others.spawn('sleep', ['100'], { env, stdin: false });
    process.kill(killed.pid, 'SIGTERM');
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('what reads input is started here', async () => {
    const { stdin, stdout } = await others.spawn('cat', [], { env, stdin: true });
    stdin?.end('abc');
    expect(await text(stdout)).toBe('abc');
  });

  test('a command that does not exist is an error, and others go on', async () => {
    await expect(others.spawn('/no/such/command', [], { env, stdin: false })).rejects.toMatchObject({ code: 'ENOENT' });
    const { stdout } = await others.spawn('echo', ['on'], { env, stdin: false });
    expect(await text(stdout)).toBe('on\n');
  });

  test('many at once keep their output', async () => {
    const started = await Promise.all(Array.from({ length: 40 }, (_, i) => others.spawn('echo', [String(i)], { env, stdin: false })));
    expect(await Promise.all(started.map(({ stdout }) => text(stdout)))).toEqual(started.map((_, i) => `${i}\n`));
  });

  test('when the helper is gone, its processes have ended, and the next one is started by another', async () => {
    const running = await others.spawn('sh', ['-c', 'echo $PPID; exec sleep 100'], { env, stdin: false });
    const helper = Number(await new Promise((resolve) => running.stdout.once('data', (data: Buffer) => resolve(data.toString()))));
    process.kill(helper, 'SIGKILL');
    expect(await running.exited).toEqual({ code: null, signal: 'SIGKILL' });
    process.kill(running.pid, 'SIGKILL');
    const { stdout } = await others.spawn('echo', ['again'], { env, stdin: false });
    expect(await text(stdout)).toBe('again\n');
  });
});
