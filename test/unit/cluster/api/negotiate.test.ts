import { describe, expect, it } from 'vitest';
import { negotiate, negotiateDiscovery } from '../../../../server/cluster/api/negotiate.ts';

describe('what a client accepts', () => {
  it('gives JSON to whoever prefers protobuf', () => {
    expect(negotiate('application/vnd.kubernetes.protobuf,application/json')).toEqual({ encoding: 'json' });
  });

  it('gives a table to kubectl get', () => {
    expect(negotiate('application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json')).toEqual({
      encoding: 'json',
      as: { kind: 'Table', version: 'v1', group: 'meta.k8s.io' },
    });
  });

  it('refuses a form that nobody knows', () => {
    expect(() => negotiate('application/json;as=Chair;v=v1;g=meta.k8s.io')).toThrow('only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf');
  });

  it('offers discovery in one document', () => {
    expect(negotiateDiscovery('application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json')).toBe('v2');
    expect(negotiateDiscovery('application/json')).toBeUndefined();
  });
});
