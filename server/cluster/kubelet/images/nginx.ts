import { rfc3339 } from '../../../lib/clock.ts';
import type { ImageEntry, ProgramContext, RootFolder } from '../../program.ts';
import { beginApache, beginNginx, nginxError } from './nginx-log.ts';
import { commandOnly, type ServiceCommand, serviceScript } from './own-bin.ts';
import { staticSite } from './static-site.ts';

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
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

const NGINX_VERSION = '1.27.3';

/** The last release of each series, which a tag of two numbers means. */
const LAST_PATCH: Readonly<Record<string, number>> = { '1.7': 12, '1.8': 1, '1.9': 15, '1.10': 3, '1.11': 13, '1.12': 2, '1.13': 12, '1.14': 2, '1.15': 12, '1.16': 1, '1.17': 10, '1.18': 0, '1.19': 10, '1.20': 2, '1.21': 6, '1.22': 1, '1.23': 4, '1.24': 0, '1.25': 5, '1.26': 3, '1.27': 5, '1.28': 0 };

/** The image says its version in the environment: the one that the tag names, `1.17.3-alpine` or `1.19`. */
function nginxEnv(tag: string): Record<string, string> {
  const [version = NGINX_VERSION, patch] = /^\d+\.\d+(\.\d+)?/.exec(tag) ?? [];
  const last = LAST_PATCH[version];
  return { NGINX_VERSION: patch !== undefined || last === undefined ? version : `${version}.${last}` };
}

const versionOf = ({ env }: ProgramContext): string => env['NGINX_VERSION'] ?? NGINX_VERSION;

const site = (port: number) =>
  staticSite({
    name: (context) => `nginx/${versionOf(context)}`,
    begin: (context) => beginNginx(context, versionOf(context)),
    trouble: ({ request, code, file, now, address, count }) => {
      const { referer } = request.headers;
      const asked = { number: count, address, line: `${request.method} ${request.url} HTTP/${request.httpVersion}`, host: request.headers.host ?? '', ...(referer === undefined ? {} : { referer }) };
      return nginxError(now, asked, code === 403 ? `directory index of "${file}" is forbidden` : `open() "${file}" failed (2: No such file or directory)`);
    },
    port,
    folder: '/usr/share/nginx/html',
    welcome: WELCOME,
    errorType: 'text/html',
    errorPage: (code, title, _path, server) => `<html>\r\n<head><title>${code} ${title}</title></head>\r\n<body>\r\n<center><h1>${code} ${title}</h1></center>\r\n<hr><center>${server}</center>\r\n</body>\r\n</html>\r\n`,
    log: ({ request, code, size, now, address }) => `${address} - - [${logTime(now)}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${code} ${size} "${request.headers.referer ?? '-'}" "${request.headers['user-agent'] ?? '-'}" "-"\n`,
  });

/** The image's own files, for whoever looks into the container or begins it with a shell. A shell by the name bash is there because everybody asks for it. */
function body(page: string, welcome: string, commands: readonly ServiceCommand[]): RootFolder {
  return {
    base: 'busybox',
    hostCommands: ['curl'],
    files: {
      [page]: welcome,
      '/docker-entrypoint.sh': '#!/bin/sh\nexec "$@"\n',
      '/usr/local/bin/bash': '#!/bin/sh\nexec sh "$@"\n',
      ...Object.fromEntries(commands.map((command) => [`/usr/local/bin/${command.name}`, serviceScript(command)])),
    },
  };
}

/** Options by which the server's command does something else than serve. */
const ASIDE = /^-[vVtTsk]$/;

const NGINX_BODY = body('/usr/share/nginx/html/index.html', WELCOME, [{ name: 'nginx', version: `nginx version: nginx/\${NGINX_VERSION:-${NGINX_VERSION}}`, port: 80, foreground: 'daemon off' }]);

export const nginx: ImageEntry = { repository: 'nginx', envOfTag: nginxEnv, entrypoint: ['/docker-entrypoint.sh'], cmd: ['nginx', '-g', 'daemon off;'], content: { kind: 'program', program: site(80), body: NGINX_BODY, asProcess: commandOnly(['nginx'], ASIDE) } };
/** The same under the names that Kubernetes' own pages use. */
export const nginxSlim: readonly ImageEntry[] = ['registry.k8s.io/nginx-slim', 'k8s.gcr.io/nginx-slim'].map((repository) => ({ ...nginx, repository }));
export const nginxUnprivileged: ImageEntry = { ...nginx, user: 101, repository: 'nginxinc/nginx-unprivileged', content: { kind: 'program', program: site(8080), body: NGINX_BODY, asProcess: commandOnly(['nginx'], ASIDE) } };

export const httpd: ImageEntry = {
  repository: 'httpd',
  cmd: ['httpd-foreground'],
  content: {
    kind: 'program',
    body: body('/usr/local/apache2/htdocs/index.html', APACHE_WELCOME, [{ name: 'httpd', version: 'Server version: Apache/2.4.62 (Unix)', port: 80, foreground: 'FOREGROUND' }, { name: 'httpd-foreground', version: 'Server version: Apache/2.4.62 (Unix)', port: 80 }]),
    asProcess: commandOnly(['httpd-foreground', 'httpd'], ASIDE),
    program: staticSite({
        name: () => 'Apache/2.4.62 (Unix)',
        begin: beginApache,
      port: 80,
      folder: '/usr/local/apache2/htdocs',
      welcome: APACHE_WELCOME,
      errorType: 'text/html; charset=iso-8859-1',
      errorPage: (code, title, path) => `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>${code} ${title}</title>\n</head><body>\n<h1>${title}</h1>\n<p>${code === 404 ? 'The requested URL was not found on this server.' : `You can't have ${escape(path)}.`}</p>\n</body></html>\n`,
      log: ({ request, code, size, now, address }) => `${address} - - [${logTime(now)}] "${request.method} ${request.url} HTTP/${request.httpVersion}" ${code} ${size}\n`,
    }),
  },
};

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
