import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { goDump } from '../../../../server/cluster/api/schema/go-dump.ts';
import { goJson, revisionHash, templateHash } from '../../../../server/cluster/controllers/runtime/template-hash.ts';

/** Templates as a Kubernetes 1.32.2 stored them, with what its controllers made of them for Deployments and for StatefulSets. */
const recorded = JSON.parse(readFileSync(new URL('template-hashes.json', import.meta.url), 'utf8')) as { template: object; hash: string; revision: string | null }[];

test('templates have the hashes that a real controller gives them', () => {
  expect(recorded.map(({ template }) => templateHash(template))).toEqual(recorded.map(({ hash }) => hash));
});

test('revisions of StatefulSets have the hashes that a real controller gives them', () => {
  const known = recorded.filter(({ revision }) => revision !== null);
  expect(known.map(({ template }) => revisionHash(goJson({ spec: { template: { ...template, $patch: 'replace' } } }), 0))).toEqual(known.map(({ revision }) => revision));
  expect(known.length).toBeGreaterThan(15);
});

test('another count of collisions is another hash', () => {
  const [first] = recorded;
  // The bytes of the count are hashed after the template: counting from 0 is not the same as not counting.
  expect(new Set([undefined, 0, 1, 256].map((count) => templateHash(first?.template, count))).size).toBe(4);
});

test('Go’s printer names every field with its type, and what is not there', () => {
  expect(goDump({ name: 'X', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } }, 'core/v1.EnvVar')).toBe(
    '(v1.EnvVar){Name:(string)X Value:(string) ValueFrom:(*v1.EnvVarSource){FieldRef:(*v1.ObjectFieldSelector)<nil> ResourceFieldRef:(*v1.ResourceFieldSelector){ContainerName:(string) Resource:(string)limits.cpu Divisor:(resource.Quantity){i:(resource.int64Amount){value:(int64)1 scale:(resource.Scale)-3} d:(resource.infDecAmount){Dec:(*inf.Dec)<nil>} s:(string)1m Format:(resource.Format)DecimalSI}} ConfigMapKeyRef:(*v1.ConfigMapKeySelector)<nil> SecretKeyRef:(*v1.SecretKeySelector)<nil>}}',
  );
});
