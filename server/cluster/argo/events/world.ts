import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Ids } from '../../../lib/ids.ts';
import type { ProgramContext } from '../../program.ts';
import { mountedText } from '../../program-io.ts';
import type { KeySelector } from './types.ts';

/** A secret's or config map's value that is mounted into the pod, without a line's end. Throws an Error. */
export async function mountedValue(context: ProgramContext, kind: 'secret' | 'configMap', selector: KeySelector | undefined): Promise<string> {
  if (selector === undefined) throw new Error(`${kind === 'secret' ? 'secret' : 'configmap'} key selector is nil`);
  const path = `/argo-events/${kind === 'secret' ? 'secrets' : 'config'}/${selector.name}/${selector.key}`;
  const text = await mountedText(context, path);
  if (text === undefined) throw new Error(`failed to get ${kind} value of name: ${selector.name}, key: ${selector.key}, open ${path}: no such file or directory`);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** Listens on a port of the pod with a handler of HTTP requests; the returned function stops. Throws EADDRINUSE. */
export function serveOn(context: ProgramContext, port: number, handle: (request: IncomingMessage, response: ServerResponse) => void): () => void {
  const server = createServer(handle);
  const close = context.network.listen(context.pod.metadata.uid ?? '', port, (socket) => server.emit('connection', socket));
  return () => {
    close();
    server.closeAllConnections();
  };
}

/** Answers every request on a port with the same text, made anew each time. */
export function answerOn(context: ProgramContext, port: number, answer: () => { type: string; body: string }): () => void {
  return serveOn(context, port, (_request, response) => {
    const { type, body } = answer();
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
}

/** Letters and digits. */
export function randomText(ids: Ids, length: number): string {
  return ids.alphanumeric(length);
}
