import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Dialog } from '../app/dialog.tsx';
import { folderName } from '../state/editor.ts';
import type { TreeEntry } from './file-tree.tsx';

/** A name from a folder, to be typed. */
export function NameField({ from, value, placeholder, onInput }: { from: string; value: string; placeholder?: string; onInput(name: string): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  // The name without its ending is what one mostly means to change.
  useEffect(() => input.current?.setSelectionRange(0, Math.max(value.lastIndexOf('.'), 0) || value.length), []);
  return (
    <label class="field">
      Name, from {from}
      <input ref={input} type="text" value={value} onInput={(event) => onInput(event.currentTarget.value)} required placeholder={placeholder} autocomplete="off" autocapitalize="off" spellcheck={false} />
    </label>
  );
}

export function NewFile({ root, onName, onClose }: { root: string; onName(name: string): void; onClose(): void }): JSX.Element {
  const name = useSignal('');
  return (
    <Dialog title="New file" confirm="Create" onConfirm={() => name.value.trim() !== '' && onName(name.value.trim())} onClose={onClose}>
      <NameField from={root} value={name.value} placeholder="workflow.yaml" onInput={(typed) => (name.value = typed)} />
      <p class="quiet">It is on the disk once you save it.</p>
    </Dialog>
  );
}

export function RenameFile({ entry, onName, onClose }: { entry: TreeEntry; onName(entry: TreeEntry, name: string): void; onClose(): void }): JSX.Element {
  const name = useSignal(entry.name);
  return (
    <Dialog title={`Rename ${entry.name}`} confirm="Rename" onConfirm={() => name.value.trim() !== '' && onName(entry, name.value.trim())} onClose={onClose}>
      <NameField from={folderName(entry.path)} value={name.value} onInput={(typed) => (name.value = typed)} />
    </Dialog>
  );
}

export function DeleteFile({ entry, dirty, onDelete, onClose }: { entry: TreeEntry; dirty: boolean; onDelete(entry: TreeEntry): void; onClose(): void }): JSX.Element {
  return (
    <Dialog title={`Delete ${entry.name}?`} confirm="Delete" danger onConfirm={() => onDelete(entry)} onClose={onClose}>
      <p>
        <code>{entry.path}</code> {entry.folder ? 'and everything in it ' : ''}is deleted from the disk. This can’t be undone.
      </p>
      {dirty && <p>What you have not saved of it is lost, too.</p>}
    </Dialog>
  );
}

export function CloseUnsaved({ path, onDiscard, onClose }: { path: string; onDiscard(path: string): void; onClose(): void }): JSX.Element {
  return (
    <Dialog title="Close without saving?" confirm="Close without saving" danger onConfirm={() => onDiscard(path)} onClose={onClose}>
      <p>
        What you changed in <code>{path}</code> is lost.
      </p>
    </Dialog>
  );
}
