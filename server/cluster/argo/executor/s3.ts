import { request } from 'node:http';
import type { PodNetwork } from '../../network/pod-network.ts';

/** Something that the object store refused or that is not there. */
export class StoreError extends Error {
  constructor(
    message: string,
    readonly notFound: boolean,
  ) {
    super(message);
  }
}

export interface Bucket {
  /** `minio:9000`; a name without dots is looked up in `namespace`. */
  endpoint: string;
  bucket: string;
  namespace: string;
  accessKey: string;
  secretKey: string;
}

interface Answer {
  status: number;
  body: Buffer;
}

async function call(network: PodNetwork, bucket: Bucket, method: string, path: string, body?: Uint8Array): Promise<Answer> {
  const [host = '', port = '80'] = bucket.endpoint.split(':');
  const name = host.includes('.') ? host : `${host}.${bucket.namespace}.svc.cluster.local`;
  const socket = await network.dialAddress(name, Number(port)).catch((error: unknown) => {
    throw new StoreError(`Get "http://${bucket.endpoint}/${bucket.bucket}/?location=": dial tcp: ${error instanceof Error ? error.message : String(error)}`, false);
  });
  return await new Promise<Answer>((resolve, reject) => {
    const sent = request(
      {
        method,
        path,
        host,
        createConnection: () => socket,
        headers: { authorization: `AWS4-HMAC-SHA256 Credential=${bucket.accessKey}/20260101/us-east-1/s3/aws4_request`, 'x-lab-secret': bucket.secretKey, 'content-length': String(body?.byteLength ?? 0), connection: 'close' },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }));
        response.once('error', reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

const pathOf = (bucket: Bucket, key: string): string => `/${bucket.bucket}/${key.split('/').map(encodeURIComponent).join('/')}`;

function check(answer: Answer, what: string): Answer {
  if (answer.status < 300) return answer;
  const message = /<Message>(.*?)<\/Message>/.exec(answer.body.toString('utf8'))?.[1] ?? `status ${answer.status}`;
  throw new StoreError(`${what}: ${message}`, answer.status === 404);
}

/** Puts an object; throws StoreError. */
export async function putObject(network: PodNetwork, bucket: Bucket, key: string, body: Uint8Array): Promise<void> {
  check(await call(network, bucket, 'PUT', pathOf(bucket, key), body), 'failed to put file');
}

/** Gets an object; throws StoreError, `notFound` when there is none. */
export async function getObject(network: PodNetwork, bucket: Bucket, key: string): Promise<Buffer> {
  return check(await call(network, bucket, 'GET', pathOf(bucket, key)), 'failed to get file').body;
}

/** Every key that begins with `prefix`. */
export async function listObjects(network: PodNetwork, bucket: Bucket, prefix: string): Promise<string[]> {
  const answer = check(await call(network, bucket, 'GET', `/${bucket.bucket}?list-type=2&prefix=${encodeURIComponent(prefix)}`), 'failed to list');
  return [...answer.body.toString('utf8').matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => match[1] ?? '');
}

export async function deleteObject(network: PodNetwork, bucket: Bucket, key: string): Promise<void> {
  check(await call(network, bucket, 'DELETE', pathOf(bucket, key)), 'failed to delete');
}

export async function makeBucket(network: PodNetwork, bucket: Bucket): Promise<void> {
  check(await call(network, bucket, 'PUT', `/${bucket.bucket}`), 'failed to make bucket');
}
