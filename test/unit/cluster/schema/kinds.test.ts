import { describe, expect, it } from 'vitest';
import { createOpenApi } from '../../../../server/cluster/api/openapi/index.ts';
import { Scheme } from '../../../../server/cluster/api/scheme/scheme.ts';
import type { ResourceInfo } from '../../../../server/cluster/api/scheme/resource-info.ts';
import { compileStructuralSchema, createSchemaHooks } from '../../../../server/cluster/api/schema/index.ts';
import { findPath, humanDuration, tablePrinter } from '../../../../server/cluster/api/table-printers/index.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';
import { refusal } from './refusal.ts';

const hooks = createSchemaHooks();
const scheme = new Scheme();

function info(group: string, resource: string): ResourceInfo {
  const found = scheme.all().find((i) => i.group === group && i.resource === resource);
  if (found === undefined) throw new Error(`no ${resource}`);
  return found;
}

const pod = (spec: object, metadata: object = {}): KubeObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', ...metadata }, spec });
const messages = (resource: ResourceInfo, object: KubeObject, old?: KubeObject): string[] => hooks.validate(resource, hooks.defaults(resource, object), old, undefined).map((c) => `${c.field ?? ''}: ${c.message ?? ''}`);

describe('decoding', () => {
  const pods = info('', 'pods');

  it('names unknown fields in the order of the document and drops them', () => {
    const { object, unknown } = hooks.prune(pods, pod({ containers: [{ name: 'a', env: [{ nam: 'x' }], img: 'c' }] }));
    expect(unknown).toEqual(['unknown field "spec.containers[0].env[0].nam"', 'unknown field "spec.containers[0].img"']);
    expect(object.spec).toEqual({ containers: [{ name: 'a', env: [{}] }] });
  });

  it.each([
    [{ containers: [{ name: 'a', command: 'sleep' }] }, 'json: cannot unmarshal string into Go struct field Container.spec.containers.command of type []string'],
    [{ containers: { name: 'a' } }, 'json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container'],
    [{ containers: [{ name: 'a', resources: { limits: { cpu: '1 core' } } }] }, "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
  ])('refuses %j', (spec, message) => {
    expect(refusal(() => hooks.prune(pods, pod(spec)))).toEqual([400, `Pod in version "v1" cannot be handled as a Pod: ${message}`]);
  });

  it('refuses a strategic merge patch of the wrong type with the patch in Go notation', () => {
    expect(refusal(() => hooks.strategicMerge(info('', 'configmaps'), { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } }, { data: { a: 1 } }))).toEqual([
      422,
      ' "" is invalid: patch: Invalid value: "map[data:map[a:1]]": cannot convert int64 to string',
    ]);
  });
});

describe('defaults', () => {
  it('fill in a Deployment in the order of its fields', () => {
    const deployments = info('apps', 'deployments');
    const object: KubeObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'a', image: 'busybox:1' }] } } } };
    expect(JSON.stringify(hooks.defaults(deployments, object).spec)).toBe(
      JSON.stringify({
        replicas: 1,
        selector: { matchLabels: { a: 'b' } },
        template: {
          metadata: { creationTimestamp: null, labels: { a: 'b' } },
          spec: {
            containers: [{ name: 'a', image: 'busybox:1', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', imagePullPolicy: 'IfNotPresent' }],
            restartPolicy: 'Always', terminationGracePeriodSeconds: 30, dnsPolicy: 'ClusterFirst', securityContext: {}, schedulerName: 'default-scheduler',
          },
        },
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      }),
    );
  });

  it('write quantities in their canonical form', () => {
    const { object } = hooks.prune(info('', 'pods'), pod({ containers: [{ name: 'a', resources: { limits: { cpu: '0.5', memory: '1024Mi' } } }] }));
    expect(object.spec).toEqual({ containers: [{ name: 'a', resources: { limits: { cpu: '500m', memory: '1Gi' } } }] });
  });
});

describe('validation', () => {
  it('gathers everything that is wrong with a pod', () => {
    const spec = { containers: [{ name: 'a', image: '', volumeMounts: [{ name: 'nope', mountPath: '' }], resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }], volumes: [{ name: 'v' }, { name: 'v', emptyDir: {}, hostPath: { path: '/' } }] };
    expect(messages(info('', 'pods'), pod(spec))).toEqual([
      'spec.volumes[1].hostPath: Forbidden: may not specify more than 1 volume type',
      'spec.volumes[1].name: Duplicate value: "v"',
      'spec.containers[0].image: Required value',
      'spec.containers[0].volumeMounts[0].name: Not found: "nope"',
      'spec.containers[0].volumeMounts[0].mountPath: Required value',
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ]);
  });

  it('says what a schedule lacks', () => {
    const cron = (schedule: string): KubeObject => ({ apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'c' }, spec: { schedule, jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'a', image: 'b' }] } } } } } });
    expect(messages(info('batch', 'cronjobs'), cron('61 * * * *'))).toEqual(['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61']);
    expect(messages(info('batch', 'cronjobs'), cron('*/5 9-17 * * mon-fri'))).toEqual([]);
  });

  it('keeps a binding to its role', () => {
    const binding = (name: string): KubeObject => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'rb' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name } });
    expect(messages(info('rbac.authorization.k8s.io', 'rolebindings'), binding('b'), binding('a'))).toEqual(['roleRef: Invalid value: rbac.RoleRef{APIGroup:"rbac.authorization.k8s.io", Kind:"Role", Name:"b"}: cannot change roleRef']);
  });
});

