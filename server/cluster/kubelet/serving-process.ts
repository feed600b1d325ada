import { type FSWatcher, watch } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunningContainer } from './running-container.ts';

/** The file by which a process of a container says that the image's program is up; see ProgramContent. */
const UP = 'up';

/**
 * Lets the processes of a container begin and end the program that its image stands for: `sh -c 'prepare; nginx'` is a
 * shell first, and a web server once the shell has come so far. The program goes when the container does.
 */
export function withProgram(container: RunningContainer, folder: string, start: () => RunningContainer): RunningContainer {
  let program: RunningContainer | undefined;
  let over = false;
  const end = () => {
    program?.signal('SIGTERM');
    program = undefined;
  };
  const look = async () => {
    const up = await lstat(join(folder, UP)).then(() => true, () => false);
    if (up && !over) program ??= start();
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
