import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SessionEvent } from '../../../server/protocol/rest.ts';
import { systemClock } from '../../../server/lib/clock.ts';
import { DiskWatch } from '../../../server/session/disk-watch.ts';
import type { SessionInside } from '../../../server/session/inside.ts';

let home: string;
let events: SessionEvent[];
let ended: number;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'lab-disk-'));
  events = [];
  ended = 0;
});
afterEach(() => rm(home, { recursive: true, force: true }));

function watching(limits: { bytes: number; files: number }): DiskWatch {
  const place = { home, isolation: 'bubblewrap', endWriters: async () => ++ended, endAll: async () => (ended += 10) };
  const deps = { clock: systemClock } as SessionInside['deps'];
  const session: Partial<SessionInside> = { deps, life: { place } as unknown as NonNullable<SessionInside['life']>, send: (event) => void events.push(event) };
  return new DiskWatch(session as SessionInside, limits);
}
const MIB = 1024 * 1024;

describe('a home that fills up', () => {
  it('is no matter while there is room', async () => {
    await watching({ bytes: 10 * MIB, files: 100 }).look();
    expect({ events, ended }).toEqual({ events: [], ended: 0 });
  });
  it('is told of when it is nearly full, once, and again to whoever comes', async () => {
    await writeFile(join(home, 'big'), Buffer.alloc(9 * MIB));
    const watch = watching({ bytes: 10 * MIB, files: 100 });
    await watch.look();
    await watch.look();
    watch.tellAgain();
    await watch.look();
    const notice = { type: 'notice', id: 'disk', severity: 'warning', text: 'Your home folder is nearly full: 9 of 10 MiB. Delete what you no longer need.' };
    expect({ events, ended }).toEqual({ events: [notice, notice], ended: 0 });
  });
  it('is written to no further when it is full, until there is room again', async () => {
    await writeFile(join(home, 'big'), Buffer.alloc(12 * MIB));
    const watch = watching({ bytes: 10 * MIB, files: 100 });
    await watch.look();
    expect({ events, ended }).toEqual({ events: [{ type: 'notice', id: 'disk', severity: 'error', text: 'Your home folder is full: 12 of 10 MiB. What was writing into it has been ended. Delete what you no longer need: du -sh ~/* shows what is large.' }], ended: 1 });
    await rm(join(home, 'big'));
    await watch.look();
    expect(events.at(-1)).toEqual({ type: 'notice', id: 'disk', severity: 'warning', text: '' });
  });
  it('may be full of tiny files, too', async () => {
    await mkdir(join(home, 'many'));
    for (let i = 0; i < 60; i++) await writeFile(join(home, 'many', String(i)), '');
    await watching({ bytes: 10 * MIB, files: 50 }).look();
    expect(events).toMatchObject([{ severity: 'error', text: expect.stringContaining('62 of 50 files') }]);
  });
  it('is measured without what its links lead to', async () => {
    await symlink('/usr', join(home, 'usr'));
    await watching({ bytes: MIB, files: 50 }).look();
    expect(events).toEqual([]);
  });
  it('is emptied of what was written last, where something writes faster than anybody looks', async () => {
    await writeFile(join(home, 'notes'), 'mine\n');
    await utimes(join(home, 'notes'), 1, 1);
    await mkdir(join(home, 'deep'));
    await symlink('/etc/hostname', join(home, 'usr'));
    for (const [at, name] of ['a', 'b\nb', 'deep/c', 'deep/d'].entries()) {
      await writeFile(join(home, name), Buffer.alloc(5 * MIB));
      await utimes(join(home, name), 1000 + at, 1000 + at);
    }
    const watch = watching({ bytes: 10 * MIB, files: 100 });
    await watch.look();
    expect({ ended, left: (await readdir(home, { recursive: true })).sort() }).toEqual({ ended: 10, left: ['a', 'deep', 'notes', 'usr'] });
    const text = 'Your home folder is full: 20 of 10 MiB. What was writing into it has been ended. The 3 files that were written last are gone. Delete what you no longer need: du -sh ~/* shows what is large.';
    expect(events).toEqual([{ type: 'notice', id: 'disk', severity: 'error', text }]);
    // Why everything has ended is still told when there is room.
    await watch.look();
    expect(events).toHaveLength(1);
  });
});