describe('custom resources', () => {
  const schema = compileStructuralSchema({
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        'x-kubernetes-validations': [{ rule: 'self.min <= self.size', message: 'min must not be over size' }],
        properties: { size: { type: 'integer', minimum: 1 }, min: { type: 'integer', default: 0 }, tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' }, free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    },
  });

  it('lose what their schema does not know and get its defaults', () => {
    expect(schema.prune({ metadata: {}, spec: { size: 1, junk: 1, free: { any: 1 } } })).toEqual({ object: { metadata: {}, spec: { size: 1, free: { any: 1 } } }, unknown: ['spec.junk'] });
    expect(schema.defaults({ spec: { size: 1 } })).toEqual({ spec: { size: 1, min: 0 } });
  });

  it('are checked by schema first, by rules then', () => {
    expect(schema.validate({ spec: { size: 0, tags: ['x', 'x'] } })).toEqual([
      { reason: 'FieldValueInvalid', message: 'Invalid value: 0: spec.size in body should be greater than or equal to 1', field: 'spec.size' },
      { reason: 'FieldValueDuplicate', message: 'Duplicate value: "x"', field: 'spec.tags[1]' },
    ]);
    expect(schema.validate({ spec: { size: 1, min: 5 } })).toEqual([{ reason: 'FieldValueInvalid', message: 'Invalid value: "object": min must not be over size', field: 'spec' }]);
  });
});

describe('tables', () => {
  const now = Date.UTC(2026, 0, 2);
  const ago = (s: number): string => new Date(now - s * 1000).toISOString();

  it('show a pod that waits and restarted', () => {
    const status = { phase: 'Running', containerStatuses: [{ name: 'a', ready: false, restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1, finishedAt: ago(20) } } }] };
    const object = { ...pod({ containers: [{ name: 'a' }], nodeName: 'n' }, { creationTimestamp: ago(300) }), status };
    expect(tablePrinter.row(info('', 'pods'), object, now).cells).toEqual(['p', '0/1', 'CrashLoopBackOff', '3 (20s ago)', '5m', '<none>', 'n', '<none>', '<none>']);
    expect(tablePrinter.columns(info('', 'pods')).map((c) => c.name)).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age', 'IP', 'Node', 'Nominated Node', 'Readiness Gates']);
  });

  it.each([[5, '5s'], [119, '119s'], [150, '2m30s'], [3600, '60m'], [4 * 3600, '4h'], [50 * 3600, '2d2h'], [30 * 86400, '30d']])('write %d seconds as %s', (seconds, text) => {
    expect(humanDuration(seconds * 1000)).toBe(text);
  });

  it('read JSON paths with filters', () => {
    const object = { status: { conditions: [{ type: 'Ready', status: 'True' }, { type: 'Other', status: 'False' }] }, metadata: { annotations: { 'a.b/c': 'x' } } };
    expect(findPath(object, '.status.conditions[?(@.type=="Ready")].status')).toEqual(['True']);
    expect(findPath(object, ".metadata.annotations['a.b/c']")).toEqual(['x']);
    expect(findPath(object, '.metadata.annotations.a\\.b/c')).toEqual(['x']);
  });
});

describe('OpenAPI', () => {
  it('tells kubectl that fields are validated on the server, and what fields are for', () => {
    const openapi = createOpenApi(() => scheme.all());
    expect(JSON.stringify(openapi.index())).toMatch(/"api\/v1":\{"serverRelativeURL":"\/openapi\/v3\/api\/v1\?hash=[0-9A-F]{128}"\}/);
    const document = JSON.parse(JSON.stringify(openapi.document('apis/rbac.authorization.k8s.io/v1')));
    const patch = document.paths['/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles/{name}'].patch;
    expect(patch['x-kubernetes-group-version-kind']).toEqual({ group: 'rbac.authorization.k8s.io', kind: 'Role', version: 'v1' });
    expect(patch.parameters.map((p: { name: string }) => p.name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(document.components.schemas['io.k8s.api.rbac.v1.Role'].properties.rules).toEqual({
      description: 'Rules holds all the PolicyRules for this Role',
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.rbac.v1.PolicyRule' }], default: {} },
      'x-kubernetes-list-type': 'atomic',
    });
    expect(openapi.document('apis/nope/v1')).toBe(undefined);
  });
});
