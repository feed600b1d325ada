import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../lib/clock.ts';
import { Notifications } from './notifications.ts';
import type { BucketStore, StoredObject } from './object-store.ts';
import { verify, type Credentials } from '../../../network/s3-signature.ts';

/** An error as S3 sends it. */
class S3Error extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const XMLNS = 'http://s3.amazonaws.com/doc/2006-03-01/';
const MAX_KEYS = 1000;

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function tag(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

/** The S3 API over a bucket store: what Argo's executor, `mc` and S3 clients use of it. */
export function createS3Handler(options: { store: BucketStore; credentials: Credentials; clock: Clock; notifications: Notifications }): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { store, credentials, clock, notifications } = options;
  const uploads = new Map<string, { bucket: string; key: string; contentType: string; parts: Map<number, Buffer> }>();
  let serial = 0;

  const needBucket = (bucket: string) => {
    if (!store.has(bucket)) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
  };

  const tell = notifications.tell.bind(notifications);

  const xml = (response: ServerResponse, body: string, status = 200) => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
    response.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };

  const list = (bucket: string, query: URLSearchParams): string => {
    needBucket(bucket);
    const second = query.get('list-type') === '2';
    const after = second ? (query.get('continuation-token') ?? query.get('start-after') ?? '') : (query.get('marker') ?? '');
    const prefix = query.get('prefix') ?? '';
    const delimiter = query.get('delimiter') ?? '';
    const limit = Math.min(MAX_KEYS, Number(query.get('max-keys') ?? MAX_KEYS));
    const { objects, prefixes, next } = store.list(bucket, { prefix, delimiter, after, limit });
    const contents = objects.map((o) => tag('Contents', `${tag('Key', escape(o.key))}${tag('LastModified', new Date(o.modified).toISOString())}${tag('ETag', `&#34;${o.etag}&#34;`)}${tag('Size', String(o.body.length))}${tag('StorageClass', 'STANDARD')}`));
    const common = prefixes.map((p) => tag('CommonPrefixes', tag('Prefix', escape(p))));
    const more = next === undefined ? '' : second ? tag('NextContinuationToken', escape(next)) : tag('NextMarker', escape(next));
    const counts = second ? tag('KeyCount', String(objects.length + prefixes.length)) : tag('Marker', escape(after));
    return `<ListBucketResult xmlns="${XMLNS}">${tag('Name', bucket)}${tag('Prefix', escape(prefix))}${counts}${tag('MaxKeys', String(limit))}${tag('Delimiter', escape(delimiter))}${tag('IsTruncated', String(next !== undefined))}${more}${contents.join('')}${common.join('')}</ListBucketResult>`;
  };

  const send = (request: IncomingMessage, response: ServerResponse, object: StoredObject) => {
    const headers: Record<string, string | number> = { etag: `"${object.etag}"`, 'last-modified': new Date(object.modified).toUTCString(), 'content-type': object.contentType, 'accept-ranges': 'bytes', ...object.metadata };
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
    let body = object.body;
    let status = 200;
    if (range !== null && (range[1] !== '' || range[2] !== '')) {
      const size = body.length;
      const from = range[1] === '' ? Math.max(0, size - Number(range[2])) : Number(range[1]);
      const to = range[1] === '' || range[2] === '' ? size - 1 : Math.min(size - 1, Number(range[2]));
      if (from > to) throw new S3Error(416, 'InvalidRange', 'The requested range is not satisfiable');
      headers['content-range'] = `bytes ${from}-${to}/${size}`;
      body = body.subarray(from, to + 1);
      status = 206;
    }
    response.writeHead(status, { ...headers, 'content-length': body.length });
    response.end(request.method === 'HEAD' ? undefined : body);
  };

  const onBucket = async (request: IncomingMessage, response: ServerResponse, bucket: string, query: URLSearchParams): Promise<void> => {
    switch (request.method) {
      case 'PUT':
        if (!query.has('versioning') && !query.has('policy') && !store.create(bucket, clock.now())) throw new S3Error(409, 'BucketAlreadyOwnedByYou', 'Your previous request to create the named bucket succeeded and you already own it.');
        response.writeHead(200, { location: `/${bucket}`, 'content-length': 0 });
        response.end();
        return;
      case 'HEAD':
        needBucket(bucket);
        response.writeHead(200);
        response.end();
        return;
      case 'GET':
        if (query.has('events')) {
          needBucket(bucket);
          if (Notifications.unknown(query.getAll('events')) !== undefined) throw new S3Error(400, 'InvalidArgument', 'A specified event is not supported for notifications.');
          notifications.follow(request, response, bucket, query);
        } else if (query.has('location')) {
          needBucket(bucket);
          xml(response, `<LocationConstraint xmlns="${XMLNS}"></LocationConstraint>`);
        } else if (query.has('versioning')) xml(response, `<VersioningConfiguration xmlns="${XMLNS}"></VersioningConfiguration>`);
        else xml(response, list(bucket, query));
        return;
      case 'DELETE':
        needBucket(bucket);
        if (!store.remove(bucket)) throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty');
        response.writeHead(204);
        response.end();
        return;
      case 'POST': {
        needBucket(bucket);
        const keys = [...(await bodyOf(request, new Room(store))).toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key = '']) => key.replace(/&#(\d+);/g, (_all, code: string) => String.fromCharCode(Number(code))).replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
        for (const key of keys) {
          store.delete(bucket, key);
          tell(request, 's3:ObjectRemoved:Delete', bucket, key);
        }
        xml(response, `<DeleteResult xmlns="${XMLNS}">${keys.map((key) => tag('Deleted', tag('Key', escape(key)))).join('')}</DeleteResult>`);
        return;
      }
      default:
        throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    }
  };

  const onObject = async (request: IncomingMessage, response: ServerResponse, bucket: string, key: string, query: URLSearchParams): Promise<void> => {
    needBucket(bucket);
    const uploadId = query.get('uploadId') ?? '';
    const contentType = request.headers['content-type'] ?? 'application/octet-stream';
    if (request.method === 'GET' || request.method === 'HEAD') {
      const object = store.get(bucket, key);
      if (object === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
      send(request, response, object);
      tell(request, request.method === 'HEAD' ? 's3:ObjectAccessed:Head' : 's3:ObjectAccessed:Get', bucket, key, object);
      return;
    }
    if (request.method === 'DELETE') {
      if (uploadId !== '') {
        for (const part of uploads.get(uploadId)?.parts.values() ?? []) store.hold(-part.length);
        uploads.delete(uploadId);
      }
      else store.delete(bucket, key);
      response.writeHead(204);
      response.end();
      if (uploadId === '') tell(request, 's3:ObjectRemoved:Delete', bucket, key);
      return;
    }
    if (request.method === 'POST' && query.has('uploads')) {
      serial += 1;
      const id = createHash('sha256').update(`${bucket}/${key}/${serial}`).digest('hex').slice(0, 32);
      uploads.set(id, { bucket, key, contentType, parts: new Map() });
      xml(response, `<InitiateMultipartUploadResult xmlns="${XMLNS}">${tag('Bucket', bucket)}${tag('Key', escape(key))}${tag('UploadId', id)}</InitiateMultipartUploadResult>`);
      return;
    }
    const upload = uploads.get(uploadId);
    if (uploadId !== '' && upload === undefined) throw new S3Error(404, 'NoSuchUpload', 'The specified multipart upload does not exist.');
    if (request.method === 'POST' && upload !== undefined) {
      await bodyOf(request, new Room(store));
      uploads.delete(uploadId);
      const body = Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part));
      store.hold(-body.length);
      const object = store.put(bucket, key, body, upload.contentType, {}, clock.now());
      xml(response, `<CompleteMultipartUploadResult xmlns="${XMLNS}">${tag('Bucket', bucket)}${tag('Key', escape(key))}${tag('ETag', `&#34;${object.etag}-${upload.parts.size}&#34;`)}</CompleteMultipartUploadResult>`);
      tell(request, 's3:ObjectCreated:CompleteMultipartUpload', bucket, key, object);
      return;
    }
    if (request.method !== 'PUT') throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.');
    const source = request.headers['x-amz-copy-source'];
    if (typeof source === 'string') {
      const [from = '', ...rest] = decodeURIComponent(source).replace(/^\//, '').split('/');
      const original = store.get(from, rest.join('/'));
      if (original === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
      const copy = store.put(bucket, key, original.body, original.contentType, original.metadata, clock.now());
      xml(response, `<CopyObjectResult xmlns="${XMLNS}">${tag('LastModified', new Date(copy.modified).toISOString())}${tag('ETag', `&#34;${copy.etag}&#34;`)}</CopyObjectResult>`);
      tell(request, 's3:ObjectCreated:Copy', bucket, key, copy);
      return;
    }
    const room = new Room(store);
    const body = await bodyOf(request, room);
    let etag: string;
    let stored: StoredObject | undefined;
    if (upload !== undefined) {
      const number = Number(query.get('partNumber'));
      if (!store.hold(body.length - (upload.parts.get(number)?.length ?? 0))) throw full();
      upload.parts.set(number, body);
      etag = createHash('md5').update(body).digest('hex');
    } else {
      const metadata = Object.fromEntries(Object.entries(request.headers).filter((entry): entry is [string, string] => entry[0].startsWith('x-amz-meta-') && typeof entry[1] === 'string'));
      stored = store.put(bucket, key, body, contentType, metadata, clock.now());
      etag = stored.etag;
    }
    response.writeHead(200, { etag: `"${etag}"`, 'content-length': 0 });
    response.end();
    if (stored !== undefined) tell(request, 's3:ObjectCreated:Put', bucket, key, stored);
  };

  return async (request, response) => {
    const [path = '/', query = ''] = (request.url ?? '/').split('?', 2);
    response.setHeader('server', 'MinIO');
    if (path.startsWith('/minio/health/')) {
      response.writeHead(200, { 'content-length': 0 });
      response.end();
      return;
    }
    try {
      const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]));
      const verdict = verify({ method: request.method ?? 'GET', path, query, headers }, credentials);
      if (!verdict.ok) throw new S3Error(403, verdict.code, verdict.message);
      const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
      const key = rest.join('/');
      const parameters = new URLSearchParams(query);
      if (bucket === '') {
        const all = store.buckets().map((b) => tag('Bucket', `${tag('Name', b.name)}${tag('CreationDate', new Date(b.created).toISOString())}`));
        xml(response, `<ListAllMyBucketsResult xmlns="${XMLNS}"><Owner><ID>minio</ID><DisplayName>minio</DisplayName></Owner><Buckets>${all.join('')}</Buckets></ListAllMyBucketsResult>`);
      } else if (key === '') await onBucket(request, response, bucket, parameters);
      else await onObject(request, response, bucket, key, parameters);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      request.resume();
      const known = error instanceof S3Error ? error : new S3Error(500, 'InternalError', 'We encountered an internal error, please try again.');
      if (request.method === 'HEAD') {
        response.writeHead(known.status);
        response.end();
      } else xml(response, tag('Error', `${tag('Code', known.code)}${tag('Message', escape(known.message))}${tag('Resource', escape(path))}`), known.status);
    }
  };
}

/** The whole body; what came in signed chunks (aws-chunked) is put together. */
const full = () => new S3Error(507, 'XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.');

/** Room for a body while it comes. */
class Room {
  #taken = 0;

  constructor(private readonly store: BucketStore) {}

  take(bytes: number): void {
    if (!this.store.hold(bytes)) throw full();
    this.#taken += bytes;
  }

  free(): void {
    this.store.hold(-this.#taken);
    this.#taken = 0;
  }
}

/** The room that it takes is free again when it is there: whoever keeps it has to hold it. */
async function bodyOf(request: IncomingMessage, room: Room): Promise<Buffer> {
  const parts: Buffer[] = [];
  try {
    for await (const chunk of request) {
      const bytes = Buffer.from(chunk);
      room.take(bytes.length);
      parts.push(bytes);
    }
  } finally {
    room.free();
  }
  const raw = Buffer.concat(parts);
  const hash = request.headers['x-amz-content-sha256'];
  if (typeof hash !== 'string' || !hash.startsWith('STREAMING-')) return raw;
  const out: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const end = raw.indexOf('\r\n', at);
    if (end < 0) break;
    const size = Number.parseInt(raw.subarray(at, end).toString().split(';')[0] ?? '', 16);
    if (!(size > 0)) break;
    out.push(raw.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(out);
}
