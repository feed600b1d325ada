import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../../lib/errors.ts';
import type { Scope } from '../../lib/scope.ts';
import { type KubeAccess, readKubeconfig } from './kubeconfig.ts';

/** The name of the virtual cluster in its namespace: there is one in each. */
const NAME = 'lab';
const CREATE_MS = 10 * 60_000;
const COMMAND_MS = 120_000;

export interface VclusterHost {
  kubeconfig: string;
  context: string;
  /** Made before, and ours. */
  namespace: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Whether the command is there. */
export async function hasVcluster(environment: VclusterHost['environment']): Promise<boolean> {
  const result = await execa('vcluster', ['--version'], { env: environment, extendEnv: false, reject: false, timeout: 10_000 });
  return result.exitCode === 0;
}

/** Creates the virtual cluster, or finds it there; resolves when it answers. */
export async function createVcluster(host: VclusterHost): Promise<void> {
  await vcluster(host, ['create', NAME, '--namespace', host.namespace, '--connect=false', '--upgrade'], CREATE_MS);
}

export async function deleteVcluster(host: VclusterHost): Promise<void> {
  await vcluster(host, ['delete', NAME, '--namespace', host.namespace, '--wait=false'], COMMAND_MS);
}

/** The way into a virtual cluster: a port-forward that lives as long as the scope, and its administrator's kubeconfig. */
export async function enterVcluster(host: VclusterHost, folder: string, scope: Scope): Promise<KubeAccess> {
  const port = await forward(host, scope);
  const { stdout } = await vcluster(host, ['connect', NAME, '--namespace', host.namespace, '--print', '--silent', '--server', `https://127.0.0.1:${port}`], COMMAND_MS);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'vcluster.yaml');
  await writeFile(file, stdout, { mode: 0o600 });
  await chmod(file, 0o600);
  return readKubeconfig({ file });
}

async function forward(host: VclusterHost, scope: Scope): Promise<number> {
  const child = execa('kubectl', ['--kubeconfig', host.kubeconfig, '--context', host.context, '--namespace', host.namespace, 'port-forward', '--address', '127.0.0.1', `service/${NAME}`, ':443'], { env: host.environment, extendEnv: false, reject: false, buffer: false, stdin: 'ignore', cancelSignal: host.signal, forceKillAfterDelay: 2000 });
  scope.defer(async () => {
    child.kill();
    await child;
  });
  let printed = '';
  const port = new Promise<number>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      const match = /Forwarding from 127\.0\.0\.1:(\d+)/.exec(printed);
      if (match !== null) resolve(Number(match[1]));
    });
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)));
  const ended = child.then((result) => {
    throw new LabError(result.code === 'ENOENT' ? 'missing-tool' : 'cluster-failed', `no way into the virtual cluster: ${complaint.trim() || result.shortMessage || 'kubectl ended'}`, result.code === 'ENOENT' ? 'Install kubectl.' : undefined);
  });
  ended.catch(() => undefined);
  return Promise.race([port, ended]);
}

async function vcluster(host: VclusterHost, args: string[], timeout: number): Promise<{ stdout: string }> {
  const result = await execa('vcluster', [...args, '--context', host.context], { env: { ...host.environment, KUBECONFIG: host.kubeconfig }, extendEnv: false, reject: false, timeout, cancelSignal: host.signal, stdin: 'ignore', forceKillAfterDelay: 2000 });
  if (host.signal.aborted) throw host.signal.reason;
  if (result.code === 'ENOENT') throw new LabError('missing-tool', 'the command vcluster is not there any more', 'Install it: https://www.vcluster.com/install');
  const output = `${result.stdout}\n${result.stderr}`.trim().slice(-8000);
  if (result.timedOut) throw Object.assign(new LabError('timeout', `vcluster ${args[0] ?? ''} did not end within ${timeout / 60_000} minutes`, 'Look at the output, and at the pods of its namespace.'), { output });
  if (result.failed) throw Object.assign(new LabError('cluster-failed', `vcluster ${args[0] ?? ''} failed: ${output.split('\n').at(-1) ?? ''}`, 'Look at the output; the cluster may lack room, storage or the image.'), { output });
  return { stdout: result.stdout };
}
