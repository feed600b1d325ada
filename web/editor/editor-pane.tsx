import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from '../app/icons.tsx';
import { Splitter } from '../app/splitter.tsx';
import { unsaved } from '../state/editor-store.ts';
import { activeFile, isDirty, isWithin } from '../state/editor.ts';
import type { EditorModel, OpenFile } from '../state/editor.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { CodeView } from './code-view.ts';
import { FileTree, focusRow, rowBeside, titleOf } from './file-tree.tsx';
import type { TreeEntry } from './file-tree.tsx';
import { CloseUnsaved, DeleteFile, NewFile, RenameFile } from './file-dialogs.tsx';

/** The session's files: a tree, the open ones in tabs, and the text of one. */
export function EditorPane({ store }: { store: ScenarioStore }): JSX.Element {
  const { editor } = store;
  const model = editor.model.value;
  const file = activeFile(model);
  const ready = store.model.value.session?.state === 'ready';
  const sid = store.model.value.session?.id;
  const asking = useSignal<Asking>(undefined);
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => (ready ? editor.watch() : undefined), [ready, sid]);
  const { treeSplit } = settings.value;
  useLayoutEffect(() => body.current?.style.setProperty('--tree', `${treeSplit}%`), [treeSplit]);
  const close = (path: string) => {
    const closing = model.files.find((candidate) => candidate.path === path);
    if (closing !== undefined && isDirty(closing) && closing.text !== '') asking.value = { close: path };
    else editor.close(path);
  };
  return (
    <section class="editor" aria-label="Editor">
      <div class="editor-bar">
        <div class="editor-tabs" role="group" aria-label="Open files">
          {model.files.map((open) => (
            <span key={open.path} class={open.path === model.active ? 'file-tab file-tab-active' : 'file-tab'}>
              <button type="button" aria-pressed={open.path === model.active} title={open.path} onClick={() => editor.show(open.path)}>
                {isDirty(open) && (
                  <span class="dirty" aria-label="not saved" role="img">
                    ●
                  </span>
                )}
                {titleOf(
                  open.path,
                  model.files.map((one) => one.path),
                )}
              </button>
              <button type="button" class="file-close" aria-label={`Close ${open.path}`} title="Close" onClick={() => close(open.path)}>
                <Icon name="cross" />
              </button>
            </span>
          ))}
        </div>
        <span class="grow" />
        <button type="button" class="tool-toggle" disabled={file === undefined || !isDirty(file) || file.saving || file.conflict !== undefined} title="Save (Ctrl+S)" onClick={() => file !== undefined && void editor.save(file.path)}>
          <Icon name="save" /> {file?.saving === true ? 'Saving …' : 'Save'}
        </button>
        <button type="button" class="icon-button" aria-label="Close the editor" title="Close the editor" onClick={() => store.arrange({ editor: false })}>
          <Icon name="cross" />
        </button>
      </div>
      <div class="editor-body" ref={body}>
        <div class="editor-tree">
          <div class="tree-bar">
            <span class="grow quiet">Files</span>
            <button type="button" class="icon-button" aria-label="New file" title="New file" disabled={!ready} onClick={() => (asking.value = 'new')}>
              <Icon name="plus" />
            </button>
            <button type="button" class="icon-button" aria-label="Read the files again" title="Read the files again" disabled={!ready} onClick={() => void editor.refresh()}>
              <Icon name="reload" />
            </button>
          </div>
          <FileTree
            model={model}
            plain={store.model.value.scenario?.layout?.dotFilesHidden === true}
            onToggle={(path) => void editor.toggle(path)}
            onOpen={(path) => void editor.open(path)}
            onRename={(entry) => (asking.value = { rename: entry })}
            onDelete={(entry) => (asking.value = { remove: entry })}
          />
        </div>
        <Splitter axis="x" label="Width of the list of files" value={treeSplit} min={10} max={60} middle={26} onChange={(percent) => changeSettings({ treeSplit: percent })} />
        <div class="editor-main">
          {file?.conflict !== undefined && <Conflict file={file} onResolve={(keep) => void editor.resolve(file.path, keep)} />}
          <FileText store={store} file={file} />
        </div>
      </div>
      {asking.value === 'new' && <NewFile root={model.root ?? '~'} onName={(name) => void editor.open(name)} onClose={() => (asking.value = undefined)} />}
      {isAsking(asking.value, 'close') && <CloseUnsaved path={asking.value.close} onDiscard={(path) => editor.close(path)} onClose={() => (asking.value = undefined)} />}
      {isAsking(asking.value, 'rename') && <RenameFile entry={asking.value.rename} onName={({ path }, name) => void editor.rename(path, name).then((to) => focusRow(body.current, to ?? path))} onClose={() => (asking.value = undefined)} />}
      {isAsking(asking.value, 'remove') && (
        <DeleteFile
          entry={asking.value.remove}
          dirty={isUnsavedIn(model, asking.value.remove.path)}
          onDelete={({ path }) => {
            const next = rowBeside(body.current, path);
            void editor.remove(path).then((removed) => focusRow(body.current, removed ? next : path));
          }}
          onClose={() => (asking.value = undefined)}
        />
      )}
    </section>
  );
}

