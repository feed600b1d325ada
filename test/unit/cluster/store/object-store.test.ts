import { describe, expect, it } from 'vitest';
import { ObjectStore, StoreFull } from '../../../../server/cluster/store/object-store.ts';

const PODS = { group: '', resource: 'pods' };
const pod = (name: string, extra = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default' }, ...extra });

describe('an object store', () => {
  it('counts revisions over all resources', () => {
    const store = new ObjectStore();
    store.create(PODS, pod('a'));
    store.create({ group: '', resource: 'secrets' }, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's', namespace: 'default' } });
    expect(store.update(PODS, pod('a', { spec: {} })).metadata.resourceVersion).toBe('4');
    expect(store.revision).toBe(4);
  });

  it('hands out objects that nobody can change', () => {
    const store = new ObjectStore();
    const stored = store.create(PODS, pod('a', { spec: { containers: [] } }));
    expect(() => Object.assign(stored.metadata, { name: 'b' })).toThrow(TypeError);
  });

  it('resumes a watch from any revision that its history reaches', () => {
    const store = new ObjectStore();
    store.create(PODS, pod('a'));
    store.create(PODS, pod('b'));
    store.delete(PODS, 'default', 'a');
    const seen: string[] = [];
    store.watch(PODS, 2, (event) => seen.push(`${event.type} ${event.object.metadata.name} ${event.revision}`));
    store.create(PODS, pod('c'));
    expect(seen).toEqual(['ADDED b 3', 'DELETED a 4', 'ADDED c 5']);
  });

  it('does not reach back further than its history', () => {
    const store = new ObjectStore();
    store.create(PODS, pod('a'));
    for (let i = 0; i < 1000; i++) store.update(PODS, pod('a', { n: i }));
    expect(store.canWatchFrom(PODS, 2)).toBe(false);
    expect(store.canWatchFrom(PODS, store.revision)).toBe(true);
  });

  it('delivers in order to everybody even when a watcher writes', () => {
    const store = new ObjectStore();
    const seen: string[] = [];
    store.watch(PODS, 0, (event) => {
      if (event.object.metadata.name === 'a') store.create(PODS, pod('b'));
    });
    store.watch(PODS, 0, (event) => seen.push(event.object.metadata.name));
    store.create(PODS, pod('a'));
    expect(seen).toEqual(['a', 'b']);
  });

  it('is the same after a snapshot was restored', () => {
    const store = new ObjectStore();
    store.create(PODS, pod('a'));
    const again = new ObjectStore(JSON.parse(JSON.stringify(store.snapshot())));
    expect(again.list(PODS)).toEqual(store.list(PODS));
    expect(again.revision).toBe(store.revision);
    expect(again.canWatchFrom(PODS, 1)).toBe(false);
  });

  it('takes no more than its quota, but what shrinks and what goes', () => {
    const filled = (n: number) => ({ data: 'x'.repeat(n) });
    const store = new ObjectStore(undefined, 3000);
    store.create(PODS, pod('a', filled(1000)));
    store.create(PODS, pod('b', filled(1000)));
    expect(() => store.create(PODS, pod('c', filled(1000)))).toThrow('etcdserver: mvcc: database space exceeded');
    expect(() => store.update(PODS, pod('a', filled(2000)))).toThrow(StoreFull);
    store.update(PODS, pod('a', filled(900)));
    store.delete(PODS, 'default', 'b');
    store.create(PODS, pod('c', filled(1500)));
    expect(store.list(PODS).map((object) => [object.metadata.name, String(object['data']).length])).toEqual([['a', 900], ['c', 1500]]);
    expect(() => new ObjectStore(store.snapshot(), 3000).create(PODS, pod('d', filled(900)))).toThrow(StoreFull);
  });

  it('remembers fewer events where objects are large', () => {
    const store = new ObjectStore();
    store.create(PODS, pod('a'));
    const first = store.revision;
    for (let i = 0; i < 40; i++) store.update(PODS, pod('a', { n: String(i), data: 'x'.repeat(1024 * 1024) }));
    const seen: number[] = [];
    store.watch(PODS, store.compactedAt(PODS), (event) => seen.push(event.revision));
    expect([store.canWatchFrom(PODS, first), store.canWatchFrom(PODS, store.revision - 10), seen.length < 33, seen.at(-1)]).toEqual([false, true, true, store.revision]);
  });
});
