import { readFile, stat } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { ProgramContext } from '../../program.ts';
import { storeOf } from '../types/template.ts';
import type { ArtifactLocation, S3Location } from '../types/workflow.ts';
import { callInCluster } from './cluster-http.ts';
import { cloneRepository } from './git.ts';
import { filesBelow, writeBelow } from './host-files.ts';
import { outside } from './outside-stores.ts';
import { deleteObjects, getObject, listObjects, putObject, StoreError } from './s3.ts';
import type { Bucket } from './s3.ts';
import { mountedSecret } from './secrets.ts';

/** What one kind of store does for an artifact. Every step throws with Argo's words. */
export interface Driver {
  /** Writes the content to a path on the host: a file, or a folder when the key is one. */
  load(target: string): Promise<void>;
  save(source: string): Promise<void>;
  delete(): Promise<void>;
  list(): Promise<string[]>;
}

export const isMissing = (error: unknown): boolean => error instanceof StoreError && error.notFound;

const NO_DELETE = 'delete not supported for this artifact storage, please check the following issue for details: https://github.com/argoproj/argo-workflows/issues/3102';
const NO_LIST = 'ListObjects is currently not supported for this artifact type, but it will be in a future version';

/** The driver of an artifact's store. Throws for an artifact without a store. */
export function driverFor(context: ProgramContext, location: ArtifactLocation): Driver {
  if (location.s3 !== undefined) return s3Driver(context, location.s3);
  const refuse = (message: string) => () => Promise.reject(new Error(message));
  if (location.raw !== undefined) {
    const { data } = location.raw;
    return { load: (target) => writeBelow(target, data), save: refuse('Raw output artifacts unsupported'), delete: refuse(NO_DELETE), list: refuse(NO_LIST) };
  }
  const { git } = location;
  if (git !== undefined) return { load: (target) => cloneRepository(context, git, target), save: refuse('git output artifacts unsupported'), delete: refuse(NO_DELETE), list: refuse(NO_LIST) };
  const web = location.http ?? location.artifactory;
  if (web !== undefined) return webDriver(context, web, location.http === undefined);
  const store = storeOf(location);
  const found = store === undefined ? undefined : location[store];
  if (store === undefined || !isJsonObject(found)) throw new Error('unsupported artifact driver');
  const attempt = outside(context, store, found);
  if (attempt === undefined) throw new Error('unsupported artifact driver');
  return { load: (target) => attempt('load', target), save: (source) => attempt('save', shown(source)), delete: () => attempt('delete', ''), list: () => attempt('list', '') };
}

/** Where the executor puts what is to be saved, as it says it. */
const shown = (source: string): string => `/tmp/argo/outputs/artifacts/${basename(source)}`;

function s3Driver(context: ProgramContext, s3: S3Location): Driver {
  const { network } = context;
  const key = s3.key ?? '';
  const folder = posix.normalize(key).replace(/\/+$/, '');
  const bucketOf = async (): Promise<Bucket> => ({
    endpoint: s3.endpoint ?? '',
    bucket: s3.bucket ?? '',
    namespace: context.pod.metadata.namespace ?? 'default',
    accessKey: await mountedSecret(context, s3.accessKeySecret),
    secretKey: await mountedSecret(context, s3.secretKeySecret),
    insecure: s3.insecure === true,
    region: typeof s3['region'] === 'string' ? s3['region'] : '',
    now: () => context.clock.now(),
  });
  return {
    async load(target) {
      const bucket = await bucketOf();
      try {
        await writeBelow(target, await getObject(network, bucket, key));
      } catch (error) {
        if (!isMissing(error)) throw error;
        const keys = await listObjects(network, bucket, `${folder}/`);
        // Neither an object nor a folder: the store's own words, without what was tried.
        if (keys.length === 0) throw new StoreError(error instanceof Error ? error.message.replace(/^failed to get file: /, '') : String(error), true);
        for (const each of keys.filter((name) => !name.endsWith('/') && !name.split('/').includes('..'))) await writeBelow(join(target, each.slice(folder.length)), await getObject(network, bucket, each));
      }
    },
    async save(source) {
      const bucket = await bucketOf();
      if (!(await stat(source)).isDirectory()) return await putObject(network, bucket, key, await readFile(source));
      for (const { name, read } of await filesBelow(source)) await putObject(network, bucket, posix.join(key, name), await read());
    },
    async delete() {
      await deleteObjects(network, await bucketOf(), key);
    },
    async list() {
      return await listObjects(network, await bucketOf(), key);
    },
  };
}

function webDriver(context: ProgramContext, web: JsonObject, artifactory: boolean): Driver {
  const url = String(web['url'] ?? '');
  const call = async (method: string, body?: Uint8Array) => {
    const auth = isJsonObject(web['auth']) && isJsonObject(web['auth']['basicAuth']) ? web['auth']['basicAuth'] : artifactory ? web : {};
    const username = await mountedSecret(context, auth['usernameSecret']);
    const password = await mountedSecret(context, auth['passwordSecret']);
    const headers: Record<string, string> = {};
    for (const header of Array.isArray(web['headers']) ? web['headers'] : []) if (isJsonObject(header)) headers[String(header['name'])] = String(header['value'] ?? '');
    if (artifactory || (username !== '' && password !== '')) headers['authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    return await callInCluster(context.network, { method, url, headers, ...(body === undefined ? {} : { body }), namespace: context.pod.metadata.namespace ?? 'default' });
  };
  return {
    async load(target) {
      const answer = await call('GET');
      if (answer.status === 404) throw new StoreError(answer.statusText, true);
      if (answer.status < 200 || answer.status >= 300) throw new Error(`loading content from ${url} failed with reason: ${answer.statusText}`);
      await writeBelow(target, answer.body);
    },
    async save(source) {
      const answer = await call('PUT', await readFile(source));
      if (answer.status < 200 || answer.status >= 300) throw new Error(`saving file ${shown(source)} to ${url} failed with reason: ${answer.statusText}`);
    },
    delete: () => Promise.reject(new Error(NO_DELETE)),
    list: () => Promise.reject(new Error(NO_LIST)),
  };
}
