import { describe, expect, it } from 'vitest';
import { applyJsonPatch, mergeTypeOfCustomResource, mergeTypeOfStruct, serverSideApply, strategicMergePatch, updateManagedFields } from '../../../../server/cluster/api/patch/index.ts';
import { structOutput } from '../../../../server/cluster/api/schema/canonical.ts';
import { kindType } from '../../../../server/cluster/api/schema/types.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { refusal } from './refusal.ts';

function type(apiVersion: string, kind: string) {
  const found = kindType(apiVersion, kind);
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
}

const time = '2026-01-01T00:00:00Z';
const configMaps = { type: mergeTypeOfStruct('core/v1.ConfigMap'), blank: structOutput(type('v1', 'ConfigMap'), {}), version: { group: '', version: 'v1' }, time };
const configMap = (data: Record<string, string>, metadata: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', ...metadata }, data });

describe('strategic merge patch', () => {
  const deployment = type('apps/v1', 'Deployment');
  const spec = (containers: unknown) => ({ spec: { template: { spec: { containers } } } });

  it('merges containers by name, new ones first, environment likewise', () => {
    const live = spec([{ name: 'a', image: 'nginx', env: [{ name: 'E1', value: '1' }, { name: 'E2', value: '2' }] }, { name: 'b', image: 'busybox' }]);
    expect(strategicMergePatch(deployment, live, spec([{ name: 'c', image: 'busybox' }, { name: 'a', env: [{ name: 'E3', value: '3' }] }]))).toEqual(
      spec([{ name: 'c', image: 'busybox' }, { name: 'a', image: 'nginx', env: [{ name: 'E3', value: '3' }, { name: 'E1', value: '1' }, { name: 'E2', value: '2' }] }, { name: 'b', image: 'busybox' }]),
    );
  });

  it('deletes an item, sets the order of the rest', () => {
    const live = spec([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    const patch = { spec: { template: { spec: { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }], containers: [{ name: 'b', $patch: 'delete' }] } } } };
    expect(strategicMergePatch(deployment, live, patch)).toEqual(spec([{ name: 'c' }, { name: 'a' }]));
  });

  it('replaces a map, removes with null, keeps only the retained keys', () => {
    const live = { spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }, selector: { matchLabels: { a: 'b' } }, paused: true } };
    expect(strategicMergePatch(deployment, live, { spec: { strategy: { $retainKeys: ['type'], type: 'Recreate' }, selector: { $patch: 'replace', matchLabels: { c: 'd' } }, paused: null } })).toEqual({
      spec: { strategy: { type: 'Recreate' }, selector: { matchLabels: { c: 'd' } } },
    });
  });

  it('adds to and removes from lists of words', () => {
    const live = { metadata: { finalizers: ['a', 'b'] } };
    expect(strategicMergePatch(deployment, live, { metadata: { finalizers: ['c'] } })).toEqual({ metadata: { finalizers: ['c', 'a', 'b'] } });
    expect(strategicMergePatch(deployment, live, { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } })).toEqual({ metadata: { finalizers: ['b'] } });
  });
});

