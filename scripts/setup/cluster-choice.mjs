// `--cluster embedded|existing|kind` of `npm test`: which cluster the conformance tests talk to.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

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
 * choice can't be had.
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
  const docker = spawnSync('docker', ['info', '--format', '{{.ServerVersion}}'], { encoding: 'utf8' });
  if (docker.error !== undefined || docker.status !== 0) throw new Error('--cluster kind needs Docker, and it does not answer here');
  const folder = mkdtempSync(join(tmpdir(), 'conformance-kind-'));
  const file = join(folder, 'kubeconfig');
  const image = environment.KIND_NODE_IMAGE ? ['--image', environment.KIND_NODE_IMAGE] : [];
  const kind = (...args) => spawnSync('kind', [...args, '--name', NAME, '--kubeconfig', file], { stdio: 'inherit' });
  const end = () => {
    kind('delete', 'cluster');
    rmSync(folder, { recursive: true, force: true });
  };
  const created = kind('create', 'cluster', ...image, '--wait', '120s');
  if (created.error !== undefined) throw new Error('--cluster kind needs the command kind: https://kind.sigs.k8s.io/docs/user/quick-start/');
  if (created.status !== 0) {
    end();
    throw new Error('the kind cluster could not be created');
  }
  return { environment: { CLUSTER_KUBECONFIG: file }, end };
}
