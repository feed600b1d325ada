import { evaluateCel } from '../../api/schema/cel.ts';
import { createHash } from 'node:crypto';
import { messageOf } from '../../../lib/errors.ts';
import { isJsonObject } from '../../../lib/json.ts';
import { badRequest, internalError } from '../../api/errors.ts';
import type { AdmissionRequest } from '../../api/hooks.ts';
import { Unanswered, type Question } from '../../api/outside.ts';
import type { ResourceInfo } from '../../api/scheme/resource-info.ts';
import { record, records, text } from '../../auth/fields.ts';
import { apiVersionOf, type KubeObject } from '../../store/object.ts';
import { convertObject } from '../../api/convert.ts';
import { celContext, admissionCel } from '../cel-context.ts';
import { ADMISSION_GROUP, isExempt, matchedAs, selectorsMatch } from '../matching.ts';
import { webhookAddress, webhookProblem } from '../../api/webhook-call.ts';
import { type AdmissionPlugin, type AdmissionTools, refuse } from '../plugin.ts';
import { denialOf, patched, questionOf, readReview, type Review, type ReviewVersion, shownAs } from './review.ts';

type Phase = 'mutating' | 'validating';

/** A webhook that is to be asked about a request. */
interface Invocation {
  hook: Record<string, unknown>;
  name: string;
  /** Its place among all webhooks: where names repeat, they still are different ones. */
  id: string;
  /** As which resource its rules mean the request. */
  info: ResourceInfo;
}

/** What came of asking: an answer, or why there is none. */
type Outcome = { review: Review } | { failure: string };

/** Asks webhooks one after another; each sees what those before it made. */
export const mutatingWebhooks: AdmissionPlugin = {
  name: 'MutatingAdmissionWebhook',
  mutate(request, tools) {
    return changedBy(request, tools).object;
  },
  // Where there is nothing to change, they may still refuse.
  validate(request, tools) {
    if (request.operation === 'CREATE' && !isBodyOfSubresource(request)) return;
    if (request.operation === 'UPDATE') return;
    for (const invocation of invocationsFor('mutating', () => request, tools)) {
      const review = reviewOf(invocation, request, tools, 'mutating', '');
      if (review !== undefined && review.patch.length > 0) throw internalError(`admission webhook ${JSON.stringify(invocation.name)} attempted to modify the object, which is not supported for this operation`);
    }
  },
};

/** Asks webhooks all at once, about what is going to be stored; the first refusal counts. */
export const validatingWebhooks: AdmissionPlugin = {
  name: 'ValidatingAdmissionWebhook',
  validate(request, tools) {
    const invocations = [...invocationsFor('validating', () => request, tools)];
    const missing = invocations.flatMap((invocation) => questionFor(invocation, request, tools, 'validating', '') ?? []);
    if (missing.length > 0) throw new Unanswered(missing);
    for (const invocation of invocations) reviewOf(invocation, request, tools, 'validating', '');
  },
};

/** POSTs to subresources (binding, eviction) and what is connected to have bodies, but nothing that is stored. */
function isBodyOfSubresource({ subresource }: AdmissionRequest): boolean {
  return (subresource ?? '') !== '';
}

export interface Changes {
  object: KubeObject;
  changed: boolean;
  /** Webhooks that want to see what others made of the object after them. */
  overtaken: Set<string>;
  /** Webhooks that want to see whatever else is made of it. */
  interested: Set<string>;
}

/** The object after all webhooks; with `again`, after those alone. */
export function changedBy(request: AdmissionRequest & { object: KubeObject }, tools: AdmissionTools, again?: ReadonlySet<string>): Changes {
  let object = request.object;
  const changes = { overtaken: new Set<string>(), interested: new Set<string>() };
  for (const invocation of invocationsFor('mutating', () => ({ ...request, object }), tools)) {
    // A webhook that did not mean the object at first is not asked later either.
    if (again !== undefined && !again.has(invocation.id)) continue;
    const review = reviewOf(invocation, { ...request, object }, tools, 'mutating', again === undefined ? '' : 'again');
    const next = review === undefined || review.patch.length === 0 ? object : afterPatch(object, review, invocation, request, tools);
    if (JSON.stringify(next) !== JSON.stringify(object)) {
      object = next;
      for (const id of changes.interested) changes.overtaken.add(id);
    }
    if (text(invocation.hook['reinvocationPolicy']) === 'IfNeeded') changes.interested.add(invocation.id);
  }
  return { object, changed: object !== request.object, ...changes };
}

function afterPatch(object: KubeObject, review: Review, { name, info }: Invocation, request: AdmissionRequest, tools: AdmissionTools): KubeObject {
  if (review.patchType !== 'JSONPatch') throw internalError(`failed calling webhook ${JSON.stringify(name)}: unsupported patch type ${JSON.stringify(review.patchType)}`);
  try {
    const next = patched(shownAs(object, request, info), review.patch);
    if (!isObject(next)) throw new Error('Object \'Kind\' is missing');
    const read = tools.normalize?.(info, next) ?? next;
    return info === request.resource ? read : convertObject(read, apiVersionOf(request.resource));
  } catch (error) {
    throw internalError(messageOf(error));
  }
}

function isObject(value: unknown): value is KubeObject {
  return isJsonObject(value) && typeof value['kind'] === 'string' && typeof value['apiVersion'] === 'string' && isJsonObject(value['metadata']);
}

