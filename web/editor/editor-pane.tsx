import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { Dialog } from '../app/dialog.tsx';
import { Icon } from '../app/icons.tsx';
import { Splitter } from '../app/splitter.tsx';
import { activeFile, isDirty } from '../state/editor.ts';
import type { OpenFile } from '../state/editor.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { CodeView } from './code-view.ts';
import { FileTree, titleOf } from './file-tree.tsx';

/** The session's files: a tree, the open ones in tabs, and the text of one. */
export function EditorPane({ store }: { store: ScenarioStore }): JSX.Element {
  const { editor } = store;
  const model = editor.model.value;
  const file = activeFile(model);
  const ready = store.model.value.session?.state === 'ready';
  const sid = store.model.value.session?.id;
  const asking = useSignal<'new' | { close: string } | undefined>(undefined);
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
          <FileTree model={model} onToggle={(path) => void editor.toggle(path)} onOpen={(path) => void editor.open(path)} />
        </div>
        <Splitter axis="x" label="Width of the list of files" value={treeSplit} min={10} max={60} middle={26} onChange={(percent) => changeSettings({ treeSplit: percent })} />
        <div class="editor-main">
          {file?.conflict !== undefined && <Conflict file={file} onResolve={(keep) => void editor.resolve(file.path, keep)} />}
          <FileText store={store} file={file} />
        </div>
      </div>
      {asking.value === 'new' && <NewFile root={model.root ?? '~'} onName={(name) => void editor.open(name)} onClose={() => (asking.value = undefined)} />}
      {typeof asking.value === 'object' && <CloseUnsaved path={asking.value.close} onDiscard={(path) => editor.close(path)} onClose={() => (asking.value = undefined)} />}
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

function NewFile({ root, onName, onClose }: { root: string; onName(name: string): void; onClose(): void }): JSX.Element {
  const name = useSignal('');
  return (
    <Dialog title="New file" confirm="Create" onConfirm={() => name.value.trim() !== '' && onName(name.value.trim())} onClose={onClose}>
      <label class="field">
        Name, from {root}
        <input type="text" value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} required placeholder="workflow.yaml" autocomplete="off" autocapitalize="off" spellcheck={false} />
      </label>
      <p class="quiet">It is on the disk once you save it.</p>
    </Dialog>
  );
}

function CloseUnsaved({ path, onDiscard, onClose }: { path: string; onDiscard(path: string): void; onClose(): void }): JSX.Element {
  return (
    <Dialog title="Close without saving?" confirm="Close without saving" danger onConfirm={() => onDiscard(path)} onClose={onClose}>
      <p>
        What you changed in <code>{path}</code> is lost.
      </p>
    </Dialog>
  );
}
