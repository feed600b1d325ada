import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../lib/atomic-file.ts';
import { parseJson } from '../../lib/json.ts';

const Owner = z.object({
  version: z.literal(1),
  name: z.string(),
  /** Whose it is; a session that may come back keeps its cluster. Absent: nobody's yet. */
  session: z.string().optional(),
  /** When it was given to its session, milliseconds since the epoch: what was asked before is not the learner's. */
  since: z.number().optional(),
  /** `containerPort` of the node behind a free port of the machine, for the place's port `port`. */
  ports: z.array(z.object({ port: z.number(), hostPort: z.number() })),
});
export type Owner = z.infer<typeof Owner>;

/**
 * Which clusters are this lab's own: one folder each, made before the cluster and removed after it, so that what a crash
 * leaves is found, and nothing is touched that was made by another. Names tell whose data folder it is, too.
 */
export class OwnedClusters {
  readonly prefix: string;

  constructor(private readonly folder: string) {
    this.prefix = `argo-lab-${createHash('sha256').update(folder).digest('hex').slice(0, 6)}-`;
  }

  folderOf(name: string): string {
    return join(this.folder, 'clusters', name);
  }

  kubeconfigOf(name: string): string {
    return join(this.folderOf(name), 'kubeconfig');
  }

  async save(owner: Owner): Promise<void> {
    await mkdir(this.folderOf(owner.name), { recursive: true, mode: 0o700 });
    await writeFileAtomic(join(this.folderOf(owner.name), 'owner.json'), JSON.stringify(owner, null, 2));
  }

  async find(name: string): Promise<Owner | undefined> {
    const text = await readFile(join(this.folderOf(name), 'owner.json'), 'utf8').catch(() => '');
    const parsed = Owner.safeParse(parseJson(text));
    return parsed.success && parsed.data.name === name && name.startsWith(this.prefix) ? parsed.data : undefined;
  }

  async all(): Promise<Owner[]> {
    const names = await readdir(join(this.folder, 'clusters')).catch((): string[] => []);
    return (await Promise.all(names.map((name) => this.find(name)))).filter((owner) => owner !== undefined);
  }

  async forget(name: string): Promise<void> {
    await rm(this.folderOf(name), { recursive: true, force: true });
  }
}
