import { execFile } from 'node:child_process';
import { chmodSync, lchownSync, lstatSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { access, constants, copyFile, chmod, lstat, mkdir, type FileHandle, readdir, readFile, realpath, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { below, openInside } from '../../lib/inside-file.ts';
import { withInside, writeInside } from '../../lib/inside-folder.ts';
import type { Bind } from '../../sandbox/bubblewrap-args.ts';

const run = promisify(execFile);

/** What a container finds at `/bin` when its image is busybox: undefined where the host has no static busybox. */
export interface Busybox {
  folder: string;
  applets: ReadonlySet<string>;
}

/** Builds the folder of applets once a server; containers share it read-only. */
export async function buildBusybox(folder: string): Promise<Busybox | undefined> {
  const program = await findBusybox();
  if (program === undefined) return undefined;
  const names = (await run(program, ['--list'])).stdout.split('\n').filter((name) => name !== '' && !name.includes('/'));
  const temporary = `${folder}.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true, mode: 0o755 });
  await copyFile(program, join(temporary, 'busybox'), constants.COPYFILE_FICLONE);
  await chmod(join(temporary, 'busybox'), 0o755);
  await Promise.all(names.filter((name) => name !== 'busybox').map((name) => symlink('busybox', join(temporary, name))));
  if (names.includes('wget') && (await diesOfTimeouts(program))) {
    await copyFile(program, join(temporary, WHOLE), constants.COPYFILE_FICLONE);
    await chmod(join(temporary, WHOLE), 0o755);
    await writeFile(join(temporary, 'busybox'), withoutWget(await readFile(program)), { mode: 0o755 });
    await rm(join(temporary, 'wget'));
    await writeFile(join(temporary, 'wget'), WGET, { mode: 0o755 });
  }
  await rm(folder, { recursive: true, force: true });
  await rename(temporary, folder);
  return { folder, applets: new Set([...names, 'busybox']) };
}

/** The program as it is, for the script that stands for its wget. */
const WHOLE = 'busybox.whole';

/**
 * The shell of busybox runs its own applets, whatever is in the PATH: so that it finds the script, its program must not
 * know the name. The table of names stays sorted.
 */
function withoutWget(program: Buffer): Buffer {
  const at = program.indexOf('\0wget\0which\0', 0, 'latin1');
  if (at < 0) return program;
  const changed = Buffer.from(program);
  changed.write('wgeu', at + 1, 'latin1');
  return changed;
}

/** Debian's static busybox 1.35 crashes as soon as wget is told how long to wait: then another applet does the waiting. */
const WGET = `#!/bin/sh
limit=
for word do
  shift
  case "$word" in
    -T) skip=1; continue ;;
    -T*) limit=\${word#-T}; continue ;;
    --timeout=*) limit=\${word#*=}; continue ;;
  esac
  if [ -n "$skip" ]; then limit=$word; skip=; else set -- "$@" "$word"; fi
done
[ -z "$limit" ] && exec /bin/${WHOLE} wget "$@"
busybox timeout "$limit" /bin/${WHOLE} wget "$@"
code=$?
[ $code -eq 143 ] && { echo "wget: download timed out" >&2; exit 1; }
exit $code
`;

async function diesOfTimeouts(program: string): Promise<boolean> {
  // Port 1 of this machine: refused at once.
  return run(program, ['wget', '-T', '1', '-q', '-O', '-', 'http://127.0.0.1:1']).then(
    () => false,
    (error: unknown) => typeof error === 'object' && error !== null && 'signal' in error && error.signal === 'SIGSEGV',
  );
}

/** One that needs no libraries: an ELF file without an interpreter. */
async function findBusybox(): Promise<string | undefined> {
  for (const path of ['/usr/bin/busybox', '/bin/busybox', '/usr/lib/busybox/busybox-static', '/bin/busybox.static']) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    const head = (await readFile(real)).subarray(0, 4096).toString('latin1');
    if (head.startsWith('\x7fELF') && !/\/ld-[\w.-]+\.so/.test(head)) return real;
  }
  return undefined;
}

const FOLDERS: readonly [string, number][] = [['tmp', 0o1777], ['root', 0o755], ['etc', 0o755], ['var', 0o755], ['var/tmp', 0o1777], ['run', 0o755], ['home', 0o755], ['opt', 0o755], ['usr', 0o755], ['mnt', 0o755], ['srv', 0o755]];

/**
 * Fills a container's own layer with what every image has; what a former process left stays. These are many calls of a
 * few microseconds each: made one by one in the pool of threads they would cost ten times as much.
 */
export function prepareLayer(layer: string, options: { hostname: string; cwd: string; files: Record<string, string>; busybox: boolean; uid: number | undefined; skip: (path: string) => boolean }): void {
  const own = (path: string) => {
    if (options.uid !== undefined) lchownSync(path, options.uid, options.uid);
  };
  const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  const looked = new Map<string, boolean>();
  const isInside = (path: string): boolean => {
    const known = looked.get(path);
    if (known !== undefined) return known;
    const inside = staysInside(layer, path);
    looked.set(path, inside);
    return inside;
  };
  const folder = (path: string, mode: number) => {
    const full = join(layer, path);
    if (isThere(full) || !isInside(dirname(full))) return;
    mkdirSync(full, { mode });
    chmodSync(full, mode);
    own(full);
  };
  const file = (path: string, text: string, mode: number) => {
    const full = join(layer, path);
    if (isThere(full) || !isInside(dirname(full))) return;
    writeFileSync(full, text, { mode });
    own(full);
  };
  own(layer);
  for (const [path, mode] of FOLDERS) folder(path, mode);
  if (options.busybox) {
    for (const [link, target] of [['usr/bin', '../bin'], ['usr/sbin', '../bin'], ['sbin', 'bin']] as const) if (!isThere(join(layer, link)) && isInside(dirname(join(layer, link)))) symlinkSync(target, join(layer, link));
  }
  file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n', 0o644);
  file('etc/group', 'root:x:0:\nnogroup:x:65534:\n', 0o644);
  file('etc/hostname', `${options.hostname}\n`, 0o644);
  file('etc/hosts', `127.0.0.1\tlocalhost\n::1\tlocalhost\n127.0.0.1\t${options.hostname}\n`, 0o644);
  file('etc/resolv.conf', '', 0o644);
  // Without it, a busybox that is linked statically looks for modules that are not there, and dies of it.
  file('etc/nsswitch.conf', 'hosts: files dns\n', 0o644);
  const parents = (path: string) => {
    const parts = posix.normalize(path).split('/').filter(Boolean);
    for (let i = 1; i <= parts.length; i++) folder(parts.slice(0, i).join('/'), 0o755);
  };
  if (!options.skip(options.cwd)) parents(options.cwd);
  for (const [path, text] of Object.entries(options.files)) {
    if (options.skip(path)) continue;
    parents(dirname(path));
    file(path.replace(/^\/+/, ''), text, 0o755);
  }
}

/**
 * Whether a folder of a layer is one: what ran there before may have put a link to somewhere else in its place, and the
 * lab would write there with its own rights. Nothing of the container runs while this is asked.
 */
export function staysInside(layer: string, folder: string): boolean {
  try {
    const [root, real] = [realpathSync(layer), realpathSync(folder)];
    return real === root || real.startsWith(`${root}/`);
  } catch {
    return false;
  }
}

/** Takes away the right to write from all folders of a layer but those for everybody, after making the places that `binds` go to. */
export async function closeLayer(layer: string, binds: readonly Bind[], hostBase: boolean): Promise<void> {
  const inside = (path: string) => binds.some(({ target }) => target !== path && path.startsWith(`${target}/`));
  // Through no link: what ran in the layer before may have left one.
  const folder = (path: string) => openInside(layer, path, { create: 0o755 }).then((handle) => handle.close(), () => undefined);
  for (const path of ['proc', 'dev', ...(hostBase ? ['usr', 'bin', 'sbin', 'lib', 'lib64'] : [])]) await folder(path);
  for (const { source, target } of binds) {
    if (target === '/' || inside(target)) continue;
    const isFolder = (await stat(source).catch(() => undefined))?.isDirectory() ?? true;
    if (isFolder) await folder(target);
    else await withInside({ root: layer, path: target }, async () => undefined).catch(() => writeInside({ root: layer, path: target }, '')).catch(() => undefined);
  }
  const close = async (handle: FileHandle, isRoot: boolean): Promise<void> => {
    for (const entry of await readdir(below(handle, '.'), { withFileTypes: true })) if (entry.isDirectory()) await withInside({ root: below(handle, '.'), path: entry.name }, (inner) => close(inner, false));
    const info = await handle.stat();
    if ((info.mode & 0o002) === 0 || isRoot) await handle.chmod(0o555);
  };
  await withInside({ root: layer, path: '' }, (handle) => close(handle, true));
}

const HOST_FOLDERS = ['/usr/', '/bin/', '/sbin/', '/lib/', '/lib64/'];

/** Whether the layer is covered at this path by something of the base. */
export function inHostBase(path: string): boolean {
  return HOST_FOLDERS.some((folder) => `${path}/`.startsWith(folder));
}

/** Where a command is in a container: what runc looks for before it starts one. Undefined when it is not there. */
export async function findCommand(command: string, container: { layer: string; busybox: Busybox | undefined; mounts: readonly Bind[]; path: string; cwd: string }): Promise<string | undefined> {
  const candidates = command.includes('/') ? [posix.resolve(container.cwd, command)] : container.path.split(':').map((folder) => posix.join(folder, command));
  for (const candidate of candidates) if (await exists(candidate, container)) return candidate;
  return undefined;
}

async function exists(path: string, container: { layer: string; busybox: Busybox | undefined; mounts: readonly Bind[] }): Promise<boolean> {
  const mount = container.mounts.find(({ target }) => path === target || path.startsWith(`${target}/`));
  // A link itself counts as there; one on the way leads nowhere but within the volume or the layer.
  const present = async (root: string, file: string) => {
    if (['', '/'].includes(file)) return lstat(root).then((stat) => !stat.isDirectory(), () => false);
    return withInside({ root, path: dirname(file) }, (folder) => lstat(below(folder, basename(file)))).then((stat) => !stat.isDirectory(), () => false);
  };
  if (mount !== undefined) return present(mount.source, path.slice(mount.target.length));
  if (container.busybox !== undefined) {
    if (['/bin', '/sbin', '/usr/bin', '/usr/sbin'].includes(dirname(path))) return container.busybox.applets.has(basename(path));
  } else if (inHostBase(path)) return access(path, constants.X_OK).then(() => true, () => false);
  return present(container.layer, path);
}
