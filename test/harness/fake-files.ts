import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import type { FileView, FolderView, MovedFile, SavedFile } from '../../server/protocol/workbench.ts';
import { MoveFile, SaveFile } from '../../server/protocol/workbench.ts';

export interface FilesAnswer {
  status: number;
  body?: FolderView | FileView | MovedFile | SavedFile | { error: { code: string; message: string } };
}

const version = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

/** The editor's files of the stand-in lab: those of a real folder, so that its terminal and the editor meet there. */
export async function filesAnswer(home: string, method: string, what: string | undefined, asked: string, body: unknown): Promise<FilesAnswer> {
  const path = asked === '~' || asked === '' ? home : isAbsolute(asked) ? asked : join(home, asked.replace(/^~\//, ''));
  const missing: FilesAnswer = { status: 404, body: { error: { code: 'not-found', message: `There is no ${path}.` } } };
  if (what === 'content' && method === 'PUT') {
    const wanted = SaveFile.parse(body);
    const before = await readFile(path).catch(() => undefined);
    const now = before === undefined ? null : version(before);
    if (wanted.version !== undefined && wanted.version !== now) return { status: 409, body: { error: { code: 'conflict', message: 'The file has changed on the disk.' } } };
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, wanted.text);
    return { status: 200, body: { path, version: version(Buffer.from(wanted.text)) } };
  }
  if (what === 'content') {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes === undefined) return missing;
    const view = { path, version: version(bytes), size: bytes.byteLength };
    return { status: 200, body: bytes.includes(0) ? { ...view, unreadable: 'binary' } : { ...view, text: bytes.toString('utf8') } };
  }
  if (method === 'PATCH') {
    const to = join(home, MoveFile.parse(body).to.replace(home, ''));
    if ((await stat(path).catch(() => undefined)) === undefined) return missing;
    if ((await stat(to).catch(() => undefined)) !== undefined) return { status: 409, body: { error: { code: 'conflict', message: `there is a ${to} already` } } };
    await mkdir(dirname(to), { recursive: true });
    await rename(path, to);
    return { status: 200, body: { path: to } };
  }
  if (method === 'DELETE') {
    await rm(path, { recursive: true, force: true });
    return { status: 204 };
  }
  const found = await readdir(path, { withFileTypes: true }).catch(() => undefined);
  if (found === undefined) return missing;
  const entries = found.map((entry) => ({ name: entry.name, type: entry.isDirectory() ? ('folder' as const) : ('file' as const) }));
  return { status: 200, body: { path, entries } };
}
