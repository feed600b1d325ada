import { expect, it } from 'vitest';
import { writeList } from '../../../../server/cluster/api/serialize.ts';
import type { ResourceInfo } from '../../../../server/cluster/api/scheme/resource-info.ts';
import { encodeJson } from '../../../../server/cluster/http/answer.ts';
import { encodeLongList } from '../../../../server/cluster/http/list-text.ts';
import { deepFreeze } from '../../../../server/cluster/store/freeze.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';

const pods = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true } as ResourceInfo;
const workflows = { group: 'argoproj.io', version: 'v1alpha1', resource: 'workflows', kind: 'Workflow', namespaced: true, custom: {} } as ResourceInfo;
const objects = (count: number, head: { apiVersion: string; kind: string }): KubeObject[] => Array.from({ length: count }, (_, i) => deepFreeze({ ...head, metadata: { name: `o-${i}`, annotations: { note: '"items":[] <b> ü' } }, spec: { z: 1, a: i } }));

it.each([
  ['a built-in kind', pods, { apiVersion: 'v1', kind: 'Pod' }],
  ['a custom one', workflows, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow' }],
] as const)('a long list of %s is written as a short one would be, the first time and again', (_name, info, head) => {
  const items = objects(120, head);
  const page = { items, resourceVersion: '7', continue: '"items":[]', remainingItemCount: 3 };
  const expected = encodeJson(writeList(info, page), false);
  expect(encodeLongList(info, page)?.toString()).toBe(expected);
  expect(encodeLongList(info, page)?.toString()).toBe(expected);
  const [first, ...others] = items;
  const changed = { ...page, items: [{ ...first, apiVersion: head.apiVersion, kind: head.kind, metadata: { name: 'changed' } }, ...others] };
  expect(encodeLongList(info, changed)?.toString()).toBe(encodeJson(writeList(info, changed), false));
});

it('leaves short lists alone', () => {
  expect(encodeLongList(pods, { items: objects(99, { apiVersion: 'v1', kind: 'Pod' }), resourceVersion: '7' })).toBeUndefined();
});
