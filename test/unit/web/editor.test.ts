import { describe, expect, it } from 'vitest';
import { applyBlock, emptyEditor, isDirty, reduceEditor } from '../../../web/state/editor.ts';
import { rowsOf } from '../../../web/editor/file-tree.tsx';
import type { EditorAction, OpenFile } from '../../../web/state/editor.ts';

const view = (text: string, version = text) => ({ path: '/root/a.yaml', version, text, size: text.length });
const after = (...actions: EditorAction[]) => actions.reduce(reduceEditor, emptyEditor);
const file = (...actions: EditorAction[]): OpenFile | undefined => after({ type: 'open', file: view('one') }, ...actions).files[0];
const edit: EditorAction = { type: 'edit', path: '/root/a.yaml', text: 'mine' };
const disk = (text: string): EditorAction => ({ type: 'disk', path: '/root/a.yaml', file: view(text) });
const gone: EditorAction = { type: 'disk', path: '/root/a.yaml', file: undefined };

describe('a folder that is moved or deleted', () => {
  const open = (path: string): EditorAction => ({ type: 'open', file: { path, version: 'v', text: 'x', size: 1 } });
  const tree: EditorAction[] = [
    { type: 'root', path: '/root' },
    { type: 'folder', path: '/root', entries: [], truncated: false },
    { type: 'folder', path: '/root/app', entries: [], truncated: false },
    { type: 'folder', path: '/root/app/src', entries: [], truncated: false },
    open('/root/app/src/a'),
    open('/root/app.yaml'),
    open('/root/app/b'),
  ];
  const seen = (...actions: EditorAction[]) => {
    const model = after(...tree, ...actions);
    return { files: model.files.map((one) => one.path), folders: Object.keys(model.folders), active: model.active };
  };

  it('takes what is open in it along', () => {
    expect(seen({ type: 'moved', from: '/root/app', to: '/root/new/app' })).toEqual({ files: ['/root/new/app/src/a', '/root/app.yaml', '/root/new/app/b'], folders: ['/root', '/root/new/app', '/root/new/app/src'], active: '/root/new/app/b' });
    expect(seen({ type: 'moved', from: '/root/app.yaml', to: '/root/x' }).files).toEqual(['/root/app/src/a', '/root/x', '/root/app/b']);
  });

  it('closes what was open in it, and nothing beside it', () => {
    expect(seen({ type: 'removed', path: '/root/app' })).toEqual({ files: ['/root/app.yaml'], folders: ['/root'], active: '/root/app.yaml' });
    expect(seen({ type: 'removed', path: '/root/app.yaml' })).toMatchObject({ files: ['/root/app/src/a', '/root/app/b'], active: '/root/app/b' });
  });
});

describe('a file in the editor', () => {
  it('is not saved from the first change until it is written', () => {
    const dirty = (...actions: EditorAction[]) => {
      const found = file(...actions);
      return found !== undefined && isDirty(found);
    };
    expect([dirty(), dirty(edit), dirty(edit, { type: 'edit', path: '/root/a.yaml', text: 'one' }), dirty(edit, { type: 'saved', path: '/root/a.yaml', text: 'mine', version: '2' })]).toEqual([false, true, false, false]);
  });

  it('stays not saved where more was typed while it was written', () => {
    const found = file(edit, { type: 'saving', path: '/root/a.yaml' }, { type: 'edit', path: '/root/a.yaml', text: 'mine!' }, { type: 'saved', path: '/root/a.yaml', text: 'mine', version: '2' });
    expect(found).toMatchObject({ saved: 'mine', text: 'mine!', version: '2' });
  });

  it('follows the disk while nobody changed it here', () => {
    expect(file(disk('two'))).toMatchObject({ saved: 'two', text: 'two', revision: 2, conflict: undefined });
  });

  it('waits for a decision where both were changed, and takes either', () => {
    const both = [edit, disk('theirs')];
    expect(file(...both)).toMatchObject({ text: 'mine', conflict: { text: 'theirs', version: 'theirs' } });
    expect(file(...both, { type: 'resolve', path: '/root/a.yaml', keep: 'disk' })).toMatchObject({ saved: 'theirs', text: 'theirs', version: 'theirs', conflict: undefined });
    expect(file(...both, { type: 'resolve', path: '/root/a.yaml', keep: 'mine' })).toMatchObject({ saved: 'theirs', text: 'mine', version: 'theirs', conflict: undefined });
  });

  it('has no conflict where both came to the same, or the disk came back', () => {
    expect(file(edit, disk('mine'))).toMatchObject({ saved: 'mine', conflict: undefined });
    expect(file(edit, disk('theirs'), disk('one'))).toMatchObject({ conflict: undefined });
  });

  it('can be written again when it is gone', () => {
    expect(file(gone)?.conflict).toEqual({ text: undefined, version: null });
    expect(file(gone, { type: 'resolve', path: '/root/a.yaml', keep: 'mine' })).toMatchObject({ saved: undefined, text: 'one', version: null });
  });

  it('is new until it is saved, and nothing on the disk is missed before', () => {
    const created = after({ type: 'create', path: '/root/new' }, { type: 'disk', path: '/root/new', file: undefined });
    expect(created.files[0]).toMatchObject({ version: null, conflict: undefined, text: '' });
  });

  it('gives its place to the right neighbour when it closes, at the end to the left one', () => {
    const open = (path: string): EditorAction => ({ type: 'create', path });
    expect(after(open('a'), open('b'), open('c'), { type: 'activate', path: 'b' }, { type: 'close', path: 'b' }).active).toBe('c');
    expect(after(open('a'), open('b'), { type: 'close', path: 'b' }).active).toBe('a');
  });
});

it('shows folders first, then names without regard to case', () => {
  const entries = ['b.txt', 'A.txt', 'zoo'].map((name) => ({ name, type: name === 'zoo' ? ('folder' as const) : ('file' as const) }));
  expect(after({ type: 'folder', path: '/root', entries, truncated: false }).folders['/root']?.entries.map((entry) => entry.name)).toEqual(['zoo', 'A.txt', 'b.txt']);
});

describe('a block of the page', () => {
  it.each([
    ['replace', 'old\n', undefined, 'new\n'],
    ['append', 'old', undefined, 'old\nnew\n'],
    ['append', '', undefined, 'new\n'],
    ['prepend', 'old\n', undefined, 'new\nold\n'],
    ['insert', 'a\n# TODO\nb\n', '# TODO', 'a\nnew\nb\n'],
    ['insert', 'a\n', '# TODO', 'a\nnew\n'],
    ['insert', 'a\n', undefined, 'a\nnew\n'],
  ] as const)('is put into a file: %s into %j at %j', (target, before, marker, result) => {
    expect(applyBlock(before, target, 'new', marker)).toBe(result);
  });
});

describe('the tree of files', () => {
  const model = after({ type: 'root', path: '/root' }, { type: 'folder', path: '/root', entries: [{ name: '.kube', type: 'folder' }, { name: '.profile', type: 'file' }, { name: 'app', type: 'folder' }], truncated: false }, { type: 'folder', path: '/root/app', entries: [{ name: '.env', type: 'file' }, { name: 'main.py', type: 'file' }], truncated: false });
  const shown = (plain: boolean) => rowsOf(model, '/root', 1, plain).map((row) => row.path);

  it('shows every file, or, where the author wants that, those without a dot before their name', () => {
    expect(shown(false)).toEqual(['/root/.kube', '/root/app', '/root/app/.env', '/root/app/main.py', '/root/.profile']);
    expect(shown(true)).toEqual(['/root/app', '/root/app/main.py']);
  });
});
