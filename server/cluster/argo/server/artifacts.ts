import { posix } from 'node:path';
import { STATUS_CODES } from 'node:http';
import { lookup } from 'mime-types';
import type { JsonObject } from '../../../lib/json.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { PodNetwork } from '../../network/pod-network.ts';
import { StoreError, getObject, listObjects, type Bucket } from '../executor/s3.ts';
import type { Caller } from './auth.ts';
import type { Reply } from './reply.ts';
import { archivedWorkflow } from './archive-access.ts';
import { SECRETS, message, text, type ServiceContext } from './route.ts';
import { Code, toStatus } from './status.ts';
import { dig } from './structs.ts';
import { getOwnWorkflow } from './workflow-access.ts';

// After argo-workflows v3.7.6 server/artifacts/artifact_server.go

const CSP = "sandbox; base-uri 'none'; default-src 'none'; img-src 'self'; style-src 'self' 'unsafe-inline'";

export interface ArtifactAccess {
  context: ServiceContext;
  network: PodNetwork;
  /** The server's own namespace: where a store's short name is looked up. */
  namespace: string;
  /** Milliseconds: what requests to the store are signed with. */
  now(): number;
}

/** What an artifact URL asks for. */
interface Wanted {
  /** Empty where a uid says it all. */
  namespace: string;
  workflow: string;
  /** Of an archived workflow, which is then meant instead of a living one. */
  uid?: string;
  node: string;
  direction: 'inputs' | 'outputs';
  artifact: string;
  /** Inside an artifact that is a directory; a trailing slash asks for its listing. */
  file: string | undefined;
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message = '',
  ) {
    super(message);
  }
}

/** The URL taken apart; undefined when it is none of an artifact. Throws Refused(400) on a wrong one. */
function parse(path: string): Wanted {
  const [, area = '', ...rest] = path.split('/');
  if (area.endsWith('-by-uid')) {
    const [uid, node, artifact] = rest;
    if (uid === undefined || node === undefined || artifact === undefined) throw new Refused(400);
    return { namespace: '', workflow: '', uid, node, artifact, direction: area === 'artifacts-by-uid' ? 'outputs' : 'inputs', file: undefined };
  }
  if (area === 'artifacts' || area === 'input-artifacts') {
    const [namespace, workflow, node, artifact] = rest;
    if (namespace === undefined || workflow === undefined || node === undefined || artifact === undefined) throw new Refused(400);
    return { namespace, workflow, node, artifact, direction: area === 'artifacts' ? 'outputs' : 'inputs', file: undefined };
  }
  const [namespace, kind, workflow, node, direction, artifact, ...file] = rest;
  if (namespace === undefined || workflow === undefined || node === undefined || artifact === undefined) throw new Refused(400);
  if (direction !== 'inputs' && direction !== 'outputs') throw new Refused(400);
  if (kind === 'archived-workflows') return { namespace, workflow: '', uid: workflow, node, artifact, direction, file: file.join('/') };
  if (kind !== 'workflows') throw new Refused(400);
  return { namespace, workflow, node, artifact, direction, file: file.join('/') };
}

export function isArtifactPath(path: string): boolean {
  return /^\/((input-)?artifacts(-by-uid)?|artifact-files)\//.test(path);
}

/** Answers a request for an artifact, as the caller: who may not read the workflow or the store's Secret gets nothing. */
export async function serveArtifact(reply: Reply, path: string, caller: Caller, access: ArtifactAccess): Promise<void> {
  try {
    await send(reply, path, parse(path), caller, access);
  } catch (error) {
    refuse(reply, error instanceof Refused ? error.status : statusOf(error));
  }
}

export function refuse(reply: Reply, status: number): void {
  reply.set('Content-Type', 'text/plain; charset=utf-8').set('X-Content-Type-Options', 'nosniff').end(status, `${STATUS_CODES[status] ?? ''}\n`);
}

function statusOf(error: unknown): number {
  if (error instanceof StoreError && error.notFound) return 404;
  const { code } = toStatus(error);
  return code === Code.Unauthenticated ? 401 : 500;
}

async function send(reply: Reply, path: string, wanted: Wanted, caller: Caller, access: ArtifactAccess): Promise<void> {
  const workflow = await workflowOf(wanted, caller, access);
  const artifact = find(workflow, wanted);
  const raw = message(artifact, 'raw');
  if (raw !== undefined) {
    file(reply, wanted.artifact, Buffer.from(text(raw, 'data')));
    return;
  }
  const { bucket, key } = await locate(workflow, artifact, text(dig(workflow, 'metadata'), 'namespace') || wanted.namespace, caller, access);
  if (wanted.file === undefined) {
    file(reply, posix.basename(key), await getObject(access.network, bucket, key));
    return;
  }
  await sendInside(reply, path, key, wanted.file, bucket, access);
}

