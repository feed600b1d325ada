import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../lib/errors.ts';
import type { Disposer } from '../lib/scope.ts';

/** Keeps two servers from writing into one data folder. A lock whose owner is gone is taken over. */
export async function lockFolder(folder: string): Promise<Disposer> {
  const path = join(folder, 'lock');
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  for (let attempt = 0; attempt < 3; attempt++) {
    const file = await open(path, 'wx', 0o600).catch(() => undefined);
    if (file !== undefined) {
      await file.writeFile(mine);
      await file.close();
      return () => rm(path, { force: true });
    }
    const owner = (await readFile(path, 'utf8').catch(() => '')).trim();
    const pid = Number(owner.split(' ')[0]);
    if (Number.isInteger(pid) && pid > 0 && pid !== process.pid && owner === `${pid} ${await startOf(pid)}`.trim() && isRunning(pid)) {
      throw new LabError('conflict', `another argo-lab (process ${pid}) uses the data folder ${folder}`, 'Stop it, or choose another folder: --data DIR.');
    }
    await rm(path, { force: true });
  }
  await writeFile(path, mine, { mode: 0o600 });
  return () => rm(path, { force: true });
}

/** When a process began, in the kernel's ticks: tells a process from a later one with the same number. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
