import { signal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { FileView } from '../../server/protocol/workbench.ts';
import { ApiError } from './api.ts';
import type { LabApi } from './api.ts';
import { activeFile, applyBlock, baseName, emptyEditor, folderName, isDirty, isWithin, joinPath, reduceEditor } from './editor.ts';
import type { BlockTarget, EditorAction, EditorModel } from './editor.ts';
import type { Timers } from './timers.ts';

export interface EditorStoreOptions {
  api: LabApi;
  timers: Timers;
  /** The session's id, once it is ready. */
  sid(): string | undefined;
  /** The folder the tree begins with; `~` for the home folder. */
  root(): string;
  report(error: unknown): void;
  announce(message: string): void;
}

/** How often the file in view is compared with the disk, where the lab does not say that it changed. */
const LOOK_MS = 4000;

/** The files of a session as the editor shows them. */
export class EditorStore {
  readonly model: Signal<EditorModel> = signal(emptyEditor);
  readonly #options: EditorStoreOptions;
  readonly #saves = new Map<string, Promise<boolean>>();
  #stopLooking: (() => void) | undefined;

  constructor(options: EditorStoreOptions) {
    this.#options = options;
  }

  /** Begins to show the tree and to look at the disk; returns how to stop. */
  watch(): () => void {
    const look = () => {
      this.#stopLooking = this.#options.timers.after(LOOK_MS, () => void this.lookAgain().finally(() => this.#stopLooking !== undefined && look()));
    };
    void this.refresh();
    look();
    return () => {
      this.#stopLooking?.();
      this.#stopLooking = undefined;
    };
  }

  /** Forgets everything: the session began anew. */
  clear(): void {
    this.model.value = emptyEditor;
  }

  /** Reads the tree's folders again, those that are open. */
  async refresh(): Promise<void> {
    const { root, folders } = this.model.value;
    const open = Object.entries(folders).flatMap(([path, folder]) => (folder.open && path !== root ? [path] : []));
    await this.#guard(async (sid) => {
      await this.#readRoot(sid);
      await Promise.all(open.map((path) => this.#readFolder(sid, path).catch(() => this.#dispatch({ type: 'fold', path, open: false }))));
    });
  }

  async toggle(path: string): Promise<void> {
    const folder = this.model.value.folders[path];
    this.#dispatch({ type: 'fold', path, open: folder?.open !== true });
    if (folder?.open !== true) await this.#guard((sid) => this.#readFolder(sid, path));
  }

  /** Opens a file, or shows it; one that is not there begins empty. */
  async open(name: string): Promise<void> {
    await this.#guard(async (sid) => {
      await this.#open(sid, name);
    });
  }

  show(path: string): void {
    this.#dispatch({ type: 'activate', path });
    void this.lookAgain();
  }

  close(path: string): void {
    this.#dispatch({ type: 'close', path });
  }

  edit(path: string, text: string): void {
    this.#dispatch({ type: 'edit', path, text });
  }

  /** Puts the editor's text on the disk; asked for while the file is being saved, it waits for that and saves what is new since. */
  save(path: string): Promise<boolean> {
    const running = this.#saves.get(path);
    const saving = running === undefined ? this.#save(path) : running.then(() => this.#save(path));
    this.#saves.set(path, saving);
    return saving.finally(() => {
      if (this.#saves.get(path) === saving) this.#saves.delete(path);
    });
  }

  async #save(path: string): Promise<boolean> {
    const file = this.model.value.files.find((candidate) => candidate.path === path);
    if (file === undefined || file.unreadable !== undefined || file.conflict !== undefined) return false;
    let saved = false;
    await this.#guard(async (sid) => {
      this.#dispatch({ type: 'saving', path });
      try {
        const { version } = await this.#options.api.saveFile(sid, path, { text: file.text, version: file.version });
        this.#dispatch({ type: 'saved', path, text: file.text, version });
        this.#options.announce('Saved.');
        saved = true;
        if (file.version === null) await this.#readFolder(sid, folderName(path)).catch(() => undefined);
      } catch (error) {
        this.#dispatch({ type: 'save-failed', path });
        if (!(error instanceof ApiError) || error.status !== 409) throw error;
        await this.#readDisk(sid, path);
      }
    });
    return saved;
  }

  /** Decides for the disk's text or for the learner's own; the latter is saved at once. */
  async resolve(path: string, keep: 'disk' | 'mine'): Promise<void> {
    this.#dispatch({ type: 'resolve', path, keep });
    if (keep === 'mine') await this.save(path);
  }

  /** Gives a file or folder another name; answers its new path, or nothing where that could not be done. */
  async rename(path: string, name: string): Promise<string | undefined> {
    let moved: string | undefined;
    await this.#guard(async (sid) => {
      const to = joinPath(folderName(path), name);
      if (to === path) return;
      // A save that is on its way would bring the old file back.
      await this.#saved(path);
      const answer = await this.#options.api.moveFile(sid, path, to);
      moved = answer.path;
      this.#dispatch({ type: 'moved', from: path, to: answer.path });
      this.#options.announce(`Renamed to ${baseName(answer.path)}.`);
      await this.#readAround(sid, path, answer.path);
      for (const file of this.model.value.files) if (isWithin(file.path, answer.path)) await this.#readDisk(sid, file.path);
    });
    return moved;
  }

  /** Deletes a file, or a folder with all that is in it; what of it was open is closed. */
  async remove(path: string): Promise<boolean> {
    let removed = false;
    await this.#guard(async (sid) => {
      await this.#saved(path);
      await this.#options.api.deleteFile(sid, path).catch((error: unknown) => {
        // Gone already, by the shell perhaps: just as well.
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
      });
      removed = true;
      this.#dispatch({ type: 'removed', path });
      this.#options.announce(`Deleted ${baseName(path)}.`);
      await this.#readAround(sid, path);
    });
    return removed;
  }

  async #saved(path: string): Promise<void> {
    await Promise.all([...this.#saves].flatMap(([saving, done]) => (isWithin(saving, path) ? [done] : [])));
  }

  /** Reads the folders in which these are, as far as they are shown. */
  async #readAround(sid: string, ...paths: string[]): Promise<void> {
    const known = [...new Set(paths.map(folderName))].filter((folder) => this.model.value.folders[folder] !== undefined);
    await Promise.all(known.map((folder) => this.#readFolder(sid, folder)));
  }

  /** Puts a block of the page into a file and saves it. */
  async putBlock(name: string, target: BlockTarget, code: string, marker: string | undefined): Promise<boolean> {
    let done = false;
    await this.#guard(async (sid) => {
      const path = await this.#open(sid, name);
      const file = this.model.value.files.find((candidate) => candidate.path === path);
      if (file === undefined || file.unreadable !== undefined) return;
      this.#dispatch({ type: 'set', path, text: applyBlock(file.text, target, code, marker) });
      done = await this.save(path);
    });
    return done;
  }

  /** What changed on the disk, as the lab tells it. */
  changed(paths: readonly string[]): void {
    const { files, folders, root } = this.model.value;
    if (root === undefined) return;
    const touched = (path: string) => paths.some((changed) => changed === path || path.startsWith(`${changed.replace(/\/$/, '')}/`));
    const sid = this.#options.sid();
    if (sid === undefined) return;
    for (const file of files) if (touched(file.path)) void this.#readDisk(sid, file.path).catch(() => undefined);
    const inside = Object.entries(folders).filter(([path, folder]) => folder.open && (touched(path) || paths.some((changed) => folderName(changed) === path)));
    for (const [path] of inside) void this.#readFolder(sid, path).catch(() => undefined);
  }

  /** Compares the file in view with the disk. */
  async lookAgain(): Promise<void> {
    const file = activeFile(this.model.value);
    const sid = this.#options.sid();
    if (file === undefined || sid === undefined || file.saving) return;
    await this.#readDisk(sid, file.path).catch(() => undefined);
  }

  async #open(sid: string, name: string): Promise<string> {
    if (this.model.value.root === undefined) await this.#readRoot(sid);
    const path = joinPath(this.model.value.root ?? '', name);
    if (this.model.value.files.some((file) => file.path === path)) {
      this.#dispatch({ type: 'activate', path });
      await this.#readDisk(sid, path);
      return path;
    }
    const file = await this.#read(sid, path);
    if (file === undefined) this.#dispatch({ type: 'create', path });
    else this.#dispatch({ type: 'open', file });
    return file?.path ?? path;
  }

  /** An answer that was asked for before a save says nothing of the disk after it, and is asked for anew. */
  async #readDisk(sid: string, path: string): Promise<void> {
    const known = () => this.model.value.files.find((candidate) => candidate.path === path);
    for (;;) {
      const before = known()?.version;
      const file = await this.#read(sid, path);
      if (known()?.saving === true) await this.#saves.get(path);
      else if (known()?.version === before) return this.#dispatch({ type: 'disk', path, file });
    }
  }

  async #read(sid: string, path: string): Promise<FileView | undefined> {
    try {
      return await this.#options.api.file(sid, path);
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return undefined;
      throw error;
    }
  }

  async #readRoot(sid: string): Promise<void> {
    const wanted = this.model.value.root ?? this.#options.root();
    const top = await this.#options.api.folder(sid, wanted).catch((error: unknown) => {
      // An author may name a folder that a script makes later, or never: then the home folder is shown.
      if (error instanceof ApiError && error.status === 404 && wanted !== '~') return this.#options.api.folder(sid, '~');
      throw error;
    });
    this.#dispatch({ type: 'root', path: top.path });
    this.#dispatch({ type: 'folder', path: top.path, entries: top.entries, truncated: top.truncated === true });
  }

  async #readFolder(sid: string, path: string): Promise<void> {
    const folder = await this.#options.api.folder(sid, path);
    this.#dispatch({ type: 'folder', path, entries: folder.entries, truncated: folder.truncated === true });
  }

  async #guard(work: (sid: string) => Promise<void>): Promise<void> {
    const sid = this.#options.sid();
    if (sid === undefined) return;
    try {
      await work(sid);
    } catch (error) {
      this.#options.report(error);
    }
  }

  #dispatch(action: EditorAction): void {
    this.model.value = reduceEditor(this.model.value, action);
  }
}

/** Files whose text is not on the disk. */
export function unsaved(model: EditorModel): string[] {
  return model.files.filter((file) => isDirty(file) && (file.text !== '' || file.version !== null)).map((file) => file.path);
}
