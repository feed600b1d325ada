import type { ApiCore, Target } from '../api/core.ts';
import { authorize } from '../api/core.ts';
import { badRequest, invalid, methodNotAllowed, notFound, unsupportedMediaType } from '../api/errors.ts';
import type { RequestContext, TablePrinter } from '../api/hooks.ts';
import { negotiate, type Form } from '../api/negotiate.ts';
import * as operations from '../api/operations.ts';
import { asking } from '../api/outside.ts';
import { chooseContainer } from '../api/pod-container.ts';
import type { ResourceRequest } from '../api/request-info.ts';
import { hasSubresource, type ResourceInfo, type SubresourceInfo } from '../api/scheme/resource-info.ts';
import { listMeta, partialList, partialMetadata, writeList, writeObject } from '../api/serialize.ts';
import { ApiStatus } from '../api/status.ts';
import { readIncludeObject, scalePrinter, writeTable } from '../api/table.ts';
import type { PatchType } from '../client.ts';
import type { KubeObject } from '../store/object.ts';
import { isJsonObject } from '../../lib/json.ts';
import type { ListResult } from '../api/verbs/read.ts';
import { commonHeaders, sendBytes, sendValue, wantsPretty, type Answering } from './answer.ts';
import { encodeLongList } from './list-text.ts';
import { decodeBody, decodeYaml, mediaType, readBody, type DecodedBody } from './body.ts';
import { goSyntaxError } from './go-json-error.ts';
import { flag, readDeleteOptions, readListQuery, readWriteQuery } from './options.ts';
import { sendWatch } from './watch-response.ts';
import { addWarning } from './warnings.ts';

export interface ResourceCall {
  core: ApiCore;
  answering: Answering;
  user: RequestContext['user'];
  request: ResourceRequest;
  decodeProtobuf: (bytes: Uint8Array) => unknown;
  /** Ends watches and logs. */
  end: AbortSignal;
  /** Told the body, for the request log. */
  onBody: (body: Buffer) => void;
}

/** Thrown for a path that no part of the API server looks after: answered as text. */
export class PlainNotFound extends Error {
  override readonly name = 'PlainResponse';
  readonly code = 404;
  readonly text = '404 page not found\n';
}

/** The answer for a path of a group that is built in, where nothing is served. Other groups, and paths, are unknown to all. */
export function unknownPath(core: ApiCore, group: string | undefined): Error {
  const builtIn = group !== undefined && (group === '' || core.scheme.all().some((info) => info.group === group && info.custom === undefined));
  return builtIn ? new ApiStatus(404, 'NotFound', 'the server could not find the requested resource', {}) : new PlainNotFound();
}

/** Performs one request for a resource and answers it. Throws ApiStatus. */
export async function handleResource(call: ResourceCall): Promise<void> {
  const { core, request } = call;
  const info = core.scheme.find(request);
  const method = call.answering.request.method ?? 'GET';
  if (info === undefined) {
    const unknown: ResourceInfo = { group: request.group, version: request.version, resource: request.resource, kind: '', singular: '', namespaced: true, verbs: [] };
    authorize(core, contextOf(call), verbOf(method, request, call.answering.query), targetOf(unknown, request));
    throw unknownPath(core, request.group);
  }
  const target = targetOf(info, request);
  if (request.namespace !== undefined && !info.namespaced) throw unknownPath(core, request.group);
  if (request.namespace === undefined && info.namespaced && request.name !== undefined) throw unknownPath(core, request.group);
  if (request.subresource !== undefined && !hasSubresource(info, request.subresource)) throw unknownPath(core, request.group);
  if (info.group === '' && info.resource === 'componentstatuses') call.answering.warnings.push('v1 ComponentStatus is deprecated in v1.19+');
  if (info.custom?.deprecationWarning !== undefined) call.answering.warnings.push(info.custom.deprecationWarning);
  switch (method) {
    case 'GET':
      return request.name === undefined || request.watchPrefix || flag(call.answering.query, 'watch') ? getMany(call, target) : getOne(call, { ...target, name: request.name });
    case 'POST':
      return post(call, target);
    case 'PUT':
      return put(call, named(target));
    case 'PATCH':
      return patch(call, named(target));
    case 'DELETE':
      return remove(call, target);
    default:
      throw methodNotAllowed();
  }
}

