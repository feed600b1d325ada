import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { signalUntilHeard } from '../../../../server/cluster/argo/executor/wait.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

const run = promisify(execFile);
let folder: string;
let giveUp = () => {};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'signals-'));
  await mkdir(join(folder, 'ctr', 'side'), { recursive: true });
});
afterEach(async () => {
  giveUp();
  await rm(folder, { recursive: true, force: true });
});

const pipe = () => join(folder, 'ctr', 'side', 'signal');
const heard = async () => (await run('timeout', ['1', 'head', '-n', '1', pipe()]).catch(() => ({ stdout: 'nothing' }))).stdout;

test('a container that begins after it was told to end hears it', async () => {
  giveUp = signalUntilHeard(systemClock, { root: folder, path: '' }, 'side', 'TERM');
  await new Promise((done) => setTimeout(done, 250));
  await run('mkfifo', [pipe()]);
  expect(await heard()).toBe('TERM\n');
});

test('nobody is told who has ended', async () => {
  await writeFile(join(folder, 'ctr', 'side', 'exitcode'), '0');
  giveUp = signalUntilHeard(systemClock, { root: folder, path: '' }, 'side', 'TERM');
  await new Promise((done) => setTimeout(done, 150));
  await run('mkfifo', [pipe()]);
  expect(await heard()).toBe('nothing');
});

test('whoever gives up says nothing more', async () => {
  signalUntilHeard(systemClock, { root: folder, path: '' }, 'side', 'TERM')();
  await run('mkfifo', [pipe()]);
  expect(await heard()).toBe('nothing');
});
