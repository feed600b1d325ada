import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bind } from './bubblewrap-args.ts';
import { CAPABILITIES_FD } from './capabilities.ts';
import type { PlaceCommand } from './sandbox.ts';

/**
 * How bwrap is started, so that nothing of the server shows inside:
 * - `env -i`, because bwrap is PID 1 inside and /proc/1/environ is readable there;
 * - the arguments come through a file descriptor, because /proc/1/cmdline is readable too;
 * - as root, everything runs as a host user of its own: uid 0 behind the sandbox's uid 0 could write /proc/sys. That
 *   user may not be able to walk to the data folder, so what is bound is first put under a folder that it can reach,
 *   in a mount namespace of its own, which leaves no trace on the host.
 */
export interface Launcher {
  /** Host uid of what runs inside; undefined when the lab is not root, and everything is the person's own. */
  uid: number | undefined;
  /** A folder that every user can walk to. */
  runFolder: string;
  /** Control groups that everything started joins first: their folders. */
  groups?: readonly string[];
  /** A file with the filter of system calls for what bwrap starts. */
  filter?: string;
  /** The program, on the host, that puts the same filter on whoever joins later. */
  confine?: string;
  /** The program, on the host, that unlocks the terminal whose master is its input. */
  unlock?: string;
  /** Processes that one user may have, where no control group says so. */
  processes: number;
}

/** A bound that even a place without control groups has: bytes of one file, in blocks of 512. */
const FILE_BLOCKS = (2 * 1024 * 1024 * 1024) / 512;

/** The descriptor under which whoever joins finds the program `confine`: opened on the host, so that nobody inside can put another one there. */
const CONFINE_FD = 7;
const CONFINE = `/proc/self/fd/${CONFINE_FD}`;

/** What one process and one user may use at most, set before anything of the learner's runs. Shells name the bound on processes differently. */
function bounds(processes: string): string {
  return `ulimit -c 0; ulimit -f ${FILE_BLOCKS}; ulimit -u ${processes} 2>/dev/null || ulimit -p ${processes} 2>/dev/null`;
}

/** The same command in the launcher's control groups. A shell of the host's moves itself there before it becomes the command; with `confined`, it holds that program open. */
function grouped(launcher: Launcher, command: PlaceCommand, confined = false): PlaceCommand {
  const groups = launcher.groups ?? [];
  const open = confined && launcher.confine !== undefined ? [launcher.confine] : [];
  if (groups.length === 0 && open.length === 0) return command;
  const script = `${open.length === 0 ? '' : `exec ${CONFINE_FD}<"$1" || exit 97; shift; `}n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ >"$1/cgroup.procs" || exit 97; n=$((n-1)); shift; done; exec "$@"`;
  return { ...command, file: '/bin/sh', args: ['-c', script, 'argo-lab', ...open, String(groups.length), ...groups, command.file, ...command.args] };
}

const STAGED = `
stage=$1 args=$2 uid=$3 processes=$4; shift 4
mount -t tmpfs -o mode=0755,size=256k argo-lab "$stage" || exit 97
n=0
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir "$stage/$n"; else : >"$stage/$n"; fi
  mount --rbind "$1" "$stage/$n" || exit 97
  n=$((n+1)); shift
done
shift
${bounds('"$processes"')}
exec env -i setpriv --reuid "$uid" --regid "$uid" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all bwrap --args 9 -- "$@" 9<"$args" 8<"\${FILTER:-/dev/null}" ${CAPABILITIES_FD}<"\${CAPABILITIES:-/dev/null}"`;

/** Counted with everything else that this user runs: so many more than there are now. */
const PLAIN = `args=$1 n=$(($(ls -d /proc/[0-9]*/task/[0-9]* 2>/dev/null | wc -l)+$2)); shift 2; ${bounds('"$n"')}
exec env -i bwrap --args 9 -- "$@" 9<"$args" 8<"\${FILTER:-/dev/null}" ${CAPABILITIES_FD}<"\${CAPABILITIES:-/dev/null}"`;

