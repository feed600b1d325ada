import { runToEnd } from '../sandbox/run.ts';

/** What a machine is asked, and what it answered. Everything that touches the machine comes in as `Probe`. */
export interface Probe {
  platform: string;
  nodeVersion: string;
  /** The first file of that name on the path. */
  find(program: string): Promise<string | undefined>;
  /** Exit code and what was printed; undefined when it could not be started or took too long. */
  run(argv: readonly string[]): Promise<{ code: number; output: string } | undefined>;
  /** Why sandboxes can't be had; undefined when one was made and joined. */
  sandboxProblem(): Promise<string | undefined>;
}

export interface Finding {
  id: string;
  title: string;
  /** `missing` and `broken` with `needed` keep the default lab from working; without, they cost what `costs` says. */
  state: 'ok' | 'missing' | 'broken';
  needed: boolean;
  version?: string;
  /** Where it was found, or what is wrong with it. */
  detail?: string;
  /** What is not there without it. */
  costs: string;
  /** How to get it. */
  get: string;
}

export interface Diagnosis {
  /** Whether `argo-lab serve` and `argo-lab test` work with their defaults. */
  ok: boolean;
  findings: Finding[];
}

interface Tool {
  id: string;
  title: string;
  needed: boolean;
  /** Names under which it may be found. */
  programs: readonly string[];
  version: readonly string[];
  /** Takes the version out of what was printed. */
  pattern: RegExp;
  costs: string;
  get: string;
}

const ANY_VERSION = /v?(\d+\.\d+(?:\.\d+)?[\w.+-]*)/;

/** One line a tool. Adding one: a line here. */
const TOOLS: readonly Tool[] = [
  { id: 'bash', title: 'bash', needed: true, programs: ['bash'], version: ['--version'], pattern: ANY_VERSION, costs: 'There are no terminals without it.', get: 'apt install bash, dnf install bash, apk add bash' },
  { id: 'kubectl', title: 'kubectl', needed: true, programs: ['kubectl'], version: ['version', '--client'], pattern: /Client Version: v?(\S+)|GitVersion:"v([^"]+)"/, costs: 'Most scenarios use it.', get: 'npm start and npm run lab fetch one that is pinned, where the internet can be reached; else see https://kubernetes.io/docs/tasks/tools/' },
  { id: 'git', title: 'git', needed: false, programs: ['git'], version: ['--version'], pattern: ANY_VERSION, costs: 'Scenarios that clone a repository do not work, and pods can not read from one.', get: 'apt install git, dnf install git, brew install git' },
  { id: 'python3', title: 'Python 3', needed: false, programs: ['python3'], version: ['--version'], pattern: ANY_VERSION, costs: 'Script templates in Python, and images with Python in them, do not run on the embedded cluster.', get: 'apt install python3, dnf install python3, brew install python' },
  { id: 'docker', title: 'docker', needed: false, programs: ['docker'], version: ['--version'], pattern: ANY_VERSION, costs: 'There is no real cluster with --cluster kind.', get: 'https://docs.docker.com/engine/install/' },
  { id: 'kind', title: 'kind', needed: false, programs: ['kind'], version: ['version'], pattern: ANY_VERSION, costs: 'There is no real cluster with --cluster kind.', get: 'go install sigs.k8s.io/kind, or https://kind.sigs.k8s.io/docs/user/quick-start/' },
  { id: 'vcluster', title: 'vcluster', needed: false, programs: ['vcluster'], version: ['--version'], pattern: ANY_VERSION, costs: 'With --cluster existing, sessions are separated by namespaces only.', get: 'https://www.vcluster.com/docs' },
  { id: 'chromium', title: 'Chromium', needed: false, programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'], version: ['--version'], pattern: ANY_VERSION, costs: 'The tests that drive a browser are skipped. Learners use their own browser.', get: 'apt install chromium' },
];

const NODE_FLOOR = [20, 19] as const;

/** Looks at everything once. Takes a few seconds at most. */
export async function diagnose(probe: Probe): Promise<Diagnosis> {
  const tools = await Promise.all(TOOLS.map((tool) => lookAt(tool, probe)));
  const byId = new Map(tools.map((finding) => [finding.id, finding]));
  const docker = byId.get('docker');
  const findings: Finding[] = [node(probe), ...tools.filter((finding) => finding.id === 'bash'), await bubblewrap(probe), await sandbox(probe), ...tools.filter((finding) => finding.id !== 'bash')];
  const at = findings.findIndex((finding) => finding.id === 'docker') + 1;
  findings.splice(at, 0, await daemon(probe, docker?.state === 'ok'));
  return { ok: findings.every((finding) => !finding.needed || finding.state === 'ok'), findings };
}

function node({ nodeVersion }: Probe): Finding {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const enough = major > NODE_FLOOR[0] || (major === NODE_FLOOR[0] && minor >= NODE_FLOOR[1]);
  return { id: 'node', title: 'Node.js', state: enough ? 'ok' : 'broken', needed: true, version: nodeVersion, ...(enough ? {} : { detail: `older than ${NODE_FLOOR.join('.')}` }), costs: 'The lab does not start.', get: 'https://nodejs.org' };
}

