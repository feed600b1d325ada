import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../lib/clock.ts';
import { decoded } from '../../../../lib/decoded.ts';
import type { Ids } from '../../../../lib/ids.ts';
import { readAtMost } from '../../../../lib/read-at-most.ts';
import type { Notifications } from './notifications.ts';
import type { BucketStore, StoredObject } from './object-store.ts';

export interface ConsoleOptions {
  store: BucketStore;
  /** Who is told what is done here. */
  notifications: Notifications;
  credentials: { accessKey: string; secretKey: string };
  clock: Clock;
  ids: Ids;
}

/** Bytes of an upload at most. */
const MAX_UPLOAD = 32 * 1024 * 1024;
const MAX_SHOWN = 1000;
const BUCKET_NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** What the page says instead of what was asked for. */
class Refusal extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The object store's pages: sign in, look at buckets and objects, upload, download, delete. Forms without a script. Who
 * signed in is known by the addresses, `/s/TOKEN/…`: in the lab's frame a cookie would be a third party's, and no other
 * site's form can know them.
 */
export function createConsole({ store, notifications, credentials, clock, ids }: ConsoleOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const signedIn = new Set<string>();

  const act = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://console');
    const [start, token = '', area, encoded, verb] = url.pathname.split('/').filter(Boolean);
    const isPost = request.method === 'POST';
    if (!isPost && request.method !== 'GET' && request.method !== 'HEAD') throw new Refusal(405, 'This page is read, or sent as a form.');
    if (start === 'login' && isPost) return signIn(await formOf(request), response);
    if (start !== 's' || !signedIn.has(token)) return start === undefined || start === 'login' ? send(response, 200, loginPage()) : go(response, '/login');
    const root = `/s/${token}`;
    if (area === 'logout' && isPost) {
      signedIn.delete(token);
      return go(response, '/login');
    }
    if (area !== 'browser') return go(response, `${root}/browser`);
    if (encoded === undefined) return isPost ? makeBucket(await formOf(request), response, root) : send(response, 200, bucketsPage(store, root));
    const bucket = decoded(encoded);
    if (!store.has(bucket)) throw new Refusal(404, `There is no bucket ${bucket}.`);
    const prefix = url.searchParams.get('prefix') ?? '';
    const back = `${root}/browser/${encodeURIComponent(bucket)}${prefix === '' ? '' : `?prefix=${encodeURIComponent(prefix)}`}`;
    if (!isPost) return verb === 'object' ? download(store.get(bucket, url.searchParams.get('key') ?? ''), response) : send(response, 200, objectsPage(store, bucket, prefix, root));
    const form = await formOf(request);
    if (verb === 'upload') {
      const files = form.getAll('file').filter((file) => typeof file !== 'string');
      for (const file of files) {
        if (file.name === '') continue;
        if (!store.fits(file.size)) throw new Refusal(507, 'There is no room left in this store.');
        const object = store.put(bucket, `${prefix}${file.name}`, Buffer.from(await file.arrayBuffer()), file.type || 'application/octet-stream', {}, clock.now());
        notifications.tell(request, 's3:ObjectCreated:Put', bucket, object.key, object);
      }
    } else if (verb === 'delete') {
      const key = textOf(form, 'key');
      if (store.get(bucket, key) === undefined) throw new Refusal(404, 'There is no such object.');
      store.delete(bucket, key);
      notifications.tell(request, 's3:ObjectRemoved:Delete', bucket, key);
    } else if (verb === 'remove') {
      if (!store.remove(bucket)) throw new Refusal(409, `${bucket} is not empty.`);
      return go(response, `${root}/browser`);
    } else throw new Refusal(404, 'There is no such page.');
    return go(response, back);
  };

  const signIn = (form: FormData, response: ServerResponse) => {
    if (!same(textOf(form, 'user'), credentials.accessKey) || !same(textOf(form, 'password'), credentials.secretKey)) return send(response, 403, loginPage('Invalid Login.'));
    const token = ids.uuid();
    signedIn.add(token);
    go(response, `/s/${token}/browser`);
  };

  const makeBucket = (form: FormData, response: ServerResponse, root: string) => {
    const name = textOf(form, 'name');
    if (!BUCKET_NAME.test(name)) throw new Refusal(400, 'A bucket’s name has 3 to 63 small letters, digits, dots and hyphens.');
    if (!store.create(name, clock.now())) throw new Refusal(409, `There is a bucket ${name} already.`);
    go(response, `${root}/browser/${encodeURIComponent(name)}`);
  };

  return (request, response) =>
    act(request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal)) return void response.destroy();
      send(response, error.code, page('MinIO', `<p role="alert">${escape(error.message)}</p><p><a href="/">Object store</a></p>`));
    });
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function formOf(request: IncomingMessage): Promise<FormData> {
  const body = await readAtMost(request, MAX_UPLOAD);
  if (body === undefined) throw new Refusal(413, `An upload has at most ${MAX_UPLOAD / 1024 / 1024} MiB here.`);
  return new Response(body, { headers: { 'content-type': request.headers['content-type'] ?? '' } }).formData().catch(() => {
    throw new Refusal(400, 'This is no form.');
  });
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

function go(response: ServerResponse, to: string): void {
  response.writeHead(303, { location: to });
  response.end();
}

function send(response: ServerResponse, code: number, html: string): void {
  response.writeHead(code, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'", 'referrer-policy': 'no-referrer' });
  response.end(html);
}

function download(object: StoredObject | undefined, response: ServerResponse): void {
  if (object === undefined) throw new Refusal(404, 'There is no such object.');
  const name = object.key.split('/').at(-1) ?? 'object';
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': object.body.length, 'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`, 'x-content-type-options': 'nosniff' });
  response.end(object.body);
}

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#16202a;background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d5dde5}form{display:inline-flex;gap:.5rem;align-items:end;margin:.5rem 0}label{display:flex;flex-direction:column}input,button{font:inherit;padding:.3rem .6rem}header{display:flex;justify-content:space-between;align-items:center}';

function page(title: string, body: string): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(title)}</title><style>${STYLE}</style></head><body><main>${body}</main></body></html>\n`;
}

function loginPage(refused?: string): string {
  return page('MinIO: sign in', `<h1>Object store</h1>${refused === undefined ? '' : `<p role="alert">${escape(refused)}</p>`}<form method="post" action="/login"><label>Username <input name="user" autocomplete="username" required></label><label>Password <input name="password" type="password" autocomplete="current-password" required></label><button>Login</button></form>`);
}

const top = (title: string, root: string) => `<header><h1>${escape(title)}</h1><form method="post" action="${root}/logout"><button>Sign out</button></form></header>`;

function bucketsPage(store: BucketStore, root: string): string {
  const rows = store.buckets().map(({ name, created }) => `<tr><td><a href="${root}/browser/${encodeURIComponent(name)}">${escape(name)}</a></td><td>${new Date(created).toISOString()}</td></tr>`);
  return page('MinIO: buckets', `${top('Buckets', root)}<table><thead><tr><th>Name</th><th>Created</th></tr></thead><tbody>${rows.join('')}</tbody></table><form method="post" action="${root}/browser"><label>New bucket <input name="name" required></label><button>Create Bucket</button></form>`);
}

function objectsPage(store: BucketStore, bucket: string, prefix: string, root: string): string {
  const { objects, prefixes, next } = store.list(bucket, { prefix, delimiter: '/', after: '', limit: MAX_SHOWN });
  const here = `${root}/browser/${encodeURIComponent(bucket)}`;
  const query = `?prefix=${encodeURIComponent(prefix)}`;
  const folders = prefixes.map((path) => `<tr><td><a href="${here}?prefix=${encodeURIComponent(path)}">${escape(path.slice(prefix.length))}</a></td><td></td><td></td><td></td></tr>`);
  const files = objects.map(
    ({ key, modified, body }) =>
      `<tr><td><a href="${here}/object?key=${encodeURIComponent(key)}">${escape(key.slice(prefix.length))}</a></td><td>${new Date(modified).toISOString()}</td><td>${body.length} B</td><td><form method="post" action="${here}/delete${query}"><input type="hidden" name="key" value="${escape(key)}"><button aria-label="Delete ${escape(key)}">Delete</button></form></td></tr>`,
  );
  const empty = folders.length + files.length === 0 ? `<p>This location is empty.</p><form method="post" action="${here}/remove"><button>Delete Bucket</button></form>` : '';
  return page(
    `MinIO: ${bucket}`,
    `${top(`${bucket}/${prefix}`, root)}<p><a href="${root}/browser">Buckets</a>${prefix === '' ? '' : ` · <a href="${here}">${escape(bucket)}</a>`}</p><table><thead><tr><th>Name</th><th>Last Modified</th><th>Size</th><th></th></tr></thead><tbody>${folders.join('')}${files.join('')}</tbody></table>${next === undefined ? '' : `<p>Only the first ${MAX_SHOWN} are shown.</p>`}${empty}<form method="post" enctype="multipart/form-data" action="${here}/upload${query}"><label>Files <input type="file" name="file" multiple required></label><button>Upload</button></form>`,
  );
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
