import { z } from 'zod';
import { isJsonObject } from '../../../lib/json.ts';
import { convertObject } from '../../api/convert.ts';
import { applyJsonPatch } from '../../api/patch/index.ts';
import type { AdmissionRequest } from '../../api/hooks.ts';
import type { ResourceInfo } from '../../api/scheme/resource-info.ts';
import { ApiStatus, type StatusDetails } from '../../api/status.ts';
import { apiVersionOf, type KubeObject } from '../../store/object.ts';

/** The questions and answers of admission webhooks. After kubernetes 1.32 apiserver/pkg/admission/plugin/webhook/request/admissionreview.go */

export type ReviewVersion = 'admission.k8s.io/v1' | 'admission.k8s.io/v1beta1';

/** What a webhook that could be asked said. */
export interface Review {
  allowed: boolean;
  /** JSON Patch; empty where nothing is to be changed. */
  patch: unknown[];
  /** Anything but `JSONPatch` is refused. */
  patchType: string;
  status: { code?: number | undefined; reason?: string | undefined; message?: string | undefined; details?: unknown } | undefined;
  warnings: string[];
}

const OPTIONS: Record<AdmissionRequest['operation'], string | undefined> = { CREATE: 'CreateOptions', UPDATE: 'UpdateOptions', DELETE: 'DeleteOptions', CONNECT: undefined };

/** What is sent. `info`: as which resource the webhook's rules mean the request. */
export function questionOf(uid: string, version: ReviewVersion, request: AdmissionRequest, info: ResourceInfo): unknown {
  const { resource: own, subresource, user, operation, namespace, name, object, oldObject, dryRun } = request;
  const kind = (one: ResourceInfo) => ({ group: one.group, version: one.version, kind: one.kind });
  const resource = (one: ResourceInfo) => ({ group: one.group, version: one.version, resource: one.resource });
  const shown = (one: KubeObject | undefined): KubeObject | null => (one === undefined ? null : shownAs(one, request, info));
  const options = OPTIONS[operation];
  return {
    kind: 'AdmissionReview',
    apiVersion: version,
    request: {
      uid,
      kind: kind(info),
      resource: resource(info),
      ...(subresource === undefined ? {} : { subResource: subresource }),
      requestKind: kind(own),
      requestResource: resource(own),
      ...(subresource === undefined ? {} : { requestSubResource: subresource }),
      ...(name === '' ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      operation,
      userInfo: { username: user.username, ...(user.uid === undefined ? {} : { uid: user.uid }), groups: user.groups, ...(user.extra === undefined ? {} : { extra: user.extra }) },
      object: shown(object),
      oldObject: shown(oldObject),
      dryRun,
      options: options === undefined ? null : { kind: options, apiVersion: 'meta.k8s.io/v1', ...(dryRun ? { dryRun: ['All'] } : {}) },
    },
  };
}

/** The object in the version that the webhook asked for; bodies of subresources are what they are. */
export function shownAs(object: KubeObject, { resource, subresource }: AdmissionRequest, info: ResourceInfo): KubeObject {
  return info === resource || (subresource !== undefined && object.kind !== info.kind) ? object : convertObject(object, apiVersionOf(info));
}

const Answer = z.object({
  kind: z.string().default(''),
  apiVersion: z.string().default(''),
  response: z
    .object({
      uid: z.string().default(''),
      allowed: z.boolean().default(false),
      status: z.object({ code: z.number().optional(), reason: z.string().optional(), message: z.string().optional(), details: z.unknown().optional() }).nullish(),
      patch: z.string().nullish(),
      patchType: z.string().nullish(),
      warnings: z.array(z.string()).nullish(),
    })
    .nullish(),
});

/** Reads an answer. Throws Error with the reason for which it is none, as the API server words it. */
export function readReview(uid: string, version: ReviewVersion, mutating: boolean, body: string): Review {
  const parsed = Answer.safeParse(parse(body));
  if (!parsed.success) throw new Unreadable(`json: cannot unmarshal ${parsed.error.issues[0]?.path.join('.') ?? ''} of the answer into an AdmissionReview`);
  const { kind, apiVersion, response } = parsed.data;
  const invalid = (problem: string) => new Error(`received invalid webhook response: ${problem}`);
  if (response === undefined || response === null) throw invalid('webhook response was absent');
  const { patchType } = response;
  const patch = response.patch ?? '';
  if (version === 'admission.k8s.io/v1') {
    if (response.uid !== uid) throw invalid(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid)}`);
    if (kind !== 'AdmissionReview' || apiVersion !== version) throw invalid(`expected webhook response of ${version}, Kind=AdmissionReview, got ${apiVersion === '' ? '/' : apiVersion}, Kind=${kind}`);
    if (!mutating && patch !== '') throw invalid('validating webhook may not return response.patch');
    if (!mutating && patchType !== undefined && patchType !== null) throw invalid('validating webhook may not return response.patchType');
    if (patch !== '' && (patchType === undefined || patchType === null)) throw invalid('webhook returned response.patch but not response.patchType');
    if (mutating && patch === '' && patchType !== undefined && patchType !== null) throw invalid('webhook returned response.patchType but not response.patch');
    if (patchType === '') throw invalid('webhook returned invalid response.patchType of ""');
  }
  const operations = patch === '' || !mutating ? [] : parse(Buffer.from(patch, 'base64').toString());
  return { allowed: response.allowed, patch: Array.isArray(operations) ? operations : [operations], patchType: patchType ?? 'JSONPatch', status: response.status ?? undefined, warnings: response.warnings ?? [] };
}

/** An answer that is no JSON is a failed call, not an invalid response. */
class Unreadable extends Error {
  constructor(problem: string) {
    super(`failed to call webhook: ${problem}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreadable(`couldn't get version/kind; json parse error: invalid character ${JSON.stringify(text.trim().slice(0, 1)).replace(/^"(.*)"$/, "'$1'")} looking for beginning of value`);
  }
}

