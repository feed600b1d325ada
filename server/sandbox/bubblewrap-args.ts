/** A folder or file of the host that a sandbox sees. `target` is absolute, inside. */
export interface Bind {
  source: string;
  target: string;
  readOnly: boolean;
}

const MIB = 1024 * 1024;
const HOST_FOLDERS = ['--ro-bind', '/usr', '/usr', '--symlink', 'usr/bin', '/bin', '--symlink', 'usr/sbin', '/sbin', '--symlink', 'usr/lib', '/lib', '--symlink', 'usr/lib64', '/lib64'];

/** What every sandbox has: own namespaces, no capability, /proc/sys read-only, dies with the lab. */
function common(hostname: string, ownNetwork = true): string[] {
  return ['--unshare-all', ...(ownNetwork ? [] : ['--share-net']), '--unshare-user', '--uid', '0', '--gid', '0', '--hostname', hostname, '--die-with-parent', '--cap-drop', 'ALL', '--clearenv'];
}

function binds(list: readonly Bind[]): string[] {
  return list.flatMap((bind) => [bind.readOnly ? '--ro-bind' : '--bind', bind.source, bind.target]);
}

/**
 * Arguments of bwrap for a session's place. `nested`: whether programs inside may make user namespaces of their own;
 * they may where the lab is not root, because joining the place's namespaces would be impossible otherwise.
 */
export function placeArgs(options: { hostname: string; nested: boolean; binds: readonly Bind[] }): string[] {
  const size = (mib: number, path: string) => ['--size', String(mib * MIB), '--tmpfs', path];
  return [
    ...common(options.hostname),
    ...(options.nested ? [] : ['--disable-userns']),
    ...HOST_FOLDERS,
    ...['--proc', '/proc', '--ro-bind-try', '/proc/sys', '/proc/sys', '--dev', '/dev'],
    ...[...size(256, '/tmp'), ...size(16, '/run'), ...size(16, '/var/tmp'), ...size(64, '/dev/shm')],
    ...binds(options.binds),
    ...['--chdir', '/root', '--remount-ro', '/dev', '--remount-ro', '/'],
  ];
}

/** Arguments of bwrap for a container: its writable layer is the root folder, the base lies over it read-only. */
export function containerArgs(options: { hostname: string; nested: boolean; ownNetwork: boolean; layer: string; base: readonly Bind[]; hostBase: boolean; binds: readonly Bind[]; env: Record<string, string>; cwd: string }): string[] {
  return [
    ...common(options.hostname, options.ownNetwork),
    ...(options.nested ? [] : ['--disable-userns']),
    ...['--bind', options.layer, '/'],
    ...(options.hostBase ? HOST_FOLDERS : []),
    ...binds(options.base),
    ...['--proc', '/proc', '--ro-bind-try', '/proc/sys', '/proc/sys', '--dev', '/dev'],
    ...binds(options.binds),
    ...Object.entries(options.env).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--chdir', options.cwd, '--remount-ro', '/dev'],
  ];
}
