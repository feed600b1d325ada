import { request as httpRequest } from 'node:http';
import { connect as connectTls } from 'node:tls';
import { isJsonObject, goJson, type Json } from '../../../../lib/json.ts';
import { sleep } from '../../../../lib/clock.ts';
import { sign } from '../../../network/s3-signature.ts';
import { dialInCluster } from '../../executor/cluster-http.ts';
import type { MinioSource } from '../types.ts';
import { mountedValue } from '../world.ts';
import { failed } from '../zap.ts';
import type { Listening } from './listener.ts';

const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;
const MAX_LINE = 1 << 20;

/** After argo-events v1.9.9 pkg/eventsources/sources/minio/start.go, and minio-go's ListenBucketNotification */
export async function listenToMinio(source: MinioSource, listening: Listening): Promise<void> {
  const { context, dispatch, event } = listening;
  const bucket = source.bucket?.name ?? '';
  const log = listening.log.with(['bucketName', bucket]);
  const info = (line: number, message: string) => log.info(`minio/start.go:${line}`, message);
  info(72, 'starting minio event source...');
  info(76, 'retrieving access and secret key...');
  const secret = async (selector: MinioSource['accessKey'], words: string) =>
    mountedValue(context, 'secret', selector).catch((error: unknown) => {
      throw new Error(`${words} for event source ${event}, ${failed(error)[1]}`);
    });
  const accessKey = await secret(source.accessKey, 'failed to get the access key');
  const secretKey = await secret(source.secretKey, 'failed to retrieve the secret key');
  const authority = source.caCertificate === undefined ? undefined : await secret(source.caCertificate, 'failed to get the CA certificate');
  if (authority === undefined) info(108, 'setting up a minio client...');
  else info(99, 'setting up a minio client with custom CA...');
  info(120, 'started listening to bucket notifications...');
  let wait = FIRST_RETRY_MS;
  while (!context.signal.aborted) {
    try {
      await listenOnce(source, { accessKey, secretKey, authority }, listening, async (records) => {
        wait = FIRST_RETRY_MS;
        info(148, 'dispatching the event on data channel...');
        await dispatch(goJson({ notification: records, ...(source.metadata === undefined ? {} : { metadata: source.metadata }) })).catch((error: unknown) => {
          log.error('minio/start.go:128', 'failed to process a Minio event', [['error', `failed to dispatch minio event, ${failed(error)[1]}`]]);
        });
      });
    } catch (error) {
      if (!context.signal.aborted) log.error('minio/start.go:123', 'invalid notification', [failed(error)]);
    }
    await sleep(context.clock, wait, context.signal).catch(() => undefined);
    wait = Math.min(LAST_RETRY_MS, wait * 2);
  }
  info(133, 'event source is stopped');
}

interface Keys {
  accessKey: string;
  secretKey: string;
  authority: string | undefined;
}

/** Follows the store's notifications until they end; rejects with the store's words where it refuses. */
async function listenOnce(source: MinioSource, keys: Keys, { context, namespace }: Listening, onRecords: (records: Json[]) => Promise<void>): Promise<void> {
  const [host = '', port = source.insecure ? '80' : '443'] = source.endpoint.split(':');
  const bucket = source.bucket?.name ?? '';
  const path = `/${encodeURIComponent(bucket)}`;
  const parameters: [string, string][] = [...(source.events ?? []).map((name): [string, string] => ['events', name]), ['ping', '10'], ['prefix', source.filter?.prefix ?? ''], ['suffix', source.filter?.suffix ?? '']];
  const query = parameters.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const url = `${source.insecure ? 'http' : 'https'}://${source.endpoint}${path}?${query}`;
  const plain = await dialInCluster(context.network, host, Number(port), namespace).catch((error: unknown) => {
    throw new Error(`Get ${JSON.stringify(url)}: ${failed(error)[1]}`);
  });
  const socket = source.insecure ? plain : connectTls({ socket: plain, servername: host, ...(keys.authority === undefined ? {} : { ca: keys.authority }) });
  const headers = sign({ method: 'GET', path, query, headers: { host: source.endpoint } }, Buffer.alloc(0), keys, context.clock.now(), source.region === '' ? undefined : source.region);
  await new Promise<void>((resolve, reject) => {
    const request = httpRequest({ method: 'GET', path: `${path}?${query}`, headers: { ...headers, connection: 'close' }, createConnection: () => socket }, (response) => {
      let text = '';
      let work = Promise.resolve();
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_LINE) request.destroy(new Error('a notification is too long'));
        if (response.statusCode !== 200) return;
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const records = recordsOf(line);
          if (records.length > 0) work = work.then(() => onRecords(records));
        }
      });
      response.once('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(/<Message>([^<]*)/.exec(text)?.[1] ?? `${response.statusCode ?? 0}`))));
      response.once('error', reject);
    });
    const stop = () => request.destroy();
    context.signal.addEventListener('abort', stop, { once: true });
    request.once('close', () => context.signal.removeEventListener('abort', stop));
    request.once('error', reject);
    request.end();
  });
}

/** A line is a notification, or a space that only shows that the store is there. */
function recordsOf(line: string): Json[] {
  if (line.trim() === '') return [];
  const value: unknown = JSON.parse(line);
  return isJsonObject(value) && Array.isArray(value['Records']) ? value['Records'] : [];
}
