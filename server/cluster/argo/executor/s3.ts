import { sign } from '../../network/s3-signature.ts';
import type { PodNetwork } from '../../network/pod-network.ts';
import { callInCluster } from './cluster-http.ts';
import type { ClusterResponse } from './cluster-http.ts';

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
  /** Plain HTTP. */
  insecure: boolean;
  /** Empty or absent: a client asks the store for it first. */
  region?: string;
  /** Milliseconds: what requests are signed with. */
  now(): number;
}

/** What Argo's client says when it does not reach the store: of the first request that it makes. After minio-go v7.0.92 bucket-cache.go and api.go */
function unreached({ endpoint, bucket, region = '', insecure }: Bucket, key: string, message: string): string {
  const [, verb = 'Get', reason = message] = /^(\w+) ".*?": (.*)$/s.exec(message) ?? [];
  const scheme = insecure ? 'http' : 'https';
  if (region === '') return `Get "${scheme}://${endpoint}/${bucket}/?location=": ${reason}`;
  const host = /(?:^|\.)amazonaws\.com$/.test(endpoint) ? `${bucket}.s3.dualstack.${region}.amazonaws.com` : undefined;
  const url = host === undefined ? `${scheme}://${endpoint}/${bucket}/${key}` : `${scheme}://${host}/${key}`;
  return `${verb} "${url}": ${host === undefined ? reason : reason.replace(/lookup \S+/, `lookup ${host}`)}`;
}

async function call(network: PodNetwork, bucket: Bucket, method: string, path: string, what: string, query = '', body: Uint8Array = new Uint8Array()): Promise<ClusterResponse> {
  const headers = sign({ method, path, query, headers: { host: bucket.endpoint } }, body, { accessKey: bucket.accessKey, secretKey: bucket.secretKey }, bucket.now());
  try {
    return await callInCluster(network, { method, url: `${bucket.insecure ? 'http' : 'https'}://${bucket.endpoint}${path}${query === '' ? '' : `?${query}`}`, headers, body, namespace: bucket.namespace, insecureSkipVerify: true });
  } catch (error) {
    const key = path.slice(bucket.bucket.length + 2);
    throw new StoreError(`${what}: ${unreached(bucket, key, error instanceof Error ? error.message : String(error))}`, false);
  }
}

const encoded = (text: string): string => encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const pathOf = (bucket: Bucket, key: string): string => `/${bucket.bucket}/${key.split('/').map(encoded).join('/')}`;

function check(answer: ClusterResponse, what: string): ClusterResponse {
  if (answer.status < 300) return answer;
  const message = /<Message>(.*?)<\/Message>/.exec(answer.body.toString('utf8'))?.[1] ?? `status ${answer.status}`;
  throw new StoreError(`${what}: ${message}`, answer.status === 404 && !message.includes('bucket'));
}

/** Puts an object; throws StoreError. */
export async function putObject(network: PodNetwork, bucket: Bucket, key: string, body: Uint8Array): Promise<void> {
  check(await call(network, bucket, 'PUT', pathOf(bucket, key), 'failed to put file', '', body), 'failed to put file');
}

/** Gets an object; throws StoreError, `notFound` when there is none. */
export async function getObject(network: PodNetwork, bucket: Bucket, key: string): Promise<Buffer> {
  return check(await call(network, bucket, 'GET', pathOf(bucket, key), 'failed to get file'), 'failed to get file').body;
}

const NAMED: Record<string, string> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };
const decodeXml = (text: string): string => text.replace(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) => (code === undefined ? (NAMED[name ?? ''] ?? whole) : String.fromCodePoint(Number(code))));

/** Every key that begins with `prefix`, in order. */
export async function listObjects(network: PodNetwork, bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let token = '';
  do {
    const query = [...(token === '' ? [] : [`continuation-token=${encoded(token)}`]), 'list-type=2', `prefix=${encoded(prefix)}`].join('&');
    const text = check(await call(network, bucket, 'GET', `/${bucket.bucket}`, 'failed to list', query), 'failed to list').body.toString('utf8');
    keys.push(...[...text.matchAll(/<Key>(.*?)<\/Key>/g)].map((match) => decodeXml(match[1] ?? '')));
    token = decodeXml(/<NextContinuationToken>(.*?)<\/NextContinuationToken>/.exec(text)?.[1] ?? '');
  } while (token !== '');
  return keys;
}

/** Deletes an object, or all that are below it when it is a folder. */
export async function deleteObjects(network: PodNetwork, bucket: Bucket, key: string): Promise<void> {
  const below = await listObjects(network, bucket, `${key.replace(/\/+$/, '')}/`);
  for (const each of below.length > 0 ? below : [key]) check(await call(network, bucket, 'DELETE', pathOf(bucket, each), 'failed to delete'), 'failed to delete');
}

export async function makeBucket(network: PodNetwork, bucket: Bucket): Promise<void> {
  check(await call(network, bucket, 'PUT', `/${bucket.bucket}`, 'failed to make bucket'), 'failed to make bucket');
}
