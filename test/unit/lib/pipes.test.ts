import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Pipes } from '../../../server/lib/pipes.ts';

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
