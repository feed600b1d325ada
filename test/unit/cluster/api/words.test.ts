import { describe, expect, it } from 'vitest';
import { goSyntaxError } from '../../../../server/cluster/http/go-json-error.ts';
import { openApiV2 } from '../../../../server/cluster/api/openapi/v2.ts';
import { encodeOpenApiV2 } from '../../../../server/cluster/api/openapi/v2-protobuf.ts';
import { fields, utf8 } from '../../../../server/cluster/api/protobuf/wire.ts';
import { splitReplicas } from '../../../../server/cluster/api/patch/scale-ownership.ts';
import { typedProblems } from '../../../../server/cluster/api/patch/typed-problems.ts';
import { ruleProblem } from '../../../../server/cluster/api/schema/cel-compile.ts';
import { kindType } from '../../../../server/cluster/api/schema/types.ts';
import { warningsOf } from '../../../../server/cluster/api/schema/warnings.ts';
import type { KubeObject } from '../../../../server/cluster/store/object.ts';

describe('Go’s words for broken JSON', () => {
  it.each([
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['{"a":tru}', "invalid character '}' in literal true (expecting 'e')"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['{"a":', 'unexpected end of JSON input'],
  ])('%s', (text, message) => expect(goSyntaxError(text)).toBe(message));
});

describe('server-side apply’s words for an object that is none', () => {
  const deployment = kindType('apps/v1', 'Deployment');
  const problems = (object: Record<string, unknown>) => (deployment === undefined ? [] : typedProblems(deployment, object));
  it('names every place', () => {
    expect(problems({ nope: 1, spec: { replicas: 'x', paused: 'y', template: { spec: { containers: [{ name: 'a', image: true }, { name: 'a' }] } } } })).toEqual([
      '.nope: field not declared in schema',
      '.spec.replicas: expected numeric (int or float), got string',
      '.spec.paused: expected boolean, got &{y}',
      '.spec.template.spec.containers[name="a"].image: expected string, got &value.valueUnstructured{Value:true}',
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ]);
    expect(problems({ spec: { template: { spec: { containers: [{ image: 'x', ports: [{ containerPort: 80 }] }] } } } })).toEqual([]);
  });
});

it('a write of the Scale takes the replicas out of the entry of who owned them', () => {
  const entry = { manager: 'm', operation: 'Update' as const, apiVersion: 'apps/v1', time: 'T', fieldsType: 'FieldsV1' as const, fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:paused': {} } } };
  const { time: _time, ...timeless } = entry;
  expect(splitReplicas([entry])).toEqual([{ ...timeless, fieldsV1: { 'f:spec': { 'f:replicas': {} } } }, { ...entry, fieldsV1: { 'f:spec': { 'f:paused': {} } } }]);
  expect(splitReplicas([timeless])).toEqual([timeless]);
});

describe('a rule that can’t be compiled', () => {
  const schema = { type: 'object', properties: { size: { type: 'integer' }, items: { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } } } };
  it.each([
    ['self.size > 1', undefined],
    ['self.items.all(i, i.name != "")', undefined],
    ['self.?size.orValue(1) == 1', undefined],
    ['self.nope > 1', "ERROR: <input>:1:5: undefined field 'nope'\n | self.nope > 1\n | ....^"],
    ['self.items.all(i, i.x == 1)', "ERROR: <input>:1:20: undefined field 'x'\n | self.items.all(i, i.x == 1)\n | ...................^"],
    ['other == 1', "ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other == 1\n | ^"],
    ['self.', "ERROR: <input>:1:6: Syntax error: no viable alternative at input '.'\n | self.\n | .....^"],
  ])('%s', (rule, problem) => expect(ruleProblem(schema, rule)).toBe(problem));
});

it('warns of what is hardly meant so', () => {
  const container = { name: 'c', image: 'x', env: [{ name: 'A', value: '1' }, { name: 'A', value: '2' }, { name: 'B', value: '1' }, { name: 'B', value: '$(B)2' }], ports: [{ containerPort: 80, protocol: 'TCP' }, { containerPort: 80, protocol: 'TCP' }], resources: { requests: { memory: '500m' } } };
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a.b' }, spec: { template: { spec: { nodeSelector: { 'beta.kubernetes.io/os': 'linux' }, containers: [container] } } } } as unknown as KubeObject;
  expect(warningsOf(deployment, undefined)).toEqual([
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
    'spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    'spec.template.spec.containers[0].resources.requests[memory]: fractional byte value "500m" is invalid, must be an integer',
    'spec.template.spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
    'spec.template.spec.containers[0].ports[1]: duplicate port definition with spec.template.spec.containers[0].ports[0]',
  ]);
  expect(warningsOf(deployment, deployment)).toEqual([]);
});

it('an OpenAPI v2 document says in protobuf what it says in JSON', () => {
  const schemas = { 'a.B': { type: 'object', description: 'about', required: ['x'], properties: { x: { allOf: [{ $ref: '#/components/schemas/a.C' }], default: {} }, y: { type: 'array', items: { type: 'string', default: '' } }, z: { type: 'string', nullable: true } } } };
  const document = openApiV2([{ components: { schemas }, paths: {} }], 'v1');
  expect(document.definitions).toEqual({ 'a.B': { type: 'object', description: 'about', required: ['x'], properties: { x: { $ref: '#/definitions/a.C' }, y: { type: 'array', items: { type: 'string' } }, z: {} } } });
  const numbers = (bytes: Uint8Array) => [...fields(bytes)].map((f) => f.number);
  const top = [...fields(encodeOpenApiV2(document))];
  expect(top.map((f) => f.number)).toEqual([1, 2, 8, 9]);
  const named = [...fields(top[3]?.bytes ?? new Uint8Array())][0]?.bytes ?? new Uint8Array();
  const [name, schema] = [...fields(named)];
  expect(utf8(name?.bytes ?? new Uint8Array())).toBe('a.B');
  expect(numbers(schema?.bytes ?? new Uint8Array())).toEqual([22, 4, 19, 25]);
});
