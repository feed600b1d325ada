import { describe, expect, it } from 'vitest';
import type { ResourceInfo } from '../../../../server/cluster/api/scheme/resource-info.ts';
import { Scheme } from '../../../../server/cluster/api/scheme/scheme.ts';
import { compileStructuralSchema, createSchemaHooks } from '../../../../server/cluster/api/schema/index.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';

const hooks = createSchemaHooks();
const scheme = new Scheme();

function kindOf(group: string, version: string, resource: string): ResourceInfo {
  const found = scheme.all().find((i) => i.group === group && i.version === version && i.resource === resource);
  if (found === undefined) throw new Error(`no ${resource}`);
  return found;
}

/** Everything that is wrong with an object, or with its change, one text a cause. */
function wrong(group: string, version: string, resource: string, content: object, old?: object): string[] {
  const info = kindOf(group, version, resource);
  const made = (o: object): KubeObject => ({ apiVersion: group === '' ? version : `${group}/${version}`, kind: info.kind, metadata: { name: 'x', namespace: 'ns' }, ...o });
  const before = old === undefined ? undefined : hooks.defaults(info, made(old));
  return hooks.validate(info, hooks.defaults(info, made(content)), before, undefined).map((c) => `${c.field ?? ''}: ${c.message ?? ''}`);
}

const container = { name: 'a', image: 'a' };
const template = (labels: object, spec: object = {}): object => ({ metadata: { labels }, spec: { containers: [container], ...spec } });

