import { z } from 'zod';
import type { KubeObject } from '../../cluster/vocabulary.ts';
import type { CheckContext } from '../check.ts';
import { FieldRule, complaint, demand } from '../fields.ts';
import { readPath } from '../json-path.ts';
import { defineKind, fail, pass } from '../kind.ts';
import { WORKFLOWS, listResources } from '../resources.ts';

const Spec = z
  .object({
    namespace: z.string().default('argo'),
    phase: z.enum(['Running', 'Succeeded', 'Failed', 'Error', 'Completed']).default('Succeeded'),
    /** The ServiceAccount that created it through the Argo Server: `jenkins`. */
    creator: z.string().optional(),
    /** The WorkflowTemplate it was made from; `*` for any. */
    template: z.string().optional(),
    /** The event binding that made it; `*` for any. */
    eventBinding: z.string().optional(),
    fields: z.array(FieldRule).default([]),
    /** It has an annotation that neither Argo nor kubectl put there. */
    annotated: z.boolean().default(false),
    /** The main container's log contains this. */
    logs: z.string().optional(),
  })
  .strict();
type Spec = z.infer<typeof Spec>;

const LABEL = 'workflows.argoproj.io/';

interface Condition {
  demand: string;
  /** What the name begins with, where it asks for that: a workflow of another name is another workflow. */
  prefix?: string;
  /** `undefined` when the workflow fulfils it; else why not, and what to do. */
  test(workflow: KubeObject): { why: string; next: string } | undefined;
}

/** A workflow exists that was made in the right way and ended in the right way. Of several, the one that comes closest is spoken of. */
export const workflow = defineKind({
  name: 'workflow',
  description: 'Is there a workflow that was made in this way and ended in this way?',
  example: `workflow:
  namespace: argo
  phase: Succeeded
  creator: jenkins
  template: '*'`,
  schema: Spec,
  async run(spec, context) {
    const conditions = conditionsOf(spec);
    const demands = [...conditions.map((condition) => condition.demand), ...(spec.logs === undefined ? [] : [`its log contains “${spec.logs}”`])];
    const expected = `a workflow in namespace ${spec.namespace}: ${demands.join(', ')}`;
    const all = await listResources(context.client, WORKFLOWS, spec.namespace);
    if (all.length === 0) return fail(expected, `there is no workflow in namespace ${spec.namespace}`, 'No workflow has been created yet.', 'Create one as this step shows, then check again.');
    // Conditions are ordered from how it was made to how it ended: who gets furthest is spoken of, the newest first.
    const ranked = all
      .map((candidate) => ({ candidate, index: conditions.findIndex((condition) => condition.test(candidate) !== undefined) }))
      .sort((a, b) => rank(b.index) - rank(a.index) || String(b.candidate.metadata.creationTimestamp).localeCompare(String(a.candidate.metadata.creationTimestamp)));
    const complete = ranked.filter((entry) => entry.index < 0).map((entry) => entry.candidate);
    for (const candidate of complete) {
      if (spec.logs === undefined || (await logOf(context, spec.namespace, candidate)).includes(spec.logs)) return pass(expected, `${candidate.metadata.name} ${String(readPath(candidate, 'status.phase')[0] ?? 'Pending')}`);
    }
    const [newest] = complete;
    if (newest) return fail(expected, `the log of ${newest.metadata.name} is “${(await logOf(context, spec.namespace, newest)).trim().slice(0, 120)}”`, `${newest.metadata.name} did not print “${spec.logs ?? ''}”.`, 'Compare what you sent with what this step asks for.');
    const [best] = ranked;
    const first = best?.index === 0 ? conditions[0]?.prefix : undefined;
    if (first !== undefined) return fail(expected, `there are other workflows: ${nameSome(all)}`, `No workflow whose name begins with ${first} has been created yet.`, 'Create it as this step shows, then check again.');
    const problem = best && conditions[best.index]?.test(best.candidate);
    return fail(expected, best ? describe(best.candidate) : 'no workflow', problem?.why ?? 'No workflow fulfils all of it.', problem?.next ?? '');
  },
});

