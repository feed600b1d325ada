import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { whenAborted } from '../../../lib/abort.ts';
import { decoded } from '../../../lib/decoded.ts';
import type { ProgramContext } from '../../program.ts';
import { serveOn } from '../../program-io.ts';

/** Answers HTTP on ports of the pod until the program is told to end; resolves with its exit code. */
export async function serveHttp(context: ProgramContext, ports: readonly number[], handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const stop = serveOn(context, createServer(handle), ...ports);
  await whenAborted(context.signal);
  stop();
  return 0;
}

/** An answer with its length, as small servers give it; HEAD gets the headers alone. */
export function answer(request: IncomingMessage, response: ServerResponse, code: number, type: string, body: string, headers: Record<string, string> = {}): void {
  response.writeHead(code, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(request.method === 'HEAD' ? undefined : body);
}

export function pathOf(request: IncomingMessage): string {
  return decoded((request.url ?? '/').split('?')[0] ?? '/');
}

/** The value of a flag, `-text=hi`, `--text=hi` or `-text hi`; undefined where it is not given. */
export function flagOf(argv: readonly string[], name: string): string | undefined {
  for (const [index, word] of argv.entries()) {
    const [, flag, value] = /^--?([\w-]+)(?:=(.*))?$/s.exec(word) ?? [];
    if (flag === name) return value ?? argv[index + 1] ?? '';
  }
  return undefined;
}

/** A port out of `:8080`, `0.0.0.0:8080` or `8080`; the fallback for anything else. */
export function portOf(text: string | undefined, fallback: number): number {
  const port = Number(/(\d+)$/.exec(text ?? '')?.[1] ?? Number.NaN);
  return port > 0 && port < 65_536 ? port : fallback;
}

export function hostnameOf({ pod }: ProgramContext): string {
  const spec = pod['spec'];
  const named = typeof spec === 'object' && spec !== null && 'hostname' in spec && typeof spec.hostname === 'string' ? spec.hostname : '';
  return named === '' ? pod.metadata.name : named;
}
