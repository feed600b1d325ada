import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../../lib/clock.ts';
import type { StoredObject } from './object-store.ts';

/** What happens to objects, in S3's names; `*` in a wish stands for the rest. */
export const OBJECT_EVENTS = ['s3:ObjectCreated:Put', 's3:ObjectCreated:Post', 's3:ObjectCreated:Copy', 's3:ObjectCreated:CompleteMultipartUpload', 's3:ObjectRemoved:Delete', 's3:ObjectAccessed:Get', 's3:ObjectAccessed:Head'] as const;
export type ObjectEventName = (typeof OBJECT_EVENTS)[number];
const WISHES = new Set<string>([...OBJECT_EVENTS, 's3:ObjectCreated:*', 's3:ObjectRemoved:*', 's3:ObjectAccessed:*', 's3:ObjectCreated:PutRetention', 's3:ObjectCreated:PutLegalHold', 's3:ObjectCreated:PutTagging', 's3:ObjectCreated:DeleteTagging', 's3:ObjectRemoved:DeleteMarkerCreated', 's3:ObjectAccessed:Attributes', 's3:BucketCreated:*', 's3:BucketRemoved:*', 's3:Replication:*', 's3:ObjectRestore:*', 's3:ObjectTransition:*', 's3:Scanner:*']);

export interface ObjectEvent {
  name: ObjectEventName;
  bucket: string;
  key: string;
  /** Of an object that is there. */
  object?: { size: number; etag: string; contentType: string; metadata: Readonly<Record<string, string>> };
  userAgent: string;
}

/** How often a listener is shown that the store is still there. */
const PING_MS = 10_000;

/** Tells who listens what happens in the buckets: MinIO's ListenBucketNotification. */
export class Notifications {
  readonly #listeners = new Set<(event: ObjectEvent) => void>();
  readonly #clock: Clock;
  readonly #principal: string;
  #serial = 0;

  /** `principal` is the access key that everybody uses. */
  constructor(clock: Clock, principal: string) {
    this.#clock = clock;
    this.#principal = principal;
  }

  emit(event: ObjectEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Says what a request has done to an object; `object` as it is now, absent where it is gone. */
  tell(request: IncomingMessage, name: ObjectEventName, bucket: string, key: string, object?: StoredObject): void {
    this.emit({ name, bucket, key, userAgent: request.headers['user-agent'] ?? '', ...(object === undefined ? {} : { object: { size: object.body.length, etag: object.etag, contentType: object.contentType, metadata: object.metadata } }) });
  }

  /** The first event among those that somebody wishes for that no object store has. */
  static unknown(wishes: readonly string[]): string | undefined {
    return wishes.find((wish) => !WISHES.has(wish));
  }

  /** Writes a line of JSON for each event of the bucket that is wished for, until the connection ends. */
  follow(request: IncomingMessage, response: ServerResponse, bucket: string, query: URLSearchParams): void {
    const wishes = query.getAll('events');
    const [prefix, suffix] = [query.get('prefix') ?? '', query.get('suffix') ?? ''];
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    const listener = (event: ObjectEvent) => {
      const wished = wishes.some((wish) => wish === event.name || (wish.endsWith('*') && event.name.startsWith(wish.slice(0, -1))));
      if (wished && event.bucket === bucket && event.key.startsWith(prefix) && event.key.endsWith(suffix)) response.write(`${JSON.stringify({ EventName: event.name, Key: `${bucket}/${event.key}`, Records: [this.#record(event)] })}\n`);
    };
    this.#listeners.add(listener);
    const stopPing = this.#clock.every(PING_MS, () => response.write(' \n'));
    request.socket.once('close', () => {
      this.#listeners.delete(listener);
      stopPing();
    });
  }

  #record({ name, bucket, key, object, userAgent }: ObjectEvent): object {
    const now = this.#clock.now();
    const id = (BigInt(Math.trunc(now)) * 1_000_000n + BigInt(this.#serial++)).toString(16).toUpperCase();
    const owner = { principalId: this.#principal };
    return {
      eventVersion: '2.0',
      eventSource: 'minio:s3',
      awsRegion: '',
      eventTime: new Date(now).toISOString(),
      eventName: name,
      userIdentity: owner,
      requestParameters: { principalId: this.#principal, region: '', sourceIPAddress: '10.244.0.1' },
      responseElements: { 'x-amz-request-id': id, 'x-minio-origin-endpoint': 'http://localhost:9000' },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'Config',
        bucket: { name: bucket, ownerIdentity: owner, arn: `arn:aws:s3:::${bucket}` },
        object: { key: encodeURIComponent(key).replaceAll('%20', '+'), ...(object === undefined ? {} : { size: object.size, eTag: object.etag, contentType: object.contentType, userMetadata: { 'content-type': object.contentType, ...object.metadata } }), sequencer: id },
      },
      source: { host: '10.244.0.1', port: '', userAgent },
    };
  }
}
