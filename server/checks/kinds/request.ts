import { z } from 'zod';
import type { RequestRecord } from '../../cluster/vocabulary.ts';
import { FieldRule, complaint, demand } from '../fields.ts';
import { defineKind, fail, pass } from '../kind.ts';
import { compilePattern, Pattern } from '../pattern.ts';
import { OptionalText } from '../words.ts';

const Spec = z
  .object({
    server: z.enum(['argo', 'kubernetes']).default('argo'),
    method: z.string().default('GET'),
    /** A regular expression over the path, without the query. */
    path: Pattern,
    user: z.string().optional(),
    /** A regular expression, e.g. `^Mozilla/` for a browser. */
    userAgent: Pattern.optional(),
    status: z.number().int().optional(),
    /** Conditions on the JSON body. */
    body: z.array(FieldRule).default([]),
    /** Only requests made since the learner opened this step. */
    sinceStep: z.boolean().default(false),
    /** Used in words: “a request that creates a template”. */
    what: OptionalText,
    /** What to do when nothing like it was sent. */
    hint: OptionalText,
  })
  .strict();

/** A request was sent, by the right client, with the right content: what cannot be faked by another way to the same object. */
export const request = defineKind({
  name: 'request',
  description: 'Was a request sent, by whom, with what in it, and how was it answered? Nothing else that leads to the same object passes.',
  example: `request:
  server: argo
  method: POST
  path: ^/api/v1/workflows/argo$
  user: system:serviceaccount:argo:jenkins
  status: 200
  sinceStep: true
  what: a request that creates a workflow`,
  schema: Spec,
  async run(spec, context) {
    const server = spec.server === 'argo' ? 'Argo Server' : 'Kubernetes API';
    const what = spec.what ?? `${spec.method} ${spec.path}`;
    const expected = [`${what}, sent to the ${server}`, ...(spec.user === undefined ? [] : [`as ${spec.user}`]), ...(spec.status === undefined ? [] : [`answered with ${spec.status}`]), ...spec.body.map(demand)].join(', ');
    const path = compilePattern(spec.path);
    const agent = spec.userAgent === undefined ? undefined : compilePattern(spec.userAgent);
    const tests: { ok(record: RequestRecord): boolean; why(record: RequestRecord): string; next: string }[] = [
      { ok: (r) => spec.user === undefined || r.user === spec.user, why: (r) => `It was sent by ${sender(r)} instead of ${spec.user ?? ''}.`, next: 'Send your token with it: -H "Authorization: $ARGO_TOKEN"' },
      { ok: (r) => agent === undefined || agent.test(r.userAgent), why: (r) => `It was sent with ${r.userAgent.split(' ')[0] || 'an unknown client'}, which is not the client that this step is about.`, next: spec.hint ?? 'Use the client that this step shows.' },
      ...spec.body.map((rule) => ({ ok: (r: RequestRecord) => complaint(r.body, rule) === undefined, why: (r: RequestRecord) => `Its body is not as asked: ${complaint(r.body, rule) ?? ''}.`, next: 'Compare the JSON that you sent with the one in this step.' })),
      { ok: (r) => spec.status === undefined || r.status === spec.status, why: (r) => `It was answered with ${r.status}${spec.status === undefined ? '' : ` instead of ${spec.status}`}.`, next: 'Read the answer in the terminal: its message says what was missing.' },
    ];
    const sent = context.requests().filter((r) => r.server === spec.server && r.method === spec.method && path.test(r.url.split('?')[0] ?? '') && (!spec.sinceStep || r.time >= context.stepOpenedAt) && r.userAgent !== 'argo-lab-check');
    if (sent.length === 0) return fail(expected, `no such request has reached the ${server}${spec.sinceStep ? ' since you opened this step' : ''}`, `The ${server} has not seen ${what}.`, spec.hint ?? 'Send it as this step shows, then check again.');
    const failing = sent.map((record) => ({ record, index: tests.findIndex((test) => !test.ok(record)) }));
    const good = failing.find((entry) => entry.index < 0);
    if (good) return pass(expected, `${good.record.method} ${good.record.url} by ${sender(good.record)}, answered with ${good.record.status}`);
    const best = failing.reduce((a, b) => (b.index >= a.index ? b : a));
    const test = tests[best.index];
    return fail(expected, `${best.record.method} ${best.record.url} by ${sender(best.record)}, answered with ${best.record.status}`, `${what} was sent, but not as it should be. ${test?.why(best.record) ?? ''}`, test?.next ?? '');
  },
});

/** Who sent a request, as a learner would say it. */
function sender(record: RequestRecord): string {
  return record.user === '' || record.user === 'system:anonymous' ? 'nobody (without a token)' : record.user;
}