describe('workloads', () => {
  it('leave their pods unlooked at when their selector can not be read', () => {
    const spec = { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] }, template: template({ a: 'c' }, { activeDeadlineSeconds: 5 }) };
    expect(wrong('apps', 'v1', 'deployments', { spec })).toEqual([
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
      'spec.selector: Invalid value: v1.LabelSelector{MatchLabels:map[string]string(nil), MatchExpressions:[]v1.LabelSelectorRequirement{v1.LabelSelectorRequirement{Key:"a", Operator:"In", Values:[]string(nil)}}}: invalid label selector',
    ]);
  });

  it('count what is no number as none at all', () => {
    const spec = { selector: { matchLabels: { a: 'c' } }, template: template({ a: 'c' }), strategy: { rollingUpdate: { maxSurge: 'abc', maxUnavailable: 0 } } };
    expect(wrong('apps', 'v1', 'deployments', { spec })).toEqual([
      `spec.strategy.rollingUpdate.maxSurge: Invalid value: intstr.IntOrString{Type:1, IntVal:0, StrVal:"abc"}: a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')`,
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: intstr.IntOrString{Type:0, IntVal:0, StrVal:""}: may not be 0 when `maxSurge` is 0',
    ]);
  });

  it('of cron know their zones and take no selectors', () => {
    const spec = { schedule: '* * * * *', timeZone: 'local', jobTemplate: { spec: { manualSelector: true, template: template({}, { restartPolicy: 'Never' }) } } };
    expect(wrong('batch', 'v1', 'cronjobs', { spec })).toEqual([
      'spec.timeZone: Invalid value: "local": timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      'spec.timeZone: Invalid value: "local": unknown time zone local',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ]);
  });

  it('that ran once keep their pods; where they may run can be said as long as they are suspended and have not begun', () => {
    const labels = { 'batch.kubernetes.io/controller-uid': '', 'batch.kubernetes.io/job-name': 'x', 'controller-uid': '', 'job-name': 'x' };
    const job = (nodeSelector: object, more: object = {}, status: object = {}): object => ({ spec: { suspend: true, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': '' } }, template: template(labels, { restartPolicy: 'Never', nodeSelector }), ...more }, status });
    expect(wrong('batch', 'v1', 'jobs', job({ a: 'b' }), job({ a: 'c' }))).toEqual([]);
    expect(wrong('batch', 'v1', 'jobs', job({ a: 'b' }), job({ a: 'c' }, {}, { startTime: '2026-01-01T00:00:00Z' })).map((text) => text.replace(/\{.*\}/s, '{…}'))).toEqual(['spec.template: Invalid value: core.PodTemplateSpec{…}: field is immutable']);
  });
});

describe('pods that exist', () => {
  const pod = (spec: object): object => ({ spec: { containers: [container], ...spec } });
  const MAY_NOT = 'spec: Forbidden: pod updates may not change fields other than';

  it.each([
    ['their node', pod({ nodeName: 'n' }), pod({})],
    ['their grace', pod({ terminationGracePeriodSeconds: 1 }), pod({})],
  ])('keep %s', (_what, now, before) => {
    expect(wrong('', 'v1', 'pods', now, before).map((text) => text.slice(0, MAY_NOT.length))).toEqual([MAY_NOT]);
  });

  it('have their time shortened and no more', () => {
    expect(wrong('', 'v1', 'pods', pod({ activeDeadlineSeconds: 5 }), pod({ activeDeadlineSeconds: 9 }))).toEqual([]);
    expect(wrong('', 'v1', 'pods', pod({ activeDeadlineSeconds: 9 }), pod({ activeDeadlineSeconds: 5 }))).toEqual(['spec.activeDeadlineSeconds: Invalid value: 9: must be less than or equal to previous value']);
    expect(wrong('', 'v1', 'pods', pod({}), pod({ activeDeadlineSeconds: 5 }))).toEqual(['spec.activeDeadlineSeconds: Invalid value: null: must not update from a positive integer to nil value']);
  });

  it('take debug containers that look at one of theirs', () => {
    const pods = kindOf('', 'v1', 'pods');
    const made = (ephemeralContainers: object[]): KubeObject => hooks.defaults(pods, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', namespace: 'ns' }, spec: { containers: [container], ephemeralContainers } });
    const debug = { name: 'd', image: 'b', targetContainerName: 'a' };
    const causes = (now: object[], then: object[] = []): string[] => hooks.validate(pods, made(now), made(then), 'ephemeralcontainers').map((c) => `${c.field ?? ''}: ${c.message ?? ''}`);
    expect(causes([debug])).toEqual([]);
    expect(causes([{ ...debug, targetContainerName: 'zz', lifecycle: {} }])).toEqual(['spec.ephemeralContainers[0].targetContainerName: Not found: "zz"', 'spec.ephemeralContainers[0].lifecycle: Forbidden: cannot be set for an Ephemeral Container']);
    expect(causes([{ ...debug, name: 'a' }])).toEqual(['spec.ephemeralContainers[0].name: Duplicate value: "a"']);
    expect(causes([], [debug])).toEqual(['spec.ephemeralContainers: Forbidden: existing ephemeral containers "d" may not be removed\n']);
  });
});

describe('other kinds', () => {
  it.each([
    ['', 'v1', 'services', { spec: { type: 'ExternalName', clusterIP: 'None', clusterIPs: ['None'] } }, ['spec.clusterIPs: Forbidden: may not be set for ExternalName services', 'spec.externalName: Required value']],
    ['', 'v1', 'persistentvolumes', { spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/x' }, nodeAffinity: {} } }, ['spec.nodeAffinity.required: Required value: must specify required node constraints']],
    ['', 'v1', 'limitranges', { spec: { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '500m' }, maxLimitRequestRatio: { cpu: '3' } }] } }, [/^spec\.limits\[0\]\.maxLimitRequestRatio\[cpu\]: Invalid value: .*: ratio 3 is greater than max\/min = 2\.000000$/]],
    ['', 'v1', 'nodes', { spec: { taints: [{ key: 'b', value: 'x y', effect: 'NoSchedule' }] } }, [/^metadata\.taints\[0\]\.value: Invalid value: "x y": a valid label must be/]],
    ['autoscaling', 'v1', 'horizontalpodautoscalers', { spec: { maxReplicas: 2, targetCPUUtilizationPercentage: 0, scaleTargetRef: { kind: 'Deployment', name: 'a' } } }, ['spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0']],
    ['networking.k8s.io', 'v1', 'ingressclasses', { spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', scope: 'Foo' } } }, ['spec.parameters.scope: Unsupported value: "Foo": supported values: "Cluster", "Namespace"']],
    ['networking.k8s.io', 'v1', 'ingressclasses', { spec: { controller: 'a.b/c', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } }, ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"]],
    ['discovery.k8s.io', 'v1', 'endpointslices', { addressType: 'Foo', endpoints: [{ addresses: [] }] }, ['addressType: Unsupported value: "Foo": supported values: "FQDN", "IPv4", "IPv6"', 'endpoints[0].addresses: Required value: must contain at least 1 address']],
    ['flowcontrol.apiserver.k8s.io', 'v1', 'flowschemas', { spec: { priorityLevelConfiguration: { name: 'a' }, rules: [{}] } }, ['spec.rules[0].subjects: Required value: subjects must contain at least one value', 'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty']],
    ['node.k8s.io', 'v1', 'runtimeclasses', { handler: 'h', scheduling: { nodeSelector: { 'a b': 'c' } } }, [/^scheduling\.nodeSelector: Invalid value: "a b": name part must consist of/]],
    ['admissionregistration.k8s.io', 'v1', 'validatingadmissionpolicies', { spec: { matchConstraints: { resourceRules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }] }, matchConditions: [{ name: '', expression: '1' }], validations: [{ expression: 'foo.bar' }] } }, [
      'spec.matchConditions[0].expression: Invalid value: "1": must evaluate to bool but got int',
      'spec.matchConditions[0].name: Required value',
      'spec.validations[0].expression: Invalid value: "foo.bar": compilation failed: ERROR: <input>:1:1: undeclared reference to \'foo\' (in container \'\')\n | foo.bar\n | ^',
    ]],
    ['admissionregistration.k8s.io', 'v1', 'validatingwebhookconfigurations', { webhooks: [{ name: 'a.b.c', sideEffects: 'None', admissionReviewVersions: ['v0'], clientConfig: { url: 'http://a?b#c' } }] }, [
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'webhooks[0].clientConfig.url: Invalid value: "c": fragments are not permitted in the URL',
      'webhooks[0].clientConfig.url: Invalid value: "b": query parameters are not permitted in the URL',
      'webhooks[0].admissionReviewVersions: Invalid value: []string{"v0"}: must include at least one of v1, v1beta1',
    ]],
  ])('%s %s %s', (group, version, resource, content, expected) => {
    const texts = wrong(group, version, resource, content);
    expect(texts).toHaveLength(expected.length);
    expected.forEach((text, i) => (typeof text === 'string' ? expect(texts[i]).toBe(text) : expect(texts[i]).toMatch(text)));
  });
});

describe('custom resources', () => {
  const schema = (properties: object): ReturnType<typeof compileStructuralSchema> => compileStructuralSchema({ type: 'object', properties: { spec: { type: 'object', properties } } });
  const causes = (properties: object, spec: object): string[] => schema(properties).validate({ apiVersion: 'a/v1', kind: 'A', metadata: { name: 'a' }, spec }).map((c) => `${c.field ?? ''}: ${c.message ?? ''}`).filter((text) => !text.includes('some validation rules'));

  it('say alternatives that do not fit without a field', () => {
    const one = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, oneOf: [{ required: ['a'] }, { required: ['b'] }] };
    expect(causes({ one }, { one: { a: '1', b: '2' } })).toEqual(['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found 2 valid alternatives']);
    expect(causes({ one }, { one: {} })).toEqual(['<nil>: Invalid value: "": "spec.one" must validate one and only one schema (oneOf). Found none valid', 'spec.one.a: Required value']);
  });

  it('name the format where something else than a text stands', () => {
    expect(causes({ ip: { type: 'string', format: 'ipv4' } }, { ip: true })).toEqual(['spec.ip: Invalid value: "": spec.ip in body must be of type ipv4: ""']);
    expect(causes({ n: { type: 'integer', format: 'int32' } }, { n: 'x' })).toEqual(['spec.n: Invalid value: "string": spec.n in body must be of type integer: "string"']);
  });

  it('hold others only with a kind', () => {
    expect(causes({ emb: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true } }, { emb: {} })).toEqual(['spec.emb.apiVersion: Required value: must not be empty', 'spec.emb.kind: Required value: must not be empty']);
  });
});

describe('definitions of custom resources', () => {
  const problems = (properties: object, more: object = {}): string[] => {
    const spec = { group: 'a.example.com', scope: 'Namespaced', names: { plural: 'as', kind: 'A' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties, ...more } } }] };
    const info = kindOf('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
    const object: KubeObject = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'as.a.example.com' }, spec, status: { storedVersions: ['v1'] } };
    return hooks.validate(info, hooks.defaults(info, object), undefined, undefined).map((c) => `${(c.field ?? '').replace('spec.validation.openAPIV3Schema', '')}: ${(c.message ?? '').replace(/apiextensions\.ValidationRule\{.*?\}/s, '{…}')}`);
  };
  const rule = (type: object, text: string, more: object = {}): object => ({ a: { ...type, 'x-kubernetes-validations': [{ rule: text, ...more }] } });
  const at = '.properties[a].x-kubernetes-validations[0]';

  it.each([
    [rule({ type: 'string' }, 'self.foo'), [`${at}.rule: Invalid value: {…}: compilation failed: ERROR: <input>:1:5: type 'string' does not support field selection\n | self.foo\n | ....^`]],
    [rule({ type: 'string' }, 'self == 1'), [`${at}.rule: Invalid value: {…}: compilation failed: ERROR: <input>:1:6: found no matching overload for '_==_' applied to '(string, int)'\n | self == 1\n | .....^`]],
    [rule({ type: 'string' }, 'size(self'), [`${at}.rule: Invalid value: {…}: compilation failed: ERROR: <input>:1:10: Syntax error: missing ')' at '<EOF>'\n | size(self\n | .........^`]],
    [rule({ type: 'string' }, 'self'), [`${at}.rule: Invalid value: {…}: cel expression must evaluate to a bool`]],
    [rule({ type: 'string' }, 'self.all(x, true)'), [`${at}.rule: Invalid value: {…}: compilation failed: ERROR: <input>:1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.all(x, true)\n | ^`]],
    [rule({ type: 'integer' }, 'foo(self)'), [`${at}.rule: Invalid value: {…}: compilation failed: ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(self)\n | ...^`]],
    [rule({ type: 'integer' }, 'self + 1 > 2.5 && self in [1, 2] && !(self == 3)'), []],
    [rule({ type: 'string' }, 'size(self) > 2 ? self.startsWith("a") : self != "b"'), []],
    [rule({ type: 'string' }, 'true', { messageExpression: '1' }), [`${at}.messageExpression: Invalid value: {…}: messageExpression must evaluate to a string`]],
    [rule({ type: 'string' }, 'true', { fieldPath: '.a' }), [`${at}.fieldPath: Invalid value: ".a": fieldPath must be a valid path`]],
    [rule({ type: 'object', properties: { b: { type: 'string' } } }, 'true', { fieldPath: '.b', reason: 'Foo' }), [`${at}.reason: Unsupported value: "Foo": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`]],
    [{ a: { type: 'string', pattern: '[' } }, [".properties[a].pattern: Invalid value: \"[\": must be a valid regular expression, but isn't: error parsing regexp: missing closing ]: `[`"]],
    [{ a: { type: 'object', default: { b: 'c' } } }, ['.properties[a].default: Invalid value: map[string]interface {}{"b":"c"}: must not have unknown fields']],
    [{ a: { type: 'object', anyOf: [{ properties: { z: { type: 'string' } } }] } }, ['.properties[a].anyOf[0].properties[z].type: Forbidden: must be empty to be structural']],
    [{ a: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] } }, []],
    [{ a: { type: 'array', items: { type: 'object', properties: { n: { type: 'string' } } }, 'x-kubernetes-list-type': 'set' } }, ['.properties[a].items.x-kubernetes-map-type: Invalid value: "null": must be atomic as item of a list with x-kubernetes-list-type=set']],
    [{ a: { $ref: '#/x' } }, ['.properties[a].$ref: Forbidden: $ref is not supported']],
  ])('%j', (properties, expected) => {
    expect(problems(properties)).toEqual(expected);
  });

  it('are not null at their root', () => {
    expect(problems({}, { nullable: true })).toEqual(['.nullable: Forbidden: nullable cannot be true at the root']);
  });
});