/** The newest three names. */
function nameSome(workflows: readonly KubeObject[]): string {
  const names = [...workflows].sort((a, b) => String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp))).map((workflow) => workflow.metadata.name);
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}`;
}

function rank(index: number): number {
  return index < 0 ? Number.MAX_SAFE_INTEGER : index;
}

function label(workflow: KubeObject, name: string): string | undefined {
  return workflow.metadata.labels?.[LABEL + name];
}

function describe(workflow: KubeObject): string {
  const parts = [`${workflow.metadata.name} is ${String(readPath(workflow, 'status.phase')[0] ?? 'Pending')}`];
  const creator = label(workflow, 'creator');
  parts.push(creator === undefined ? 'it carries no creator label' : `created by ${creator}`);
  return parts.join(', ');
}

function conditionsOf(spec: Spec): Condition[] {
  const conditions: Condition[] = [];
  if (spec.eventBinding !== undefined) {
    const wanted = spec.eventBinding;
    conditions.push({
      demand: wanted === '*' ? 'made by an event binding' : `made by the event binding ${wanted}`,
      test: (wf) => {
        const made = label(wf, 'workflow-event-binding');
        if (made !== undefined && (wanted === '*' || made === wanted)) return undefined;
        return { why: `${wf.metadata.name} was not made by ${wanted === '*' ? 'an event binding' : `the event binding ${wanted}`}.`, next: 'Send an event: a POST to /api/v1/events/<namespace>/<name> with your token and a JSON body that the binding selects.' };
      },
    });
  }
  if (spec.template !== undefined) {
    const wanted = spec.template;
    conditions.push({
      demand: wanted === '*' ? 'made from a WorkflowTemplate' : `made from the WorkflowTemplate ${wanted}`,
      test: (wf) => {
        const made = label(wf, 'workflow-template');
        if (made !== undefined && (wanted === '*' || made === wanted)) return undefined;
        return { why: `${wf.metadata.name} was not made from ${wanted === '*' ? 'a WorkflowTemplate' : `the WorkflowTemplate ${wanted}`}.`, next: 'Submit the template: a POST to /api/v1/workflows/<namespace>/submit with resourceKind and resourceName.' };
      },
    });
  }
  if (spec.creator !== undefined) {
    const wanted = `system-serviceaccount-${spec.namespace}-${spec.creator}`;
    conditions.push({
      demand: `created through the Argo Server with the token of ${spec.creator}`,
      test: (wf) => {
        const creator = label(wf, 'creator');
        if (creator === wanted) return undefined;
        if (creator === undefined) return { why: `${wf.metadata.name} was not created through the Argo Server's API: it does not say who created it.`, next: 'kubectl and argo (without ARGO_SERVER) speak to Kubernetes directly. Use curl with your token, as this step shows.' };
        return { why: `${wf.metadata.name} was created by ${creator}, not by ${spec.creator}.`, next: `Send the token of ${spec.creator} with the request: -H "Authorization: $ARGO_TOKEN"` };
      },
    });
  }
  for (const rule of spec.fields) {
    conditions.push({
      demand: demand(rule),
      ...(rule.path === 'metadata.generateName' && typeof rule.equals === 'string' ? { prefix: rule.equals } : {}),
      test: (wf) => {
        const problem = complaint(wf, rule);
        return problem === undefined ? undefined : { why: `${wf.metadata.name}: ${problem}.`, next: 'Compare it with what this step asks for: kubectl get wf -o yaml' };
      },
    });
  }
  if (spec.annotated) {
    conditions.push({
      demand: 'with an annotation of your own',
      test: (wf) => {
        const own = Object.keys(wf.metadata.annotations ?? {}).filter((key) => !/^(workflows\.argoproj\.io|kubectl\.kubernetes\.io)\//.test(key));
        return own.length > 0 ? undefined : { why: `${wf.metadata.name} has no annotation of yours.`, next: 'Put annotations under spec.submit.metadata of the event binding, apply it, and send another event.' };
      },
    });
  }
  conditions.push({
    demand: spec.phase === 'Completed' ? 'and it ended' : `and it is ${spec.phase}`,
    test: (wf) => {
      const phase = String(readPath(wf, 'status.phase')[0] ?? 'Pending');
      if (phase === spec.phase || (spec.phase === 'Completed' && ['Succeeded', 'Failed', 'Error'].includes(phase))) return undefined;
      if (['Pending', 'Running'].includes(phase)) return { why: `${wf.metadata.name} is still ${phase}.`, next: 'Give it a few seconds, then check again.' };
      const message = readPath(wf, 'status.message')[0];
      return { why: `${wf.metadata.name} ended ${phase}${message === undefined ? '' : `: ${String(message)}`}.`, next: 'Read its log (argo logs @latest), mend the cause, and create it again.' };
    },
  });
  return conditions;
}

async function logOf(context: CheckContext, namespace: string, workflow: KubeObject): Promise<string> {
  const pods = await context.client.list({ group: '', version: 'v1', resource: 'pods' }, { namespace, labelSelector: `${LABEL}workflow=${workflow.metadata.name}` });
  let text = '';
  for (const pod of pods.items) {
    try {
      for await (const chunk of context.client.logs(namespace, pod.metadata.name, { container: 'main', limitBytes: 64 * 1024 }, context.signal)) text += Buffer.from(chunk).toString('utf8');
    } catch {
      // A pod whose container never started has no log: that is no log, not an error.
    }
  }
  return text;
}
