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
  const answers: Pick<LabApi, 'folder' | 'file' | 'saveFile'> = {
    folder: () => Promise.resolve({ path: '/root', entries: [] }),
    file: async () => {
      const now = view();
      await gate();
      return now;
    },
    saveFile: async (_sid, path, file) => {
      await gate();
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
  return { disk, store, file, refused };
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
