// `--cluster embedded|existing|kind` of `npm test`: which cluster the conformance tests talk to.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { root } from './paths.mjs';

const NAME = 'argo-lab-conformance';

/** Takes `--cluster X` and `--kubeconfig F` (or `--cluster=X`) out of the arguments. */
export function splitArguments(args) {
  const rest = [];
  const taken = {};
  for (let i = 0; i < args.length; i++) {
    const match = /^--(cluster|kubeconfig)(?:=(.*))?$/.exec(args[i]);
    if (match === null) rest.push(args[i]);
    else taken[match[1]] = match[2] ?? args[(i += 1)];
  }
  return { rest, ...taken };
}

/**
 * What has to be in the environment for that choice, and how to undo it. Throws with a message for a person where the
 * choice can't be had. A machine without Docker or kind has no kind cluster: its tests are skipped, and CLUSTER_MISSING
 * tells them why.
 */
export function chooseCluster(cluster, kubeconfig, environment = process.env) {
  if (cluster === undefined && kubeconfig === undefined) return { environment: {}, end() {} };
  if (cluster === 'embedded') return { environment: { CLUSTER_KUBECONFIG: '' }, end() {} };
  if (cluster === 'existing' || cluster === undefined) {
    const first = (environment.KUBECONFIG ?? '').split(delimiter).find((file) => file !== '');
    const file = resolve(kubeconfig ?? environment.CLUSTER_KUBECONFIG ?? first ?? join(homedir(), '.kube', 'config'));
    if (!existsSync(file)) throw new Error(`there is no kubeconfig ${file}: name one with --kubeconfig`);
    return { environment: { CLUSTER_KUBECONFIG: file }, end() {} };
  }
  if (cluster !== 'kind') throw new Error(`--cluster takes embedded, existing or kind, not ${cluster}`);
  return startKind(environment);
}

function startKind(environment) {
  const missing = (why) => ({ environment: { CLUSTER_KUBECONFIG: '', CLUSTER_MISSING: `kind (${why})` }, end() {} });
  const ask = (command, ...args) => spawnSync(command, args, { encoding: 'utf8', env: environment, timeout: 20_000 });
  if (ask('docker', 'info', '--format', '{{.ServerVersion}}').status !== 0) return missing('needs Docker, which does not answer here');
  if (ask('kind', 'version').status !== 0) return missing('needs the command kind on the PATH');
  const folder = mkdtempSync(join(tmpdir(), 'conformance-kind-'));
  const file = join(folder, 'kubeconfig');
  const kind = (...args) => spawnSync('kind', [...args, '--name', NAME, ...(args[0] === 'load' ? [] : ['--kubeconfig', file])], { stdio: 'inherit', env: environment });
  const end = () => {
    kind('delete', 'cluster');
    rmSync(folder, { recursive: true, force: true });
  };
  const created = kind('create', 'cluster', '--image', environment.KIND_NODE_IMAGE || pinnedImage(), '--wait', '120s');
  if (created.status !== 0) {
    end();
    throw new Error('the kind cluster could not be created');
  }
  // Without internet the tests' pods have what the local Docker has.
  const [busybox = ''] = ask('docker', 'images', '--format', '{{.Repository}}:{{.Tag}}', 'busybox').stdout.split('\n').filter((image) => image !== '' && !image.endsWith(':<none>'));
  const loaded = busybox !== '' && kind('load', 'docker-image', busybox).status === 0;
  return { environment: { CLUSTER_KUBECONFIG: file, ...(loaded ? { CLUSTER_BUSYBOX: busybox } : {}) }, end };
}

/** The Kubernetes that the lab's own kind clusters have. */
function pinnedImage() {
  const [, image] = /NODE_IMAGE = '([^']+)'/.exec(readFileSync(join(root, 'server/providers/kind/pins.ts'), 'utf8'));
  return image;
}
