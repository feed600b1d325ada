import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../../server/cluster/auth/request-log.ts';
import { ApiStatus } from '../../../server/cluster/api/status.ts';
import type { KubeClient } from '../../../server/cluster/client.ts';
import type { KubeObject } from '../../../server/cluster/store/object.ts';
import { runChecks, validateCheck, type CheckContext } from '../../../server/checks/index.ts';
import { readPath } from '../../../server/checks/json-path.ts';
import type { CheckSpec } from '../../../server/scenario/model.ts';
import { contextWith } from './context.ts';

const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A client over a list of objects; reviews are answered by `allowed` and `tokens`. */
function clientOver(objects: { resource: string; object: KubeObject }[], tokens: Record<string, string> = {}, allowed: string[] = []): KubeClient {
  const matching = (resource: string, selector: string | undefined) =>
    objects.filter((entry) => entry.resource === resource && (selector === undefined || selector.split(',').every((part) => entry.object.metadata.labels?.[part.split('=')[0] ?? ''] === part.split('=')[1]))).map((entry) => entry.object);
  const client: Partial<KubeClient> = {
    async get(type, _namespace, name) {
      const found = matching(type.resource, undefined).find((object) => object.metadata.name === name);
      if (!found) throw new ApiStatus(404, 'NotFound', `${type.resource} "${name}" not found`);
      return found as never;
    },
    async list(type, options) {
      return { items: matching(type.resource, options?.labelSelector) as never, metadata: { resourceVersion: '1' } };
    },
    async create(type, _namespace, object) {
      if (type.resource === 'tokenreviews') {
        const user = tokens[String(readPath(object, 'spec.token')[0])];
        return { ...object, status: user === undefined ? {} : { authenticated: true, user: { username: user } } } as never;
      }
      const verb = String(readPath(object, 'spec.resourceAttributes.verb')[0]);
      const resource = String(readPath(object, 'spec.resourceAttributes.resource')[0]);
      return { ...object, status: { allowed: allowed.includes(`${verb} ${resource}`) } } as never;
    },
    async *logs() {
      yield Buffer.from('hello\n');
    },
  };
  return client as KubeClient;
}

function context(over: Partial<CheckContext> = {}): CheckContext {
  return contextWith({
    client: clientOver([]),
    dial: (port) =>
      new Promise((resolve, reject) => {
        const socket = connect(port, '127.0.0.1', () => resolve(socket));
        socket.on('error', reject);
      }),
    ...over,
  });
}

async function check(kind: string, spec: unknown, over: Partial<CheckContext> = {}) {
  expect(validateCheck(kind, spec)).toBeUndefined();
  const one: CheckSpec = { id: 'c', title: 'C', kind, spec, hints: [], live: false };
  const [result] = await runChecks([one], context(over));
  return result;
}

const workflow = (name: string, labels: Record<string, string>, phase: string, annotations: Record<string, string> = {}): { resource: string; object: KubeObject } => ({
  resource: 'workflows',
  object: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', labels, annotations }, status: { phase } },
});
const record = (over: Partial<RequestRecord>): RequestRecord => ({ time: 700, server: 'argo', method: 'POST', url: '/api/v1/workflows/argo', user: 'u', userAgent: 'curl/8', status: 200, ...over });

describe('a portForward check', () => {
  it('says that nothing listens', async () => {
    const free = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => free.once('listening', resolve));
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => free.close(resolve));
    expect(await check('portForward', { port })).toMatchObject({ passed: false, why: `Nothing listens on localhost:${port}.`, observed: `the connection to localhost:${port} was refused` });
  });

  it('tells a port that answers from one that hangs up', async () => {
    const http = createHttpServer((_req, res) => res.end('hi')).listen(0, '127.0.0.1');
    const dead = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    servers.push(http, dead);
    await Promise.all([http, dead].map((server) => new Promise((resolve) => server.once('listening', resolve))));
    expect(await check('portForward', { port: (http.address() as AddressInfo).port })).toMatchObject({ passed: true });
    expect(await check('portForward', { port: (dead.address() as AddressInfo).port })).toMatchObject({ passed: false, why: expect.stringContaining('but no answer comes through it') });
  });
});

