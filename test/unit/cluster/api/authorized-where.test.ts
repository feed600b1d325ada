import { expect, it } from 'vitest';
import type { Attributes } from '../../../../server/cluster/auth/user.ts';
import { testApi } from '../../../harness/cluster.ts';

it('asks whether somebody may see a namespace in that namespace, and for all of them in the cluster', async () => {
  const asked: Attributes[] = [];
  const api = testApi({ authorize: (attributes) => void asked.push(attributes) });
  const type = { group: '', version: 'v1', resource: 'namespaces' };
  await api.client.create(type, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  asked.length = 0;
  await api.client.get(type, undefined, 'shop');
  await api.client.list(type);
  expect(asked.map(({ verb, resource }) => [verb, resource?.name, resource?.namespace])).toEqual([
    ['get', 'shop', 'shop'],
    ['list', undefined, undefined],
  ]);
});
