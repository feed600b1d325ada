import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { takeBlocks } from './markdown/blocks.ts';
import { isShell } from './markdown/languages.ts';
import type { Need, NeedKind } from './model.ts';
import { PROGRAMS } from './programs.ts';
import { remember } from './remember.ts';
import { type ShellCommand, internetAddress, shellCommands } from './shell-commands.ts';

/** All but programs, which a machine may simply have. */
export type MachineNeed = Exclude<NeedKind, 'program'>;

/** What using a command says about the machine. */
interface NeedRule {
  kind: MachineNeed;
  commands: readonly string[];
  /** Where the command alone does not tell; returns the words to show, or undefined. */
  when?(command: ShellCommand): string | undefined;
}

/** The machine that a session stands for, `controlplane`, is none of them. */
const NODES = /^(?:\w+@)?(?:node0?\d|host0?[2-9])$/;
/** What only the machines of a cluster have. */
const NODE_FILES = /^[<>&\d'"]*(?:\/etc\/(?:kubernetes|cni)|\/var\/lib\/(?:kubelet|etcd|containerd)|\/opt\/cni)(?:\/|$)/;
/** What a session's own `crictl` can do. */
const LOOKS = new Set(['ps', 'pods', 'images', 'image', 'img', 'logs', 'exec', 'inspect', 'version', 'info']);
const OWN_SERVICE = /^(?:kubelet|containerd)(?:\.service)?$/;
/** What is done to a node; other things may be called node1, too. */
const NODE_VERBS = new Set(['cordon', 'uncordon', 'drain', 'taint', 'node', 'nodes', 'no']);
/** What a session can say of the node's own services. */
const ASKS = new Set(['status', 'is-active', 'is-enabled', 'start', 'enable']);
/** `root`, or what only the session can tell. */
const ROOT = /^(?:root|0|\$.*)?(?:[:.](?:root|0|\$.*)?)?$/;
const FETCHES: Record<string, readonly string[]> = { pip: ['install', 'download'], pip3: ['install', 'download'], npm: ['install', 'i', 'ci'], npx: [], yarn: ['add', 'install'], gem: ['install'], cargo: ['install', 'build'], go: ['get', 'install'], mvn: [], gradle: [], dotnet: ['restore', 'add'], terraform: ['init'], tofu: ['init'], 'ansible-galaxy': [], krew: ['install'], conda: ['install'] };

/** Adding one: a line here. The first rule that fits a command counts. */
const RULES: readonly NeedRule[] = [
  { kind: 'docker', commands: ['docker', 'docker-compose', 'podman', 'buildah', 'skopeo', 'nerdctl', 'kind', 'k3d', 'minikube', 'vcluster'] },
  { kind: 'packages', commands: ['apt', 'apt-get', 'yum', 'dnf', 'apk', 'snap', 'zypper', 'add-apt-repository', 'dpkg', 'rpm', 'microk8s'] },
  { kind: 'systemd', commands: ['systemctl'], when: ({ args }) => { const words = args.filter((arg) => !arg.startsWith('-')); return words[0] === 'daemon-reload' || (ASKS.has(words[0] ?? '') && OWN_SERVICE.test(words[1] ?? '')) ? undefined : ['systemctl', words[0]].filter(Boolean).join(' '); } },
  { kind: 'systemd', commands: ['service', 'journalctl', 'timedatectl', 'hostnamectl'] },
  { kind: 'nodes', commands: ['kubeadm', 'etcdctl', 'etcdutl', 'ctr', 'kubelet'] },
  { kind: 'nodes', commands: ['crictl'], when: ({ args }) => { const verb = args.find((arg) => /^[a-z]+$/.test(arg)); return verb === undefined || LOOKS.has(verb) ? undefined : `crictl ${verb}`; } },
  { kind: 'nodes', commands: ['kubectl', 'k'], when: ({ name, args }) => { const node = args.find((arg) => /^(?:nodes?\/)?node0?\d$/.test(arg)); return node === undefined || !args.some((arg) => NODE_VERBS.has(arg)) ? undefined : `${name} … ${node}`; } },
  { kind: 'nodes', commands: ['ssh', 'scp'], when: ({ name, args }) => { const host = args.map((arg) => arg.replace(/:.*$/, '')).find((arg) => NODES.test(arg)); return host === undefined ? undefined : `${name} ${host}`; } },
  { kind: 'openshift', commands: ['oc', 'odo', 'tkn'], when: ({ name, args }) => (name === 'tkn' ? undefined : [name, args[0]].filter(Boolean).join(' ')) },
  { kind: 'internet', commands: ['curl', 'wget', 'git', 'kubectl', 'k', 'oras', 'helm', 'bash'], when: ({ name, args }) => { const address = internetAddress(args); return address === undefined ? undefined : `${name} ${address}`; } },
  { kind: 'internet', commands: ['helm'], when: ({ args }) => (args[0] === 'repo' && (args[1] === 'add' || args[1] === 'update') ? `helm repo ${args[1]}` : undefined) },
  { kind: 'internet', commands: Object.keys(FETCHES), when: ({ name, args }) => { const verbs = FETCHES[name] ?? []; return verbs.length === 0 || verbs.includes(args[0] ?? '') ? [name, args[0]].filter(Boolean).join(' ') : undefined; } },
  { kind: 'users', commands: ['su', 'runuser'], when: ({ name, args }) => { const user = args.find((arg, at) => !arg.startsWith('-') && !['-c', '-s', '-g'].includes(args[at - 1] ?? '')); return user === undefined || ROOT.test(user) ? undefined : `${name} ${user}`; } },
  { kind: 'users', commands: ['chown', 'chgrp'], when: ({ name, args }) => { const owner = args.find((arg) => !arg.startsWith('-')); return owner === undefined || ROOT.test(owner) ? undefined : `${name} ${owner}`; } },
  { kind: 'kernel', commands: ['umount', 'losetup', 'fdisk', 'sfdisk', 'gdisk', 'parted', 'partprobe', 'lsblk', 'swapon', 'swapoff', 'mdadm', 'cryptsetup', 'pvcreate', 'pvs', 'vgcreate', 'vgextend', 'vgs', 'lvcreate', 'lvextend', 'lvs', 'modprobe', 'insmod', 'rmmod', 'iptables', 'ip6tables', 'nft', 'ufw', 'firewall-cmd', 'nmcli', 'netplan', 'brctl', 'tc', 'dmesg', 'reboot', 'shutdown', 'setenforce', 'getenforce', 'aa-status', 'bpftrace'] },
  { kind: 'kernel', commands: ['mount'], when: ({ args }) => (args.length === 0 || args[0] === '-l' ? undefined : 'mount') },
  { kind: 'kernel', commands: ['sysctl'], when: ({ args }) => (args.some((arg) => arg === '-w' || arg === '-p' || arg === '--system' || arg.includes('=')) ? 'sysctl' : undefined) },
  { kind: 'kernel', commands: ['ip'], when: ({ args }) => (args.some((arg) => ['add', 'del', 'delete', 'set', 'netns', 'change', 'replace', 'flush'].includes(arg)) ? `ip ${args.slice(0, 2).join(' ')}` : undefined) },
  { kind: 'kernel', commands: ['mkfs', 'mkfs.ext4', 'mkfs.ext3', 'mkfs.xfs', 'mkswap', 'blkid', 'resize2fs'], when: ({ name, args }) => (args.some((arg) => arg.startsWith('/dev/')) ? name : undefined) },
];

const byCommand = new Map<string, NeedRule[]>();
for (const rule of RULES) for (const command of rule.commands) byCommand.set(command, [...(byCommand.get(command) ?? []), rule]);

/** What one command needs of the machine; `shown` is the command in short. */
export function needOf(command: ShellCommand): { kind: MachineNeed; shown: string } | undefined {
  for (const rule of byCommand.get(command.name) ?? []) {
    const shown = rule.when === undefined ? [command.name, command.args[0]?.startsWith('-') === true ? undefined : command.args[0]].filter(Boolean).join(' ') : rule.when(command);
    if (shown !== undefined) return { kind: rule.kind, shown: shown.length > 80 ? `${shown.slice(0, 79)}…` : shown };
  }
  const file = command.args.find((arg) => NODE_FILES.test(arg));
  return file === undefined || command.name === 'kubectl' ? undefined : { kind: 'nodes', shown: `${command.name} ${file.replace(/^[<>&\d'"]*/, '').slice(0, 70)}` };
}

/** kubectl builds what kustomize builds. */
function provided({ name, args }: ShellCommand): boolean {
  return name === 'kustomize' && ['build', 'version'].includes(args[0] ?? '');
}

/** Collects what a scenario needs, one of a kind, the first place that shows it. */
export class NeedFinder {
  readonly #found = new Map<NeedKind, string>();
  readonly #programs = new Map<string, string>();

  add(kind: NeedKind, because: string): void {
    if (!this.#found.has(kind)) this.#found.set(kind, because);
  }

  /** `where`: `step 2`, `the background script of the introduction`. */
  script(where: string, text: string): void {
    for (const command of shellCommands(text)) {
      const need = needOf(command);
      if (need !== undefined) this.add(need.kind, `${where} runs ${need.shown}`);
      if (PROGRAMS.has(command.name) && !provided(command) && !this.#programs.has(command.name)) this.#programs.set(command.name, `${where} runs ${command.name}`);
    }
  }

  page(where: string, markdown: string): void {
    for (const code of shellCodeOf(markdown)) {
      this.script(where, code.text);
      if (code.host !== undefined && !['host01', 'controlplane', 'master', 'client'].includes(code.host)) this.add('nodes', `${where} works on ${code.host}`);
    }
  }

  /** `own`: names of files that the scenario brings along. */
  needs(own: readonly string[] = []): Need[] {
    const programs = [...this.#programs].filter(([program]) => !own.includes(program));
    return [...[...this.#found].map(([kind, because]): Need => ({ kind, because })), ...programs.map(([program, because]): Need => ({ kind: 'program', program, because }))];
  }
}

/** Code for the shell in a page: blocks that run or are in the shell's language, and inline code that runs. */
export const shellCodeOf: (markdown: string) => readonly { text: string; line: number; host?: string }[] = remember(100, (markdown) => {
  const { blocks, markdown: rest, lines } = takeBlocks(markdown, 'argo-lab-block-');
  const out: { text: string; line: number; host?: string }[] = [];
  for (const block of blocks) {
    if (block.kind !== 'fence') continue;
    const runs = block.action.action.startsWith('exec');
    if (runs || (block.action.action === 'copy' && isShell(block.language))) out.push({ text: block.code, line: block.line + 1, ...(block.action.host === undefined ? {} : { host: block.action.host }) });
  }
  for (const [index, line] of rest.split('\n').entries()) {
    if (!line.includes('}}') || line.length > 20_000) continue;
    for (const match of line.matchAll(/(`{1,3})([^`]{1,4000})\1\s?\{\{\s*(?:exec|execute|interrupt)\b([^{}]{0,80})\}\}/gi)) {
      const host = /\bHOST0?(\d)\b/i.exec(match[3] ?? '')?.[1];
      out.push({ text: match[2] ?? '', line: lines[index] ?? 1, ...(host === undefined ? {} : { host: `host0${host}` }) });
    }
  }
  return out;
});

const WORDS: Record<MachineNeed, { title: string; message: string; next: string }> = {
  docker: { title: 'Docker', message: 'There is no Docker in a session.', next: 'Read along, or run these steps on a machine of your own.' },
  packages: { title: 'Package installation', message: 'Nothing can be installed with a package manager in a session.', next: 'Install what is needed on the machine that the lab runs on.' },
  internet: { title: 'The internet', message: 'Sessions reach nothing outside this machine.', next: 'Have the files ready in the assets of the scenario.' },
  systemd: { title: 'System services', message: 'A session has no systemd: services can be neither started nor looked at.', next: 'Start programs by hand where that is possible.' },
  nodes: { title: "The cluster's machines", message: 'The machines of the cluster and their files can not be reached from a session, and the emulated cluster has one node.', next: 'Read along there; what kubectl does works.' },
  openshift: { title: 'OpenShift', message: 'There is no OpenShift here, only Kubernetes.', next: 'Use kubectl for what both have.' },
  users: { title: 'Other users', message: 'Everything in a session runs as root: nobody can become another user, and files belong to nobody else.', next: 'Read along, or try these steps on a machine of your own.' },
  kernel: { title: 'The machine itself', message: 'A session can change neither disks nor networks nor the settings of the kernel.', next: 'Read along, or try these steps on a machine of your own.' },
};

/** The needs in words for a learner. `has` tells what this machine gives; programs that are there go without saying. */
export function needViews(needs: readonly Need[], has: (need: Need) => boolean): { id: string; title: string; met: boolean; message?: string; next?: string }[] {
  const views = needs.flatMap((need) => {
    if (need.kind === 'program') return [];
    const { title, message, next } = WORDS[need.kind];
    return [has(need) ? { id: need.kind, title, met: true } : { id: need.kind, title, met: false, message: `${message} (${sentence(need.because)})`, next }];
  });
  const missing = needs.filter((need) => need.kind === 'program' && !has(need));
  const [first] = missing;
  if (first === undefined) return views;
  const names = missing.map(({ program }) => program ?? '');
  const one = missing.length === 1;
  const message = `This machine has no ${one ? names[0] : `${names.slice(0, -1).join(', ')} and no ${names.at(-1)}`}. (${sentence(first.because)})`;
  return [...views, { id: 'program', title: one ? 'A program' : 'Programs', met: false, message, next: `Install ${one ? 'it' : 'them'} on the machine that the lab runs on, and start the lab again.` }];
}

function sentence(because: string): string {
  return `${because.charAt(0).toUpperCase()}${because.slice(1)}.`;
}

/** What this machine gives to sessions: programs that are on its PATH. Sessions have neither Docker nor a way out. */
export function machineHas(path: string): (need: Need) => boolean {
  const folders = [...new Set([...path.split(delimiter).filter((folder) => folder !== ''), '/usr/sbin', '/sbin'])];
  const known = new Map<string, boolean>();
  return ({ kind, program }) => {
    if (kind !== 'program' || program === undefined) return false;
    const there = known.get(program) ?? folders.some((folder) => existsSync(join(folder, program)));
    known.set(program, there);
    return there;
  };
}
