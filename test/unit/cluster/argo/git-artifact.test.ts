import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloneRepository } from '../../../../server/cluster/argo/executor/git.ts';
import { openToolbox } from '../../../../server/cluster/kubelet/toolbox.ts';
import type { ProgramContext } from '../../../../server/cluster/program.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { createRuntime, type ClusterRuntime } from '../../../../server/providers/embedded/runtime.ts';
import { BubblewrapSandbox } from '../../../../server/sandbox/bubblewrap.ts';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'lab-git-'));
const sandbox = new BubblewrapSandbox({ folder: join(folder, 'warm'), tools: folder, warm: 0 });
const problem = await sandbox.problem();
if (problem !== undefined) console.warn(`\n  SKIPPED: git in a sandbox (${problem})\n`);

let repository: Server;
let runtime: ClusterRuntime;
let boxes = 0;
beforeAll(async () => {
  const source = join(folder, 'source');
  await mkdir(source);
  const git = (...args: string[]) => run('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], { cwd: source });
  await git('init', '--quiet');
  for (const word of ['one', 'two']) {
    await writeFile(join(source, 'file'), `${word}\n`);
    await git('add', '.');
    await git('commit', '--quiet', '-m', word);
    await git('tag', word);
  }
  await git('clone', '--quiet', '--bare', source, join(folder, 'bare.git'));
  await run('git', ['update-server-info'], { cwd: join(folder, 'bare.git') });
  repository = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    readFile(join(folder, path)).then((bytes) => response.end(bytes), () => response.writeHead(404).end());
  });
  await new Promise<void>((resolve) => repository.listen(0, '127.0.0.1', resolve));
  if (problem === undefined) runtime = await createRuntime(sandbox, join(folder, 'runtime'), systemClock);
});
afterAll(async () => {
  repository.close();
  await runtime?.close?.();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
});

function context(boxed: boolean): ProgramContext {
  const { port } = repository.address() as AddressInfo;
  const signal = new AbortController().signal;
  const network = { dialAddress: async (host: string) => (host === 'git.ns.svc.cluster.local' ? connect(port, '127.0.0.1') : Promise.reject(Object.assign(new Error('no'), { address: host }))) };
  const toolbox: ProgramContext['toolbox'] = (options) => openToolbox(runtime, { id: `t${++boxes}`, env: options.env, layer: join(folder, `layer-${boxes}`), mounts: [{ source: options.folder, target: '/work', readOnly: false }] }, signal);
  return { pod: { metadata: { namespace: 'ns', name: 'p' } }, network, clock: systemClock, ids: systemIds, signal, place: () => undefined, ...(boxed ? { toolbox } : {}) } as unknown as ProgramContext;
}

describe.each([true, false])('a git artifact, cloned in a sandbox: %s', (boxed) => {
  it.skipIf(boxed && problem !== undefined)('is what the repository had at that revision, and belongs to the pod', async () => {
    const target = join(folder, `target-${boxed}`);
    await cloneRepository(context(boxed), { repo: 'http://git:80/bare.git', revision: 'one' }, target);
    expect({ text: await readFile(join(target, 'file'), 'utf8'), entries: (await readdir(target)).sort(), ofRoot: (await stat(join(target, 'file'))).uid === 0 }).toEqual({ text: 'one\n', entries: ['.git', 'file'], ofRoot: process.getuid?.() === 0 && !boxed });
    expect(await readFile(join(target, '.git', 'config'), 'utf8')).toContain('url = http://git:80/bare.git\n');
  }, 30_000);

  it.skipIf(boxed && problem !== undefined).each([
    ['a revision that there is not', { repo: 'http://git:80/bare.git', revision: 'three' }, 'failed to get resolve revision: reference not found'],
    ['a revision that would be an option', { repo: 'http://git:80/bare.git', revision: '--orphan' }, 'failed to get resolve revision: reference not found'],
    ['a repository that there is not', { repo: 'http://git:80/other.git' }, 'failed to clone "http://git:80/other.git": repository not found'],
    ['a file of the machine', { repo: 'file:///etc' }, 'failed to clone "file:///etc": '],
  ])('fails with %s in Argo’s words', async (_what, artifact, message) => {
    await expect(cloneRepository(context(boxed), artifact, join(folder, 'other'))).rejects.toThrow(message);
    await rm(join(folder, 'other'), { recursive: true, force: true });
  }, 30_000);
});
