import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STAND_INS } from '../../../server/session/stand-ins.ts';

const UID = '0b7c3d5e-1111-2222-3333-444455556666';
const KUBECTL = `#!/bin/sh
case "$*" in
  'kustomize base') echo built ;;
  'version --client') echo 'Client Version: v1.32.4'; echo 'Kustomize Version: v5.5.0' ;;
  *logs*) echo "$*" ;;
  *'get nodes'*conditions*) echo 'True 2026-01-01T00:00:00Z' ;;
  *'range .status.containerStatuses}}{{.image}}{{"'*) printf '%s\\n' nginx:1.25 localhost:5000/a/b nginx:1.25 ;;
  *'{{.image}}'*) printf '%s\\n' 'containerd://abcdef0123456789|nginx:1.25|Running|2026-01-01T00:00:00Z|web|0|${UID}|web-1|default' 'containerd://fedcba9876543210|busybox|Exited|2026-01-01T00:00:00Z|once|2|${UID}|job-1|jobs' ;;
  *containerStatuses*) printf '%s\\n' 'containerd://abcdef0123456789|default|web-1|web' ;;
  *) exit 1 ;;
esac
`;

describe('programs for the machines of a cluster', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'node-programs-'));
    for (const part of ['stand-ins', 'cluster', 'none', 'home']) await mkdir(join(folder, part));
    for (const [name, text] of Object.entries(STAND_INS)) await program(join('stand-ins', name), text);
    await program('cluster/kubectl', KUBECTL);
    await program('cluster/hostname', '#!/bin/sh\necho controlplane\n');
    await program('none/kubectl', '#!/bin/sh\nexit 1\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function program(path: string, text: string): Promise<void> {
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), 0o755);
  }

  /** Exit code and all that was printed. */
  async function run(line: string, cluster = 'cluster'): Promise<string> {
    const { all, exitCode } = await execa('bash', ['-c', line], { cwd: join(folder, 'home'), env: { PATH: `${folder}/stand-ins:${folder}/${cluster}:/usr/bin:/bin`, HOME: join(folder, 'home'), SHELL: '/bin/bash' }, extendEnv: false, all: true, reject: false });
    return `${exitCode} ${all}`;
  }

  it.each([
    ['ssh controlplane echo hi', '0 hi'],
    ['ssh -o StrictHostKeyChecking=no root@controlplane "echo a; exit 3"', '3 a'],
    ['ssh localhost pwd | sed "s,.*/,,"', '0 home'],
    ['ssh -p 22 node01 uptime', '255 ssh: there is no node01: this session has one machine, controlplane, and you are on it.'],
    ['echo x > a; scp a controlplane:/tmp/../$PWD/b; scp -r root@controlplane:b c; cat c', '0 x'],
    ['scp a root@node01:/tmp', '255 scp: there is no node01: this session has one machine, controlplane, and you are on it.'],
    ['systemctl is-active kubelet', '0 active'],
    ['systemctl status kubelet --no-pager', "0 ● kubelet.service - of this session's cluster, outside this sandbox\n     Loaded: loaded (enabled)\n     Active: active (running) since 2026-01-01T00:00:00Z"],
    ['service containerd status | head -1', "0 ● containerd.service - of this session's cluster, outside this sandbox"],
    ['systemctl restart kubelet', "1 systemctl: kubelet belongs to the session's cluster and runs outside this sandbox: it can't be changed or restarted here."],
    ['systemctl daemon-reload', '0 '],
    ['systemctl status nginx', '1 systemctl: there is no service manager in this sandbox: services can’t be started or stopped here.'],
    ['journalctl -u kubelet', '1 journalctl: there is no journal in this sandbox. What the node did is in the events: kubectl get events -A --sort-by=.lastTimestamp'],
    ['etcdctl snapshot save x', "1 etcdctl: this cluster's objects can't be reached through etcd from here: there is nothing to save or to restore. kubectl get -o yaml saves objects."],
    ['crictl ps -q', '0 abcdef0123456'],
    ['crictl --runtime-endpoint unix:///x.sock ps -a | sed "s/  */ /g; s/[0-9]* hours ago/AGO/"', '0 CONTAINER IMAGE CREATED STATE NAME ATTEMPT POD ID POD NAMESPACE\nabcdef0123456 nginx:1.25 AGO Running web 0 0b7c3d5e11112 web-1 default\nfedcba9876543 busybox AGO Exited once 2 0b7c3d5e11112 job-1 jobs'],
    ['crictl ps --name once -a -q', '0 fedcba9876543'],
    ['crictl images | sed "s/  */ /g"', '0 IMAGE TAG\nlocalhost:5000/a/b latest\nnginx 1.25'],
    ['crictl logs --tail 3 abcdef', '0 -n default logs --tail=3 web-1 -c web'],
    ['crictl logs nothing', '1 crictl: there is no container nothing.'],
    ['crictl rmi x', "1 crictl: here it can look (ps, pods, images, logs, exec, inspect), and nothing else: the node's container runtime lies outside this sandbox."],
    ['kustomize build base', '0 built'],
    ['kustomize version', '0 v5.5.0'],
    ['apt-get install -y kubeadm=1.32.0-1.1 bash', '100 bash is already there.\nE: Unable to locate package kubeadm\napt-get: there are no package sources in this sandbox: nothing can be installed. What this machine has lies in /usr.'],
  ])('%s', async (line, answer) => {
    expect(await run(line)).toBe(answer);
  });

  it.each([
    ['systemctl is-active kubelet', '1 systemctl: there is no service manager in this sandbox: services can’t be started or stopped here.'],
    ['crictl pods', '1 POD ID          CREATED              STATE      NAME                                          NAMESPACE            ATTEMPT\ncrictl: no cluster answers in this session.'],
  ])('without a cluster: %s', async (line, answer) => {
    expect(await run(line, 'none')).toMatch(answer.split('\n').at(-1) ?? '');
  });
});