async function lookAt(tool: Tool, probe: Probe): Promise<Finding> {
  const about = { id: tool.id, title: tool.title, needed: tool.needed, costs: tool.costs, get: tool.get };
  for (const program of tool.programs) {
    const path = await probe.find(program);
    if (path === undefined) continue;
    const asked = await probe.run([path, ...tool.version]);
    if (asked === undefined || asked.code !== 0) return { ...about, state: 'broken', detail: `${path} ${tool.version.join(' ')} ${asked === undefined ? 'does not answer' : `ended with exit code ${asked.code}: ${firstLine(asked.output)}`}` };
    const match = tool.pattern.exec(asked.output);
    const version = match?.slice(1).find((group) => group !== undefined);
    return { ...about, state: 'ok', ...(version === undefined ? {} : { version }), detail: path };
  }
  return { ...about, state: 'missing' };
}

async function bubblewrap(probe: Probe): Promise<Finding> {
  const about = { id: 'bubblewrap', title: 'bubblewrap', needed: false, costs: 'Learners’ commands run as your own user, with access to your files and your network, and sessions share ports.', get: 'on Linux: apt install bubblewrap, dnf install bubblewrap, apk add bubblewrap; elsewhere it can’t be had' };
  const missing: string[] = [];
  // What joins a sandbox once it is made.
  for (const program of ['bwrap', 'nsenter', 'setpriv', 'unshare']) if ((await probe.find(program)) === undefined) missing.push(program);
  if (missing.length > 0) return { ...about, state: 'missing', detail: `there is no ${missing.join(', ')} on the path${missing.includes('bwrap') ? '' : ' (util-linux)'}` };
  const asked = await probe.run(['bwrap', '--version']);
  const version = ANY_VERSION.exec(asked?.output ?? '')?.[1];
  return { ...about, state: 'ok', ...(version === undefined ? {} : { version }) };
}

/** The program alone says little: many machines forbid what it needs. */
async function sandbox(probe: Probe): Promise<Finding> {
  const problem = probe.platform === 'linux' ? await probe.sandboxProblem() : `bubblewrap needs Linux, and this is ${probe.platform}`;
  return {
    id: 'namespaces',
    title: 'User namespaces',
    state: problem === undefined ? 'ok' : 'broken',
    needed: false,
    detail: problem ?? 'a sandbox was made and joined',
    costs: 'Learners’ commands run as your own user, with access to your files and your network, and sessions share ports.',
    get: 'allow them: sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04); in a container: --security-opt seccomp=unconfined --security-opt apparmor=unconfined --cap-add SYS_ADMIN',
  };
}

async function daemon(probe: Probe, client: boolean): Promise<Finding> {
  const about = { id: 'docker-daemon', title: 'Docker daemon', needed: false, costs: 'There is no real cluster with --cluster kind.', get: 'start it: systemctl start docker; or let your user reach it: usermod -aG docker $USER' };
  if (!client) return { ...about, state: 'missing', detail: 'there is no docker to ask it' };
  const asked = await probe.run(['docker', 'version', '--format', '{{.Server.Version}}']);
  if (asked === undefined || asked.code !== 0) return { ...about, state: 'broken', detail: asked === undefined ? 'docker does not answer' : firstLine(asked.output) };
  return { ...about, state: 'ok', version: firstLine(asked.output) };
}

function firstLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}

/** How a person reads it. */
export function diagnosisText({ ok, findings }: Diagnosis): string {
  const width = Math.max(...findings.map((finding) => finding.title.length));
  const lines = findings.flatMap((finding) => {
    const sign = finding.state === 'ok' ? '✓' : finding.needed ? '✗' : '-';
    const what = finding.state === 'ok' ? [finding.version, finding.detail].filter((part) => part !== undefined).join('  ') : `${finding.state === 'missing' ? 'missing' : 'does not work'}${finding.detail === undefined ? '' : `: ${finding.detail}`}`;
    const head = `${sign} ${finding.title.padEnd(width)}  ${what}`;
    return finding.state === 'ok' ? [head] : [head, `    ${finding.costs}`, `    To get it: ${finding.get}`];
  });
  return `${lines.join('\n')}\n\n${ok ? 'The lab works here with its embedded cluster: argo-lab serve' : 'The lab can’t work here yet: mend what is marked with ✗.'}\n`;
}

/** Asks a program and gives up after a few seconds. */
export async function ask(argv: readonly string[]): Promise<{ code: number; output: string } | undefined> {
  const [file = 'true', ...args] = argv;
  const env = Object.fromEntries(Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
  const result = await runToEnd({ file, args, env, cwd: '/' }, { timeoutMs: 10_000 }).catch(() => undefined);
  return result === undefined || result.timedOut ? undefined : { code: result.code, output: `${result.stdout}${result.stderr}` };
}