/** The webhooks of every configuration that mean the request, by the configurations' names. Looked at one by one: an object may change in between. */
function* invocationsFor(phase: Phase, now: () => AdmissionRequest, tools: AdmissionTools): Generator<Invocation> {
  if (isExempt(now().resource)) return;
  const configurations = tools.reader.list({ group: ADMISSION_GROUP, resource: `${phase}webhookconfigurations` });
  for (const configuration of configurations.toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))) {
    for (const [index, hook] of records(configuration['webhooks']).entries()) {
      const request = now();
      if (!selectorsMatch(hook, request, tools.reader)) continue;
      const info = matchedAs(records(hook['rules']), text(hook['matchPolicy']), request, (group, resource) => tools.versionsOf?.(group, resource) ?? []);
      if (info === undefined || !conditionsHold(hook, request, tools, info)) continue;
      yield { hook, name: text(hook['name']), id: `${configuration.metadata.uid}/${index}`, info };
    }
  }
}

/** After kubernetes 1.32 apiserver/pkg/admission/plugin/webhook/matchconditions/matcher.go: one that is false outweighs errors. */
function conditionsHold(hook: Record<string, unknown>, request: AdmissionRequest, tools: AdmissionTools, info: ResourceInfo): boolean {
  const conditions = records(hook['matchConditions']);
  if (conditions.length === 0) return true;
  const { object, oldObject } = request;
  const seen = { ...request, ...(object === undefined ? {} : { object: shownAs(object, request, info) }), ...(oldObject === undefined ? {} : { oldObject: shownAs(oldObject, request, info) }) };
  const values = celContext(seen, tools.reader, undefined, info);
  const problems: string[] = [];
  for (const condition of conditions) {
    const expression = text(condition['expression']);
    try {
      if (evaluateCel(admissionCel(), expression, values) !== true) return false;
    } catch (error) {
      problems.push(`expression '${expression}' resulted in error: ${messageOf(error).split('\n')[0]?.replace(/^No such key/i, 'no such key') ?? ''}`);
    }
  }
  if (problems.length === 0) return true;
  if (text(hook['failurePolicy']) === 'Ignore') return false;
  throw refuse(request, problems.length === 1 ? problems.join('') : `[${problems.join(', ')}]`);
}

/** The same question about the same objects is asked once a request. */
function keyOf(invocation: Invocation, request: AdmissionRequest, phase: Phase, round: string): string {
  const hash = createHash('sha256').update(JSON.stringify([request.operation, request.subresource, request.name, request.object, request.oldObject])).digest('base64');
  return [phase, round, invocation.id, hash].join(' ');
}

/** What is still to be asked; undefined when the answer is there. Throws ApiStatus 400 for a dry run that the webhook can't take. */
function questionFor(invocation: Invocation, request: AdmissionRequest, tools: AdmissionTools, phase: Phase, round: string): Question | undefined {
  const { hook, name, info } = invocation;
  const key = keyOf(invocation, request, phase, round);
  if (request.outside?.answers.has(key) === true) return undefined;
  const effects = text(hook['sideEffects']);
  if (request.dryRun && effects !== 'None' && effects !== 'NoneOnDryRun') throw badRequest(`admission webhook ${JSON.stringify(name)} does not support dry run`);
  const accepted: unknown[] = Array.isArray(hook['admissionReviewVersions']) ? hook['admissionReviewVersions'] : ['v1'];
  const version = accepted.find((one) => one === 'v1' || one === 'v1beta1');
  return {
    key,
    async ask(): Promise<Outcome> {
      if (version === undefined) return { failure: 'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)' };
      const reviewVersion: ReviewVersion = `admission.k8s.io/${version}`;
      const uid = tools.ids.uuid();
      const timeout = typeof hook['timeoutSeconds'] === 'number' ? hook['timeoutSeconds'] : 10;
      try {
        if (tools.callWebhook === undefined) throw new Error('this API server calls no webhooks');
        const { status, body } = await tools.callWebhook(webhookAddress(record(hook['clientConfig'])), JSON.stringify(questionOf(uid, reviewVersion, request, info)), timeout).catch((error: unknown) => {
          throw new Error(`failed to call webhook: ${messageOf(error)}`);
        });
        if (status < 200 || status > 206) throw new Error(`failed to call webhook: ${webhookProblem(status, body)}`);
        return { review: readReview(uid, reviewVersion, phase === 'mutating', body) };
      } catch (error) {
        return { failure: messageOf(error) };
      }
    },
  };
}

/** What the webhook said; undefined where it could not be asked and need not be. Throws Unanswered, and ApiStatus for a refusal. */
function reviewOf(invocation: Invocation, request: AdmissionRequest, tools: AdmissionTools, phase: Phase, round: string): Review | undefined {
  const question = questionFor(invocation, request, tools, phase, round);
  // Without somebody who repeats the request with the answer, it ends here.
  if (question !== undefined) throw new Unanswered([question]);
  const outcome = request.outside?.answers.get(keyOf(invocation, request, phase, round));
  if (!isOutcome(outcome)) throw internalError('an answer of a webhook was lost');
  if ('failure' in outcome) {
    if (text(invocation.hook['failurePolicy']) === 'Ignore') return undefined;
    throw internalError(`failed calling webhook ${JSON.stringify(invocation.name)}: ${outcome.failure}`);
  }
  for (const warning of outcome.review.warnings) request.warn(warning);
  if (!outcome.review.allowed) throw denialOf(invocation.name, outcome.review.status);
  return outcome.review;
}

function isOutcome(value: unknown): value is Outcome {
  return typeof value === 'object' && value !== null && ('review' in value || 'failure' in value);
}
