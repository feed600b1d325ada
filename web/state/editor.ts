import type { FileEntry, FileView } from '../../server/protocol/workbench.ts';

/** One file in the editor. Paths are absolute, as the learner's shell sees them. */
export interface OpenFile {
  path: string;
  /** The text as last read from or written to the disk; undefined while it is read, or where it is no text. */
  saved: string | undefined;
  /** What `saved` is called by the lab; null for a file that is not on the disk yet. */
  version: string | null;
  /** The text in the editor. */
  text: string;
  /** Grows when the text was set from outside the editor, which then takes it over. */
  revision: number;
  saving: boolean;
  unreadable: 'binary' | 'large' | undefined;
  /** The file on the disk is no longer what was read: another text, or gone (`undefined` text). */
  conflict: { text: string | undefined; version: string | null } | undefined;
}

export interface Folder {
  entries: readonly FileEntry[];
  open: boolean;
  truncated: boolean;
}

export interface EditorModel {
  /** The folder at the top of the tree; undefined until the lab has said it. */
  root: string | undefined;
  folders: Readonly<Record<string, Folder>>;
  files: readonly OpenFile[];
  active: string | undefined;
}

export type EditorAction =
  | { type: 'root'; path: string }
  | { type: 'folder'; path: string; entries: readonly FileEntry[]; truncated: boolean }
  | { type: 'fold'; path: string; open: boolean }
  | { type: 'open'; file: FileView }
  /** A file that is not there yet. */
  | { type: 'create'; path: string }
  | { type: 'activate'; path: string }
  | { type: 'close'; path: string }
  /** The learner typed. */
  | { type: 'edit'; path: string; text: string }
  /** A block of the page was put into the file. */
  | { type: 'set'; path: string; text: string }
  | { type: 'saving'; path: string }
  | { type: 'saved'; path: string; text: string; version: string }
  | { type: 'save-failed'; path: string }
  /** What is on the disk now; undefined where nothing is. */
  | { type: 'disk'; path: string; file: FileView | undefined }
  /** A file or folder has another path. */
  | { type: 'moved'; from: string; to: string }
  /** A file or folder was deleted. */
  | { type: 'removed'; path: string }
  /** The learner decided a conflict: the disk's text, or his own (which still has to be saved). */
  | { type: 'resolve'; path: string; keep: 'disk' | 'mine' };

export const emptyEditor: EditorModel = { root: undefined, folders: {}, files: [], active: undefined };

export function isDirty(file: OpenFile): boolean {
  return file.unreadable === undefined && (file.saved === undefined || file.text !== file.saved);
}

export function activeFile(model: EditorModel): OpenFile | undefined {
  return model.files.find((file) => file.path === model.active);
}

