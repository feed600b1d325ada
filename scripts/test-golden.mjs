// `npm run test:golden [-- FLAGS]`: replays what was recorded from a real cluster against a cluster of the lab. The cases
// and their replay.mjs are in the folder that ARGO_LAB_GOLDEN names; flags go to replay.mjs (`--only REGEX`, `--verbose`).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { ensureBuild } from './setup/build.mjs';
import { ensureDependencies } from './setup/dependencies.mjs';
import { ensureKubectl, kubectlFolder } from './setup/kubectl.mjs';
import { root } from './setup/paths.mjs';

const golden = process.env.ARGO_LAB_GOLDEN ?? '';
const replay = join(golden, 'replay.mjs');
if (golden === '' || !existsSync(replay)) {
  process.stdout.write('test:golden: skipped, because ARGO_LAB_GOLDEN names no folder with recorded cases and their replay.mjs\n');
  process.exit(0);
}
await ensureDependencies();
await ensureBuild();
await ensureKubectl();

const home = mkdtempSync(join(tmpdir(), 'test-golden-'));
const kubeconfig = join(home, 'kubeconfig');
const cluster = spawn(process.execPath, ['--import', 'tsx', join(root, 'server', 'main.ts'), 'cluster', '--argo-port', '0', '--kubeconfig-out', kubeconfig], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
const argo = await new Promise((resolve, reject) => {
  let text = '';
  cluster.stdout.on('data', (chunk) => {
    text += chunk;
    const found = /Argo Server at (http:\/\/[^\s,]+)/.exec(text);
    if (found !== null) resolve(found[1]);
  });
  cluster.once('exit', (code) => reject(new Error(`the cluster ended with ${code}: ${text}`)));
});
const folders = ['k8s', 'argo-rest', 'argo-cli'].map((name) => join(golden, name)).filter((folder) => existsSync(folder));
const path = [join(root, 'dist', 'bin'), process.env.PATH, kubectlFolder()].filter(Boolean).join(delimiter);
const run = spawnSync(process.execPath, [replay, '--kubeconfig', kubeconfig, '--argo-server', argo, '--jobs', '3', ...process.argv.slice(2), ...folders], { stdio: 'inherit', env: { ...process.env, PATH: path } });
cluster.removeAllListeners('exit');
cluster.kill('SIGTERM');
await new Promise((resolve) => cluster.once('exit', resolve));
rmSync(home, { recursive: true, force: true });
process.exit(run.status ?? 1);
