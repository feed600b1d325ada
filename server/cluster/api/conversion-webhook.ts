/**
 * Conversion of custom resources by a webhook of theirs. After kubernetes 1.32
 * apiextensions-apiserver/pkg/apiserver/conversion/webhook_converter.go
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';
import type { Ids } from '../../lib/ids.ts';
import type { KubeObject } from '../store/object.ts';
import { Unanswered } from './outside.ts';
import { ApiStatus } from './status.ts';
import { type CallWebhook, webhookAddress, webhookProblem } from './webhook-call.ts';

/** Shows objects in other versions. Both throw Unanswered as long as the webhook has not been asked. */
export interface Converter {
  convert(object: KubeObject, apiVersion: string): KubeObject;
  /** Asks about all objects at one go. */
  convertAll(objects: readonly KubeObject[], apiVersion: string): KubeObject[];
}

export interface ConversionOptions {
  /** Absent: each call fails. */
  call: CallWebhook | undefined;
  ids: Ids;
  clientConfig: Record<string, unknown>;
  /** As the definition lists them: the first that is known here is spoken. */
  reviewVersions: readonly string[];
}

const TIMEOUT_SECONDS = 30;
/** Answers that are kept: objects in versions that they are not stored in. */
const KEPT = 10_000;
const GROUP = 'apiextensions.k8s.io';

const reviewSchema = z.object({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  response: z.object({ uid: z.string().optional(), convertedObjects: z.array(z.unknown()).nullish(), result: z.object({ status: z.string().optional(), message: z.string().optional() }).optional() }).nullish(),
});
const convertedSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string().optional(), namespace: z.string().optional(), uid: z.string().optional(), labels: z.record(z.string(), z.string()).nullish(), annotations: z.record(z.string(), z.string()).nullish() }),
});
type Converted = z.infer<typeof convertedSchema>;

export function webhookConverter(options: ConversionOptions): Converter {
  const known = new Map<string, Converted>();

  const ask = async (objects: readonly KubeObject[], apiVersion: string): Promise<void> => {
    const [first] = objects;
    if (first === undefined) return;
    const subject = kindOf(first);
    try {
      const converted = await askWebhook(options, objects, apiVersion, subject);
      objects.forEach((object, i) => keep(keyOf(object, apiVersion), checked(object, converted[i], apiVersion, subject)));
    } catch (error) {
      throw new ApiStatus(500, '', messageOf(error));
    }
  };
  const keep = (key: string, object: Converted): void => {
    known.set(key, object);
    for (const oldest of known.keys()) {
      if (known.size <= KEPT) break;
      known.delete(oldest);
    }
  };
  const convertAll = (objects: readonly KubeObject[], apiVersion: string): KubeObject[] => {
    const found = objects.map((object) => (object.apiVersion === apiVersion ? object : known.get(keyOf(object, apiVersion))));
    const missing = objects.filter((_object, i) => found[i] === undefined);
    if (missing.length > 0) throw new Unanswered([{ key: missing.map((object) => keyOf(object, apiVersion)).join(' '), ask: () => ask(missing, apiVersion) }]);
    return objects.map((object, i) => restored(object, found[i] ?? object));
  };
  return {
    convertAll,
    convert(object, apiVersion) {
      const [converted = object] = convertAll([object], apiVersion);
      return converted;
    },
  };
}

/** What the answer depends on: all but the part of the metadata that a webhook can't change. */
function keyOf({ metadata, ...rest }: KubeObject, apiVersion: string): string {
  const { name, namespace, uid, labels, annotations } = metadata;
  return createHash('sha256').update(JSON.stringify([apiVersion, rest, name, namespace, uid, labels, annotations])).digest('base64');
}

/** `example.com/v1, Kind=Foo` */
function kindOf({ apiVersion, kind }: KubeObject): string {
  return `${apiVersion}, Kind=${kind}`;
}

async function askWebhook({ call, ids, clientConfig, reviewVersions }: ConversionOptions, objects: readonly KubeObject[], apiVersion: string, subject: string): Promise<unknown[]> {
  const version = `${GROUP}/${reviewVersions.find((name) => name === 'v1' || name === 'v1beta1') ?? 'v1'}`;
  const uid = ids.uuid();
  const fail = (why: string): Error => new Error(`conversion webhook for ${subject} failed: ${why}`);
  if (call === undefined) throw fail('no network');
  const body = JSON.stringify({ kind: 'ConversionReview', apiVersion: version, request: { uid, desiredAPIVersion: apiVersion, objects }, response: null });
  const answer = await call(webhookAddress(clientConfig), body, TIMEOUT_SECONDS).catch((error: unknown) => Promise.reject(fail(messageOf(error))));
  if (answer.status < 200 || answer.status > 206) throw fail(webhookProblem(answer.status, answer.body));
  const { response, ...head } = readReview(answer.body, fail);
  if (version === `${GROUP}/v1` && (head.apiVersion !== version || head.kind !== 'ConversionReview')) throw fail(`expected webhook response of ${version}, Kind=ConversionReview, got ${head.apiVersion ?? ''}, Kind=${head.kind ?? ''}`);
  if (response === undefined || response === null) throw fail('no response provided');
  if (version === `${GROUP}/v1` && response.uid !== uid) throw fail(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`);
  const { status = '', message = '' } = response.result ?? {};
  if (status !== 'Success') throw fail(message === '' ? `response.result.status was '${status}', not 'Success'` : message);
  const converted = response.convertedObjects ?? [];
  if (converted.length !== objects.length) throw new Error(`conversion webhook for ${subject} returned ${converted.length} objects, expected ${objects.length}`);
  return converted;
}

function readReview(body: string, fail: (why: string) => Error): z.infer<typeof reviewSchema> {
  try {
    return reviewSchema.parse(JSON.parse(body));
  } catch {
    throw fail('the answer is no ConversionReview');
  }
}

/** Only a converted form of the same object will do. */
function checked(object: KubeObject, value: unknown, apiVersion: string, subject: string): Converted {
  const say = (what: string): Error => new Error(`conversion webhook for ${subject} returned ${what}`);
  const parsed = convertedSchema.safeParse(value);
  if (!parsed.success) throw say('invalid metadata: missing metadata in converted object');
  const { data } = parsed;
  if (data.apiVersion !== apiVersion) throw say(`invalid object at index 0: invalid groupVersion (expected ${apiVersion}, received ${data.apiVersion})`);
  if (data.kind !== object.kind) throw say(`invalid object at index 0: invalid kind (expected ${object.kind}, received ${data.kind})`);
  const { name, namespace = '', uid = '' } = object.metadata;
  const pairs = [['name', name, data.metadata.name], ['namespace', namespace, data.metadata.namespace], ['UID', uid, data.metadata.uid]] as const;
  for (const [what, before, after = ''] of pairs) if (before !== after) throw say(`invalid object: must have the same ${what}: ${before} != ${after}`);
  return data;
}

/** Of the metadata a webhook changes labels and annotations alone. */
function restored(object: KubeObject, { metadata, ...rest }: Converted | KubeObject): KubeObject {
  const { labels: _labels, annotations: _annotations, ...kept } = object.metadata;
  const { labels, annotations } = metadata;
  return { ...rest, metadata: { ...kept, ...(labels === undefined || labels === null ? {} : { labels }), ...(annotations === undefined || annotations === null ? {} : { annotations }) } };
}
