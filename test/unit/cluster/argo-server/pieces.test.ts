import { expect, test } from 'vitest';
import { logLine } from '../../../../server/cluster/argo/server/access-log.ts';
import { goDuration } from '../../../../server/lib/go-duration.ts';
import { Gatekeeper, claimsOfToken, parseAuthModes, userLabels } from '../../../../server/cluster/argo/server/auth.ts';
import { FieldFilter } from '../../../../server/cluster/argo/server/fields.ts';
import { parseServerFlags } from '../../../../server/cluster/argo/server/flags.ts';
import { decodeFirst, unmarshal } from '../../../../server/cluster/argo/types/go-json.ts';
import { formulateResubmit } from '../../../../server/cluster/argo/server/actions/resubmit.ts';
import { formulateRetry } from '../../../../server/cluster/argo/server/actions/retry.ts';
import { podName } from '../../../../server/cluster/argo/server/actions/shared.ts';
import { resumeAll, setSuspendNodes } from '../../../../server/cluster/argo/server/actions/suspend-nodes.ts';
import { openapiDocument } from '../../../../server/cluster/argo/server/openapi.ts';
import { RateLimit } from '../../../../server/cluster/argo/server/rate-limit.ts';
import { ROUTES, matchRoute } from '../../../../server/cluster/argo/server/routes/index.ts';
import { seededIds } from '../../../../server/lib/ids.ts';
import { testClient } from '../../../harness/cluster.ts';
import { tokenOf } from './fixture.ts';

const messageOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
};