export function targetOf(info: ResourceInfo, request: ResourceRequest): Target {
  const { namespace, name, subresource } = request;
  return { info, ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }), ...(subresource === undefined ? {} : { subresource }) };
}

export function verbOf(method: string, request: ResourceRequest, query: URLSearchParams): string {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (request.watchPrefix || flag(query, 'watch')) return 'watch';
      return request.name === undefined ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return request.name === undefined ? 'deletecollection' : 'delete';
    default:
      return method.toLowerCase();
  }
}

function named(target: Target): operations.Named {
  if (target.name === undefined || (target.info.namespaced && target.namespace === undefined)) throw methodNotAllowed();
  return { ...target, name: target.name };
}

function contextOf(call: ResourceCall, write: Partial<Pick<RequestContext, 'dryRun' | 'fieldValidation'>> & { fieldManager?: string | undefined } = {}): RequestContext {
  const agent = call.answering.request.headers['user-agent'] ?? '';
  return {
    user: call.user,
    // After kubernetes 1.32 apiserver/pkg/endpoints/handlers/create.go (managerOrUserAgent)
    fieldManager: write.fieldManager ?? (agent.split('/')[0] || 'unknown').slice(0, 128),
    dryRun: write.dryRun ?? false,
    fieldValidation: write.fieldValidation ?? 'Ignore',
    warn: (text) => addWarning(call.answering.warnings, text),
  };
}

async function getOne(call: ResourceCall, target: operations.Named): Promise<void> {
  const { core, answering } = call;
  if (target.info.namespaced && target.namespace === undefined) throw methodNotAllowed();
  if (target.subresource === 'log') return sendLog(call, target);
  const verbs = target.info.subresources?.find((s) => s.name === target.subresource)?.verbs;
  if (verbs !== undefined && !verbs.includes('get')) throw methodNotAllowed();
  if (target.subresource !== undefined && STREAMS.includes(target.subresource)) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  const form = negotiate(answering.request.headers.accept);
  const object = await asking(core, contextOf(call), (core, context) => operations.get(core, context, target));
  sendObject(call, 200, object, infoFor(target), form);
}

async function getMany(call: ResourceCall, target: Target): Promise<void> {
  const { core, answering, request } = call;
  const { info } = target;
  if (target.subresource !== undefined) throw methodNotAllowed();
  const isWatch = request.watchPrefix || flag(answering.query, 'watch');
  const context = contextOf(call);
  if (!info.verbs.includes(isWatch ? 'watch' : 'list')) throw methodNotAllowed();
  authorize(core, context, isWatch ? 'watch' : 'list', target);
  const form = negotiate(answering.request.headers.accept, true);
  const options = readListQuery(answering.query, isWatch);
  if (request.name !== undefined) {
    const own = `metadata.name=${request.name}`;
    options.fieldSelector = options.fieldSelector === undefined ? own : `${own},${options.fieldSelector}`;
  }
  const { name: _name, ...everything } = target;
  if (isWatch) return sendWatch(core, context, answering, everything, options, form, call.end);
  sendList(call, await asking(core, context, (core, context) => operations.list(core, context, everything, options)), info, form);
}

async function bodyOf(call: ResourceCall, context: RequestContext, kind: string): Promise<DecodedBody> {
  const raw = await bytesOf(call, context);
  return decodeBody(raw, call.answering.request.headers['content-type'], kind, call.decodeProtobuf);
}

async function bytesOf(call: ResourceCall, context: RequestContext): Promise<Buffer> {
  const raw = await readBody(call.answering.request);
  context.received = raw.length;
  call.onBody(raw);
  return raw;
}

const STREAMS = ['exec', 'attach', 'portforward'];

