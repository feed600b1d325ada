import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { argoexec } from '../../../../server/cluster/argo/executor/argoexec.ts';
import { loadArtifact, oneName, stage } from '../../../../server/cluster/argo/executor/artifacts.ts';
import { PodSignals } from '../../../../server/cluster/argo/executor/pod-signals.ts';
import { mountedSecret } from '../../../../server/cluster/argo/executor/secrets.ts';
import type { ProgramContext } from '../../../../server/cluster/program.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

/*
 * Anybody who may make a pod may start argoexec in it, beside containers that have written its volumes before and still do.
 */
let folder: string;
let said = '';
const volume = (name: string, ...below: string[]) => join(folder, 'volumes', name, ...below);
const host = (name: string) => join(folder, 'host', name);
const onHost = async () => Object.fromEntries(await Promise.all((await readdir(join(folder, 'host'))).map(async (name) => [name, await readFile(host(name), 'utf8')])));

function context(argv: string[], env: Record<string, string> = {}): ProgramContext {
  const mounts: Record<string, string> = { '/var/run/argo': 'run', '/argo/staging': 'staging', '/argo/inputs/artifacts': 'inputs', '/argo/secret': 'secrets', '/dev': 'dev', '/mainctrfs/v': 'data' };
  const place = (path: string) => {
    const mount = Object.keys(mounts).find((target) => path.startsWith(target)) ?? '';
    return mounts[mount] === undefined ? undefined : { root: volume(mounts[mount]), path: path.slice(mount.length) };
  };
  const scratch = async () => {
    await mkdir(join(folder, 'scratch'), { recursive: true });
    return join(folder, 'scratch');
  };
  const say = (text: string) => (said += text);
  return { argv: ['argoexec', ...argv], env, container: 'main', pod: { metadata: { name: 'p', namespace: 'ns', uid: 'u' } }, place, scratch, stdout: say, stderr: say, clock: systemClock, signal: new AbortController().signal } as unknown as ProgramContext;
}
const start = (argv: string[], env?: Record<string, string>) => argoexec(new PodSignals()).run(context(argv, env));

beforeEach(async () => {
  said = '';
  folder = await mkdtemp(join(tmpdir(), 'executor-links-'));
  for (const name of ['run', 'staging', 'inputs', 'secrets', 'dev', 'data']) await mkdir(volume(name), { recursive: true });
  await mkdir(join(folder, 'host'));
  await writeFile(host('secret'), 'of the host');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the executor keeps within the volumes of its pod', () => {
  const template = JSON.stringify({ name: 'x', script: { image: 'busybox', command: ['sh'], source: 'anything' }, inputs: {}, outputs: {} });

  it.each([
    ['run', 'template', 'new'],
    ['run', 'argoexec', 'secret'],
    ['run', 'lab', '.'],
    ['run', 'ctr', '.'],
    ['staging', 'script', 'new'],
  ])('when init finds a link at %s/%s', async (name, file, target) => {
    await symlink(host(target), volume(name, file));
    await start(['init'], { ARGO_TEMPLATE: template });
    expect(await onHost()).toEqual({ secret: 'of the host' });
  });

  it('when a link stands for the template, the exit code or the last words', async () => {
    await symlink(host('secret'), volume('run', 'template'));
    await symlink(host('new'), volume('dev', 'termination-log'));
    await mkdir(volume('run', 'ctr'));
    await symlink(join(folder, 'host'), volume('run', 'ctr', 'main'));
    await start(['wait']).catch(() => undefined);
    await start(['emissary', '--', 'nothing']).catch(() => undefined);
    expect([said.includes('of the host'), await onHost()]).toEqual([false, { secret: 'of the host' }]);
  });

  it('when a link stands for a secret', async () => {
    await mkdir(volume('secrets', 'keys'));
    await symlink(host('secret'), volume('secrets', 'keys', 'password'));
    await expect(mountedSecret(context([]), { name: 'keys', key: 'password' })).rejects.toThrow('open /argo/secret/keys/password: no such file or directory');
  });

  it('when an input goes where a link leads out', async () => {
    await symlink(join(folder, 'host'), volume('data', 'out'));
    await symlink(host('secret'), volume('data', 'file'));
    const raw = { raw: { data: 'taken over' }, archive: { none: {} } };
    await loadArtifact(context([]), { name: 'a', path: '/v/out/new', ...raw }, undefined, { root: volume('data'), path: 'out/new' }).catch(() => undefined);
    await loadArtifact(context([]), { name: 'a', path: '/v/file', ...raw }, undefined, { root: volume('data'), path: 'file' });
    expect([await onHost(), await readFile(volume('data', 'file'), 'utf8'), await readdir(join(folder, 'scratch'))]).toEqual([{ secret: 'of the host' }, 'taken over', []]);
  });

  it('when an output is a link that leads out', async () => {
    await symlink(host('secret'), volume('data', 'file'));
    await symlink(join(folder, 'host'), volume('data', 'out'));
    for (const path of ['file', 'out/secret', '../../host/secret']) await expect(stage({ name: 'a', path: `/v/${path}` }, { root: volume('data'), path }, join(folder, 'staged'), false)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('an artifact', () => {
  it('without an archive loses its links, devices and the like on the way, and no name is an option', async () => {
    const made = volume('data', '--checkpoint-action=exec=sh');
    await mkdir(made);
    await writeFile(join(made, 'file'), 'text');
    await chmod(join(made, 'file'), 0o4755);
    execFileSync('mkfifo', [join(made, 'pipe')]);
    const artifact = { name: 'a', path: '/v/--checkpoint-action=exec=sh', archive: { none: {} } };
    const staged = await stage(artifact, { root: volume('data'), path: '--checkpoint-action=exec=sh' }, join(folder, 'staged'), false);
    expect([staged.fileName, await readdir(staged.path), (await stat(join(staged.path, 'file'))).mode & 0o7000]).toEqual(['--checkpoint-action=exec=sh', ['file'], 0]);
  });

  it('has a name for one file', () => {
    for (const name of ['', '.', '..', '../x', 'a/b', 'a\0']) expect(() => oneName(name)).toThrow(`open ${name}: permission denied`);
    expect(oneName('...tgz')).toBe('...tgz');
  });

  it('with a name that leads elsewhere is staged nowhere', async () => {
    await writeFile(volume('data', 'file'), 'text');
    await expect(stage({ name: '../../host/new', path: '/v/file' }, { root: volume('data'), path: 'file' }, join(folder, 'staged'), false)).rejects.toThrow('open ../../host/new.tgz: permission denied');
    expect(await onHost()).toEqual({ secret: 'of the host' });
  });
});
