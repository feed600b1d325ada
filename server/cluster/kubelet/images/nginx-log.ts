/** What nginx' image and httpd's say when they begin, when they end, and of what they could not serve. */
import { availableParallelism, release } from 'node:os';
import { posix } from 'node:path';
import { rfc3339 } from '../../../lib/clock.ts';
import type { ProgramContext } from '../../program.ts';

const CONFIG = '/etc/nginx/conf.d/default.conf';
const ENTRYPOINT = '/docker-entrypoint.sh';
/** The first worker's number in a container: what the entrypoint ran had the ones before. */
const FIRST_WORKER = 29;
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `2026/11/23 09:28:56` */
export function nginxTime(now: number): string {
  return rfc3339(now).replace('Z', '').replace('T', ' ').replaceAll('-', '/');
}

/** 1.27.3 as a number that can be compared. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return major * 1e6 + minor * 1e3 + patch;
}

/** Of which compiler the official builds of a version say that they are. */
function compiler(version: number, alpine: boolean): string {
  if (alpine) return version < 1_021_004 ? '10.3.1 20210424 (Alpine 10.3.1_git20210424)' : version < 1_025_004 ? '12.2.1 20220924 (Alpine 12.2.1_git20220924-r10)' : version < 1_027_004 ? '13.2.1 20240309 (Alpine 13.2.1_git20240309)' : '14.2.0 (Alpine 14.2.0)';
  return version < 1_025_001 ? '10.2.1 20210110 (Debian 10.2.1-6)' : version < 1_029_000 ? '12.2.0 (Debian 12.2.0-14)' : '14.2.0 (Debian 14.2.0-19)';
}

/** The entrypoint's words; `config` is what it finds where its own configuration would be. Images have it since 1.19. */
export function entrypointLines(version: string, config: 'own' | 'mounted' | 'missing'): string[] {
  const number = versionNumber(version);
  if (number < 1_019_000) return [];
  const ipv6 = '10-listen-on-ipv6-by-default.sh';
  const about = {
    own: [`${ipv6}: info: Getting the checksum of ${CONFIG}`, `${ipv6}: info: Enabled listen on IPv6 in ${CONFIG}`],
    mounted: [`${ipv6}: info: can not modify ${CONFIG} (read-only file system?)`],
    missing: [`${ipv6}: info: ${CONFIG} is not a file or does not exist`],
  }[config];
  return [
    `${ENTRYPOINT}: /docker-entrypoint.d/ is not empty, will attempt to perform configuration`,
    `${ENTRYPOINT}: Looking for shell scripts in /docker-entrypoint.d/`,
    `${ENTRYPOINT}: Launching /docker-entrypoint.d/${ipv6}`,
    ...about,
    ...(number >= 1_025_001 ? [`${ENTRYPOINT}: Sourcing /docker-entrypoint.d/15-local-resolvers.envsh`] : []),
    `${ENTRYPOINT}: Launching /docker-entrypoint.d/20-envsubst-on-templates.sh`,
    ...(number >= 1_020_000 ? [`${ENTRYPOINT}: Launching /docker-entrypoint.d/30-tune-worker-processes.sh`] : []),
    `${ENTRYPOINT}: Configuration complete; ready for start up`,
  ];
}

/** The server's own first words: since 1.21 the images' configuration asks for notices. */
export function startLines(version: string, options: { alpine: boolean; workers: number; kernel: string }): string[] {
  const number = versionNumber(version);
  if (number < 1_021_000) return [];
  return [
    'using the "epoll" event method',
    `nginx/${version}`,
    `built by gcc ${compiler(number, options.alpine)} `,
    `OS: Linux ${options.kernel}`,
    'getrlimit(RLIMIT_NOFILE): 1048576:1048576',
    'start worker processes',
    ...Array.from({ length: options.workers }, (_, i) => `start worker process ${FIRST_WORKER + i}`),
  ].map((text) => `[notice] 1#1: ${text}`);
}

