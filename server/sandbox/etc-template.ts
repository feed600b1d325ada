import { chmod, lstat, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bind } from './bubblewrap-args.ts';

/** What a sandbox sees of the host's /etc: look-up tables and libraries' settings, nothing private. */
const SHOWN = ['ld.so.cache', 'inputrc', 'terminfo', 'alternatives', 'ssl/certs', 'ssl/openssl.cnf', 'ca-certificates', 'services', 'protocols', 'mime.types', 'nanorc', 'vim', 'localtime', 'login.defs', 'skel'];

const WRITTEN: Record<string, string> = {
  passwd: 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  group: 'root:x:0:\nnogroup:x:65534:\n',
  // Whoever is root may set any password; there is nobody to log in.
  'pam.d/other': 'auth required pam_rootok.so\naccount required pam_permit.so\npassword required pam_unix.so sha512\nsession required pam_permit.so\n',
  'nsswitch.conf': 'hosts: files\n',
  'resolv.conf': '',
  hostname: 'controlplane\n',
  hosts: '127.0.0.1 localhost controlplane\n::1 localhost\n',
};

/** Settings of the loader that programs started by the lab would obey, in every place: empty where the host has none. */
const LOADER = ['ld.so.preload', 'ld.so.cache', `ld-musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.path`];

/** What a place's own, writable /etc must not be able to replace. `folder` gets the empty files. */
export async function loaderBinds(folder: string, shown: readonly Bind[]): Promise<Bind[]> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const names = LOADER.filter((name) => !shown.some((bind) => bind.target === `/etc/${name}`));
  for (const name of names) await writeFile(join(folder, name), '', { mode: 0o644 });
  return names.map((name) => ({ source: join(folder, name), target: `/etc/${name}`, readOnly: true }));
}

/** Builds the /etc that all places of a server share, read-only; returns what of the host's own is shown in it. */
export async function buildEtc(folder: string): Promise<Bind[]> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, 'ssl'), { recursive: true, mode: 0o755 });
  await chmod(folder, 0o755);
  const binds: Bind[] = [];
  for (const name of SHOWN) {
    const source = join('/etc', name);
    const stat = await lstat(source).catch(() => undefined);
    if (stat === undefined || stat.isSymbolicLink()) continue;
    // A bind needs something to lie on, and the template is read-only by then.
    if (stat.isDirectory()) await mkdir(join(folder, name), { mode: 0o755 });
    else await writeFile(join(folder, name), '', { mode: 0o644 });
    binds.push({ source, target: source, readOnly: true });
  }
  for (const [name, text] of Object.entries(WRITTEN)) {
    await mkdir(dirname(join(folder, name)), { recursive: true, mode: 0o755 });
    await writeFile(join(folder, name), text, { mode: 0o644 });
  }
  // Programs ask there which system this is: that of the machine, whose /usr a place sees.
  if ((await lstat('/usr/lib/os-release').catch(() => undefined)) !== undefined) await symlink('../usr/lib/os-release', join(folder, 'os-release'));
  return binds;
}