const HOST_ENV = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/** The command that starts bwrap with `args(binds)`; the process that it becomes is bwrap itself, under the same pid. `capabilities`: a program's file that the command finds as CAPABILITIES_FD. */
export async function launch(launcher: Launcher, name: string, allBinds: readonly Bind[], args: (place: (source: string) => string) => string[], argv: readonly string[], capabilities?: string): Promise<PlaceCommand> {
  const file = join(launcher.runFolder, `${name}.args`);
  const env = { ...HOST_ENV, ...(launcher.filter === undefined ? {} : { FILTER: launcher.filter }), ...(capabilities === undefined ? {} : { CAPABILITIES: capabilities }) };
  const filtered = (list: string[]) => (launcher.filter === undefined ? list : ['--seccomp', '8', ...list]);
  if (launcher.uid === undefined) {
    await writeFile(file, nul(filtered(args((source) => source))), { mode: 0o600 });
    return grouped(launcher, { file: '/bin/sh', args: ['-c', PLAIN, 'argo-lab', file, String(launcher.processes), ...argv], env, cwd: '/' });
  }
  const stage = join(launcher.runFolder, 'stage');
  const sources = [...new Set(allBinds.map((bind) => bind.source))].filter((source) => !/^\/(etc|usr)\//.test(source));
  await writeFile(file, nul(filtered(args((source) => (sources.includes(source) ? join(stage, String(sources.indexOf(source))) : source)))), { mode: 0o600 });
  return grouped(launcher, { file: 'unshare', args: ['-m', '--propagation', 'private', '/bin/sh', '-c', STAGED, 'argo-lab', stage, file, String(launcher.uid), String(launcher.processes), ...sources, '--', ...argv], env, cwd: '/' });
}

function nul(args: readonly string[]): string {
  return args.map((arg) => `${arg}\0`).join('');
}

/** Who joins, and how: `processes` is the first process's own bound, as `processLimitOf` reads it. */
export interface JoinOptions {
  cwd: string;
  env: Record<string, string>;
  processes: number | undefined;
  /** Whom the sandbox knows; default root. */
  user?: { uid: number; gid: number };
}

/** Who joins a sandbox becomes the one user that is in it. */
function userArgs(launcher: Launcher, { uid, gid } = { uid: 0, gid: 0 }): string[] {
  return launcher.uid === undefined ? ['-U', '--preserve-credentials'] : ['-U', '-S', String(uid), '-G', String(gid)];
}

/** What a shell inside does last: it closes what it was confined with, and takes the bounds of the first process. */
function joined(launcher: Launcher, { processes }: JoinOptions): string {
  return `${launcher.confine === undefined ? '' : `exec ${CONFINE_FD}<&-; `}cd -- "$1" 2>/dev/null || cd /; shift; ${bounds(String(processes ?? 'unlimited'))}; `;
}

/**
 * The command that joins the namespaces of `pid` and gives up every privilege before `argv` starts, under the filter and the
 * bounds of the first process. By its full path: the folders before it may be the learner's to write. Under the filter before
 * all else: a pod may have a volume where a machine has its programs.
 */
export function joinPlace(launcher: Launcher, pid: number, argv: readonly string[], options: JoinOptions): PlaceCommand {
  const confine = launcher.confine === undefined ? [] : [CONFINE];
  const user = userArgs(launcher, options.user);
  return grouped(launcher, {
    file: 'nsenter',
    args: ['-t', String(pid), ...user, '-m', '-u', '-i', '-n', '-p', ...confine, '/usr/bin/setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', '--ambient-caps=-all', '/bin/sh', '-c', `${joined(launcher, options)}exec "$@"`, 'argo-lab', options.cwd, ...argv],
    env: options.env,
    cwd: '/',
  }, true);
}

/** The command that joins only the network of `pid`, for helpers of the server. */
export function joinNetwork(launcher: Launcher, pid: number, argv: readonly string[]): { file: string; args: string[] } {
  return { file: 'nsenter', args: ['-t', String(pid), ...(launcher.uid === undefined ? ['-U', '--preserve-credentials'] : []), '-n', ...argv] };
}

/**
 * The command that joins a container. `helpers`: whether the container has setpriv and a full shell. `capabilities`: the
 * program that leaves the process only those of the container, as a file; without it one that has setpriv has none, and
 * another keeps rights over its own, otherwise powerless user namespace, and can gain none. `env`, because the shell of
 * busybox would run another applet without becoming it, and `ps` would show the shell.
 */
export function joinContainer(launcher: Launcher, pid: number, argv: readonly string[], options: JoinOptions & { helpers: boolean; capabilities?: string }): PlaceCommand {
  const { capabilities } = options;
  if (options.helpers && capabilities === undefined) return joinPlace(launcher, pid, argv, options);
  const user = userArgs(launcher, options.user);
  const keep = capabilities === undefined ? [] : [`/proc/self/fd/${CAPABILITIES_FD}`, '/bin/sh'];
  const joining = grouped(launcher, {
    file: 'setpriv',
    args: ['--no-new-privs', 'nsenter', '-t', String(pid), ...user, '-m', '-u', '-i', '-n', '-p', ...(launcher.confine === undefined ? [] : [CONFINE]), ...keep, '/bin/sh', '-c', `${joined(launcher, options)}exec ${options.helpers ? '' : 'env -- '}"$@"`, 'argo-lab', options.cwd, ...argv],
    env: options.env,
    cwd: '/',
  }, true);
  if (capabilities === undefined) return joining;
  return { ...joining, file: '/bin/sh', args: ['-c', `exec ${CAPABILITIES_FD}<"$1" || exit 97; shift; exec "$@"`, 'argo-lab', capabilities, joining.file, ...joining.args] };
}
