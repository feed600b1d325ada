import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { parseJson } from '../lib/json.ts';
import type { SessionRecord } from './machine.ts';

const StoredRecord = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[a-z0-9]{8,40}$/),
  scenario: z.string(),
  provider: z.string().optional(),
  state: z.enum(['preparing', 'ready', 'failed', 'ended']),
  page: z.string(),
  opened: z.record(z.string(), z.number()),
  done: z.array(z.string()),
  terminals: z.array(z.object({ id: z.string(), name: z.string() })),
  createdAt: z.number(),
  answers: z.record(z.string(), z.record(z.string(), z.array(z.string()))).exactOptional(),
});

const Progress = z.object({ version: z.literal(1), scenarios: z.record(z.string(), z.object({ done: z.array(z.string()), finished: z.boolean() })) });
export type Progress = z.infer<typeof Progress>;

/** The data folder: one folder a session, and what the learner has finished over all of them. */
export class SessionStore {
  #writes: Promise<unknown> = Promise.resolve();

  constructor(readonly folder: string) {}

  sessionFolder(id: string): string {
    return join(this.folder, 'sessions', id);
  }

  homeOf(id: string): string {
    return join(this.sessionFolder(id), 'home');
  }

  /** Every session that can be read; one whose file is broken or missing is left where it is and not listed. */
  async load(): Promise<SessionRecord[]> {
    const names = await readdir(join(this.folder, 'sessions')).catch((): string[] => []);
    const records: SessionRecord[] = [];
    for (const name of names) {
      const text = await readFile(join(this.sessionFolder(name), 'session.json'), 'utf8').catch(() => '');
      const parsed = StoredRecord.safeParse(parseJson(text));
      if (parsed.success && parsed.data.id === name) records.push(parsed.data);
    }
    await this.#sweepTrash();
    return records;
  }

  async save(record: SessionRecord): Promise<void> {
    await this.#inOrder(async () => {
      await mkdir(this.sessionFolder(record.id), { recursive: true, mode: 0o711 });
      await writeFileAtomic(join(this.sessionFolder(record.id), 'session.json'), JSON.stringify(record, null, 2));
    });
  }

  async loadSnapshot(id: string): Promise<unknown> {
    return parseJson(await readFile(join(this.sessionFolder(id), 'cluster.json'), 'utf8').catch(() => ''));
  }

  /** `text` is JSON. */
  async saveSnapshot(id: string, text: string): Promise<void> {
    await writeFileAtomic(join(this.sessionFolder(id), 'cluster.json'), text);
  }

  /** Takes files of a session out of the way at once; they are deleted meanwhile. */
  async discard(path: string): Promise<void> {
    const trash = join(this.folder, 'trash');
    await mkdir(trash, { recursive: true, mode: 0o700 });
    const target = join(trash, `${process.pid}-${process.hrtime.bigint()}`);
    const moved = await rename(path, target).then(
      () => true,
      () => false,
    );
    if (moved) void rm(target, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }

  async loadProgress(): Promise<Progress> {
    const parsed = Progress.safeParse(parseJson(await readFile(join(this.folder, 'progress.json'), 'utf8').catch(() => '')));
    return parsed.success ? parsed.data : { version: 1, scenarios: {} };
  }

  async saveProgress(progress: Progress): Promise<void> {
    await this.#inOrder(async () => {
      await mkdir(this.folder, { recursive: true });
      await writeFileAtomic(join(this.folder, 'progress.json'), JSON.stringify(progress, null, 2));
    });
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await this.#writes;
  }

  #inOrder(write: () => Promise<void>): Promise<void> {
    const next = this.#writes.catch(() => undefined).then(write);
    this.#writes = next.catch(() => undefined);
    return next;
  }

  async #sweepTrash(): Promise<void> {
    void rm(join(this.folder, 'trash'), { recursive: true, force: true }).catch(() => undefined);
  }
}
