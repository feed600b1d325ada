import { z } from 'zod';

/**
 * What stands beside the text: how the page is laid out, and the files of a session as its editor sees them.
 *
 *   GET    /api/sessions/:sid/files?path=DIR             → FolderView      (`~` and relative paths: from the home folder)
 *   GET    /api/sessions/:sid/files/content?path=FILE    → FileView
 *   PUT    /api/sessions/:sid/files/content?path=FILE    SaveFile → SavedFile (409 `conflict`: the file is no longer what `version` says)
 *   POST   /api/sessions/:sid/files/folders {path}       → 204             (makes a folder and those above it)
 *   PATCH  /api/sessions/:sid/files?path=PATH {to}       → MovedFile       (renames or moves a file or folder; 409 `conflict`: `to` is there already)
 *   DELETE /api/sessions/:sid/files?path=PATH            → 204             (a folder with all that is in it)
 *
 * Paths that leave what the session may see are refused with `bad-request`; what is not there with `not-found`.
 */

/** How the right half begins. The learner may change all of it. */
export const LayoutView = z.object({
  /** `ide`: editor above the terminal. `editor-terminal`: the same. `terminal-terminal`: two terminals, one above the other. */
  kind: z.enum(['terminal', 'ide', 'editor-terminal', 'terminal-terminal']),
  /** Tabs for ports that are there from the start; `path` begins with a slash. */
  dashboards: z.array(z.object({ name: z.string(), port: z.number(), path: z.string() })),
  /** Named terminals beside the first one; `command` is typed once, when the terminal is first opened. */
  terminals: z.array(z.object({ name: z.string(), command: z.string().optional(), /** The machine that it stands for: `host02`. */ host: z.string().optional() })),
  /** The folder that the editor shows; the home folder where nothing is said. */
  editorPath: z.string().optional(),
  /** The author wants no last page: the last step is the end. */
  finishHidden: z.boolean().optional(),
  /** The editor's tree leaves out what begins with a dot; such a file can still be opened by its name. */
  dotFilesHidden: z.boolean().optional(),
  /** Begins with the text folded away. */
  textHidden: z.boolean().optional(),
});
export type LayoutView = z.infer<typeof LayoutView>;

export const FileEntry = z.object({ name: z.string(), type: z.enum(['file', 'folder', 'other']), size: z.number().optional() });
export type FileEntry = z.infer<typeof FileEntry>;
/** `path` is absolute as the learner's shell sees it (`/root/app`). Entries are in no particular order. */
export const FolderView = z.object({ path: z.string(), entries: z.array(FileEntry), truncated: z.boolean().optional() });
export type FolderView = z.infer<typeof FolderView>;

/** `version` changes whenever the content does; `text` is absent where the file is no text (`binary`) or too long (`large`). */
export const FileView = z.object({ path: z.string(), version: z.string(), text: z.string().optional(), unreadable: z.enum(['binary', 'large']).optional(), size: z.number() });
export type FileView = z.infer<typeof FileView>;

/** `version`: what the editor last read; absent = write whatever is there; null = only where no such file is. */
export const SaveFile = z.object({ text: z.string(), version: z.string().nullable().optional() });
export type SaveFile = z.infer<typeof SaveFile>;
export const SavedFile = z.object({ path: z.string(), version: z.string() });
export type SavedFile = z.infer<typeof SavedFile>;

/** `to`: a path as the others; the folders above it are made. */
export const MoveFile = z.object({ to: z.string() });
/** `path`: where it is now, absolute. */
export const MovedFile = z.object({ path: z.string() });
export type MovedFile = z.infer<typeof MovedFile>;

/** What a block of a page does to the file it names. */
export type BlockTarget = 'replace' | 'insert' | 'append' | 'prepend';

/**
 * A block of the page put into a file, as Katacoda's editor did: `insert` takes the place of the marker (at the end,
 * where the marker is not there or not named).
 */
export function applyBlock(text: string, target: BlockTarget, code: string, marker: string | undefined): string {
  const block = code.endsWith('\n') || code === '' ? code : `${code}\n`;
  if (target === 'replace') return block;
  if (target === 'prepend') return block + text;
  if (target === 'insert' && marker !== undefined && marker !== '' && text.includes(marker)) {
    const at = text.indexOf(marker);
    return text.slice(0, at) + code.replace(/\n$/, '') + text.slice(at + marker.length);
  }
  return (text === '' || text.endsWith('\n') ? text : `${text}\n`) + block;
}
