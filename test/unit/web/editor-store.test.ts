import { describe, expect, it } from 'vitest';
import type { FileView } from '../../../server/protocol/workbench.ts';
import { ApiError } from '../../../web/state/api.ts';
import type { LabApi } from '../../../web/state/api.ts';
import { EditorStore } from '../../../web/state/editor-store.ts';

const PATH = '/root/app.yaml';
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A disk of one file whose saves and reads end when the test lets them. */
function slowDisk(text: string) {
  const disk = { text, version: 1, held: [] as (() => void)[], hold: false, thenTheirs: false };
  const view = (): FileView => ({ path: PATH, version: `v${disk.version}`, text: disk.text, size: disk.text.length });
  const gate = () => (disk.hold ? new Promise<void>((resolve) => disk.held.push(resolve)) : Promise.resolve());
  const done: string[] = [];
  let refuseMove = false;
  const answers: Pick<LabApi, 'folder' | 'file' | 'saveFile' | 'moveFile' | 'deleteFile'> = {
    moveFile: async (_sid, path, to) => {
      if (refuseMove) throw new ApiError(409, 'conflict', 'there already');
      done.push(`move ${path} ${to}`);
      return { path: to };
    },
    deleteFile: async (_sid, path) => {
      done.push(`delete ${path}`);
      throw new ApiError(404, 'not-found', 'gone already');
    },
    folder: () => Promise.resolve({ path: '/root', entries: [] }),
    file: async (_sid, path) => {
      const now = { ...view(), path };
      await gate();
      return now;
    },
    saveFile: async (_sid, path, file) => {
      await gate();
      done.push(`save ${path}`);
      if (file.version !== `v${disk.version}`) throw new ApiError(409, 'conflict', 'changed meanwhile');
      Object.assign(disk, { text: file.text, version: disk.version + 1 });
      const saved = { path, version: `v${disk.version}` };
      if (disk.thenTheirs) Object.assign(disk, { text: 'theirs\n', version: disk.version + 1 });
      return saved;
    },
  };
  const refused: unknown[] = [];
  const store = new EditorStore({
    api: answers as LabApi,
    timers: { now: () => 0, after: () => () => undefined },
    sid: () => 's1',
    root: () => '~',
    report: (error) => refused.push(error),
    announce: () => undefined,
  });
  const file = () => {
    const [only] = store.model.value.files;
    return { text: only?.text, saved: only?.saved, saving: only?.saving, conflict: only?.conflict };
  };
  return { disk, store, file, refused, done, refuse: () => (refuseMove = true) };
}

describe('the editor, on a slow disk', () => {
  it('saves what was put in while it was saving', async () => {
    const { disk, store, file } = slowDisk('old\n');
    await store.open(PATH);
    disk.hold = true;
    store.edit(PATH, 'one\n');
    const first = store.save(PATH);
    await turn();
    store.edit(PATH, 'two\n');
    const second = store.save(PATH);
    disk.hold = false;
    for (const go of disk.held.splice(0)) go();
    expect(await Promise.all([first, second])).toEqual([true, true]);
    expect([disk.text, file()]).toEqual(['two\n', { text: 'two\n', saved: 'two\n', saving: false, conflict: undefined }]);
  });

  it('takes no answer for news that is older than its own save', async () => {
    const { disk, store, file } = slowDisk('old\n');
    await store.open(PATH);
    disk.hold = true;
    const looking = store.lookAgain();
    await turn();
    const [stale] = disk.held.splice(0);
    disk.hold = false;
    store.edit(PATH, 'mine\n');
    await store.save(PATH);
    store.edit(PATH, 'mine, and more\n');
    stale?.();
    await looking;
    expect(file()).toEqual({ text: 'mine, and more\n', saved: 'mine\n', saving: false, conflict: undefined });
  });

  it('hears of a change that came while it was saving', async () => {
    const { disk, store, file } = slowDisk('old\n');
    await store.open(PATH);
    store.edit(PATH, 'mine\n');
    disk.hold = true;
    const saving = store.save(PATH);
    await turn();
    const looking = store.open(PATH);
    await turn();
    disk.hold = false;
    disk.thenTheirs = true;
    for (const go of disk.held.splice(0).reverse()) go();
    await Promise.all([saving, looking]);
    expect(file()).toEqual({ text: 'theirs\n', saved: 'theirs\n', saving: false, conflict: undefined });
  });

  it('asks where the disk was changed by somebody else', async () => {
    const { disk, store, file, refused } = slowDisk('old\n');
    await store.open(PATH);
    Object.assign(disk, { text: 'theirs\n', version: 7 });
    store.edit(PATH, 'mine\n');
    expect(await store.save(PATH)).toBe(false);
    expect([refused, file()]).toEqual([[], { text: 'mine\n', saved: 'old\n', saving: false, conflict: { text: 'theirs\n', version: 'v7' } }]);
  });
});

describe('a file that is renamed or deleted in the editor', () => {
  it('keeps what was typed and not saved', async () => {
    const { store, file, done } = slowDisk('old\n');
    await store.open(PATH);
    store.edit(PATH, 'mine\n');
    expect(await store.rename(PATH, 'new.yaml')).toBe('/root/new.yaml');
    expect([done, store.model.value.active, file()]).toEqual([['move /root/app.yaml /root/new.yaml'], '/root/new.yaml', { text: 'mine\n', saved: 'old\n', saving: false, conflict: undefined }]);
  });

  it('waits for the save that is on its way, which would bring it back', async () => {
    const { disk, store, done } = slowDisk('old\n');
    await store.open(PATH);
    disk.hold = true;
    store.edit(PATH, 'mine\n');
    const saving = store.save(PATH);
    await turn();
    const removing = store.remove(PATH);
    await turn();
    expect(done).toEqual([]);
    disk.hold = false;
    for (const go of disk.held.splice(0)) go();
    expect(await Promise.all([saving, removing])).toEqual([true, true]);
    expect([done, store.model.value.files]).toEqual([['save /root/app.yaml', 'delete /root/app.yaml'], []]);
  });

  it('stays where its new name is taken', async () => {
    const { store, refused, refuse, done } = slowDisk('old\n');
    await store.open(PATH);
    refuse();
    expect([await store.rename(PATH, 'taken.yaml'), await store.rename(PATH, 'app.yaml')]).toEqual([undefined, undefined]);
    expect([done, store.model.value.active, refused.map(String)]).toEqual([[], PATH, ['ApiError: there already']]);
  });
});