describe('a tokenValid check', () => {
  const spec = { user: 'system:serviceaccount:argo:jenkins', can: ['create workflows.argoproj.io'], cannot: ['get secrets'] };
  const ask = (value: string | undefined, allowed = ['create workflows']) =>
    check('tokenValid', spec, { shell: { variables: value === undefined ? {} : { ARGO_TOKEN: value }, commands: [] }, client: clientOver([], { good: spec.user, other: 'system:serviceaccount:argo:default' }, allowed) });

  it.each([
    [undefined, 'Your shell has no ARGO_TOKEN.'],
    ['good', 'ARGO_TOKEN does not start with “Bearer ”, so the Argo Server takes it for no token at all.'],
    ['Bearer ', 'The command that should print the token failed, so the variable holds only the word Bearer.'],
    ['Bearer dead', 'The token is not (or no longer) valid: it ran out, or its account or Secret was deleted.'],
    ['Bearer other', 'This is a token of system:serviceaccount:argo:default, not of system:serviceaccount:argo:jenkins.'],
  ])('of %s says: %s', async (value, why) => {
    expect(await ask(value)).toMatchObject({ passed: false, why });
  });

  it('asks the cluster what the account may do, and what it may not', async () => {
    expect(await ask('Bearer good')).toMatchObject({ passed: true });
    expect(await ask('Bearer good', [])).toMatchObject({ passed: false, why: 'The token is fine, but its account may not create workflows.argoproj.io in namespace argo.' });
    expect(await ask('Bearer good', ['create workflows', 'get secrets'])).toMatchObject({ passed: false, why: 'The account may do more than it should: get secrets.' });
  });
});

describe('a workflow check', () => {
  const jenkins = { 'workflows.argoproj.io/creator': 'system-serviceaccount-argo-jenkins' };

  it('is not fooled by kubectl create', async () => {
    expect(await check('workflow', { creator: 'jenkins' }, { client: clientOver([workflow('w', {}, 'Succeeded')]) })).toMatchObject({ passed: false, why: expect.stringContaining("not created through the Argo Server's API") });
  });

  it('says that there is none of this name, and which there are', async () => {
    const named = ['a-1', 'b-2', 'c-3', 'd-4'].map((name) => workflow(name, {}, 'Succeeded'));
    const spec = { fields: [{ path: 'metadata.generateName', equals: 'tea-' }] };
    expect(await check('workflow', spec, { client: clientOver(named) })).toMatchObject({ passed: false, observed: 'there are other workflows: a-1, b-2, c-3, …', why: 'No workflow whose name begins with tea- has been created yet.', next: 'Create it as this step shows, then check again.' });
  });
  it('says in the author’s words what a field should be, and what is wrong with it', async () => {
    const client = { client: clientOver([workflow('w', {}, 'Succeeded')]) };
    const field = { path: 'status.phase', equals: 'Failed', what: 'it fails' };
    expect(await check('workflow', { fields: [field] }, client)).toMatchObject({ expected: 'a workflow in namespace argo: it fails, and it is Succeeded', why: 'w: it should be so that it fails, but status.phase is Succeeded.' });
    expect(await check('workflow', { fields: [{ ...field, why: { en: 'It went well.', de: 'Es ging gut.' } }] }, { ...client, languages: ['de'] })).toMatchObject({ why: 'w: Es ging gut (status.phase is Succeeded).' });
  });
  it('speaks of the workflow that comes closest', async () => {
    const client = clientOver([workflow('by-hand', {}, 'Succeeded'), workflow('by-api', jenkins, 'Failed')]);
    expect(await check('workflow', { creator: 'jenkins' }, { client })).toMatchObject({ passed: false, why: 'by-api ended Failed.' });
  });

  it('passes for the right one among many', async () => {
    const client = clientOver([workflow('x', {}, 'Failed'), workflow('y', jenkins, 'Succeeded')]);
    expect(await check('workflow', { creator: 'jenkins' }, { client })).toMatchObject({ passed: true, observed: 'y Succeeded' });
  });

  it('does not take an annotation of Argo or kubectl for the learner’s own', async () => {
    const labels = { 'workflows.argoproj.io/workflow-event-binding': 'hello' };
    const ask = (annotations: Record<string, string>) => check('workflow', { eventBinding: 'hello', annotated: true }, { client: clientOver([workflow('w', labels, 'Succeeded', annotations)]) });
    expect(await ask({ 'workflows.argoproj.io/pod-name-format': 'v2' })).toMatchObject({ passed: false, why: 'w has no annotation of yours.' });
    expect(await ask({ note: 'x' })).toMatchObject({ passed: true });
  });
});