async function post(call: ResourceCall, target: Target): Promise<void> {
  const { core, answering } = call;
  const { info, name, subresource } = target;
  if (name !== undefined && subresource === undefined) throw methodNotAllowed();
  const sub = info.subresources?.find((s) => s.name === subresource);
  if (!(sub?.verbs ?? info.verbs).includes('create')) throw methodNotAllowed();
  if (info.namespaced && target.namespace === undefined) throw methodNotAllowed();
  const form = negotiate(answering.request.headers.accept);
  const query = readWriteQuery(answering.query, 'CreateOptions');
  const context = contextOf(call, query);
  // Whoever may not write is told so before the body is looked at.
  authorize(core, context, 'create', target);
  if (name !== undefined && subresource !== undefined && STREAMS.includes(subresource)) {
    // It has no body, and comes by another way: by this one it is only told what is missing.
    operations.exists(core, target.info, target.namespace, name);
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  }
  const body = await bodyOf(call, context, sub?.kind ?? info.kind);
  if (subresource !== undefined && name !== undefined) {
    const value = await asking(core, context, (core, context) => operations.postSubresource(core, context, { ...target, name, subresource }, body.value));
    sendAnything(call, 201, value, sub === undefined ? info : subInfo(info, sub), form);
    return;
  }
  const value = await asking(core, context, (core, context) => operations.create(core, context, target, body.value, body.duplicates, body.sort));
  sendAnything(call, 201, value, info, form);
}

async function put(call: ResourceCall, target: operations.Named): Promise<void> {
  const { core, answering } = call;
  const verbs = target.info.subresources?.find((s) => s.name === target.subresource)?.verbs ?? target.info.verbs;
  if (!verbs.includes('update')) throw methodNotAllowed();
  const form = negotiate(answering.request.headers.accept);
  const context = contextOf(call, readWriteQuery(answering.query, 'UpdateOptions'));
  authorize(core, context, 'update', target);
  const info = infoFor(target);
  const body = await bodyOf(call, context, info.kind);
  const object = await asking(core, context, (core, context) => operations.update(core, context, target, body.value, body.duplicates, body.sort));
  sendObject(call, 200, object, info, form);
}

const PATCH_TYPES: Record<string, PatchType> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
};

async function patch(call: ResourceCall, target: operations.Named): Promise<void> {
  const { core, answering } = call;
  const { info } = target;
  const verbs = info.subresources?.find((s) => s.name === target.subresource)?.verbs ?? info.verbs;
  if (!verbs.includes('patch')) throw methodNotAllowed();
  const accepted = Object.keys(PATCH_TYPES).filter((type) => info.custom === undefined || PATCH_TYPES[type] !== 'strategic');
  const content = mediaType(answering.request.headers['content-type']);
  const type = PATCH_TYPES[content];
  // A type that no route consumes is refused before the handler, which would name the others.
  if (type === undefined) throw new ApiStatus(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  if (!accepted.includes(content)) throw unsupportedMediaType(accepted);
  const form = negotiate(answering.request.headers.accept);
  const query = readWriteQuery(answering.query, 'PatchOptions');
  if (type === 'apply' && query.fieldManager === undefined) {
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [{ reason: 'FieldValueRequired', message: 'Required value: is required for apply patch', field: 'fieldManager' }]);
  }
  if (type !== 'apply' && query.force !== undefined) {
    throw invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [{ reason: 'FieldValueForbidden', message: 'Forbidden: may not be specified for non-apply patch', field: 'force' }]);
  }
  const context = contextOf(call, query);
  authorize(core, context, 'patch', target);
  const raw = await bytesOf(call, context);
  const body = type === 'apply' ? decodeYaml(raw) : parsePatch(raw, type);
  const result = await asking(core, context, (core, context) => operations.patch(core, context, target, { type, body, ...(query.force === undefined ? {} : { force: query.force }) }));
  sendObject(call, result.created ? 201 : 200, result.object, infoFor(target), form);
}