describe('JSON patch', () => {
  it('adds what replace does not find, as Kubernetes does', () => {
    expect(applyJsonPatch({ data: { a: '1' } }, [{ op: 'replace', path: '/data/zz', value: '1' }, { op: 'add', path: '/data/a~1b', value: '2' }])).toEqual({ data: { a: '1', zz: '1', 'a/b': '2' } });
  });

  it.each([
    { op: 'remove', path: '/data/zz' },
    { op: 'add', path: '/no/where', value: 1 },
    { op: 'remove', path: 'data/zz' },
    { path: '/data/x', value: 1 },
    { op: 'test', path: '/data/a', value: '2' },
  ])('refuses %j without a reason', (operation) => {
    expect(refusal(() => applyJsonPatch({ data: { a: '1' }, b: 1 }, [operation]))).toEqual([422, 'the server rejected our request due to an error in our request']);
  });

  it('wants a list', () => {
    expect(refusal(() => applyJsonPatch({}, {}))).toEqual([400, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp']);
  });
});

describe('managed fields', () => {
  const fields = (object: KubeObject) => object.metadata.managedFields?.map((m) => [m.manager, m.operation, m.fieldsV1]);

  it('say what created an object, and what changed it', () => {
    const created = updateManagedFields(undefined, configMap({ x: '1' }), { ...configMaps, manager: 'kubectl-create' });
    expect(created.metadata.managedFields).toEqual([{ manager: 'kubectl-create', operation: 'Update', apiVersion: 'v1', time, fieldsType: 'FieldsV1', fieldsV1: { 'f:data': { '.': {}, 'f:x': {} } } }]);
    const labelled = updateManagedFields(created, { ...created, metadata: { ...created.metadata, labels: { l: '1' } } }, { ...configMaps, manager: 'kubectl-label' });
    expect(fields(labelled)).toEqual([
      ['kubectl-create', 'Update', { 'f:data': { '.': {}, 'f:x': {} } }],
      ['kubectl-label', 'Update', { 'f:metadata': { 'f:labels': { '.': {}, 'f:l': {} } } }],
    ]);
  });

  it('name items of lists by their keys and leave out what a blank object has', () => {
    const pods = type('apps/v1', 'Deployment');
    const deployment: KubeObject = {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' },
      spec: { replicas: 1, selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'n', image: 'nginx', ports: [{ containerPort: 80, protocol: 'TCP' }], resources: {} }] } }, strategy: { type: 'Recreate' } },
    };
    const { metadata } = updateManagedFields(undefined, deployment, { type: mergeTypeOfStruct(pods.ref), blank: structOutput(pods, {}), version: { group: 'apps', version: 'v1' }, time, manager: 'm' });
    expect(metadata.managedFields?.[0]?.fieldsV1).toEqual({
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:strategy': { 'f:type': {} },
        'f:template': {
          'f:metadata': { 'f:labels': { '.': {}, 'f:a': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"n"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:ports': { '.': {}, 'k:{"containerPort":80,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:protocol': {} } }, 'f:resources': {} } } },
        },
      },
    });
  });

  it('treat an atomic spec of a custom resource as one', () => {
    const schema = { type: 'object', properties: { spec: { type: 'object', 'x-kubernetes-map-type': 'atomic', 'x-kubernetes-preserve-unknown-fields': true } } };
    const workflow: KubeObject = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name: '', generateName: 'w-', labels: { a: 'b' } }, spec: { entrypoint: 'x' } };
    const { metadata } = updateManagedFields(undefined, workflow, { type: mergeTypeOfCustomResource(schema), blank: { metadata: {} }, version: { group: 'argoproj.io', version: 'v1alpha1' }, time, manager: 'argo' });
    expect(metadata.managedFields?.[0]?.fieldsV1).toEqual({ 'f:metadata': { 'f:generateName': {}, 'f:labels': { '.': {}, 'f:a': {} } }, 'f:spec': {} });
  });
});

describe('server-side apply', () => {
  const apply = (live: KubeObject | undefined, data: Record<string, string>, manager: string, force = false) => serverSideApply(live, configMap(data), { ...configMaps, manager, force, ignored: [] });

  it('gives up fields that nobody else applies', () => {
    const one = apply(undefined, { a: '1', b: '1' }, 'one');
    const two = apply(one, { a: '1' }, 'two');
    const gone = apply(two, {}, 'one');
    expect(gone.data).toEqual({ a: '1' });
  });

  it('names the conflict and its owner', () => {
    const created = updateManagedFields(apply(undefined, { a: '1' }, 'kubectl'), configMap({ a: '7' }, { managedFields: undefined }), { ...configMaps, manager: 'kubectl-patch' });
    expect(refusal(() => apply(created, { a: '1' }, 'kubectl'))).toEqual([409, 'Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.a']);
    expect(apply(created, { a: '1' }, 'kubectl', true).metadata.managedFields?.map((m) => m.manager)).toEqual(['kubectl']);
  });

  it('takes over what client-side apply left', () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"c"}}\n' };
    const live = updateManagedFields(undefined, configMap({ a: '1' }, { annotations }), { ...configMaps, manager: 'kubectl-client-side-apply' });
    const applied = apply(live, { a: '2' }, 'kubectl');
    expect(applied.data).toEqual({ a: '2' });
    expect(applied.metadata.annotations).toEqual({ 'kubectl.kubernetes.io/last-applied-configuration': '{"apiVersion":"v1","data":{"a":"2"},"kind":"ConfigMap","metadata":{"name":"c"}}\n' });
  });
});
