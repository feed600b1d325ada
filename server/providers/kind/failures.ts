import { LabError, type LabErrorCode } from '../../lib/errors.ts';

/** A command that failed, as far as it is known. */
export interface Failed {
  /** `kind create cluster`, `docker info` */
  command: string;
  /** Undefined where it could not be started. */
  code: number | undefined;
  /** What it printed on stderr, and on stdout where that matters. */
  output: string;
  /** It could not be started because there is no such program. */
  missing?: boolean;
}

interface Known {
  /** Several may fit: the first one counts, so causes come before what they cause. */
  test(failed: Failed): RegExpExecArray | boolean | null;
  error(match: readonly string[], failed: Failed): [LabErrorCode, message: string, next: string];
}

const on = (pattern: RegExp) => (failed: Failed) => pattern.exec(failed.output);

const INSTALL_DOCKER = 'Install Docker (https://docs.docker.com/engine/install/), or use the emulated cluster, which needs none.';

const KNOWN: readonly Known[] = [
  {
    test: (failed) => (failed.missing === true && failed.command.startsWith('docker')) || /exec: "docker": executable file not found/.test(failed.output),
    error: () => ['missing-tool', 'Docker is not installed: there is no command docker on the PATH', INSTALL_DOCKER],
  },
  { test: (failed) => failed.missing === true && failed.command.startsWith('kind'), error: () => ['missing-tool', 'kind is not installed: there is no command kind on the PATH', 'Install it (https://kind.sigs.k8s.io/docs/user/quick-start/#installation), then try again.'] },
  {
    test: on(/permission denied while trying to connect to the [Dd]ocker|dial unix \S+: connect: permission denied|Got permission denied/),
    error: () => ['forbidden', 'your user may not use Docker', 'Add it to the group docker (sudo usermod -aG docker $USER), log in again, then start the lab again.'],
  },
  {
    test: on(/Cannot connect to the Docker daemon|Is the docker daemon running|error during connect|failed to connect to the docker API|connect: no such file or directory.*docker\.sock/i),
    error: () => ['cluster-failed', 'Docker is installed, but its daemon does not run', 'Start it (sudo systemctl start docker, or open Docker Desktop), then try again.'],
  },
  {
    test: on(/listen tcp\S* (\S+?):(\d+): bind: address already in use|Bind for (\S+?):(\d+) failed: port is already allocated|[Pp]orts are not available: exposing port \S+ (\S+?):(\d+)/),
    error: (match) => {
      const port = match[2] ?? match[4] ?? match[6] ?? '';
      return ['port-taken', `port ${port} of this machine is taken by another program`, `Find it with: ss -ltnp 'sport = :${port}' — end it, then try again.`];
    },
  },
  { test: on(/listen tcp\S* \S+?:(\d+): bind: permission denied/), error: (match) => ['port-taken', `port ${match[1] ?? ''} may not be opened by Docker here`, 'Use a port above 1023 in the scenario’s backend.kind.extraPortMappings.'] },
  {
    test: on(/node\(s\) already exist for a cluster with the name "([^"]+)"/),
    error: (match) => ['conflict', `a cluster named ${match[1] ?? ''} exists already`, `Remove it with: kind delete cluster --name ${match[1] ?? ''} — then try again.`],
  },
  {
    test: on(/no space left on device|disk quota exceeded|insufficient disk space/i),
    error: () => ['cluster-failed', 'the disk of Docker is full', 'Make room, for example with: docker system prune — then try again.'],
  },
  {
    test: on(/cannot allocate memory|out of memory|OOMKilled|oom-kill/i),
    error: () => ['cluster-failed', 'there is too little memory for a cluster', 'A cluster with Argo Workflows takes about 1 GiB. Close other programs or give Docker more memory, then try again.'],
  },
  {
    test: on(/too many open files|inotify/i),
    error: () => ['cluster-failed', 'the machine has no inotify watches left', 'Raise the limits: sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512 — then try again.'],
  },
  {
    test: on(/toomanyrequests|pull rate limit/i),
    error: () => ['cluster-failed', 'the registry has had too many requests from here', 'Wait an hour, or log in with: docker login — then try again.'],
  },
  {
    test: on(/failed to pull image "([^"]+)"[\s\S]*(no such host|dial tcp|i\/o timeout|network is unreachable|handshake timeout|connection refused|no route to host|Client\.Timeout|context deadline exceeded|proxyconnect)/),
    error: (match) => ['cluster-failed', `the image ${plain(match[1])} is not on this machine, and it can't be downloaded: there is no network, or no way to the registry`, `Connect to the internet, or load it from a file with: docker load -i FILE — or name one that is here: KIND_NODE_IMAGE=IMAGE`],
  },
  {
    test: on(/failed to pull image "([^"]+)"/),
    error: (match) => ['cluster-failed', `the image ${plain(match[1])} does not exist in its registry`, 'Look at its name: KIND_NODE_IMAGE or --node-image. Without either, the pinned one is used.'],
  },
  {
    test: on(/could not find a log line that matches|container \S+ is not running[\s\S]*log line/),
    error: () => ['cluster-failed', 'the node did not boot: its image is no image of a kind node, or the cgroups of this machine do not let systemd start in it', 'Use an image made for kind (kindest/node:…); without KIND_NODE_IMAGE it is the pinned one. If it is one, see https://kind.sigs.k8s.io/docs/user/known-issues/'],
  },
  {
    test: on(/cgroup mountpoint does not exist|requires cgroup v2|Delegate=yes|Failed to create \/init\.scope|failed to (?:create|apply|write) (?!cluster)[^\n]*cgroup|cgroups?: [^\n]*(?:not|no such|denied)|cgroup[^\n]*(?:read-only|not supported|not mounted)|detected cgroup v1[^\n]*not supported/i),
    error: () => ['cluster-failed', 'the control groups (cgroups) of this machine do not let Docker run a node', 'Nodes need cgroup v2, or v1 with systemd; rootless Docker needs cgroup v2 with delegation. See https://kind.sigs.k8s.io/docs/user/rootless/ — or use the emulated cluster.'],
  },
  { test: on(/unable to decode config|unknown apiVersion|is not a valid cluster name|invalid configuration/), error: (_match, { output }) => ['scenario-broken', `kind does not accept the cluster's configuration: ${lastLine(output)}`, 'Look at backend.kind in the scenario’s index.json.'] },
  { test: on(/unknown flag: (\S+)/), error: (match) => ['missing-tool', `this kind does not know ${match[1] ?? 'an option'}: it is too old`, 'Install kind v0.27.0 or newer.'] },
  {
    test: on(/failed to init node with kubeadm|timed out waiting for the condition|kubeadm init/),
    error: () => ['timeout', 'the control plane of the node did not come up', 'It is often too little memory or processor time: close other programs, then try again. The logs tell more.'],
  },
  {
    test: on(/could not locate any control plane nodes|no nodes found for cluster|No such container|is not running/),
    error: () => ['cluster-failed', 'the node of the cluster is gone or stopped', 'Start anew: a cluster that was taken away can’t be brought back.'],
  },
  { test: on(/image: "([^"]+)" not present locally/), error: (match) => ['cluster-failed', `the image ${match[1] ?? ''} is not in the local Docker, or its daemon does not run`, `Get it with: docker pull ${match[1] ?? ''}`] },
  { test: on(/unexpected EOF|connection reset by peer/), error: () => ['cluster-failed', 'Docker ended the connection: its daemon was stopped or restarted', 'Start it again, then try again.'] },
];

