import { z } from 'zod';

/** The files of a session's place, as the editor asks for them. Paths are absolute as the place's processes see them, or begin with `~/`. */

/** Bytes of a file that the editor opens or saves at most. */
export const MAX_FILE_BYTES = 1024 * 1024;
/** Entries of a folder that are told at most. */
export const MAX_ENTRIES = 2000;

export const FolderEntry = z.object({
  name: z.string(),
  /** `link`: a symbolic link, which is neither opened nor followed. `other`: a FIFO, a socket, a device. */
  type: z.enum(['file', 'folder', 'link', 'other']),
  /** Bytes; 0 for what is no file. */
  size: z.number(),
});
export type FolderEntry = z.infer<typeof FolderEntry>;

/** Folders first, then by name. */
export const FolderView = z.object({ type: z.literal('folder'), path: z.string(), entries: z.array(FolderEntry), /** There are more than MAX_ENTRIES. */ truncated: z.boolean() });
export type FolderView = z.infer<typeof FolderView>;

export const FileView = z.object({
  type: z.literal('file'),
  path: z.string(),
  size: z.number(),
  /** Names this content: give it back when saving, and a change made meanwhile is told instead of overwritten. */
  version: z.string(),
  /** Absent where the file can't be edited. */
  text: z.string().optional(),
  /** Why there is no text. */
  why: z.enum(['binary', 'too-big']).optional(),
});
export type FileView = z.infer<typeof FileView>;

export const PlaceEntry = z.discriminatedUnion('type', [FolderView, FileView]);
export type PlaceEntry = z.infer<typeof PlaceEntry>;

/** PUT: either a file's whole text, or `folder: true` to make a folder. */
export const SavedFile = z.union([
  z.object({ text: z.string().max(MAX_FILE_BYTES), /** What was read; absent overwrites whatever is there, `''` demands that nothing is. */ version: z.string().max(100).optional() }).strict(),
  z.object({ folder: z.literal(true) }).strict(),
]);
export type SavedFile = z.infer<typeof SavedFile>;

export const MovedFile = z.object({ to: z.string().min(1).max(4096) }).strict();
