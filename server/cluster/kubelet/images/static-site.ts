import { extname, normalize } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { lookup } from 'mime-types';
import type { Program, ProgramContext } from '../../program.ts';
import { answer, pathOf, serveHttp } from './serve-http.ts';

/** What tells one web server from another. */
export interface StaticSite {
  /** The header Server. */
  name(context: ProgramContext): string;
  port: number;
  /** What is served: mounted there, or put there by somebody. */
  folder: string;
  /** The page of a server to which nobody gave one. */
  welcome: string;
  errorPage(code: number, title: string, path: string, server: string): string;
  /** The content type of that page. */
  errorType: string;
  log(entry: { request: IncomingMessage; code: number; size: number; now: number; address: string }): string;
  /** What the server says when it begins; the returned function says what it does when it ends. */
  begin?(context: ProgramContext): Promise<() => void> | (() => void);
  /** What its error log says of a file that could not be served. `count`: of connections, this one among them. */
  trouble?(entry: { request: IncomingMessage; code: number; file: string; now: number; address: string; count: number }): string;
}

/** A web server that serves what is in its folder, else its welcome page. */
export function staticSite(site: StaticSite): Program {
  return {
    async run(context) {
      const begun = Promise.resolve(site.begin?.(context));
      const known = new WeakSet<object>();
      let connections = 0;
      const code = await serveHttp(context, [site.port], (request, response) => {
        if (!known.has(request.socket)) connections++;
        known.add(request.socket);
        void serve(site, context, request, response, connections);
      });
      (await begun)?.();
      return code;
    },
  };
}

async function serve(site: StaticSite, context: ProgramContext, request: IncomingMessage, response: ServerResponse, count: number): Promise<void> {
  const path = normalize(pathOf(request));
  const server = site.name(context);
  const log = (code: number, size: number) => context.stdout(site.log({ request, code, size, now: context.clock.now(), address: '10.244.0.1' }));
  const say = (code: number, type: string, body: string) => {
    answer(request, response, code, type, body, { server });
    log(code, Buffer.byteLength(body));
  };
  const fail = (code: number, title: string) => {
    const trouble = code === 405 ? undefined : site.trouble?.({ request, code, file: `${site.folder}${path}`, now: context.clock.now(), address: '10.244.0.1', count });
    if (trouble !== undefined) context.stderr(trouble);
    say(code, site.errorType, site.errorPage(code, title, path, server));
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return fail(405, 'Not Allowed');
  const file = `${site.folder}${path.endsWith('/') ? `${path}index.html` : path}`;
  // Nobody touched the image's own page: it is not written down until somebody looks into the container.
  const isWelcome = (path === '/' || path === '/index.html') && context.hostPath(site.folder) === undefined && !(await exists(context, site.folder));
  try {
    const handle = await context.openFile(file);
    const info = await handle?.stat();
    if (handle === undefined || info === undefined || !info.isFile()) {
      await handle?.close();
      if (handle === undefined && isWelcome) return say(200, 'text/html', site.welcome);
      return path.endsWith('/') ? fail(403, 'Forbidden') : fail(404, 'Not Found');
    }
    const type = lookup(extname(file)) || 'application/octet-stream';
    response.writeHead(200, { server, 'content-type': type, 'content-length': info.size, 'last-modified': info.mtime.toUTCString(), 'accept-ranges': 'bytes' });
    log(200, info.size);
    if (request.method === 'HEAD') {
      response.end();
      await handle.close();
      // Who goes away in the middle leaves no open file behind.
    } else await pipeline(handle.createReadStream(), response).catch(() => response.destroy());
  } catch {
    if (isWelcome) return say(200, 'text/html', site.welcome);
    // A directory without a page may not be listed.
    if (path === '/') fail(403, 'Forbidden');
    else fail(404, 'Not Found');
  }
}

async function exists(context: ProgramContext, path: string): Promise<boolean> {
  try {
    const handle = await context.openFile(path);
    await handle?.close();
    return handle !== undefined;
  } catch {
    return false;
  }
}
