import { describe, expect, it } from 'vitest';
import { managedNamespace } from '../../../../server/cluster/argo/controller/managed-namespace.ts';

describe('the namespace that a workflow controller looks after', () => {
  it.each([
    [[], undefined],
    [['--namespaced'], 'own'],
    [['--namespaced=true', '--executor-image', 'x'], 'own'],
    [['--namespaced', '--managed-namespace', 'other'], 'other'],
    [['--namespaced', '--managed-namespace=other'], 'other'],
    [['--namespaced=false'], undefined],
    [['--managed-namespace', 'other'], undefined],
  ])('with %j is %s', (argv, expected) => {
    expect(managedNamespace(argv, 'own')).toBe(expected);
  });
});
