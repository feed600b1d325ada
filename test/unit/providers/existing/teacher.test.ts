import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { end, folder, ours, plain, start, teacherOf, writeScenario } from './fixture.ts';

describe('somebody who is no cluster-admin', { timeout: 60_000 }, () => {
  it('gives sessions with the rights that the README names', async () => {
    const run = await start('session-r', plain, { kubeconfig: await teacherOf(), data: join(folder, 'teacher-data') });
    expect(await run.kubectl('auth', 'can-i', 'create', 'pods')).toBe('yes');
    expect((await run.cluster.client.list({ group: '', version: 'v1', resource: 'pods' }, { namespace: run.cluster.namespace ?? '' })).items).toEqual([]);
    await end(run);
    expect(await ours()).toEqual([]);
  });

  it('has checks that ask whose a token is and what it may do, which only the whole cluster’s administrator may ask of all', async () => {
    const run = await start('session-t', await writeScenario('school', 'kubectl -n school get pods', 'school'), { kubeconfig: await teacherOf(), data: join(folder, 'teacher-data') });
    await run.kubectl('create', 'serviceaccount', 'jenkins');
    await run.kubectl('create', 'role', 'jenkins', '--verb=list', '--resource=pods');
    await run.kubectl('create', 'rolebinding', 'jenkins', '--role=jenkins', '--serviceaccount=school:jenkins');
    const token = await run.kubectl('create', 'token', 'jenkins');
    const { client } = run.cluster;
    const whose = (given: string) => client.create({ group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' }, undefined, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: { name: '' }, spec: { token: given } });
    expect(await whose(token)).toMatchObject({ kind: 'TokenReview', status: { authenticated: true, user: { username: 'system:serviceaccount:school:jenkins' } } });
    await run.kubectl('delete', 'serviceaccount', 'jenkins');
    expect(await whose(token)).toMatchObject({ status: { authenticated: false } });
    const may = async (namespace: string, resource: string) => {
      const review = await client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' }, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec: { user: 'system:serviceaccount:school:jenkins', groups: ['system:serviceaccounts'], resourceAttributes: { namespace, verb: 'list', resource } } });
      return z.object({ status: z.object({ allowed: z.boolean() }) }).parse(review).status.allowed;
    };
    expect([await may('school', 'pods'), await may('school', 'secrets')]).toEqual([true, false]);
    await expect(client.create({ group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' }, undefined, { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', metadata: { name: '' }, spec: { user: 'x', resourceAttributes: { verb: 'list', resource: 'nodes' } } })).rejects.toThrow(/subjectaccessreviews.authorization.k8s.io is forbidden/);
    await end(run);
  });
});
