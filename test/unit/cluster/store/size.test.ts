import { describe, expect, it } from 'vitest';
import { storedSize } from '../../../../server/cluster/store/size.ts';

describe('the size that etcd keeps', () => {
  it('is that of the JSON for custom resources', () => {
    const workflow = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: 'w', labels: { a: 'b' } }, spec: { templates: Array.from({ length: 200 }, (_, i) => ({ name: `t${i}`, suspend: { duration: '10' } })) } };
    const ratio = storedSize(workflow) / JSON.stringify(workflow).length;
    expect([ratio > 0.9, ratio < 1.1]).toEqual([true, true]);
  });

  it('has no names of fields for built-in ones, but the keys of their maps and managed fields as JSON', () => {
    const map = (name: string, data: object) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });
    const [few, keys] = [storedSize(map('m', {})), storedSize(map('m', { ['k'.repeat(1000)]: 'v' }))];
    expect(keys - few).toBeGreaterThan(1000);
    const fields = { manager: 'a', operation: 'Update' as const, apiVersion: 'v1', fieldsType: 'FieldsV1' as const, fieldsV1: { [`f:${'x'.repeat(1000)}`]: {} } };
    expect(storedSize({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm', managedFields: [fields] } }) - few).toBeGreaterThan(1000);
    expect(storedSize({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'm' }, spec: { terminationGracePeriodSeconds: 1, activeDeadlineSeconds: 2 } }) - few).toBeLessThan(20);
  });
});
