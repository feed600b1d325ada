import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { toFieldsV1, union } from '../../../../server/cluster/api/patch/field-set.ts';
import { compare, givenFields } from '../../../../server/cluster/api/patch/field-walk.ts';
import { mergeTypeOfCustomResource, mergeTypeOfStruct } from '../../../../server/cluster/api/patch/index.ts';
import { structOutput } from '../../../../server/cluster/api/schema/canonical.ts';
import { kindType } from '../../../../server/cluster/api/schema/types.ts';

const objectShape = z.looseObject({ apiVersion: z.string(), kind: z.string() });

/** Every object in the recorded data, wherever it stands in it. */
function objectsIn(value: unknown): z.infer<typeof objectShape>[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = objectShape.safeParse(value);
  return [...(own.success ? [own.data] : []), ...Object.values(value).flatMap(objectsIn)];
}

const recorded = objectsIn(JSON.parse(readFileSync('test/golden/kubernetes/defaults.json', 'utf8')));

it('says of new objects at once what a comparison with an empty one says', () => {
  let compared = 0;
  for (const object of recorded) {
    const type = kindType(object.apiVersion, object.kind);
    if (type === undefined) continue;
    const merge = mergeTypeOfStruct(type.ref);
    const blank = { ...structOutput(type, {}), apiVersion: object.apiVersion, kind: object.kind };
    const { added, modified } = compare(merge, blank, object);
    expect(givenFields(merge, blank, object) ?? {}).toEqual(toFieldsV1(union(added, modified)));
    expect(JSON.stringify(givenFields(merge, blank, object) ?? {})).toBe(JSON.stringify(toFieldsV1(union(added, modified))));
    compared++;
  }
  expect(compared).toBeGreaterThan(20);
});

it('does so for custom objects, too', () => {
  const merge = mergeTypeOfCustomResource({ type: 'object', properties: { spec: { type: 'object', properties: { rows: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'], items: { type: 'object' } } }, additionalProperties: true } } });
  const blank = { apiVersion: 'a/v1', kind: 'Thing', metadata: {} };
  const object = { apiVersion: 'a/v1', kind: 'Thing', metadata: { labels: {}, annotations: { z: '1', a: '2' }, name: 'x' }, spec: { rows: [{ name: 'b', deep: { x: null, y: [] } }, { name: 'a' }], plain: [1, 2], empty: {} }, other: null };
  const { added, modified } = compare(merge, blank, object);
  expect(JSON.stringify(givenFields(merge, blank, object))).toBe(JSON.stringify(toFieldsV1(union(added, modified))));
});