/** What went wrong, in words for a person, and what to do next. Pure. */
export function explain(failed: Failed): LabError {
  for (const known of KNOWN) {
    const match = known.test(failed);
    if (match === null || match === false) continue;
    return new LabError(...known.error(match === true ? [] : match, failed));
  }
  const said = lastLine(failed.output);
  return new LabError('cluster-failed', `${failed.command} ${failed.code === undefined ? 'could not be started' : `ended with code ${failed.code}`}${said === '' ? '' : `: ${said}`}`, 'Look at the output of the stage above and at the logs, then try again or use the emulated cluster.');
}

/** The most telling line: what follows ERROR, else the last one. */
function lastLine(output: string): string {
  const lines = output.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const error = lines.findLast((line) => line.startsWith('ERROR: '));
  return (error ?? lines.at(-1) ?? '').replace(/^ERROR: /, '').slice(0, 500);
}

function plain(image: string | undefined): string {
  return (image ?? '').replace(/@sha256:[0-9a-f]+$/, '');
}

/** What `docker info --format '{{json .}}'` says about whether a cluster fits here: undefined when one does. */
export function tooSmall(info: { MemTotal: number; diskFree: number | undefined }): LabError | undefined {
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  if (info.MemTotal > 0 && info.MemTotal < LEAST_MEMORY) {
    return new LabError('cluster-failed', `Docker has ${gib(info.MemTotal)} of memory, and a cluster needs ${gib(LEAST_MEMORY)}`, 'Give Docker more memory, or use the emulated cluster.');
  }
  if (info.diskFree !== undefined && info.diskFree < LEAST_DISK) {
    return new LabError('cluster-failed', `the disk of Docker has ${gib(info.diskFree)} left, and a cluster needs ${gib(LEAST_DISK)}`, 'Make room, for example with: docker system prune — then try again.');
  }
  return undefined;
}

const LEAST_MEMORY = 1.5 * 2 ** 30;
const LEAST_DISK = 2 * 2 ** 30;
