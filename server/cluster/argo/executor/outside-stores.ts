import { posix } from 'node:path';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import type { ProgramContext } from '../../program.ts';
import { mountedSecret } from './secrets.ts';

/** What is done with an artifact when its store is not reached. */
export type Attempt = 'load' | 'save' | 'delete' | 'list';

/** What a driver says that finds no way to its store; rejects also for settings that it refuses before it tries. */
type Words = (call: { context: ProgramContext; location: JsonObject; attempt: Attempt; path: string }) => Promise<string>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const lookup = (host: string): string => `dial tcp: lookup ${host} on 10.96.0.10:53: no such host`;
const hostOf = (url: string): string => url.replace(/^[a-z]+:\/\//i, '').replace(/[/:?].*$/s, '');
const encoded = (key: string): string => key.split('/').map((part) => encodeURIComponent(part)).join('/');

/** After argo-workflows v3.7.6 workflow/artifacts/gcs/gcs.go: the network's errors are tried again, and what is said then is that time ran out. */
const gcs: Words = async ({ context, location, attempt, path }) => {
  if (!isJsonObject(location['serviceAccountKeySecret'])) return 'GCS storage.NewClient: dialing: google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information';
  const secret = await mountedSecret(context, location['serviceAccountKeySecret']);
  const key = parsed(secret);
  if (!isJsonObject(key)) return `GCS client CredentialsFromJSON: ${secret.trim() === '' ? 'unexpected end of JSON input' : `invalid character '${secret.trim().charAt(0)}' looking for beginning of value`}`;
  const name = posix.normalize(text(location['key']));
  const bucket = text(location['bucket']);
  const token = text(key['token_uri']) === '' ? 'https://oauth2.googleapis.com/token' : text(key['token_uri']);
  const reason = `oauth2: cannot fetch token: Post "${token}": ${lookup(hostOf(token))}`;
  const url = (query: string) => `https://storage.googleapis.com/storage/v1/b/${bucket}/o?alt=json&${query}`;
  const said =
    attempt === 'save'
      ? `upload ${path}: writer close: Post "https://storage.googleapis.com/upload/storage/v1/b/${bucket}/o?alt=json&name=${encodeURIComponent(name)}&prettyPrint=false&projection=full&uploadType=multipart": ${reason}`
      : `Get "${url(`delimiter=&endOffset=&includeFoldersAsPrefixes=false&includeTrailingDelimiter=false&matchGlob=&pageToken=&prefix=${encodeURIComponent(name)}&prettyPrint=false&projection=full&softDeleted=false&startOffset=&versions=false`)}": ${reason}`;
  return `timed out waiting for the condition: ${said}`;
};

/** After argo-workflows v3.7.6 workflow/artifacts/azure/azure.go */
const azure: Words = async ({ context, location, attempt, path }) => {
  const endpoint = text(location['endpoint']);
  const blob = text(location['blob']);
  const client = attempt === 'save' ? `unable to create Azure Blob Container client for ${blob}` : 'unable to create Azure Blob Container client';
  const place = `${endpoint.replace(/\/$/, '')}/${text(location['container'])}`;
  if (location['useSDKCreds'] !== true) {
    const key = await mountedSecret(context, location['accountKeySecret']);
    if (key === '') return `${client}: accountKey secret is required for Azure Blob Storage if useSDKCreds is false`;
    const wrong = /[?&][^=]+=[^&]+/.test(key) ? undefined : badBase64(key);
    if (wrong !== undefined) return `${client}: unable to create Azure shared key credential: decode account key: illegal base64 data at input byte ${wrong}`;
  }
  const reason = (method: string) => `${method} "${place}/${encoded(blob)}": ${lookup(hostOf(endpoint))}`;
  switch (attempt) {
    case 'save':
      return `unable to upload file ${path} to Azure: ${reason('Put')}`;
    case 'load':
      return `unable to download blob ${blob}: ${reason('Head')}`;
    default:
      return `unable to test if ${blob} is a directory: error listing blobs ${blob} in Azure Blob Storage container: Get "${place}?comp=list&restype=container": ${lookup(hostOf(endpoint))}`;
  }
};

/** After argo-workflows v3.7.6 workflow/artifacts/oss/oss.go */
const oss: Words = ({ location, attempt }) => {
  const endpoint = text(location['endpoint']);
  const host = `${text(location['bucket'])}.${hostOf(endpoint)}`;
  const url = `${endpoint.startsWith('https://') ? 'https' : 'http'}://${host}/`;
  const object = `${url}${encoded(text(location['key']))}`;
  const said: Record<Attempt, string> = { load: `failed to get file: Get "${object}"`, save: `Put "${object}"`, delete: `Delete "${object}"`, list: `Get "${url}?delimiter=%2F&prefix=${encodeURIComponent(text(location['key']))}"` };
  return Promise.resolve(`${said[attempt]}: ${lookup(host)}`);
};

/** After argo-workflows v3.7.6 workflow/artifacts/hdfs/hdfs.go: what the last of its addresses said. */
const hdfs: Words = ({ location }) => {
  const addresses = Array.isArray(location['addresses']) ? location['addresses'] : [];
  return Promise.resolve(`no available namenodes: ${lookup(hostOf(text(addresses.at(-1))))}`);
};

const STORES: Readonly<Record<string, Words>> = { gcs, azure, oss, hdfs };

/** Why an artifact in a store of the outside world can be neither had nor put: nothing of a cluster leads there. Undefined: the store is none of those. */
export function outside(context: ProgramContext, store: string, location: JsonObject): ((attempt: Attempt, path: string) => Promise<never>) | undefined {
  const words = STORES[store];
  if (words === undefined) return undefined;
  return async (attempt, path) => {
    throw new Error(await words({ context, location, attempt, path }));
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Where a text stops being base64, as Go's decoder counts; undefined where it is. */
function badBase64(key: string): number | undefined {
  const at = /^[A-Za-z0-9+/]*/.exec(key)?.[0].length ?? 0;
  const rest = key.slice(at);
  if (rest === '') return key.length % 4 === 0 ? undefined : key.length - (key.length % 4);
  return /^={1,2}$/.test(rest) && key.length % 4 === 0 ? undefined : at;
}