/** Its last words, told to end in peace. */
export function endLines(version: string, workers: number): string[] {
  if (versionNumber(version) < 1_021_000) return [];
  const all = Array.from({ length: workers }, (_, i) => FIRST_WORKER + i);
  const each = (text: string) => all.map((pid) => `[notice] ${pid}#${pid}: ${text}`);
  return ['[notice] 1#1: signal 3 (SIGQUIT) received, shutting down', ...each('gracefully shutting down'), ...each('exiting'), ...each('exit'), ...all.flatMap((pid) => [`[notice] 1#1: signal 17 (SIGCHLD) received from ${pid}`, `[notice] 1#1: worker process ${pid} exited with code 0`]), '[notice] 1#1: exit'];
}

/** Says what nginx says when it begins; the returned function says the rest. */
export async function beginNginx(context: ProgramContext, version: string): Promise<() => void> {
  const workers = availableParallelism();
  const say = (lines: string[]): void => lines.forEach((line) => context.stderr(`${nginxTime(context.clock.now())} ${line}\n`));
  if (posix.basename(context.argv[0] ?? '') === posix.basename(ENTRYPOINT)) {
    for (const line of entrypointLines(version, await configOf(context))) context.stdout(`${line}\n`);
  }
  const image = imageOf(context);
  say(startLines(version, { alpine: /:[^/]*alpine[^/]*$/.test(image), workers, kernel: release() }));
  return () => say(endLines(version, workers));
}

async function configOf(context: ProgramContext): Promise<'own' | 'mounted' | 'missing'> {
  if (context.hostPath(CONFIG) === undefined) return 'own';
  const handle = await context.openFile(CONFIG).catch(() => undefined);
  await handle?.close();
  return handle === undefined ? 'missing' : 'mounted';
}

/** The image that this container was asked to run. */
function imageOf({ pod, container }: ProgramContext): string {
  const spec: unknown = pod['spec'];
  const list: unknown = typeof spec === 'object' && spec !== null && 'containers' in spec ? spec.containers : [];
  const found: unknown = Array.isArray(list) ? list.find((item: unknown) => typeof item === 'object' && item !== null && 'name' in item && item.name === container) : undefined;
  return typeof found === 'object' && found !== null && 'image' in found && typeof found.image === 'string' ? found.image : '';
}

/** What Apache says of itself; it can't tell its own name in a pod. */
export function beginApache(context: ProgramContext): () => void {
  const address = context.network.addressOf(context.pod.metadata.uid ?? '');
  const line = (module: string, text: string): void => {
    const now = context.clock.now();
    const day = new Date(now);
    const date = `${DAYS[day.getUTCDay()] ?? ''} ${MONTHS[day.getUTCMonth()] ?? ''} ${String(day.getUTCDate()).padStart(2, '0')} ${rfc3339(now).slice(11, 19)}.${String(now % 1000).padStart(3, '0')}000 ${day.getUTCFullYear()}`;
    context.stderr(`[${date}] [${module}:notice] [pid 1:tid 1] ${text}\n`);
  };
  for (let i = 0; i < 2; i++) context.stderr(`AH00558: httpd: Could not reliably determine the server's fully qualified domain name, using ${address}. Set the 'ServerName' directive globally to suppress this message\n`);
  line('mpm_event', 'AH00489: Apache/2.4.62 (Unix) configured -- resuming normal operations');
  line('core', "AH00094: Command line: 'httpd -D FOREGROUND'");
  return () => line('mpm_event', 'AH00492: caught SIGWINCH, shutting down gracefully');
}

/** A request's trouble as nginx' error log has it. */
export function nginxError(now: number, request: { number: number; address: string; line: string; host: string; referer?: string }, trouble: string): string {
  const referer = request.referer === undefined ? '' : `, referrer: "${request.referer}"`;
  return `${nginxTime(now)} [error] ${FIRST_WORKER}#${FIRST_WORKER}: *${request.number} ${trouble}, client: ${request.address}, server: localhost, request: "${request.line}", host: "${request.host}"${referer}\n`;
}
