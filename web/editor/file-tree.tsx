import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { EditorModel } from '../state/editor.ts';
import { baseName, isWithin, joinPath } from '../state/editor.ts';
import { Icon } from '../app/icons.tsx';

export interface FileTreeProps {
  model: EditorModel;
  /** Leaves out what begins with a dot. */
  plain: boolean;
  onToggle(path: string): void;
  onOpen(path: string): void;
  onRename(entry: TreeEntry): void;
  onDelete(entry: TreeEntry): void;
}

/** What of the tree is to be renamed or deleted. */
export interface TreeEntry {
  path: string;
  name: string;
  folder: boolean;
}

interface Row extends TreeEntry {
  level: number;
  open: boolean;
  note?: string;
}

/** The rows that can be seen, from the top. */
export function rowsOf(model: EditorModel, folder: string, level: number, plain: boolean): Row[] {
  const known = model.folders[folder];
  if (known === undefined) return [];
  const rows = known.entries.flatMap((entry): Row[] => {
    if (plain && entry.name.startsWith('.')) return [];
    const path = joinPath(folder, entry.name);
    const isFolder = entry.type === 'folder';
    const open = isFolder && model.folders[path]?.open === true;
    const row: Row = { path, name: entry.name, level, folder: isFolder, open };
    return open ? [row, ...rowsOf(model, path, level + 1, plain)] : [row];
  });
  return known.truncated ? [...rows, { path: `${folder}/…`, name: 'more …', level, folder: false, open: false, note: 'There are more files in this folder than can be shown.' }] : rows;
}

/** Folders and files: arrow keys move, fold and unfold, Enter opens, F2 renames, Delete deletes, letters find a name. */
export function FileTree({ model, plain, onToggle, onOpen, onRename, onDelete }: FileTreeProps): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  if (model.root === undefined) return <p class="quiet tree-note">Reading the files …</p>;
  const rows = rowsOf(model, model.root, 1, plain);
  if (rows.length === 0) return <p class="quiet tree-note">No files yet.</p>;
  const tabStop = rows.some((row) => row.path === model.active) ? model.active : rows[0]?.path;
  const items = () => [...(list.current?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])];
  const act = (row: Row) => (row.note !== undefined ? undefined : row.folder ? onToggle(row.path) : onOpen(row.path));
  const onKeyDown = (event: KeyboardEvent) => {
    const all = items();
    const at = all.findIndex((item) => item === document.activeElement);
    const row = rows[at];
    if (row === undefined) return;
    const to = (index: number) => all[Math.max(0, Math.min(all.length - 1, index))]?.focus();
    const parent = () => to(rows.findLastIndex((candidate, i) => i < at && candidate.level < row.level));
    if (event.key === 'ArrowDown') to(at + 1);
    else if (event.key === 'ArrowUp') to(at - 1);
    else if (event.key === 'Home') to(0);
    else if (event.key === 'End') to(all.length - 1);
    else if (event.key === 'ArrowRight') row.folder && !row.open ? onToggle(row.path) : to(at + 1);
    else if (event.key === 'ArrowLeft') row.folder && row.open ? onToggle(row.path) : parent();
    else if (event.key === 'Enter' || event.key === ' ') act(row);
    else if (event.key === 'F2') row.note === undefined && onRename(row);
    else if (event.key === 'Delete') row.note === undefined && onDelete(row);
    else if (/^[\w.-]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const found = [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find((candidate) => candidate.name.toLowerCase().startsWith(event.key.toLowerCase()));
      if (found !== undefined) to(rows.indexOf(found));
    } else return;
    event.preventDefault();
  };
  return (
    <ul class="tree" role="tree" aria-label={`Files in ${model.root}`} ref={list} onKeyDown={onKeyDown}>
      {rows.map((row) => (
        <li
          key={row.path}
          role="treeitem"
          aria-level={row.level}
          aria-expanded={row.folder ? row.open : undefined}
          aria-selected={row.path === model.active}
          tabIndex={row.path === tabStop ? 0 : -1}
          class={`tree-row tree-level-${Math.min(row.level, 8)}`}
          aria-keyshortcuts={row.note === undefined ? 'F2 Delete' : undefined}
          data-path={row.path}
          title={row.note ?? `${row.path} (F2: rename, Delete: delete)`}
          onClick={(event) => {
            event.currentTarget.focus();
            act(row);
          }}
        >
          <Icon name={row.folder ? (row.open ? 'down' : 'right') : 'file'} />
          <span class="tree-name">{row.name}</span>
          {model.files.some((file) => file.path === row.path && file.saved !== undefined && file.text !== file.saved) && <span class="sr-only">, not saved</span>}
          {row.note === undefined && (
            // The keys F2 and Delete do the same: within an item of a tree, a second tab stop is not allowed.
            <span class="tree-tools" aria-hidden="true">
              {([['pencil', 'Rename', onRename], ['trash', 'Delete', onDelete]] as const).map(([icon, title, ask]) => (
                <button
                  key={title}
                  type="button"
                  tabIndex={-1}
                  title={title}
                  onClick={(event) => {
                    event.stopPropagation();
                    event.currentTarget.closest('li')?.focus();
                    ask(row);
                  }}
                >
                  <Icon name={icon} />
                </button>
              ))}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

export function titleOf(path: string, all: readonly string[]): string {
  const name = baseName(path);
  // Two files of one name: their folders tell them apart.
  return all.filter((other) => baseName(other) === name).length > 1 ? path.split('/').slice(-2).join('/') : name;
}

/** Moves the keyboard to a row, or to the one where Tab enters the tree, once the page is drawn. */
export function focusRow(within: HTMLElement | null, path: string | undefined): void {
  requestAnimationFrame(() => {
    const rows = [...(within?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])];
    (rows.find((row) => row.dataset['path'] === path) ?? rows.find((row) => row.tabIndex === 0))?.focus();
  });
}

/** The path of the row that is where this one was when it is gone. */
export function rowBeside(within: HTMLElement | null, path: string): string | undefined {
  const rows = [...(within?.querySelectorAll<HTMLElement>('[role=treeitem]') ?? [])].map((row) => row.dataset['path'] ?? '');
  const at = rows.indexOf(path);
  return rows.slice(at).find((row) => !isWithin(row, path)) ?? rows[at - 1];
}
