import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Workshop } from '../runner/workshop.ts';
import type { CommandParts } from './command.ts';
import type { Flags } from './flags.ts';

/** Does work of the command `name` in a lab without its site; that and its data folder are gone when it is over, however it ends. */
export async function inWorkshop<T>(name: string, parts: CommandParts, flags: Flags, folders: readonly string[], work: (workshop: Workshop, data: string) => Promise<T>): Promise<T> {
  const data = await mkdtemp(join(tmpdir(), `argo-lab-${name}-`));
  try {
    const workshop = await parts.openWorkshop({ ...flags, data }, folders);
    try {
      return await work(workshop, data);
    } finally {
      await workshop.close();
    }
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}