/** The refusal in the webhook's name. After kubernetes 1.32 apiserver/pkg/admission/plugin/webhook/errors/statuserror.go */
export function denialOf(name: string, status: Review['status']): ApiStatus {
  const { code = 0, reason = '', message = '', details } = status ?? {};
  const denied = `admission webhook ${JSON.stringify(name)} denied the request`;
  const why = message !== '' ? `: ${message}` : reason !== '' ? `: ${reason}` : ' without explanation';
  return new ApiStatus(code < 400 ? 400 : code, reason, `${denied}${why}`, isDetails(details) ? details : undefined);
}

function isDetails(value: unknown): value is StatusDetails {
  return isJsonObject(value);
}

/** The object after the webhook's patch. Throws Error where that does not apply, in the words of the library that API servers use. */
export function patched(object: KubeObject, patch: readonly unknown[]): unknown {
  let current: unknown = object;
  for (const operation of patch) {
    try {
      current = applyJsonPatch(current, [operation]);
    } catch {
      throw new Error(problemOf(operation));
    }
  }
  return current;
}

/** After evanphx/json-patch v4.12 patch.go */
function problemOf(operation: unknown): string {
  const { op, path } = isJsonObject(operation) ? operation : {};
  switch (op) {
    case 'add':
    case 'remove':
      return `${op} operation does not apply: doc is missing path: "${String(path)}": missing value`;
    case 'replace':
      return `replace operation does not apply: doc is missing path: ${String(path)}: missing value`;
    case 'test':
      return `testing value ${String(path)} failed: test failed`;
    case 'move':
    case 'copy':
      return `${op} operation does not apply: doc is missing from path: ${String(isJsonObject(operation) ? operation['from'] : '')}: missing value`;
    default:
      return `Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`;
  }
}
