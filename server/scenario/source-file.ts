import { closeSync, constants, fstatSync, openSync, opendirSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';

/** How large a file of a kind may be, in bytes. What is larger is named and left alone. */
export const LIMITS = { json: 4 * 1024 * 1024, yaml: 1024 * 1024, page: 2 * 1024 * 1024, script: 1024 * 1024 } as const;

export type SourceFlaw = 'invalid-utf8' | 'utf-16';
export type Source = { ok: true; text: string; crlf: boolean; flaws: SourceFlaw[] } | { ok: false; code: SourceError; message: string };
export type SourceError = 'reference-missing' | 'file-not-regular' | 'file-too-large' | 'file-unreadable' | 'file-binary';

/**
 * The text of a file, without byte-order mark, with line feeds only. Reads regular files alone: a pipe, a device or a
 * socket is never opened, since that may block or act. UTF-16 is recognised by its mark; what is no UTF-8 becomes `�`.
 * Calls of the system are made at once, one file at a time: for many small files that is several times quicker than
 * handing each call to another thread.
 */
export async function readSource(path: string, limit: number): Promise<Source> {
  try {
    const info = statSync(path);
    if (!info.isFile()) return { ok: false, code: 'file-not-regular', message: `is ${kindOf(info)}, not a file` };
    if (info.size > limit) return tooLarge(limit);
    // Non-blocking, and looked at once more, for the case that it was exchanged in between.
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      if (!fstatSync(handle).isFile()) return { ok: false, code: 'file-not-regular', message: 'is not a file' };
      const bytes = Buffer.alloc(Math.min(limit, info.size) + 1);
      let length = 0;
      while (length < bytes.length) {
        const count = readSync(handle, bytes, length, bytes.length - length, length);
        if (count === 0) break;
        length += count;
      }
      return length > limit ? tooLarge(limit) : decode(bytes.subarray(0, length));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { ok: false, code: 'reference-missing', message: 'does not exist' };
    return { ok: false, code: 'file-unreadable', message: code === 'ELOOP' ? 'is a link that leads in a circle' : code === 'EACCES' ? 'may not be read' : `cannot be read (${code})` };
  }
}

/** How a regular file begins, whatever its size; nothing where that can't be read. */
export function headOf(path: string, bytes = 64 * 1024): string {
  try {
    if (!statSync(path).isFile()) return '';
    const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.toString('utf8', 0, readSync(handle, buffer, 0, bytes, 0));
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}

/** A text file without byte-order mark and carriage returns; undefined when it is no readable regular text file. */
export async function readText(path: string, limit: number = LIMITS.page): Promise<string | undefined> {
  const source = await readSource(path, limit);
  return source.ok ? source.text : undefined;
}

function decode(bytes: Buffer): Source {
  const flaws: SourceFlaw[] = [];
  let text: string;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    flaws.push('utf-16');
    text = new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  } else {
    if (bytes.includes(0)) return { ok: false, code: 'file-binary', message: 'is binary, not text' };
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      flaws.push('invalid-utf8');
      text = new TextDecoder('utf-8').decode(bytes);
    }
  }
  const plain = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const crlf = plain.includes('\r');
  return { ok: true, text: crlf ? plain.replace(/\r\n?/g, '\n') : plain, crlf, flaws };
}

function tooLarge(limit: number): Source {
  return { ok: false, code: 'file-too-large', message: `is larger than ${limit / 1024 / 1024} MB` };
}

function kindOf(info: { isDirectory(): boolean; isFIFO(): boolean; isSocket(): boolean; isBlockDevice(): boolean; isCharacterDevice(): boolean }): string {
  return info.isDirectory() ? 'a folder' : info.isFIFO() ? 'a named pipe' : info.isSocket() ? 'a socket' : info.isBlockDevice() || info.isCharacterDevice() ? 'a device' : 'something else';
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}

/** Names and types of what is in a folder, at most so many; undefined where it may not be read. */
export function entriesOf(folder: string, most: number): { entries: { name: string; kind: 'folder' | 'file' | 'link' | 'other' }[]; more: boolean } | undefined {
  try {
    const handle = opendirSync(folder, { bufferSize: 256 });
    try {
      const entries: { name: string; kind: 'folder' | 'file' | 'link' | 'other' }[] = [];
      for (let entry = handle.readSync(); entry !== null; entry = handle.readSync()) {
        if (entries.length >= most) return { entries, more: true };
        entries.push({ name: entry.name, kind: entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : 'other' });
      }
      return { entries, more: false };
    } finally {
      handle.closeSync();
    }
  } catch {
    return undefined;
  }
}

/** The root is asked for with every file; only the last one is remembered. */
let lastRoot: { path: string; real: string } | undefined;

function realRoot(path: string): string {
  if (lastRoot?.path !== path) lastRoot = { path, real: realpathSync.native(path) };
  return lastRoot.real;
}

export type Located = { ok: true; path: string } | { ok: false; code: 'reference-missing' | 'path-escapes' | 'link-loop'; message: string };

/** Where `path` really is, if that is inside `root` and not in its `.git`. Both are absolute. */
export async function locate(root: string, path: string): Promise<Located> {
  if (path.includes('\0')) return { ok: false, code: 'reference-missing', message: 'is not a path' };
  try {
    const base = realRoot(root);
    const target = realpathSync.native(path);
    const way = relative(base, target);
    if (way === '..' || way.startsWith(`..${sep}`)) return { ok: false, code: 'path-escapes', message: 'leads out of the repository' };
    if (way.split(sep).includes('.git')) return { ok: false, code: 'path-escapes', message: "leads into the repository's .git folder" };
    return { ok: true, path: target };
  } catch (error) {
    return codeOf(error) === 'ELOOP' ? { ok: false, code: 'link-loop', message: 'is a link that leads in a circle' } : { ok: false, code: 'reference-missing', message: 'does not exist' };
  }
}

/** Where `path` really is, if that is inside `folder`; undefined when missing or when it leads outside. */
export async function inside(folder: string, path: string): Promise<string | undefined> {
  const found = await locate(folder, join(folder, path.replaceAll('\0', '/..')));
  return found.ok && !path.includes('\0') ? found.path : undefined;
}

/**
 * A file that a scenario names: relative to its folder, by whatever links as long as they stay in the repository. A path
 * that itself leads out of the folder (`../x`) is refused.
 */
export async function locateIn(scenario: { folder: string; root: string }, path: string): Promise<Located> {
  const plain = posix.normalize(path.replace(/^\/+/, ''));
  if (plain === '..' || plain.startsWith('../')) return { ok: false, code: 'path-escapes', message: "leads out of the scenario's folder" };
  return locate(scenario.root, join(scenario.folder, plain));
}

/** The same, or undefined. */
export async function scenarioFile(scenario: { folder: string; root: string }, path: string): Promise<string | undefined> {
  const found = await locateIn(scenario, path);
  return found.ok ? found.path : undefined;
}
