import { createHash } from 'node:crypto';

export interface StoredObject {
  key: string;
  body: Buffer;
  /** The MD5 of the content in hex, as S3's ETag without its quotes. */
  etag: string;
  contentType: string;
  /** Milliseconds. */
  modified: number;
  metadata: Record<string, string>;
}

export interface Listing {
  objects: StoredObject[];
  prefixes: string[];
  /** Where the next page starts; undefined on the last. */
  next: string | undefined;
}

/** What a store holds at most, what is on its way included: it is the lab's own memory. */
const MOST_BYTES = 640 * 1024 * 1024;
/** A name and what goes with it are not for nothing. */
const OBJECT_BYTES = 512;

/** Buckets and objects in memory. */
export class BucketStore {
  #held = 0;

  constructor(private readonly most = MOST_BYTES) {}

  fits(bytes: number): boolean {
    return this.#held + bytes <= this.most;
  }

  /** Counts bytes that are about to be kept, or with a negative number are no more. False, and nothing is counted, when there is no room for them. */
  hold(bytes: number): boolean {
    if (bytes > 0 && !this.fits(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  readonly #buckets = new Map<string, { created: number; objects: Map<string, StoredObject> }>();

  buckets(): { name: string; created: number }[] {
    return [...this.#buckets].map(([name, { created }]) => ({ name, created })).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  has(bucket: string): boolean {
    return this.#buckets.has(bucket);
  }

  /** False when it exists already. */
  create(bucket: string, now: number): boolean {
    if (this.#buckets.has(bucket)) return false;
    this.#buckets.set(bucket, { created: now, objects: new Map() });
    return true;
  }

  /** False when it is not empty. */
  remove(bucket: string): boolean {
    if ((this.#buckets.get(bucket)?.objects.size ?? 0) > 0) return false;
    this.#buckets.delete(bucket);
    return true;
  }

  put(bucket: string, key: string, body: Buffer, contentType: string, metadata: Record<string, string>, now: number): StoredObject {
    const object = { key, body, etag: createHash('md5').update(body).digest('hex'), contentType, modified: now, metadata };
    this.delete(bucket, key);
    this.#held += body.length + OBJECT_BYTES;
    this.#buckets.get(bucket)?.objects.set(key, object);
    return object;
  }

  get(bucket: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucket)?.objects.get(key);
  }

  delete(bucket: string, key: string): void {
    const objects = this.#buckets.get(bucket)?.objects;
    const gone = objects?.get(key);
    if (gone === undefined) return;
    this.#held -= gone.body.length + OBJECT_BYTES;
    objects?.delete(key);
  }

  list(bucket: string, options: { prefix: string; delimiter: string; after: string; limit: number }): Listing {
    const { prefix, delimiter, after, limit } = options;
    const keys = [...(this.#buckets.get(bucket)?.objects.keys() ?? [])].filter((key) => key.startsWith(prefix)).sort();
    const objects: StoredObject[] = [];
    const prefixes: string[] = [];
    for (const key of keys) {
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      const shown = end < 0 ? key : key.slice(0, end + delimiter.length);
      if (shown <= after || prefixes.at(-1) === shown) continue;
      if (objects.length + prefixes.length >= limit) return { objects, prefixes, next: [objects.at(-1)?.key ?? '', prefixes.at(-1) ?? ''].sort().at(-1) };
      const object = this.get(bucket, key);
      if (end >= 0) prefixes.push(shown);
      else if (object !== undefined) objects.push(object);
    }
    return { objects, prefixes, next: undefined };
  }
}
