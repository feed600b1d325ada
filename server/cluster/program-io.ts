import type { Server as HttpServer } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { ProgramContext } from './program.ts';

/** Bytes of a text that is read at once. */
const MAX_TEXT = 16 * 1024 * 1024;

/** The text of a mounted file, as the container sees it; undefined where there is none, or where it is no plain file or a huge one. */
export async function mountedText(context: Pick<ProgramContext, 'openFile'>, path: string): Promise<string | undefined> {
  const handle = await context.openFile(path).catch(() => undefined);
  if (handle === undefined) return undefined;
  try {
    const info = await handle.stat();
    return info.isFile() && info.size <= MAX_TEXT ? await handle.readFile('utf8') : undefined;
  } finally {
    await handle.close();
  }
}

/** Lets a server of HTTP or HTTPS answer on ports of the program's pod; the returned function stops it. Throws EADDRINUSE. */
export function serveOn({ network, pod }: Pick<ProgramContext, 'network' | 'pod'>, server: HttpServer | HttpsServer, ...ports: readonly number[]): () => void {
  const stops = ports.map((port) => network.listen(pod.metadata.uid ?? '', port, (socket) => server.emit('connection', socket)));
  return () => {
    for (const stop of stops) stop();
    server.closeAllConnections();
  };
}
