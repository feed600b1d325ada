import { z } from 'zod';
import { messageOf } from '../../lib/errors.ts';
import type { KubeObject } from '../../cluster/vocabulary.ts';
import type { CheckContext } from '../check.ts';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { findResource, listResources } from '../resources.ts';
import { OptionalText } from '../words.ts';

const Spec = z
  .object({
    namespace: z.string().default('default'),
    /** The pod's name; or `selector`, then one of the pods that it picks has to have the text. */
    pod: z.string().optional(),
    selector: z.string().optional(),
    /** Where the pod has several; without it, any of them. */
    container: z.string().optional(),
    contains: z.string().min(1).optional(),
    /** A regular expression over the whole log; `^` and `$` stand for the ends of lines. */
    matches: Pattern.optional(),
    /** The log must not have it. */
    absent: z.boolean().default(false),
    /** The log of the container's run before this one. */
    previous: z.boolean().default(false),
    hint: OptionalText,
  })
  .strict()
  .refine((spec) => (spec.pod === undefined) !== (spec.selector === undefined), 'give either pod or selector')
  .refine((spec) => (spec.contains === undefined) !== (spec.matches === undefined), 'give either contains or matches');
type Spec = z.infer<typeof Spec>;

const PODS = { group: '', version: 'v1', resource: 'pods' };
const MOST_PODS = 20;
const MOST_BYTES = 1024 * 1024;

/** What containers of pods have printed. */
export const podLogs = defineKind({
  name: 'podLogs',
  description: 'What has a pod printed? Its name or a selector, and a text or a pattern that its log has, or, with `absent`, has not.',
  example: `podLogs:
  namespace: default
  selector: app=web
  container: web
  contains: listening on port 8080`,
  schema: Spec,
  async run(spec, context) {
    const who = spec.pod === undefined ? `a pod with ${spec.selector ?? ''}` : `pod ${spec.pod}`;
    const text = spec.contains === undefined ? `a match of ${spec.matches ?? ''}` : `“${spec.contains}”`;
    const expected = `the log of ${who} in namespace ${spec.namespace} ${spec.absent ? 'does not have' : 'has'} ${text}`;
    const pods = spec.pod === undefined ? await listResources(context.client, PODS, spec.namespace, spec.selector) : [await findResource(context.client, PODS, spec.namespace, spec.pod)].filter((pod) => pod !== undefined);
    if (pods.length === 0) return fail(expected, `there is no such pod in namespace ${spec.namespace}`, `There is no ${who.replace(/^a /, '')} in namespace ${spec.namespace}.`, spec.hint ?? 'Create it as this step shows, then check again.');
    const logs = await Promise.all(pods.slice(0, MOST_PODS).flatMap((pod) => containersOf(pod, spec).map((container) => logOf(context, spec, pod, container))));
    const has = (log: string) => (spec.contains === undefined ? compilePattern(spec.matches ?? '', 'm').test(log) : log.includes(spec.contains));
    const hit = logs.find((log) => has(log.text));
    const last = logs.map((log) => ({ ...log, end: log.text.trimEnd().split('\n').slice(-3).join('\n') })).find((log) => log.end !== '') ?? logs[0];
    const observed = logs.length === 0 ? `${who} has no container ${spec.container ?? ''}` : hit !== undefined ? `${hit.name} printed it` : last === undefined || last.text.trim() === '' ? (last?.problem ?? 'nothing was printed') : `${last.name} printed last: ${last.text.trimEnd().split('\n').slice(-3).join('\n').slice(-400)}`;
    if (spec.absent) return hit === undefined ? pass(expected, observed) : fail(expected, observed, `${hit.name} printed ${text}, which it should not.`, spec.hint ?? 'Mend what makes it print that, and create the pod again.');
    return hit === undefined ? fail(expected, observed, `No log of ${who} has ${text}.`, spec.hint ?? `Look at it: kubectl logs ${spec.pod ?? `-l ${spec.selector ?? ''}`}${spec.namespace === 'default' ? '' : ` -n ${spec.namespace}`}`) : pass(expected, observed);
  },
});

function containersOf(pod: KubeObject, spec: Spec): string[] {
  const parts = pod['spec'];
  const lists = typeof parts === 'object' && parts !== null ? ['initContainers', 'containers'].flatMap((key) => (key in parts ? [Object.entries(parts).find(([name]) => name === key)?.[1]] : [])) : [];
  const names = lists.flatMap((list) => (Array.isArray(list) ? list : [])).flatMap((container: unknown) => (typeof container === 'object' && container !== null && 'name' in container && typeof container.name === 'string' ? [container.name] : []));
  return spec.container === undefined ? names : names.filter((name) => name === spec.container);
}

async function logOf(context: CheckContext, spec: Spec, pod: KubeObject, container: string): Promise<{ name: string; text: string; problem?: string }> {
  const name = `${pod.metadata.name}/${container}`;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of context.client.logs(spec.namespace, pod.metadata.name, { container, limitBytes: MOST_BYTES, previous: spec.previous }, context.signal)) {
      size += chunk.byteLength;
      if (size > MOST_BYTES) break;
      chunks.push(chunk);
    }
  } catch (error) {
    // A container that has not started has no log: that is no log, not an error.
    return { name, text: '', problem: messageOf(error) };
  }
  return { name, text: Buffer.concat(chunks).toString('utf8') };
}