function parsePatch(raw: Buffer, type: PatchType): unknown {
  const text = raw.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    const problem = goSyntaxError(text);
    throw badRequest(type === 'json' ? `error decoding patch: ${problem}` : problem);
  }
}

async function remove(call: ResourceCall, target: Target): Promise<void> {
  const { core, answering } = call;
  const { info } = target;
  if (target.subresource !== undefined) throw methodNotAllowed();
  if (!info.verbs.includes(target.name === undefined ? 'deletecollection' : 'delete')) throw methodNotAllowed();
  if (info.namespaced && target.namespace === undefined) throw methodNotAllowed();
  const form = negotiate(answering.request.headers.accept);
  authorize(core, contextOf(call), target.name === undefined ? 'deletecollection' : 'delete', target);
  const raw = await readBody(answering.request);
  call.onBody(raw);
  const body = raw.length === 0 ? undefined : decodeBody(raw, answering.request.headers['content-type'], 'DeleteOptions', call.decodeProtobuf).value;
  const options = readDeleteOptions(body, answering.query);
  const context = contextOf(call, { dryRun: options.dryRun === true });
  if (target.name === undefined) {
    const items = await asking(core, context, (core, context) => operations.removeCollection(core, context, target, readListQuery(answering.query, false), options));
    sendList(call, { items, resourceVersion: String(core.store.revision) }, info, form);
    return;
  }
  const one = { ...target, name: target.name };
  const { object, gone } = await asking(core, context, (core, context) => operations.remove(core, context, one, options));
  if (!gone || SHOWN_WHEN_GONE.has(`${info.group}/${info.resource}`)) {
    sendObject(call, 200, object, info, form);
    return;
  }
  const details = { name: target.name, ...(info.group === '' ? {} : { group: info.group }), kind: info.resource, ...(object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }) };
  sendValue(answering, 200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, { yaml: form.encoding === 'yaml' });
}

/** Kinds whose DELETE answers with the object. After kubernetes 1.32: those whose store sets ReturnDeletedObject. */
const SHOWN_WHEN_GONE = new Set(['/pods', '/services', '/serviceaccounts', '/persistentvolumes', '/persistentvolumeclaims', '/podtemplates', '/resourcequotas']);

function subInfo(info: ResourceInfo, sub: SubresourceInfo): ResourceInfo {
  if (sub.kind === info.kind) return info;
  const { custom: _custom, ...rest } = info;
  return { ...rest, group: sub.group ?? info.group, version: sub.version ?? info.version, kind: sub.kind };
}

function infoFor(target: Target): ResourceInfo {
  const sub = target.info.subresources?.find((s) => s.name === target.subresource);
  return sub === undefined ? target.info : subInfo(target.info, sub);
}

function sendAnything(call: ResourceCall, code: number, value: unknown, info: ResourceInfo, form: Form): void {
  if (isJsonObject(value) && value.kind === 'Status') {
    sendValue(call.answering, typeof value.code === 'number' ? value.code : code, value, { yaml: form.encoding === 'yaml' });
  } else if (isJsonObject(value) && typeof value.apiVersion === 'string' && typeof value.kind === 'string' && isJsonObject(value.metadata)) {
    sendObject(call, code, value as unknown as KubeObject, info, form);
  } else sendValue(call.answering, code, value, { yaml: form.encoding === 'yaml' });
}

function sendObject(call: ResourceCall, code: number, object: KubeObject, info: ResourceInfo, form: Form): void {
  const { core, answering } = call;
  const yaml = { yaml: form.encoding === 'yaml' };
  const { resourceVersion } = object.metadata;
  if (form.as === undefined) sendValue(answering, code, writeObject(info, object), yaml);
  else if (form.as.kind === 'Table') {
    const include = readIncludeObject(answering.query.get('includeObject'));
    const metadata = resourceVersion === undefined ? {} : { resourceVersion };
    sendValue(answering, code, writeTable([object], { info, printer: printerOf(core, info), now: core.clock.now(), include, version: form.as.version, metadata }), yaml);
  } else sendValue(answering, code, partialMetadata(object, form.as.version), yaml);
}

