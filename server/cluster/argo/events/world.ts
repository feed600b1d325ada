import { createServer } from 'node:http';
import type { Ids } from '../../../lib/ids.ts';
import type { ProgramContext } from '../../program.ts';
import { mountedText, serveOn } from '../../program-io.ts';
import type { KeySelector } from './types.ts';

/** A secret's or config map's value that is mounted into the pod, without a line's end. Throws an Error. */
export async function mountedValue(context: ProgramContext, kind: 'secret' | 'configMap', selector: KeySelector | undefined): Promise<string> {
  if (selector === undefined) throw new Error(`${kind === 'secret' ? 'secret' : 'configmap'} key selector is nil`);
  const path = `/argo-events/${kind === 'secret' ? 'secrets' : 'config'}/${selector.name}/${selector.key}`;
  const text = await mountedText(context, path);
  if (text === undefined) throw new Error(`failed to get ${kind} value of name: ${selector.name}, key: ${selector.key}, open ${path}: no such file or directory`);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/** Answers every request on a port with the same text, made anew each time. */
export function answerOn(context: ProgramContext, port: number, answer: () => { type: string; body: string }): () => void {
  const server = createServer((_request, response) => {
    const { type, body } = answer();
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  return serveOn(context, server, port);
}

/** Letters and digits. */
export function randomText(ids: Ids, length: number): string {
  return ids.alphanumeric(length);
}
