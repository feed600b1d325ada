import { type FSWatcher, watch } from 'node:fs';
import { openInside } from '../../lib/inside-file.ts';
import type { RunningContainer } from './running-container.ts';

/** The file by which a process of a container says that the image's program is up, and its command's words, one a line; see ProgramContent. */
const UP = 'up';
/** Bytes of them that are read. */
const MAX_WORDS = 64 * 1024;

/**
 * Lets the processes of a container begin and end the program that its image stands for: `sh -c 'prepare; nginx'` is a
 * shell first, and a web server once the shell has come so far. The program goes when the container does.
 */
export function withProgram(container: RunningContainer, folder: string, start: (argv: string[]) => RunningContainer): RunningContainer {
  let program: RunningContainer | undefined;
  let over = false;
  const end = () => {
    program?.signal('SIGTERM');
    program = undefined;
  };
  const look = async () => {
    const argv = await wordsOf(folder).catch(() => undefined);
    if (argv !== undefined && !over) program ??= start(argv);
    else end();
  };
  const watcher: FSWatcher = watch(folder, () => void look());
  // The folder may be gone before its container is.
  watcher.on('error', () => watcher.close());
  void look();
  void container.exited.finally(() => {
    over = true;
    watcher.close();
    end();
  });
  return container;
}

async function wordsOf(folder: string): Promise<string[]> {
  const file = await openInside(folder, UP);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(MAX_WORDS), 0, MAX_WORDS, 0);
    return buffer.subarray(0, bytesRead).toString().split('\n').slice(0, -1);
  } finally {
    await file.close();
  }
}
