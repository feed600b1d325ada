import { readdir, readFile, readlink } from 'node:fs/promises';

/** What the host's /proc tells about processes. Everything is best effort: a process may end while it is read. */

/** Pids of the direct children. */
export async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}

/** `pid` and everything beneath it, parents first. */
export async function treeOf(pid: number): Promise<number[]> {
  const seen = new Set([pid]);
  for (const parent of seen) for (const child of await childrenOf(parent)) seen.add(child);
  return [...seen];
}

/** Whether the process can still run something: it exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return false;
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return state !== 'Z' && state !== 'X';
}

/** Pid, process group, session and controlling terminal of every process whose `/proc` entry can be read. */
export async function allProcesses(): Promise<{ pid: number; ppid: number; group: number; session: number; tty: number }[]> {
  const names = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const out = [];
  for (const name of names) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    const [, ppid, group, session, tty] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number);
    out.push({ pid: Number(name), ppid: ppid ?? 0, group: group ?? 0, session: session ?? 0, tty: tty ?? 0 });
  }
  return out;
}

export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** Signals a process, everything beneath it, and everything on its terminal or in its session. */
export async function killTree(pid: number, signal: NodeJS.Signals): Promise<void> {
  const processes = await allProcesses();
  const chosen = new Set([pid]);
  const root = processes.find((process) => process.pid === pid);
  for (let grew = true; grew; ) {
    grew = false;
    for (const process of processes) {
      if (chosen.has(process.pid)) continue;
      const sameSession = root !== undefined && root.session === pid && process.session === pid;
      if (chosen.has(process.ppid) || sameSession) {
        chosen.add(process.pid);
        grew = true;
      }
    }
  }
  for (const member of [...chosen].reverse()) kill(member, signal);
}

/** Ends every process whose environment has `name` with this value, until none is left that can run. */
export async function killMarked(name: string, value: string): Promise<void> {
  const wanted = Buffer.from(`${name}=${value}\0`);
  for (let round = 0; round < 20; round++) {
    const found: number[] = [];
    for (const entry of await readdir('/proc').catch((): string[] => [])) {
      if (!/^\d+$/.test(entry) || Number(entry) === process.pid) continue;
      const environment = await readFile(`/proc/${entry}/environ`).catch(() => undefined);
      if (environment?.includes(wanted) === true && (await isAlive(Number(entry)))) found.push(Number(entry));
    }
    if (found.length === 0) return;
    for (const pid of found) kill(pid, 'SIGKILL');
  }
}

/** Ports in state LISTEN from the text of /proc/PID/net/tcp or tcp6. */
export function parseListening(text: string): { port: number; address: string }[] {
  const out: { port: number; address: string }[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state] = line.trim().split(/\s+/);
    if (state !== '0A' || local === undefined) continue;
    const [address = '', port = ''] = local.split(':');
    out.push({ port: Number.parseInt(port, 16), address });
  }
  return out;
}

/** Ports on which something listens in the network namespace of `pid`; undefined where /proc can't tell. */
export async function listeningPorts(pid: number): Promise<number[] | undefined> {
  const texts = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/${pid}/net/${name}`, 'utf8').catch(() => undefined)));
  if (texts.every((text) => text === undefined)) return undefined;
  const ports = texts.flatMap((text) => (text === undefined ? [] : parseListening(text))).map((entry) => entry.port);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** Whether a process has a file below `folder`, as it sees it, open for writing. */
export async function writesBelow(pid: number, folder: string): Promise<boolean> {
  for (const fd of await readdir(`/proc/${pid}/fd`).catch((): string[] => [])) {
    const path = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
    if (!path.startsWith(`${folder}/`)) continue;
    const flags = /^flags:\s*([0-7]+)$/m.exec(await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => ''))?.[1];
    // O_WRONLY or O_RDWR.
    if (flags !== undefined && (Number.parseInt(flags, 8) & 0o3) !== 0) return true;
  }
  return false;
}

/** Names the PID namespace that a process runs in; undefined when it is gone or may not be looked at. */
export function pidNamespaceOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/ns/pid`).catch(() => undefined);
}

/** The file of the program that a process runs; undefined when it is gone or may not be looked at. */
export function programOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/exe`).catch(() => undefined);
}

/** Every process of a PID namespace that can still run. */
export async function membersOf(space: string): Promise<number[]> {
  const names = (await readdir('/proc').catch((): string[] => [])).filter((name) => /^\d+$/.test(name));
  const spaces = await Promise.all(names.map(async (name) => ({ pid: Number(name), space: await pidNamespaceOf(Number(name)) })));
  const members = spaces.filter((entry) => entry.space === space).map((entry) => entry.pid);
  const alive = await Promise.all(members.map(async (pid) => ({ pid, alive: await isAlive(pid) })));
  return alive.filter((entry) => entry.alive).map((entry) => entry.pid);
}

/** How many processes the user of a process may have, as that process was told; undefined where there is no bound or it is gone. */
export async function processLimitOf(pid: number): Promise<number | undefined> {
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => '');
  const soft = /^Max processes\s+(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}