export function reduceEditor(model: EditorModel, action: EditorAction): EditorModel {
  switch (action.type) {
    case 'root':
      return { ...model, root: action.path };
    case 'folder': {
      const known = model.folders[action.path];
      return withFolder(model, action.path, { entries: [...action.entries].sort(byName), open: known?.open ?? true, truncated: action.truncated });
    }
    case 'fold': {
      const known = model.folders[action.path];
      return withFolder(model, action.path, { entries: known?.entries ?? [], truncated: known?.truncated ?? false, open: action.open });
    }
    case 'open':
      if (model.files.some((file) => file.path === action.file.path)) return { ...reduceEditor(model, { type: 'disk', path: action.file.path, file: action.file }), active: action.file.path };
      return { ...model, files: [...model.files, opened(action.file)], active: action.file.path };
    case 'create':
      if (model.files.some((file) => file.path === action.path)) return { ...model, active: action.path };
      return { ...model, files: [...model.files, { path: action.path, saved: undefined, version: null, text: '', revision: 1, saving: false, unreadable: undefined, conflict: undefined }], active: action.path };
    case 'activate':
      return { ...model, active: action.path };
    case 'close': {
      const at = model.files.findIndex((file) => file.path === action.path);
      const files = model.files.filter((file) => file.path !== action.path);
      return { ...model, files, active: model.active === action.path ? (files[at] ?? files[at - 1])?.path : model.active };
    }
    case 'edit':
      return change(model, action.path, () => ({ text: action.text }));
    case 'set':
      return change(model, action.path, (file) => ({ text: action.text, revision: file.revision + 1 }));
    case 'saving':
      return change(model, action.path, () => ({ saving: true }));
    case 'saved':
      return change(model, action.path, () => ({ saving: false, saved: action.text, version: action.version, conflict: undefined }));
    case 'save-failed':
      return change(model, action.path, () => ({ saving: false }));
    case 'disk':
      return change(model, action.path, (file) => fromDisk(file, action.file));
    case 'moved': {
      const path = (old: string) => (isWithin(old, action.from) ? action.to + old.slice(action.from.length) : old);
      const folders = Object.fromEntries(Object.entries(model.folders).map(([name, folder]) => [path(name), folder]));
      return { ...model, folders, files: model.files.map((file) => ({ ...file, path: path(file.path) })), active: model.active === undefined ? undefined : path(model.active) };
    }
    case 'removed': {
      const closed = model.files.filter((file) => isWithin(file.path, action.path)).reduce((now, file) => reduceEditor(now, { type: 'close', path: file.path }), model);
      return { ...closed, folders: Object.fromEntries(Object.entries(model.folders).filter(([name]) => !isWithin(name, action.path))) };
    }
    case 'resolve':
      return change(model, action.path, (file) => resolved(file, action.keep));
  }
}

function opened(file: FileView): OpenFile {
  return { path: file.path, saved: file.text, version: file.version, text: file.text ?? '', revision: 1, saving: false, unreadable: file.unreadable, conflict: undefined };
}

/** A file nobody has changed here follows the disk; a changed one waits for a decision. */
function fromDisk(file: OpenFile, disk: FileView | undefined): Partial<OpenFile> {
  if (file.saving) return {};
  if (disk === undefined) return file.version === null ? {} : { conflict: { text: undefined, version: null } };
  if (disk.version === file.version) return { conflict: undefined };
  if (disk.text === undefined) return { saved: undefined, text: '', version: disk.version, unreadable: disk.unreadable ?? 'binary', revision: file.revision + 1, conflict: undefined };
  if (disk.text === file.text) return { saved: disk.text, version: disk.version, conflict: undefined };
  if (isDirty(file) && file.unreadable === undefined) return { conflict: { text: disk.text, version: disk.version } };
  return { saved: disk.text, text: disk.text, version: disk.version, unreadable: undefined, revision: file.revision + 1, conflict: undefined };
}

function resolved(file: OpenFile, keep: 'disk' | 'mine'): Partial<OpenFile> {
  const { conflict } = file;
  if (conflict === undefined) return {};
  if (keep === 'mine') return { saved: conflict.text, version: conflict.version, conflict: undefined };
  return { saved: conflict.text, text: conflict.text ?? '', version: conflict.version, revision: file.revision + 1, conflict: undefined };
}

function change(model: EditorModel, path: string, to: (file: OpenFile) => Partial<OpenFile>): EditorModel {
  return { ...model, files: model.files.map((file) => (file.path === path ? { ...file, ...to(file) } : file)) };
}

function withFolder(model: EditorModel, path: string, folder: Folder): EditorModel {
  return { ...model, folders: { ...model.folders, [path]: folder } };
}

/** Folders first, then by name without regard to case. */
function byName(a: FileEntry, b: FileEntry): number {
  if ((a.type === 'folder') !== (b.type === 'folder')) return a.type === 'folder' ? -1 : 1;
  return a.name.localeCompare(b.name, 'en', { sensitivity: 'base', numeric: true });
}

export { applyBlock, type BlockTarget } from '../../server/protocol/workbench.ts';

/** Whether a path is this file or folder, or something in it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder.replace(/\/$/, '')}/`);
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function folderName(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}

export function joinPath(folder: string, name: string): string {
  return name.startsWith('/') || name.startsWith('~') ? name : `${folder.replace(/\/$/, '')}/${name.replace(/^\.\//, '')}`;
}
