import { expect, test } from 'vitest';
import { startControllers } from '../../../../server/cluster/controllers/index.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../../../server/cluster/controllers/runtime/resources.ts';
import type { Namespace } from '../../../../server/cluster/controllers/runtime/kinds.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { rfc3339 } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { testApi } from '../../../harness/cluster.ts';

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Controllers over an API without admission and kubelet: deletes namespace `short` and records what a watcher sees of it, and in which second. */
async function deleted(...objects: KubeObject[]) {
  const { client, core, clock } = testApi();
  const controllers = startControllers({ client, clock, ids: systemIds, log: silentLog, rootCertificate: 'CERT', resources: { list: () => core.scheme.all(), onChange: (listener) => core.scheme.onChange(listener) } });
  await client.create(NAMESPACES, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short' }, spec: { finalizers: ['kubernetes'] } });
  for (const object of objects) await client.create(CONFIG_MAPS, 'short', object);
  for (let turn = 0; turn < 20; turn++) await settle();
  const begun = Date.parse(rfc3339(clock.now()));
  const seconds = (at: number) => Math.round((at - begun) / 1000);
  const seen: unknown[] = [];
  const stop = new AbortController();
  client.watch<Namespace>(NAMESPACES, { fieldSelector: 'metadata.name=short', signal: stop.signal }, ({ type, object }) => {
    if (object.metadata.deletionTimestamp === undefined) return;
    const conditions = (object.status?.conditions ?? []).map(({ status, reason, lastTransitionTime }) => `${status === 'True' ? '' : 'not: '}${reason} ${seconds(Date.parse(String(lastTransitionTime)))}`);
    seen.push([seconds(clock.now()), type, object.spec.finalizers?.length ?? 0, ...conditions]);
  });
  await client.delete(NAMESPACES, undefined, 'short');
  return {
    client,
    seen,
    async pass(count: number) {
      for (let second = 0; second < count; second++) {
        clock.advance(1000);
        for (let turn = 0; turn < 20; turn++) await settle();
      }
    },
    stop() {
      stop.abort();
      controllers.stop();
    },
  };
}

const GOOD = ['not: ResourcesDiscovered 5', 'not: ParsedGroupVersions 5', 'not: ContentDeleted 5'];

test('an empty namespace goes after five seconds, and says that nothing is left', async () => {
  const { seen, pass, stop } = await deleted();
  await pass(8);
  const last = [...GOOD, 'not: ContentRemoved 5', 'not: ContentHasNoFinalizers 5'];
  expect(seen).toEqual([[0, 'MODIFIED', 1], [5, 'MODIFIED', 1, ...last], [5, 'DELETED', 1, ...last]]);
  stop();
});

test('what has a finalizer is looked at again after five seconds, then every eight, whenever it goes', async () => {
  const { client, seen, pass, stop } = await deleted({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'hold', finalizers: ['a.b/c'] } });
  await pass(11);
  expect(seen).toEqual([[0, 'MODIFIED', 1], [5, 'MODIFIED', 1, ...GOOD, 'SomeResourcesRemain 5', 'SomeFinalizersRemain 5']]);
  await client.patch(CONFIG_MAPS, 'short', 'hold', { type: 'merge', body: { metadata: { finalizers: null } } });
  await pass(9);
  const last = [...GOOD, 'not: ContentRemoved 18', 'not: ContentHasNoFinalizers 18'];
  expect(seen.slice(2)).toEqual([[18, 'MODIFIED', 1, ...last], [18, 'DELETED', 1, ...last]]);
  stop();
});