test.each([
  ['nonsense', "invalid character 'o' in literal null (expecting 'u')"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{a}', "invalid character 'a' looking for beginning of object key string"],
  ['[1 2]', "invalid character '2' after array element"],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['1.x', "invalid character 'x' after decimal point in numeric literal"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['{', 'unexpected end of JSON input'],
])('%j is bad JSON in the words of Go', (text, message) => {
  expect(messageOf(() => unmarshal(text))).toBe(message);
});

test('A decoder takes the first value of a stream, and an empty stream is none', () => {
  expect([decodeFirst(' {"a":1} rest'), decodeFirst(' \n')]).toEqual([{ a: 1 }, undefined]);
  expect(messageOf(() => decodeFirst('{"a":'))).toBe('unexpected EOF');
});

test.each([
  ['metadata.name', { metadata: { name: 'w' } }],
  ['-status,-metadata', { '-x': 1, metadata: { labels: { a: 'b' }, name: 'w' }, spec: {} }],
  ['nothing', {}],
  ['spec,metadata.labels', { metadata: { labels: { a: 'b' } }, spec: {} }],
])('fields=%s keeps what it says', (fields, kept) => {
  expect(new FieldFilter(fields).apply({ metadata: { name: 'w', labels: { a: 'b' } }, spec: {}, status: { phase: 'x' }, '-x': 1 })).toEqual(kept);
});

test('The first cookie that a mode takes counts, and the header counts before cookies', () => {
  const gate = new Gatekeeper(parseAuthModes(['client']), { kube: testClient(), claims: undefined });
  expect(gate.admit(undefined, `a=1; authorization=odd; authorization=Bearer ${tokenOf('u')}; authorization=Bearer x`).claims?.serviceAccountName).toBe('u');
  expect(messageOf(() => gate.admit('Token x', `authorization=Bearer ${tokenOf('u')}`))).toBe('token not valid. see https://argo-workflows.readthedocs.io/en/latest/faq/');
  expect(messageOf(() => parseAuthModes(['nobody']))).toBe('invalid mode: nobody');
});

test('A label value holds the last 63 characters of a subject, with what labels cannot hold replaced', () => {
  expect(userLabels(claimsOfToken(tokenOf('a'.repeat(60))), 'creator')).toEqual({ 'workflows.argoproj.io/creator': `go-${'a'.repeat(60)}` });
});

test('Flags come from the command line first, then from the environment', () => {
  expect(parseServerFlags(['argo', 'server', '--auth-mode', 'client', '--auth-mode=server', '--namespaced', '-p', '2747'], { ARGO_SECURE: 'false', BASE_HREF: 'argo' })).toEqual({
    authModes: ['client', 'server'],
    secure: false,
    namespaced: true,
    managedNamespace: '',
    baseHref: '/argo/',
    port: 2747,
    frameOptions: 'DENY',
  });
  expect(messageOf(() => parseServerFlags(['argo', 'server', '--odd'], {}))).toBe('unknown flag: --odd');
});

test('Log lines are written as logrus writes them', () => {
  expect(logLine(0, 'info', 'SSO disabled', { a: '[x]', b: '', c: 'ok/1' })).toBe('time="1970-01-01T00:00:00.000Z" level=info msg="SSO disabled" a="[x]" b= c=ok/1\n');
  expect([2155805n, 78535n, 900n, 1500000000n, 61000000000n, 0n].map((ns) => goDuration(Number(ns) / 1e6))).toEqual(['2.155805ms', '78.535µs', '900ns', '1.5s', '1m1s', '0s']);
});

test('The rate limit counts down within a second and starts anew with the next', () => {
  const limit = new RateLimit();
  const left = (now: number) => limit.take(now).headers[1]?.[1];
  expect([left(500), left(1400), left(1500)]).toEqual(['999', '998', '999']);
});

test('A fixed part of a path wins over a parameter; parts may be empty', () => {
  expect(matchRoute('POST', '/api/v1/workflows/argo/submit')?.route.rpc).toBe('SubmitWorkflow');
  expect(matchRoute('GET', '/api/v1/workflows/argo/submit')?.params).toEqual({ namespace: 'argo', name: 'submit' });
  expect(matchRoute('POST', '/api/v1/events/argo/')?.params).toEqual({ namespace: 'argo', discriminator: '' });
  expect(matchRoute('GET', '/api/v1/workflows')).toBeUndefined();
});

test('The OpenAPI document describes every route and every type that it names', () => {
  const document = JSON.parse(openapiDocument()) as { paths: Record<string, Record<string, unknown>>; definitions: Record<string, unknown> };
  expect(ROUTES.filter((route) => document.paths[route.path]?.[route.method.toLowerCase()] === undefined)).toEqual([]);
  const refs = new Set([...openapiDocument().matchAll(/"#\/definitions\/([^"]+)"/g)].map((match) => match[1] ?? ''));
  expect([...refs].filter((name) => document.definitions[name] === undefined)).toEqual([]);
});

const node = (id: string, type: string, phase: string, more: object = {}) => ({ id, name: id, displayName: id, type, templateName: 't', phase, startedAt: null, finishedAt: null, ...more });

test('Resubmitting keeps the labels and the spec, and says where it comes from', () => {
  const workflow = { metadata: { name: 'w', labels: { mine: 'yes', 'workflows.argoproj.io/phase': 'Failed', 'workflows.argoproj.io/creator': 'x' } }, spec: { arguments: { parameters: [{ name: 'p', value: '1' }] }, shutdown: 'Stop' } };
  expect(formulateResubmit(workflow, false, ['p=2'], seededIds(), 0)).toEqual({
    metadata: { generateName: 'w-', labels: { mine: 'yes', 'workflows.argoproj.io/resubmitted-from-workflow': 'w' }, annotations: {} },
    spec: { arguments: { parameters: [{ name: 'p', value: '2' }] } },
  });
  expect(messageOf(() => formulateResubmit(workflow, true, [], seededIds(), 0))).toBe('workflow must be Failed/Error to resubmit in memoized mode');
});

test('Retrying takes failed pods away and opens the groups above them', () => {
  const nodes = {
    w: node('w', 'DAG', 'Failed', { children: ['w-1'], message: 'x', finishedAt: '2026-01-01T00:00:00Z' }),
    'w-1': { ...node('w-1', 'Pod', 'Succeeded', { boundaryID: 'w', children: ['w-2'] }), name: 'w.a' },
    'w-2': { ...node('w-2', 'Pod', 'Failed', { boundaryID: 'w' }), name: 'w.b' },
  };
  const { workflow, podsToDelete } = formulateRetry({ metadata: { name: 'w', labels: { 'workflows.argoproj.io/completed': 'true' } }, spec: {}, status: { phase: 'Failed', nodes } }, { restartSuccessful: false, nodeFieldSelector: '', parameters: [] }, 0);
  expect(podsToDelete).toEqual([podName({ metadata: { name: 'w' } }, nodes['w-2'])]);
  expect(workflow['status']).toEqual({
    phase: 'Running',
    startedAt: '1970-01-01T00:00:00Z',
    finishedAt: null,
    conditions: [{ type: 'Completed', status: 'False' }],
    nodes: { w: node('w', 'DAG', 'Running', { children: ['w-1'], startedAt: '1970-01-01T00:00:00Z' }), 'w-1': { ...node('w-1', 'Pod', 'Succeeded', { boundaryID: 'w' }), name: 'w.a' } },
  });
});

test.each([
  ['Running', 'Cannot retry a workflow in phase Running'],
  ['Succeeded', 'To retry a succeeded workflow, set the options restartSuccessful and nodeFieldSelector'],
])('A workflow that is %s is not retried', (phase, message) => {
  expect(messageOf(() => formulateRetry({ status: { phase } }, { restartSuccessful: false, nodeFieldSelector: '', parameters: [] }, 0))).toBe(message);
});

test('Resuming ends what waits, and says who did it', () => {
  const workflow = { spec: { suspend: true }, status: { nodes: { w: node('w', 'Suspend', 'Running') } } };
  expect(resumeAll(workflow, 'map[User:me]', 0)).toBe(true);
  expect(workflow).toEqual({ spec: {}, status: { nodes: { w: node('w', 'Suspend', 'Succeeded', { message: 'Resumed by: map[User:me]', finishedAt: '1970-01-01T00:00:00Z' }) } } });
});

test('Setting an output that nobody asked for is refused', () => {
  const set = (outputs?: object) => messageOf(() => setSuspendNodes({ status: { nodes: { w: { ...node('w', 'Suspend', 'Running'), ...(outputs === undefined ? {} : { outputs }) } } } } as never, 'displayName=w', { outputs: { x: 'y' } }, 0));
  expect(set()).toBe('cannot set output parameters because node is not expecting any raw parameters');
  expect(set({ parameters: [] })).toBe("node is not expecting output parameter 'x'");
  expect(set({ parameters: [{ name: 'x', value: '1' }] })).toBe("cannot set output parameter 'x' because it does not use valueFrom.raw or it was already set");
  expect(set({ parameters: [{ name: 'x', valueFrom: { supplied: {} } }] })).toBeUndefined();
});

test('The pod of a node carries the workflow, the template and the hash of the node', () => {
  expect(podName({ metadata: { name: 'dag-shxn5' } }, { name: 'dag-shxn5.a', templateName: 'echo' })).toBe('dag-shxn5-echo-289972251');
});
