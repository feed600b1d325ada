import { describe, expect, it } from 'vitest';
import { explain, tooSmall } from '../../../../server/providers/kind/failures.ts';
import { recording, recordings } from './recordings.ts';

const explained = (id: string) => {
  const { command, exitCode, stderr, stdout } = recording(id);
  const { code, message } = explain({ command: command.split(' ').slice(0, 3).join(' '), code: exitCode, output: `${stderr}${stdout}` });
  return { code, message };
};
const said = (output: string, command = 'kind create cluster') => explain({ command, code: 1, output });

describe('a failure of kind', () => {
  it.each([
    ['12-create-name-exists', 'conflict', 'a cluster named t1 exists already'],
    ['52-create-after-interrupted', 'conflict', 'a cluster named t1 exists already'],
    ['15-create-image-missing', 'cluster-failed', 'the image kindest/node:v9.99.9 is not on this machine, and it can’t be downloaded'],
    ['18-create-default-image-offline', 'cluster-failed', 'the image kindest/node:v1.32.2 is not on this machine, and it can’t be downloaded'],
    ['16-create-port-taken', 'port-taken', 'port 38080 of this machine is taken by another program'],
    ['16t-create-port-taken-tty', 'port-taken', 'port 38080 of this machine is taken by another program'],
    ['17-create-api-port-taken', 'port-taken', 'port 38443 of this machine is taken by another program'],
    ['19-create-bad-config', 'scenario-broken', 'kind does not accept the cluster’s configuration: failed to create cluster: unknown apiVersion:'],
    ['27-create-bad-config-field', 'scenario-broken', 'kind does not accept the cluster’s configuration: failed to create cluster: unable to decode config'],
    ['26-create-bad-name', 'scenario-broken', 'kind does not accept the cluster’s configuration: failed to create cluster: ’Bad_Name’ is not a valid cluster name'],
    ['28-kind-unknown-flag', 'missing-tool', 'this kind does not know --nope: it is too old'],
    ['29-create-not-a-node-image', 'cluster-failed', 'the node did not boot'],
    ['30-docker-down-docker-info', 'cluster-failed', 'Docker is installed, but its daemon does not run'],
    ['32-docker-down-kind-create', 'cluster-failed', 'Docker is installed, but its daemon does not run'],
    ['34-docker-down-kind-delete', 'cluster-failed', 'Docker is installed, but its daemon does not run'],
    ['36-docker-down-docker-info-json', 'cluster-failed', 'Docker is installed, but its daemon does not run'],
    ['39-no-docker-binary', 'missing-tool', 'Docker is not installed'],
    ['40-no-docker-binary-get-clusters', 'missing-tool', 'Docker is not installed'],
    ['09-get-kubeconfig-missing', 'cluster-failed', 'the node of the cluster is gone or stopped'],
    ['43-node-stopped-get-kubeconfig', 'cluster-failed', 'the node of the cluster is gone or stopped'],
    ['25-load-docker-image-no-cluster', 'cluster-failed', 'the node of the cluster is gone or stopped'],
    ['22-load-docker-image-missing', 'cluster-failed', 'the image nosuch/image:1 is not in the local Docker'],
  ])('%s is %s: %s', (id, code, message) => {
    const is = explained(id);
    expect(is.code).toBe(code);
    expect(is.message.replaceAll("'", '’')).toContain(message);
  });

  it('always says what to do next', () => {
    const without = recordings.filter(({ exitCode, command }) => exitCode !== 0 && !command.includes('kubectl')).filter(({ command, exitCode, stderr, stdout }) => (explain({ command, code: exitCode, output: `${stderr}${stdout}` }).next ?? '') === '');
    expect(without.map(({ id }) => id)).toEqual([]);
  });

  it.each([
    ['permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.50/info": dial unix /var/run/docker.sock: connect: permission denied', 'your user may not use Docker'],
    ['failed to pull image "x/y:1": command "docker pull x/y:1" failed with error: exit status 1\n\nCommand Output: Error response from daemon: manifest for x/y:1 not found: manifest unknown', 'the image x/y:1 does not exist in its registry'],
    ['failed to pull image "x/y:1": Command Output: toomanyrequests: You have reached your pull rate limit', 'the registry has had too many requests from here'],
    ['Bind for 127.0.0.1:8080 failed: port is already allocated', 'port 8080 of this machine is taken by another program'],
    ['docker: Error response from daemon: mkdir /var/lib/docker/x: no space left on device', 'the disk of Docker is full'],
    ['fork/exec /usr/bin/docker: cannot allocate memory', 'there is too little memory for a cluster'],
    ['ERROR: failed to create cluster: running kind with rootless provider requires cgroup v2, see https://kind.sigs.k8s.io/docs/user/rootless/', 'the control groups (cgroups) of this machine do not let Docker run a node'],
    ['docker: Error response from daemon: cgroups: cgroup mountpoint does not exist: unknown.', 'the control groups (cgroups) of this machine do not let Docker run a node'],
    ['ERROR: failed to create cluster: failed to init node with kubeadm: command "docker exec --privileged t1-control-plane kubeadm init" failed with error: exit status 1', 'the control plane of the node did not come up'],
  ])('%s', (output, message) => {
    expect(said(output).message).toBe(message);
  });

  it('is told by its last words where it is not known', () => {
    expect(said('something\nERROR: failed to create cluster: the moon is full\n').message).toBe('kind create cluster ended with code 1: failed to create cluster: the moon is full');
  });

  it('is a missing program where it could not be started', () => {
    expect(explain({ command: 'docker info', code: undefined, output: '', missing: true })).toMatchObject({ code: 'missing-tool', message: 'Docker is not installed: there is no command docker on the PATH' });
    expect(explain({ command: 'kind create cluster', code: undefined, output: '', missing: true })).toMatchObject({ code: 'missing-tool', message: 'kind is not installed: there is no command kind on the PATH' });
  });
});

describe('a machine', () => {
  const GiB = 2 ** 30;
  it('is too small with too little memory or disk', () => {
    expect(tooSmall({ MemTotal: GiB, diskFree: undefined })?.message).toBe('Docker has 1.0 GiB of memory, and a cluster needs 1.5 GiB');
    expect(tooSmall({ MemTotal: 4 * GiB, diskFree: GiB / 2 })?.message).toBe('the disk of Docker has 0.5 GiB left, and a cluster needs 2.0 GiB');
    expect(tooSmall({ MemTotal: 4 * GiB, diskFree: 10 * GiB })).toBeUndefined();
    // Docker does not tell.
    expect(tooSmall({ MemTotal: 0, diskFree: undefined })).toBeUndefined();
  });
});
