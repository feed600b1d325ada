import { describe, expect, it } from 'vitest';
import { reconcile } from '../../../../server/cluster/argo/controller/reconcile.ts';
import { decodeWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';
import { observedNothing } from './observed.ts';

/** The manifest that the pod of a resource template with `setOwnerReference` is given. */
function givenManifest(manifest: string): string {
  const workflow = decodeWorkflow({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name: 'wf', namespace: 'argo', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { entrypoint: 'main', templates: [{ name: 'main', resource: { action: 'create', setOwnerReference: true, manifest } }] },
  });
  const { changes } = reconcile(workflow, observedNothing());
  const value = /"name":"ARGO_TEMPLATE","value":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(changes.createPods[0]?.pod))?.[1] ?? '""';
  const template: unknown = JSON.parse(String(JSON.parse(value)));
  const [resource] = [template].flatMap((one) => (typeof one === 'object' && one !== null && 'resource' in one ? [one.resource] : []));
  return typeof resource === 'object' && resource !== null && 'manifest' in resource ? String(resource.manifest) : '';
}

describe('a manifest that gets its workflow as an owner', () => {
  it('keeps texts that look like booleans, numbers and times what they are', () => {
    expect(givenManifest('kind: ConfigMap\nmetadata: {name: m}\ndata: {a: "yes", b: "off", c: "1", d: 2020-01-01, e: plain}\n')).toBe(
      [
        'data:',
        '  a: "yes"',
        '  b: "off"',
        '  c: "1"',
        '  d: "2020-01-01"',
        '  e: plain',
        'kind: ConfigMap',
        'metadata:',
        '  name: m',
        '  ownerReferences:',
        '  - apiVersion: argoproj.io/v1alpha1',
        '    blockOwnerDeletion: true',
        '    controller: true',
        '    kind: Workflow',
        '    name: wf',
        '    uid: u',
        '',
      ].join('\n'),
    );
  });

  it('reads yes and on without quotes as booleans, as Go does', () => {
    expect(givenManifest('kind: X\nmetadata: {name: m}\nspec: {a: yes, b: on, c: no}\n')).toContain('spec:\n  a: true\n  b: true\n  c: false\n');
  });
});
