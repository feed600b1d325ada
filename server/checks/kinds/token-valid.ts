import { z } from 'zod';
import type { CheckContext } from '../check.ts';
import { readPath } from '../json-path.ts';
import { defineKind, fail, pass } from '../kind.ts';
import { OptionalText } from '../words.ts';

const TOKEN_REVIEWS = { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' };
const ACCESS_REVIEWS = { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' };

/** `create workflows.argoproj.io` */
const Right = z.string().regex(/^[a-z*]+ [a-z*]+(\.[a-z0-9.-]+)?(\/[a-z]+)?$/, 'write verb and resource, e.g. "create workflows.argoproj.io"');

const Spec = z
  .object({
    /** The shell variable that holds the token, with `Bearer ` in front. */
    variable: z.string().default('ARGO_TOKEN'),
    user: z.string(),
    namespace: z.string().default('argo'),
    can: z.array(Right).default([]),
    cannot: z.array(Right).default([]),
    /** What the learner should run to get the token. */
    hint: OptionalText,
  })
  .strict();

/** The learner's token belongs to the right account, is alive, and may do what it should, and no more. */
export const tokenValid = defineKind({
  name: 'tokenValid',
  description: 'Is the token in a shell variable alive, whose is it, what may it do and what not?',
  example: `tokenValid:
  variable: ARGO_TOKEN
  user: system:serviceaccount:argo:jenkins
  can: [create workflows.argoproj.io]
  cannot: [delete workflows.argoproj.io]`,
  schema: Spec,
  async run(spec, context) {
    const expected = `${spec.variable} is “Bearer ” and a living token of ${spec.user}`;
    const renew = spec.hint ?? `${spec.variable}="Bearer $(kubectl create token ${spec.user.split(':').at(-1) ?? ''})"`;
    const value = context.shell.variables[spec.variable];
    if (value === undefined || value === '') return fail(expected, `${spec.variable} is not set`, `Your shell has no ${spec.variable}.`, `Run: ${renew}`);
    if (!value.startsWith('Bearer ')) return fail(expected, `${spec.variable} starts with “${value.slice(0, 10)}…”`, `${spec.variable} does not start with “Bearer ”, so the Argo Server takes it for no token at all.`, `Run: ${renew}`);
    const token = value.slice('Bearer '.length).trim();
    if (token === '') return fail(expected, `${spec.variable} is “Bearer ” with nothing behind it`, 'The command that should print the token failed, so the variable holds only the word Bearer.', `Read the error in the terminal, then run: ${renew}`);
    const review = await context.client.create(TOKEN_REVIEWS, undefined, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token } });
    if (readPath(review, 'status.authenticated')[0] !== true) {
      return fail(expected, 'the cluster does not accept the token', 'The token is not (or no longer) valid: it ran out, or its account or Secret was deleted.', `Get a new one: ${renew}`);
    }
    const user = String(readPath(review, 'status.user.username')[0]);
    if (user !== spec.user) return fail(expected, `the token belongs to ${user}`, `This is a token of ${user}, not of ${spec.user}.`, `Run: ${renew}`);
    for (const right of spec.can) {
      if (!(await allowed(context, spec.namespace, user, right))) return fail(`${spec.user} may ${right}`, `${spec.user} may not ${right}`, `The token is fine, but its account may not ${right} in namespace ${spec.namespace}.`, 'Look at the role and at the role binding: kubectl describe role,rolebinding');
    }
    for (const right of spec.cannot) {
      if (await allowed(context, spec.namespace, user, right)) return fail(`${spec.user} may not ${right}`, `${spec.user} may ${right}`, `The account may do more than it should: ${right}.`, 'Give the role only the verbs and resources that this step names.');
    }
    return pass(expected, `a living token of ${user}`);
  },
});

async function allowed(context: CheckContext, namespace: string, user: string, right: string): Promise<boolean> {
  const [verb = '', rest = ''] = right.split(' ');
  const [name = '', subresource] = rest.split('/');
  const dot = name.indexOf('.');
  const resourceAttributes = { namespace, verb, resource: dot < 0 ? name : name.slice(0, dot), group: dot < 0 ? '' : name.slice(dot + 1), ...(subresource === undefined ? {} : { subresource }) };
  const groups = user.startsWith('system:serviceaccount:') ? ['system:serviceaccounts', `system:serviceaccounts:${user.split(':')[2] ?? ''}`, 'system:authenticated'] : ['system:authenticated'];
  const review = await context.client.create(ACCESS_REVIEWS, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec: { user, groups, resourceAttributes } });
  return readPath(review, 'status.allowed')[0] === true;
}
