import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize as normalizePath } from 'node:path';
import { lookup } from 'mime-types';
import type { Reply } from './reply.ts';
import { openapiDocument } from './openapi.ts';

const CSP = "default-src 'self' 'unsafe-inline'; img-src 'self' data:";

const PLAIN_PAGE =
  '<!doctype html><html lang="en"><head><meta charset="UTF-8"><title>Argo</title></head><body><div id="app">The user interface is not built.</div></body></html>';

/** Content types as Go's mime package knows them. */
function contentType(path: string): string {
  const extension = extname(path);
  if (extension === '.ico') return 'image/vnd.microsoft.icon';
  if (extension === '.js' || extension === '.mjs') return 'text/javascript; charset=utf-8';
  const type = lookup(path) || 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

export interface StaticOptions {
  /** A folder with a built page: `index.html` and its assets. */
  uiFolder: string | undefined;
  tls: boolean;
  baseHref: string;
  frameOptions: string;
}

/**
 * Serves the page: a file of the folder, else `index.html`, as a page with its own routes needs.
 * After argo-workflows v3.7.6 server/static/static.go
 */
export async function serveStatic(reply: Reply, path: string, options: StaticOptions, modified: number): Promise<void> {
  if (path.endsWith('/index.html')) {
    reply.set('Location', './').set('Content-Length', '0').end(301, '');
    return;
  }
  const file = await findFile(options.uiFolder, path);
  const index = file === undefined || file.name === 'index.html';
  reply.set('Content-Security-Policy', CSP).set('Accept-Ranges', 'bytes');
  if (options.frameOptions !== '') reply.set('X-Frame-Options', options.frameOptions);
  if (options.tls) reply.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  if (path === '/assets/openapi-spec/swagger.json' && file === undefined) {
    const body = openapiDocument();
    reply.set('Content-Type', 'application/json').set('Content-Length', String(Buffer.byteLength(body))).end(200, body);
    return;
  }
  let body = file?.body ?? (await findFile(options.uiFolder, '/index.html'))?.body ?? Buffer.from(PLAIN_PAGE);
  if (index) {
    // Argo writes the base and the time of its own start into the page.
    const base = options.baseHref;
    body = Buffer.from(body.toString('utf8').replace(/<base href="[^"]*"\s*\/?>/, `<base href="${base}">`));
    reply.set('Last-Modified', new Date(modified).toUTCString());
  }
  reply
    .set('Content-Type', index ? 'text/html; charset=utf-8' : contentType(file.name))
    .set('Content-Length', String(body.length))
    .end(200, body);
}

async function findFile(folder: string | undefined, path: string): Promise<{ name: string; body: Buffer } | undefined> {
  if (folder === undefined) return undefined;
  const relative = normalizePath(path).replace(/^[/\\]+/, '');
  if (relative === '' || relative === '.' || relative.startsWith('..') || path.includes('\0')) return undefined;
  const full = join(folder, relative);
  try {
    if (!(await stat(full)).isFile()) return undefined;
    return { name: relative, body: await readFile(full) };
  } catch {
    return undefined;
  }
}