async function workflowOf(wanted: Wanted, { kube }: Caller, { context }: ArtifactAccess): Promise<JsonObject> {
  try {
    if (wanted.uid === undefined) return await getOwnWorkflow({ kube, context }, wanted.namespace, wanted.workflow);
    return await archivedWorkflow({ kube, context }, { uid: wanted.uid });
  } catch (error) {
    const { code } = toStatus(error);
    throw new Refused(code === Code.NotFound ? 404 : code === Code.PermissionDenied ? 403 : code === Code.Unauthenticated ? 401 : 500);
  }
}

/** A file of a directory, or the directory's listing. */
async function sendInside(reply: Reply, path: string, root: string, inside: string, bucket: Bucket, access: ArtifactAccess): Promise<void> {
  const key = posix.join(root, inside).replace(/\/$/, '');
  const isDirectory = inside.endsWith('/') || path.endsWith('/');
  if (!isDirectory) {
    const below = await listObjects(access.network, bucket, `${key}/`);
    if (below.length > 0) {
      reply.set('Content-Type', 'text/html; charset=utf-8').set('Location', `${encodeURI(path)}/`).end(307, `<a href="${escape(encodeURI(path))}/">Temporary Redirect</a>.\n\n`);
      return;
    }
    file(reply, posix.basename(key), await getObject(access.network, bucket, key));
    return;
  }
  const names = (await listObjects(access.network, bucket, `${key}/`)).map((object) => object.slice(key.length + 1));
  if (names.includes('index.html')) {
    reply.set('Location', `${encodeURI(path)}index.html`).end(307, '');
    return;
  }
  const rows = new Set(['..', ...names.map((name) => (name.includes('/') ? name.slice(0, name.lastIndexOf('/') + 1) : name))]);
  const items = [...rows].map((name) => `<li><a href="${escape(encodeURI(name))}">${escape(name)}</a></li>\n`).join('');
  reply.set('Content-Security-Policy', CSP).set('X-Frame-Options', 'SAMEORIGIN').end(200, `<html><body><ul>\n${items}</ul></body></html>`, { sniffed: 'text/html; charset=utf-8' });
}

function escape(value: string): string {
  return value.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function file(reply: Reply, name: string, body: Buffer): void {
  reply
    .set('Content-Disposition', `filename="${name.replace(/["\\\r\n]/g, '_')}"`)
    .set('Content-Security-Policy', CSP)
    .set('Content-Type', typeOf(name))
    .set('X-Frame-Options', 'SAMEORIGIN')
    .end(200, body);
}

/** Content types as Go's mime package and the system's table give them. */
function typeOf(name: string): string {
  const extension = posix.extname(name);
  if (extension === '.tgz') return 'application/x-gtar-compressed';
  if (extension === '.gz') return 'application/gzip';
  if (extension === '.js') return 'text/javascript; charset=utf-8';
  const type = lookup(name) || 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

function find(workflow: JsonObject, wanted: Wanted): JsonObject {
  const node = message(message(message(workflow, 'status'), 'nodes'), wanted.node);
  const artifacts = message(node, wanted.direction)?.['artifacts'];
  const found = Array.isArray(artifacts) ? artifacts.find((artifact) => isJsonObject(artifact) && artifact['name'] === wanted.artifact) : undefined;
  if (!isJsonObject(found) || found['deleted'] === true) throw new Refused(500);
  return found;
}

/** Where an artifact is: its own place, filled in from the repository that the workflow was run with. */
async function locate(workflow: JsonObject, artifact: JsonObject, namespace: string, caller: Caller, access: ArtifactAccess): Promise<{ bucket: Bucket; key: string }> {
  const own = message(artifact, 's3');
  if (own === undefined) throw new Refused(500);
  const repository = message(message(message(dig(workflow, 'status'), 'artifactRepositoryRef'), 'artifactRepository'), 's3');
  const s3: JsonObject = text(own, 'bucket') === '' ? { ...repository, ...own } : own;
  const secret = async (name: string): Promise<string> => {
    const selector = message(s3, name);
    if (selector === undefined) return '';
    const object = await caller.kube.get(SECRETS, namespace, text(selector, 'name'));
    const data = object['data'];
    const value = isJsonObject(data) ? data[text(selector, 'key')] : undefined;
    return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
  };
  const bucket = { endpoint: text(s3, 'endpoint'), bucket: text(s3, 'bucket'), namespace: access.namespace, accessKey: await secret('accessKeySecret'), secretKey: await secret('secretKeySecret'), insecure: s3['insecure'] === true, now: access.now };
  return { bucket, key: text(own, 'key') };
}
