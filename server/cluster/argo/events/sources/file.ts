import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, lstat, readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { whenAborted } from '../../../../lib/abort.ts';
import { below, openInside } from '../../../../lib/inside-file.ts';
import { goJson } from '../../../../lib/json.ts';
import { goRegExp } from '../../expressions/expr/operators.ts';
import type { FileSource } from '../types.ts';
import { failed } from '../zap.ts';
import { changesBetween, type Change, OPERATIONS, type Snapshot } from './file-changes.ts';
import type { Listening } from './listener.ts';

const POLL_MS = 100;

/** After argo-events v1.9.9 pkg/eventsources/sources/file/start.go */
export async function listenToFile(source: FileSource, listening: Listening): Promise<void> {
  const { context, log, event, dispatch } = listening;
  const { directory, path, pathRegexp } = source.watchPathConfig;
  const line = (polling: number, watching: number) => `file/start.go:${source.polling ? polling : watching}`;
  log.info(line(168, 88), source.polling ? 'setting up a new file polling watcher...' : 'setting up a new file watcher...');
  log.info(line(173, 96), 'adding directory to monitor for the watcher...');
  const folder = await openFolder(context, directory).catch(() => {
    const error = `failed to add directory ${directory} to the watcher for ${event}, no such file or directory`;
    log.error(source.polling ? 'file/start.go:71' : 'file/start.go:76', 'failed to listen to events', [['error', error]]);
    throw new Error(error);
  });
  if (pathRegexp !== '') log.info(line(181, 104), 'matching file path with configured regex...', [['regex', pathRegexp]]);
  const pattern = pathRegexp === '' ? undefined : goRegExp(pathRegexp);
  const handle = async ({ name, operation }: Change) => {
    // A poll tells the name alone, a notification the path that it was asked for with the name behind.
    const shown = source.polling ? name : posix.join(directory, name);
    const relative = shown.startsWith(directory) ? shown.slice(directory.length) : shown;
    const fits = (path !== '' && path === relative) || pattern?.test(relative) === true;
    if (!fits || source.eventType !== operation) return;
    const fields: [string, string][] = [['event-type', operation], ['descriptor-name', shown]];
    log.info(line(193, 116), 'file event', fields);
    try {
      log.info(line(201, 124), 'dispatching file event on data channel...', fields);
      await dispatch(goJson({ name: shown, op: OPERATIONS[operation], metadata: source.metadata ?? null })).catch((error: unknown) => {
        throw new Error(`failed to dispatch ${source.polling ? 'file' : 'a file'} event, ${failed(error)[1]}`);
      });
    } catch (error) {
      log.error(line(229, 150), 'failed to process a file event', [failed(error)]);
    }
  };
  let known = await snapshot(folder);
  let work = Promise.resolve();
  const look = () => {
    work = work.then(async () => {
      const found = await snapshot(folder);
      const changes = changesBetween(known, found);
      known = found;
      for (const change of changes) await handle(change);
    });
    return work;
  };
  log.info(line(209, 131), 'listening to file notifications...');
  if (source.polling) log.info('file/start.go:242', 'Starting watcher...');
  const stop = source.polling ? context.clock.every(POLL_MS, () => void look()) : watching(below(folder, '.'), () => void look());
  await whenAborted(context.signal);
  stop();
  await work;
  await folder.close();
  log.info(line(237, 157), 'event source has been stopped');
}

/** Watches without a word where the folder goes away: it has gone with its pod. */
function watching(folder: string, changed: () => void): () => void {
  const watcher: FSWatcher = watch(folder, changed);
  watcher.on('error', () => watcher.close());
  return () => watcher.close();
}

/**
 * A folder of a volume, held open: whatever the pod's processes put into its place later, this one is looked into.
 * Rejects where it is in no volume.
 */
async function openFolder(context: Listening['context'], directory: string): Promise<FileHandle> {
  const place = context.place(posix.resolve('/', directory));
  if (place === undefined) throw new Error('not mounted');
  const handle = await openInside(place.root, place.path);
  if ((await handle.stat()).isDirectory()) return handle;
  await handle.close();
  throw new Error('not a folder');
}

async function snapshot(folder: FileHandle): Promise<Snapshot> {
  const names = await readdir(below(folder, '.')).catch(() => []);
  const found = await Promise.all(names.map(async (name) => [name, await lstat(below(folder, name)).catch(() => undefined)] as const));
  return new Map(found.flatMap(([name, stat]) => (stat === undefined ? [] : [[name, { inode: stat.ino, size: stat.size, written: stat.mtimeMs, changed: stat.ctimeMs }]])));
}
