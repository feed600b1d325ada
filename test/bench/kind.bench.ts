import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionView } from '../../server/protocol/rest.ts';
import { NODE_IMAGE } from '../../server/providers/kind/pins.ts';
import { atMost, openSession, print, type Row, sleep, startServer } from './support.ts';

/** Our overhead over kind's and kubectl's own commands, a session from the warm pool, and the emulated cluster beside them. */
const docker = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
if (docker.status !== 0) {
  process.stdout.write('\nkind: Docker does not answer here, so nothing is measured\n');
  process.exit(0);
}

const SCENARIO = 'argo-workflows/using-the-api';
const data = await mkdtemp(join(tmpdir(), 'kind-bench-'));

function run(command: string, ...args: string[]): number {
  const began = performance.now();
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return performance.now() - began;
}

/** Milliseconds until a session is ready. */
async function timed(cluster: string, flags: string[], ready: () => Promise<boolean> = async () => true): Promise<{ whole: number }> {
  const server = await startServer(data, '--cluster', cluster, ...flags);
  try {
    for (const until = performance.now() + 15 * 60_000; !(await ready()); await sleep(200)) if (performance.now() > until) throw new Error('no warm cluster came');
    const began = performance.now();
    const session: SessionView = await openSession(server, SCENARIO);
    const whole = performance.now() - began;
    await server.api('DELETE', `/sessions/${session.id}`);
    return { whole };
  } finally {
    await server.stop();
  }
}

/** Somebody with the same commands at hand, and the same images. */
function byHand(manifest: string, images: string[]): { whole: number; create: number } {
  const name = 'argo-lab-bench-by-hand';
  const kubeconfig = join(data, 'by-hand');
  try {
    const create = run('kind', 'create', 'cluster', '--name', name, '--image', process.env['KIND_NODE_IMAGE'] ?? NODE_IMAGE, '--kubeconfig', kubeconfig);
    const load = images.length === 0 ? 0 : run('kind', 'load', 'docker-image', ...images, '--name', name);
    const kubectl = (...args: string[]) => run('kubectl', '--kubeconfig', kubeconfig, ...args);
    const install = kubectl('create', 'namespace', 'argo') + kubectl('apply', '-n', 'argo', '-f', manifest);
    const wait = kubectl('wait', '-n', 'argo', '--for=condition=Available', '--timeout=15m', 'deployment/argo-server', 'deployment/workflow-controller');
    return { create, whole: create + load + install + wait };
  } finally {
    run('kind', 'delete', 'cluster', '--name', name, '--kubeconfig', kubeconfig);
  }
}

const asleep = async () => spawnSync('docker', ['ps', '-q', '--filter', 'status=paused', '--filter', 'label=io.x-k8s.kind.cluster'], { encoding: 'utf8' }).stdout.trim() !== '';

try {
  // First ours: it downloads what is missing.
  const cold = await timed('kind', []);
  const folder = join(data, 'kind');
  const downloaded = existsSync(folder) ? (await readdir(folder)).find((name) => name.endsWith('install.yaml')) : undefined;
  const manifest = process.env['ARGO_MANIFEST'] ?? (downloaded === undefined ? undefined : join(folder, downloaded));
  if (manifest === undefined) throw new Error('there are no manifests of Argo to compare with');
  const images = ['argocli', 'workflow-controller', 'argoexec'].map((name) => `quay.io/argoproj/${name}:v3.7.6`).filter((image) => spawnSync('docker', ['image', 'inspect', image]).status === 0);
  const bare = byHand(manifest, images);
  const ours = await timed('kind', []);
  const warm = await timed('kind', ['--warm', '1'], asleep);
  const embedded = await timed('embedded', []);
  const seconds = (what: string, ms: number): Row => ({ what, value: `${(ms / 1000).toFixed(1)} s = ${(ms / embedded.whole).toFixed(0)} ×` });
  print('kind', [
    seconds('kind create cluster, by hand', bare.create),
    seconds('with Argo ready, by hand', bare.whole),
    seconds('session ready on kind, first', cold.whole),
    seconds('session ready on kind', ours.whole),
    { what: 'session ready from the warm pool', value: `${(warm.whole / 1000).toFixed(2)} s`, must: '≤ 2 s', met: warm.whole <= 2000 },
    { what: 'session ready on the emulated cluster', value: `${(embedded.whole / 1000).toFixed(2)} s = 1 ×` },
    atMost('our share on top of the commands by hand', (ours.whole / bare.whole - 1) * 100, 5, '%', 1),
  ]);
} finally {
  await rm(data, { recursive: true, force: true });
}
