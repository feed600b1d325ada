import { describe, expect, it } from 'vitest';
import type { WatchEvent } from '../../../../server/cluster/client.ts';
import { testApi } from '../../../harness/cluster.ts';

const PODS = { group: '', version: 'v1', resource: 'pods' };
const WORKFLOWS = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows' };
const pod = (name: string, labels?: Record<string, string>) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, ...(labels && { labels }) }, spec: { containers: [{ name: 'main', image: 'busybox' }] } });

describe('an in-process client', () => {
  it('creates an object with a uid, a time and a version', async () => {
    const { client } = testApi();
    expect(await client.create(PODS, 'default', pod('a'))).toEqual({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'default', uid: expect.any(String), resourceVersion: '2', creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: { containers: [{ name: 'main', image: 'busybox' }] },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  });

  it('says in the words of Kubernetes that a name is taken or missing', async () => {
    const { client } = testApi();
    await client.create(PODS, 'default', pod('a'));
    await expect(client.create(PODS, 'default', pod('a'))).rejects.toMatchObject({ code: 409, message: 'pods "a" already exists' });
    await expect(client.get(WORKFLOWS, 'default', 'x')).rejects.toMatchObject({ code: 404, message: 'workflows.argoproj.io "x" not found', details: { name: 'x', group: 'argoproj.io', kind: 'workflows' } });
    expect(await client.find(PODS, 'default', 'x')).toBeUndefined();
  });

  it('refuses an update that is based on an old version', async () => {
    const { client } = testApi();
    const first = await client.create(PODS, 'default', pod('a'));
    await client.update(PODS, { ...first, metadata: { ...first.metadata, labels: { a: 'b' } } });
    await expect(client.update(PODS, { ...first, metadata: { ...first.metadata, labels: { c: 'd' } } })).rejects.toMatchObject({
      message: 'Operation cannot be fulfilled on pods "a": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('delivers what is there, then what happens, as the selector sees it', async () => {
    const { client } = testApi();
    const seen: string[] = [];
    await client.create(PODS, 'default', pod('a', { app: 'x' }));
    const end = new AbortController();
    client.watch(PODS, { labelSelector: 'app=x', signal: end.signal }, (event: WatchEvent) => seen.push(`${event.type} ${event.object.metadata.name}`));
    await client.create(PODS, 'default', pod('b'));
    await client.patch(PODS, 'default', 'b', { type: 'merge', body: { metadata: { labels: { app: 'x' } } } });
    await client.patch(PODS, 'default', 'a', { type: 'merge', body: { metadata: { labels: { app: 'y' } } } });
    await client.delete(PODS, 'default', 'b');
    end.abort();
    await client.create(PODS, 'default', pod('c', { app: 'x' }));
    expect(seen).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'DELETED b']);
  });

  it('keeps an object that has finalizers until they are gone', async () => {
    const { client } = testApi();
    await client.create(WORKFLOWS, 'default', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'w', finalizers: ['x/y'] }, spec: {} });
    await client.delete(WORKFLOWS, 'default', 'w');
    expect((await client.get(WORKFLOWS, 'default', 'w')).metadata).toMatchObject({ deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0, generation: 2 });
    await client.patch(WORKFLOWS, 'default', 'w', { type: 'merge', body: { metadata: { finalizers: null } } });
    expect(await client.find(WORKFLOWS, 'default', 'w')).toBeUndefined();
  });

  it('makes up a name from generateName', async () => {
    const { client } = testApi();
    const made = await client.create(WORKFLOWS, 'argo', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: '', generateName: 'hello-' }, spec: {} });
    expect(made.metadata.name).toMatch(/^hello-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
    expect(made.metadata.generation).toBe(1);
  });
});
