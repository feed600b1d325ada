import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sleep } from '../../../lib/clock.ts';
import type { Program, ProgramContext } from '../../program.ts';
import { makeBucket } from './s3.ts';

/** Resolves when the container is told to end. */
export function untilStopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function answerError(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const escapeXml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** An object store with the part of the S3 API that workflows use: buckets and objects in memory, path-style addresses. */
export const minio: Program = {
  async run(context) {
    const buckets = new Map<string, Map<string, Buffer>>();
    const accessKey = context.env['MINIO_ROOT_USER'] ?? context.env['MINIO_ACCESS_KEY'] ?? 'minioadmin';
    const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const url = new URL(request.url ?? '/', 'http://minio');
      if (url.pathname.startsWith('/minio/health/')) {
        response.end();
        return;
      }
      const credential = /Credential=([^/]+)\//.exec(request.headers.authorization ?? '')?.[1];
      if (credential !== accessKey) {
        if (credential === undefined) answerError(response, 403, 'AccessDenied', 'Access Denied.');
        else answerError(response, 403, 'InvalidAccessKeyId', 'The Access Key Id you provided does not exist in our records.');
        return;
      }
      const [, bucketName = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
      const key = rest.join('/');
      const bucket = buckets.get(bucketName);
      if (key === '' && request.method === 'PUT') {
        if (bucket === undefined) buckets.set(bucketName, new Map());
        response.end();
        return;
      }
      if (bucket === undefined) {
        answerError(response, 404, 'NoSuchBucket', 'The specified bucket does not exist');
        return;
      }
      if (key === '') {
        const prefix = url.searchParams.get('prefix') ?? '';
        const keys = [...bucket].filter(([name]) => name.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
        response.setHeader('content-type', 'application/xml');
        response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><Name>${bucketName}</Name>${keys.map(([name, data]) => `<Contents><Key>${escapeXml(name)}</Key><Size>${data.byteLength}</Size></Contents>`).join('')}</ListBucketResult>`);
        return;
      }
      const object = bucket.get(key);
      switch (request.method) {
        case 'PUT':
          bucket.set(key, await bodyOf(request));
          response.end();
          return;
        case 'DELETE':
          bucket.delete(key);
          response.writeHead(204).end();
          return;
        default:
          if (object === undefined) answerError(response, 404, 'NoSuchKey', 'The specified key does not exist.');
          else response.end(request.method === 'HEAD' ? undefined : object);
      }
    };
    const server = createServer((request, response) => {
      handle(request, response).catch((error: unknown) => {
        context.stderr(`${error instanceof Error ? error.message : String(error)}\n`);
        if (!response.headersSent) answerError(response, 500, 'InternalError', 'We encountered an internal error, please try again.');
      });
    });
    const page = createServer((_request, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8');
      const list = [...buckets].map(([name, objects]) => `<h2>${escapeXml(name)}</h2><ul>${[...objects].map(([key, data]) => `<li>${escapeXml(key)} (${data.byteLength} bytes)</li>`).join('')}</ul>`);
      response.end(`<!doctype html><title>Object store</title><h1>Buckets</h1>${list.join('')}`);
    });
    const uid = context.pod.metadata.uid ?? '';
    const stops = [context.network.listen(uid, 9000, (socket) => server.emit('connection', socket)), context.network.listen(uid, 9001, (socket) => page.emit('connection', socket))];
    context.stdout('MinIO Object Storage Server\nAPI: http://localhost:9000\nConsole: http://localhost:9001\n');
    await untilStopped(context.signal);
    for (const stop of stops) stop();
    server.closeAllConnections();
    page.closeAllConnections();
    return 0;
  },
};

/** `mc`, as far as a set-up job needs it: makes the buckets that its script names, once the store answers. */
export const minioClient: Program = {
  async run(context: ProgramContext) {
    for (const bucket of ['workflows', 'argoproj']) {
      for (;;) {
        if (context.signal.aborted) return 143;
        try {
          await makeBucket(context.network, {
            endpoint: 'minio:9000',
            bucket,
            namespace: context.pod.metadata.namespace ?? 'default',
            accessKey: context.env['ACCESS_KEY'] ?? '',
            secretKey: context.env['SECRET_KEY'] ?? '',
          });
          context.stdout(`Bucket created successfully \`minio/${bucket}\`.\n`);
          break;
        } catch {
          await sleep(context.clock, 50, context.signal).catch(() => undefined);
        }
      }
    }
    return 0;
  },
};
