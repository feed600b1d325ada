/** A folder or file of the host that a sandbox sees. `target` is absolute, inside. */
export interface Bind {
  source: string;
  target: string;
  readOnly: boolean;
}

const MIB = 1024 * 1024;

/**
 * Mounts, not links, over a root folder that may be written: whoever joins a place or a container starts programs there before
 * it has given up its rights, so the way to their loader must be nobody's to change. The same goes for the loader's settings in
 * /etc, which `binds` have to cover.
 */
const FIXED_FOLDERS = ['--ro-bind', '/usr', '/usr', '--ro-bind', '/usr/bin', '/bin', '--ro-bind', '/usr/sbin', '/sbin', '--ro-bind', '/usr/lib', '/lib', '--ro-bind-try', '/usr/lib64', '/lib64'];

/** Who somebody is inside: of all users there, the only one that stands for a user of the host's. */
export interface InsideUser {
  uid: number;
  gid: number;
}

const ROOT: InsideUser = { uid: 0, gid: 0 };

/** What every sandbox has: own namespaces, no capability, /proc/sys read-only, dies with the lab. */
function common(hostname: string, ownNetwork = true, user = ROOT): string[] {
  return ['--unshare-all', ...(ownNetwork ? [] : ['--share-net']), '--unshare-user', '--uid', String(user.uid), '--gid', String(user.gid), '--hostname', hostname, '--die-with-parent', '--cap-drop', 'ALL', '--clearenv'];
}

function binds(list: readonly Bind[]): string[] {
  return list.flatMap((bind) => [bind.readOnly ? '--ro-bind' : '--bind', bind.source, bind.target]);
}

/** Where a place finds the host's /usr/local/bin, under a writable one of its own. */
export const HOST_LOCAL = '/opt/argo-lab-host';
/** Where a place finds what its own /etc begins with. */
export const ETC_TEMPLATE = '/opt/argo-lab-etc';

/**
 * Arguments of bwrap for a session's place: all of it may be written but /usr, in memory and bounded; only the home
 * outlives it. `nested`: whether programs inside may make user namespaces of their own; they may where the lab is not
 * root, because joining the place's namespaces would be impossible otherwise. `local`: whether the host has /usr/local/bin.
 */
export function placeArgs(options: { hostname: string; nested: boolean; local: boolean; binds: readonly Bind[] }): string[] {
  const size = (mib: number, path: string) => ['--size', String(mib * MIB), '--tmpfs', path];
  return [
    ...common(options.hostname),
    ...(options.nested ? [] : ['--disable-userns']),
    ...size(128, '/'),
    ...FIXED_FOLDERS,
    ...(options.local ? ['--ro-bind', '/usr/local/bin', HOST_LOCAL, ...size(64, '/usr/local/bin')] : []),
    ...['--proc', '/proc', '--ro-bind-try', '/proc/sys', '/proc/sys', '--dev', '/dev'],
    ...[...size(8, '/etc'), ...size(256, '/tmp'), ...size(16, '/run'), ...size(16, '/var/tmp'), ...size(16, '/var/log/killercoda'), ...size(64, '/dev/shm')],
    ...binds(options.binds),
    ...['--chdir', '/root', '--remount-ro', '/dev'],
  ];
}

/** What the first process of a place does before it says `ready` and waits: fills /etc, shows what the host has in /usr/local/bin. */
export const PLACE_INIT = `cp -r ${ETC_TEMPLATE}/. /etc/
[ -d ${HOST_LOCAL} ] && ln -s ${HOST_LOCAL}/* /usr/local/bin/ 2>/dev/null
mkdir -p /home /srv /mnt /var/lib /var/cache /etc/killercoda
echo ready
exec sleep infinity </dev/null >/dev/null 2>&1`;

/**
 * Arguments of bwrap for a container: its writable layer is the root folder, the base lies over it read-only. The command is the
 * first process inside, as in every container: `kill 1` and `/proc/1/fd/1` mean the command, and its end is the container's.
 * `session`: it begins a session, and the first terminal that it opens is that session's.
 */
export function containerArgs(options: { hostname: string; nested: boolean; ownNetwork: boolean; layer: string; base: readonly Bind[]; hostBase: boolean; binds: readonly Bind[]; env: Record<string, string>; cwd: string; user?: InsideUser; readOnlyRoot?: boolean; session?: boolean; capabilities?: readonly string[] }): string[] {
  return [
    ...common(options.hostname, options.ownNetwork, options.user),
    ...(options.capabilities ?? []).flatMap((name) => ['--cap-add', `CAP_${name}`]),
    '--as-pid-1',
    ...(options.session === true ? ['--new-session'] : []),
    ...(options.nested ? [] : ['--disable-userns']),
    ...['--bind', options.layer, '/'],
    ...(options.hostBase ? FIXED_FOLDERS : []),
    ...binds(options.base),
    ...['--dev', '/dev'],
    ...binds(options.binds),
    // After the binds: a volume's link may lead one of them here, and whoever joins finds its filter below /proc.
    ...['--proc', '/proc', '--ro-bind-try', '/proc/sys', '/proc/sys'],
    ...Object.entries(options.env).flatMap(([name, value]) => ['--setenv', name, value]),
    // At last: until then mounts may need places to be made for them.
    ...['--chdir', options.cwd, '--remount-ro', '/dev', ...(options.readOnlyRoot === true ? ['--remount-ro', '/'] : [])],
  ];
}