describe('a request check', () => {
  const spec = { method: 'POST', path: '^/api/v1/workflows/argo$', user: 'jenkins', userAgent: '^curl', status: 200, sinceStep: true, what: 'a POST' };
  it.each([
    [[], 'The Argo Server has not seen a POST.'],
    [[record({ user: 'jenkins', time: 100 })], 'The Argo Server has not seen a POST.'],
    [[record({ user: '' })], 'a POST was sent, but not as it should be. It was sent by nobody (without a token) instead of jenkins.'],
    [[record({ user: 'jenkins', userAgent: 'Mozilla/5.0' })], 'a POST was sent, but not as it should be. It was sent with Mozilla/5.0, which is not the client that this step is about.'],
    [[record({ user: 'jenkins', status: 400 })], 'a POST was sent, but not as it should be. It was answered with 400 instead of 200.'],
    [[record({ user: 'jenkins', url: '/api/v1/workflows/argo/submit' })], 'The Argo Server has not seen a POST.'],
  ])('of %j says: %s', async (requests, why) => {
    expect(await check('request', spec, { requests: () => requests })).toMatchObject({ passed: false, why });
  });

  it('passes when one of many is right', async () => {
    expect(await check('request', spec, { requests: () => [record({ user: '' }), record({ user: 'jenkins' }), record({ status: 500 })] })).toMatchObject({ passed: true });
  });
});

describe('a resource check', () => {
  const role = { resource: 'roles', object: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'jenkins' }, rules: [{ verbs: ['get'] }] } };
  const spec = { resource: 'rbac.authorization.k8s.io/v1/roles', name: 'jenkins', fields: [{ path: 'rules[*].verbs', includes: ['get', 'list'] }] };

  it('says what the object lacks', async () => {
    expect(await check('resource', spec, { client: clientOver([role]) })).toMatchObject({ passed: false, why: 'role/jenkins exists, but rules[*].verbs lacks list (it has get).' });
  });

  it('says what is there instead', async () => {
    expect(await check('resource', { ...spec, name: 'other' }, { client: clientOver([role]) })).toMatchObject({ passed: false, observed: 'in namespace argo there is only jenkins' });
  });

  it('can ask for absence', async () => {
    expect(await check('resource', { ...spec, fields: [], exists: false }, { client: clientOver([]) })).toMatchObject({ passed: true });
    expect(await check('resource', { ...spec, fields: [], exists: false }, { client: clientOver([role]) })).toMatchObject({ passed: false, why: 'role/jenkins is still there.' });
  });
});

describe('combined checks', () => {
  const yes = { command: { matches: 'ls' } };
  const no = { command: { matches: 'rm', what: 'rm' } };
  const shell = { variables: {}, commands: [{ command: 'ls', exitCode: 0, at: 900, cwd: '/' }] };

  it('all: speaks of the first that fails', async () => {
    expect(await check('all', [yes, no], { shell })).toMatchObject({ passed: false, why: 'rm has not been run yet.' });
    expect(await check('all', [yes, yes], { shell })).toMatchObject({ passed: true });
  });

  it('any: passes when one does', async () => {
    expect(await check('any', [no, yes], { shell })).toMatchObject({ passed: true });
    expect(await check('any', [no, no], { shell })).toMatchObject({ passed: false });
  });

  it('not: turns the verdict round with the author’s words', async () => {
    expect(await check('not', { check: yes, why: 'Because.', next: 'Do.' }, { shell })).toMatchObject({ passed: false, why: 'Because.', next: 'Do.' });
    expect(await check('not', { check: no, why: 'Because.', next: 'Do.' }, { shell })).toMatchObject({ passed: true });
  });

  it('within: asks again until it passes or the time is over', async () => {
    let now = 0;
    const commands: typeof shell.commands = [];
    const over: Partial<CheckContext> = {
      shell: { variables: {}, commands },
      now: () => now,
      sleep: async (ms) => {
        now += ms;
        if (now === 1500) commands.push({ command: 'rm', exitCode: 0, at: 900, cwd: '/' });
      },
    };
    expect(await check('within', { seconds: 5, check: no }, over)).toMatchObject({ passed: true });
    expect(await check('within', { seconds: 5, check: { command: { matches: 'never' } } }, over)).toMatchObject({ passed: false });
    expect(now).toBe(6500);
  });

  it('nested: the author’s words take the place of the kind’s', async () => {
    expect(await check('all', [{ ...no, why: 'W.', next: 'N.' }], { shell })).toMatchObject({ why: 'W.', next: 'N.' });
  });
});

describe('a check that an author got wrong', () => {
  it.each([
    ['nope', {}, /no check of kind “nope”/],
    ['portForward', { port: 0 }, /port/],
    ['all', [{ request: {} }], /request: path/],
    ['resource', { resource: 'roles' }, /group\/version\/resource/],
    ['request', { path: '(x' }, /no regular expression/],
    ['not', { check: { nope: 1 }, why: '', next: '' }, /nope/],
  ])('is named: %s', (kind, spec, message) => {
    expect(validateCheck(kind, spec)).toMatch(message);
  });
});