function sendList(call: ResourceCall, list: ListResult, info: ResourceInfo, form: Form): void {
  const { core, answering } = call;
  const yaml = { yaml: form.encoding === 'yaml' };
  if (form.as === undefined) {
    const long = yaml.yaml || wantsPretty(answering.request, answering.query) ? undefined : encodeLongList(info, list);
    if (long === undefined) sendValue(answering, 200, writeList(info, list), yaml);
    else sendBytes(answering, 200, long, 'application/json');
  } else if (form.as.kind === 'Table') {
    const include = readIncludeObject(answering.query.get('includeObject'));
    sendValue(answering, 200, writeTable(list.items, { info, printer: core.hooks.printer, now: core.clock.now(), include, version: form.as.version, metadata: listMeta(list) }), yaml);
  } else sendValue(answering, 200, partialList(list, form.as.version), yaml);
}

function printerOf(core: ApiCore, info: ResourceInfo): TablePrinter {
  return info.group === 'autoscaling' && info.kind === 'Scale' ? scalePrinter(core.hooks.printer) : core.hooks.printer;
}

/** The log of a container, as it comes. */
async function sendLog(call: ResourceCall, target: operations.Named): Promise<void> {
  const { core, answering } = call;
  const { query, response } = answering;
  authorize(core, contextOf(call), 'get', target);
  const namespace = target.namespace ?? '';
  const pod = core.store.get(target.info, namespace, target.name);
  if (pod === undefined) throw notFound(target.info, target.name);
  const container = chooseContainer(pod, query.get('container') ?? undefined, 'logs');
  if (core.hooks.containers === undefined) throw badRequest('no container runtime is attached');
  const number = (name: string): number | undefined => {
    const value = query.get(name);
    if (value === null || value === '') return undefined;
    if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing "${value}": invalid syntax`);
    return Number(value);
  };
  const [tailLines, sinceSeconds, limitBytes] = [number('tailLines'), number('sinceSeconds'), number('limitBytes')];
  const causes = [];
  const podLogOptions = { group: '', kind: 'PodLogOptions' };
  if (tailLines !== undefined && tailLines < 0) causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${tailLines}: must be greater than or equal to 0`, field: 'tailLines' });
  if (limitBytes !== undefined && limitBytes < 1) causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${limitBytes}: must be greater than 0`, field: 'limitBytes' });
  if (sinceSeconds !== undefined && sinceSeconds < 1) causes.push({ reason: 'FieldValueInvalid', message: `Invalid value: ${sinceSeconds}: must be greater than 0`, field: 'sinceSeconds' });
  const sinceTime = query.get('sinceTime');
  if (sinceSeconds !== undefined && sinceTime !== null) causes.push({ reason: 'FieldValueForbidden', message: 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified', field: '' });
  if (causes.length > 0) throw invalid(podLogOptions, target.name, causes);
  const options = {
    container,
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(sinceTime === null ? {} : { sinceTime }),
  };
  const end = new AbortController();
  const abort = (): void => end.abort();
  response.on('close', abort);
  call.end.addEventListener('abort', abort, { once: true });
  try {
    const log = core.hooks.containers.logs(pod, options, end.signal)[Symbol.asyncIterator]();
    // The first piece decides between a log and an error.
    const head = (): void => void response.writeHead(200, { ...commonHeaders(answering), 'Content-Type': 'text/plain' });
    const pending = log.next();
    if (options.follow) {
      const soon = await Promise.race([pending, new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))]);
      if (soon === undefined) {
        head();
        response.write('');
      }
    }
    for (let piece = await pending; piece.done !== true; piece = await log.next()) {
      if (!response.headersSent) head();
      response.write(piece.value);
    }
    if (!response.headersSent) head();
    response.end();
  } catch (error) {
    if (!response.headersSent) throw error;
    if (end.signal.aborted) response.destroy();
    else response.end();
  } finally {
    call.end.removeEventListener('abort', abort);
  }
}