function FileText({ store, file }: { store: ScenarioStore; file: OpenFile | undefined }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<CodeView | undefined>(undefined);
  const path = useRef<string | undefined>(undefined);
  const readable = file !== undefined && file.unreadable === undefined;
  path.current = readable ? file.path : undefined;
  useLayoutEffect(() => {
    if (host.current === null) return;
    const made = new CodeView(host.current, {
      changed: (text) => path.current !== undefined && store.editor.edit(path.current, text),
      save: () => path.current !== undefined && void store.editor.save(path.current),
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useLayoutEffect(() => {
    if (readable) view.current?.show(file.path, file.text, file.revision);
  }, [file?.path, file?.revision, readable]);
  const open = store.editor.model.value.files.map((one) => one.path).join('\n');
  const before = useRef<string[]>([]);
  useEffect(() => {
    const now = open.split('\n');
    for (const gone of before.current) if (!now.includes(gone)) view.current?.forget(gone);
    before.current = now;
  }, [open]);
  // A file that was just opened takes the focus; one that follows the disk doesn't.
  useEffect(() => {
    if (readable && document.activeElement?.closest('.editor-tree') !== null) view.current?.focus();
  }, [file?.path]);
  return (
    <>
      <div class={readable ? 'editor-text' : 'editor-text editor-text-hidden'} ref={host} />
      {file === undefined && <p class="quiet editor-note">Choose a file, or make a new one.</p>}
      {file?.unreadable !== undefined && <p class="quiet editor-note">{file.unreadable === 'binary' ? 'This file is no text.' : 'This file is too long for the editor.'}</p>}
    </>
  );
}

function Conflict({ file, onResolve }: { file: OpenFile; onResolve(keep: 'disk' | 'mine'): void }): JSX.Element {
  const gone = file.conflict?.text === undefined;
  return (
    <div class="conflict" role="alert">
      <Icon name="warning" />
      <span class="grow">{gone ? 'This file is gone from the disk.' : 'This file was changed on the disk, and here too.'}</span>
      {!gone && (
        <button type="button" class="button small" onClick={() => onResolve('disk')}>
          Take the disk’s
        </button>
      )}
      <button type="button" class="button small" onClick={() => onResolve('mine')}>
        {gone ? 'Save it again' : 'Keep mine'}
      </button>
    </div>
  );
}

type Asking = 'new' | { close: string } | { rename: TreeEntry } | { remove: TreeEntry } | undefined;

/** Which question is asked. */
function isAsking<K extends 'close' | 'rename' | 'remove'>(asking: Asking, what: K): asking is Extract<Asking, Record<K, unknown>> {
  return typeof asking === 'object' && what in asking;
}

function isUnsavedIn(model: EditorModel, path: string): boolean {
  return unsaved(model).some((file) => isWithin(file, path));
}
