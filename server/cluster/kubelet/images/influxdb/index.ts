import { gunzipSync } from 'node:zlib';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ImageEntry, Program, ProgramContext } from '../../../program.ts';
import { commandOnly, serviceScript } from '../own-bin.ts';
import { pathOf, serveHttp } from '../serve-http.ts';
import { Databases } from './database.ts';
import { parsePoints } from './line-protocol.ts';
import { runQuery } from './run-query.ts';
import { QueryError } from './tokens.ts';

const VERSION = '1.8.10';
/** The last release of each series, which a tag of two numbers means. */
const LAST_PATCH: Readonly<Record<string, string>> = { '1': VERSION, '1.0': '1.0.2', '1.1': '1.1.5', '1.2': '1.2.4', '1.3': '1.3.9', '1.4': '1.4.3', '1.5': '1.5.5', '1.6': '1.6.6', '1.7': '1.7.11', '1.8': VERSION };
const TAGS = [...Object.keys(LAST_PATCH), ...Object.entries(LAST_PATCH).flatMap(([series, last]) => Array.from({ length: Number(last.split('.')[2]) + 1 }, (_, patch) => `${series}.${patch}`))].flatMap((tag) => [tag, `${tag}-alpine`]);
const MOST_BYTES = 25_000_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** InfluxDB 1's HTTP API over points in memory: `/ping`, `/query` and `/write`. After influxdb 1.8 services/httpd/handler.go */
const server: Program = {
  run(context) {
    const databases = new Databases();
    const say = (text: string) => context.stderr(`[I] ${new Date(context.clock.now()).toISOString()} ${text}\n`);
    say(`InfluxDB starting, version ${versionOf(context)}: the small server that stands for it in this cluster`);
    say('Listening on HTTP:[::]:8086 service=httpd');
    return serveHttp(context, [8086], (request, response) => {
      handle(databases, context, request, response).catch((error: unknown) => {
        if (!request.destroyed) context.stderr(`[E] ${String(error)}\n`);
        response.destroy();
      });
    });
  },
};

const versionOf = ({ env }: ProgramContext): string => env['INFLUXDB_VERSION'] ?? VERSION;

async function handle(databases: Databases, context: ProgramContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const start = context.clock.now();
  const id = context.ids.uuid();
  const version = versionOf(context);
  const path = pathOf(request);
  response.setHeader('X-Influxdb-Version', version);
  if (Number(version.split('.')[1]) >= 4) response.setHeader('X-Influxdb-Build', 'OSS');
  const routes: Readonly<Record<string, readonly string[]>> = { '/ping': ['GET', 'HEAD'], '/status': ['GET', 'HEAD'], '/query': ['GET', 'POST', 'OPTIONS'], '/write': ['POST', 'OPTIONS'] };
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  const method = request.method ?? 'GET';
  if (methods === undefined || !methods.includes(method)) {
    if (methods !== undefined) response.setHeader('Allow', methods.join(', '));
    response.writeHead(methods === undefined ? 404 : 405, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
    response.end(methods === undefined ? '404 page not found\n' : 'Method Not Allowed\n');
    return;
  }
  response.setHeader('Request-Id', id);
  const size = await answer(databases, context, path, method, request, response);
  context.stderr(`[httpd] ${request.socket.remoteAddress ?? '127.0.0.1'} - - [${logTime(start)}] "${method} ${request.url} HTTP/${request.httpVersion}" ${response.statusCode} ${size} "${request.headers.referer ?? '-'}" "${request.headers['user-agent'] ?? '-'}" ${id} ${(context.clock.now() - start) * 1000}\n`);
}

/** Gives the answer; resolves with its length. */
async function answer(databases: Databases, context: ProgramContext, path: string, method: string, request: IncomingMessage, response: ServerResponse): Promise<number> {
  const parameters = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const nothing = () => {
    response.writeHead(204);
    response.end();
    return 0;
  };
  const json = (code: number, value: object) => {
    const text = `${JSON.stringify(value, undefined, parameters.get('pretty') === 'true' ? 4 : undefined)}\n`;
    response.writeHead(code, { 'Content-Type': 'application/json' });
    response.end(text);
    return Buffer.byteLength(text);
  };
  const fail = (code: number, error: string) => {
    response.setHeader('X-Influxdb-Error', error.replace(/[^\x20-\x7e]/g, ' ').slice(0, 1000));
    return json(code, { error });
  };
  if (path === '/ping' || path === '/status' || method === 'OPTIONS') return nothing();
  const body = method === 'POST' ? await bodyOf(request) : '';
  if (body === undefined) return fail(413, 'Request Entity Too Large');
  if (path === '/query') {
    // What the form says goes before what the address says.
    const form = /^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? '') ? new URLSearchParams(body) : new URLSearchParams();
    const value = (name: string) => (form.get(name) ?? parameters.get(name) ?? '').trim();
    if (value('q') === '') return fail(400, 'missing required parameter "q"');
    try {
      return json(200, { results: runQuery(databases, value('q'), { database: value('db'), epoch: value('epoch'), readOnly: method === 'GET', now: databases.now(context.clock.now()) }) });
    } catch (error) {
      if (!(error instanceof QueryError)) throw error;
      return fail(400, `error parsing query: ${error.message}`);
    }
  }
  const name = parameters.get('db') ?? '';
  if (name === '') return fail(400, 'database is required');
  const database = databases.get(name);
  if (database === undefined) return fail(404, `database not found: ${JSON.stringify(name)}`);
  const { points, errors } = parsePoints(body, databases.now(context.clock.now()), parameters.get('precision') ?? '');
  if (errors.length > 0 && points.length === 0) return fail(400, errors.join('\n'));
  const problem = databases.write(database, points) ?? (errors.length > 0 ? `partial write: ${errors.join('\n')} dropped=0` : undefined);
  return problem === undefined ? nothing() : fail(400, problem);
}

/** Undefined for one that is too long. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > MOST_BYTES) return undefined;
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  try {
    return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes).toString();
  } catch {
    return undefined;
  }
}

/** `23/Nov/2026:09:28:56 +0000` */
function logTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T');
  const [year = '', month = '', day = ''] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1] ?? month}/${year}:${time.slice(0, 8)} +0000`;
}

export const influxdb: ImageEntry = {
  repository: 'influxdb',
  tags: TAGS,
  entrypoint: ['/entrypoint.sh'],
  cmd: ['influxd'],
  envOfTag: (tag) => ({ INFLUXDB_VERSION: LAST_PATCH[tag.replace('-alpine', '')] ?? /^\d+\.\d+\.\d+/.exec(tag)?.[0] ?? VERSION }),
  content: {
    kind: 'program',
    program: server,
    asProcess: commandOnly(['influxd'], /^(?:version|config|help|backup|restore|-h|--help)$/),
    body: {
      base: 'busybox',
      hostCommands: ['curl'],
      files: {
        '/entrypoint.sh': '#!/bin/sh\nexec "$@"\n',
        '/usr/local/bin/bash': '#!/bin/sh\nexec sh "$@"\n',
        '/usr/local/bin/influxd': `#!/bin/sh\n[ "$1" != version ] || { echo "InfluxDB v\${INFLUXDB_VERSION:-${VERSION}} (the small server that stands for it in this cluster)"; exit 0; }\n${serviceScript({ name: 'influxd', version: `InfluxDB v\${INFLUXDB_VERSION:-${VERSION}}`, port: 8086 }).replace('#!/bin/sh\n', '')}`,
      },
    },
  },
};
