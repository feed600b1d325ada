import { readdir, readFile, readlink } from 'node:fs/promises';

/** Which process listens on a TCP port of this machine, in words; undefined where the kernel does not tell. */
export async function portOwner(port: number): Promise<string | undefined> {
  const inodes = new Set<string>();
  for (const name of ['tcp', 'tcp6']) {
    const text = await readFile(`/proc/net/${name}`, 'utf8').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === '0A' && Number.parseInt(fields[1]?.split(':')[1] ?? '', 16) === port && fields[9] !== undefined) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch((): string[] => [])) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (!inodes.has(target)) continue;
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return `${name === '' ? 'process' : name} (process ${pid})`;
    }
  }
  return undefined;
}
