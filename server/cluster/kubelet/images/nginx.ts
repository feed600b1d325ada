import { createServer } from 'node:http';
import { extname, normalize } from 'node:path';
import { rfc3339 } from '../../../lib/clock.ts';
import type { ImageEntry, Program } from '../../program.ts';

const WELCOME = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is served by the small web server that stands for nginx in this cluster.</p>
</body>
</html>
`;

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'application/javascript',
  '.json': 'application/json',
  '.txt': 'text/plain',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const page = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

/** Serves what is mounted at /usr/share/nginx/html, else a welcome page, on port 80. */
const program: Program = {
  async run(context) {
    const folder = '/usr/share/nginx/html';
    const root = context.hostPath(folder);
    // What is no regular file is there, but not to be served.
    const openFile = async (path: string) => {
      const handle = await context.openFile(path);
      if (handle === undefined) throw new Error('nothing is mounted there');
      const info = await handle.stat();
      if (info.isFile()) return { handle, size: info.size };
      await handle.close();
      return { handle: undefined, size: 0 };
    };
    const server = createServer((request, response) => {
      const path = normalize(decodeURIComponent((request.url ?? '/').split('?')[0] ?? '/'));
      const done = (code: number, size: number) =>
        context.stdout(`- - - [${rfc3339(context.clock.now())}] "${request.method} ${request.url} HTTP/1.1" ${code} ${size} "-" "${request.headers['user-agent'] ?? '-'}"\n`);
      const answer = (code: number, type: string, body: string) => {
        response.writeHead(code, { server: 'nginx', 'content-type': type, 'content-length': Buffer.byteLength(body) });
        response.end(request.method === 'HEAD' ? undefined : body);
        done(code, Buffer.byteLength(body));
      };
      if (root === undefined) {
        if (path === '/' || path === '/index.html') answer(200, 'text/html', WELCOME);
        else answer(404, 'text/html', page('404 Not Found'));
        return;
      }
      const file = `${folder}${path.endsWith('/') ? `${path}index.html` : path}`;
      openFile(file).then(
        async ({ handle, size }) => {
          if (handle === undefined) {
            answer(path.endsWith('/') ? 403 : 404, 'text/html', page(path.endsWith('/') ? '403 Forbidden' : '404 Not Found'));
            return;
          }
          response.writeHead(200, { server: 'nginx', 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': size });
          done(200, size);
          if (request.method === 'HEAD') {
            response.end();
            await handle.close();
          } else handle.createReadStream().on('error', () => response.destroy()).pipe(response);
        },
        () => (path === '/' ? answer(403, 'text/html', page('403 Forbidden')) : answer(404, 'text/html', page('404 Not Found'))),
      );
    });
    const stop = context.network.listen(context.pod.metadata.uid ?? '', 80, (socket) => server.emit('connection', socket));
    await new Promise<void>((resolve) => {
      if (context.signal.aborted) resolve();
      context.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    stop();
    server.closeAllConnections();
    return 0;
  },
};

export const nginx: ImageEntry = {
  repository: 'nginx',
  entrypoint: ['/docker-entrypoint.sh'],
  cmd: ['nginx', '-g', 'daemon off;'],
  content: { kind: 'program', program },
};
