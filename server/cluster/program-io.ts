import type { ProgramContext } from './program.ts';

/** The text of a mounted file, as the container sees it; undefined where there is none, or where it is no plain file. */
export async function mountedText(context: Pick<ProgramContext, 'openFile'>, path: string): Promise<string | undefined> {
  const handle = await context.openFile(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    return (await handle.stat()).isFile() ? await handle.readFile('utf8') : undefined;
  } finally {
    await handle.close();
  }
}
