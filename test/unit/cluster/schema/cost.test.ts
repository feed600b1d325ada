import { performance } from 'node:perf_hooks';
import { expect, it } from 'vitest';
import { compileStructuralSchema } from '../../../../server/cluster/api/schema/structural.ts';

const BUDGET = { reason: 'FieldValueInvalid', message: 'Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run', field: '<nil>' };

/** A schema whose spec is checked by a rule over `spec.list`. */
const ruled = (rule: string) => compileStructuralSchema({ type: 'object', properties: { spec: { type: 'object', properties: { list: { type: 'array', items: { type: 'integer' } }, text: { type: 'string', pattern: '^(a+)+$' } }, 'x-kubernetes-validations': [{ rule }] } } });
const object = (spec: object) => ({ apiVersion: 'lab.io/v1', kind: 'Thing', metadata: { name: 'a' }, spec });
const list = Array.from({ length: 1000 }, (_one, index) => index);

it('a rule that never comes to an end refuses its object, and nobody else waits', () => {
  const began = performance.now();
  expect(ruled('self.list.all(a, self.list.all(b, self.list.all(c, a + b + c >= 0)))').validate(object({ list }), undefined)).toEqual([BUDGET]);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(ruled('self.list.all(a, a < 1000)').validate(object({ list }), undefined)).toEqual([]);
});

it('so does a pattern', () => {
  const causes = ruled('true').validate(object({ text: `${'a'.repeat(40)}b` }), undefined);
  expect(causes).toEqual([{ reason: 'FieldValueInvalid', message: `Invalid value: "${'a'.repeat(40)}b": spec.text in body should match '^(a+)+$'`, field: 'spec.text' }]);
});
