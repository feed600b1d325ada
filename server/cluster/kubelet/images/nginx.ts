import { rfc3339 } from '../../../lib/clock.ts';
import type { ImageEntry, ProgramFiles } from '../../program.ts';
import { staticSite } from './static-site.ts';

const WELCOME = `<!DOCTYPE html>
<html>
<head><title>Welcome to nginx!</title></head>
<body>
<h1>Welcome to nginx!</h1>
<p>This page is served by the small web server that stands for nginx in this cluster.</p>
</body>
</html>
`;

const APACHE_WELCOME = '<html><body><h1>It works!</h1></body></html>\n';

/** `23/Nov/2026:09:28:56 +0000` */
function logTime(now: number): string {
  const [date = '', time = ''] = rfc3339(now).replace('Z', '').split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  const name = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][Number(month) - 1] ?? month;
  return `${day}/${name}/${year}:${time} +0000`;
}

const site = (port: number) =>
  staticSite({
    name: 'nginx/1.27.3',
    port,
    folder: '/usr/share/nginx/html',
    welcome: WELCOME,
    errorType: 'text/html',
    errorPage: (code, title) => `<html>\r\n<head><title>${code} ${title}</title></head>\r\n<body>\r\n<center><h1>${code} ${title}</h1></center>\r\n<hr><center>nginx/1.27.3</center>\r\n</body>\r\n</html>\r\n`,
    log: ({ request, code, size, now, address }) => `${address} - - [${logTime(now)}] "${request.method} ${request.url} HTTP/1.1" ${code} ${size} "${request.headers.referer ?? '-'}" "${request.headers['user-agent'] ?? '-'}" "-"\n`,
  });

/** The image's own files, for whoever looks into the container. A shell by the name bash is there because everybody asks for it. */
function body(page: string, welcome: string, command: string): ProgramFiles {
  return {
    base: 'busybox',
    files: {
      [page]: welcome,
      '/usr/local/bin/bash': '#!/bin/sh\nexec sh "$@"\n',
      [`/usr/local/bin/${command}`]: `#!/bin/sh\necho "${command}: in this cluster a small web server of the lab stands for it; it reads no configuration" >&2\nexit 1\n`,
    },
  };
}

const NGINX_BODY = body('/usr/share/nginx/html/index.html', WELCOME, 'nginx');

export const nginx: ImageEntry = { repository: 'nginx', entrypoint: ['/docker-entrypoint.sh'], cmd: ['nginx', '-g', 'daemon off;'], content: { kind: 'program', program: site(80), body: NGINX_BODY } };
export const nginxUnprivileged: ImageEntry = { ...nginx, repository: 'nginxinc/nginx-unprivileged', content: { kind: 'program', program: site(8080), body: NGINX_BODY } };

export const httpd: ImageEntry = {
  repository: 'httpd',
  cmd: ['httpd-foreground'],
  content: {
    kind: 'program',
    body: body('/usr/local/apache2/htdocs/index.html', APACHE_WELCOME, 'httpd'),
    program: staticSite({
      name: 'Apache/2.4.62 (Unix)',
      port: 80,
      folder: '/usr/local/apache2/htdocs',
      welcome: APACHE_WELCOME,
      errorType: 'text/html; charset=iso-8859-1',
      errorPage: (code, title, path) => `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${code} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${code === 404 ? 'The requested URL was not found on this server.' : `You can't have ${escape(path)}.`}</p>\n</body></html>\n`,
      log: ({ request, code, size, now, address }) => `${address} - - [${logTime(now)}] "${request.method} ${request.url} HTTP/1.1" ${code} ${size}\n`,
    }),
  },
};

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
