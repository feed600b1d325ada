import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFrom } from '../../../../server/config.ts';
import { CoursesView, SessionView } from '../../../../server/protocol/rest.ts';
import { type Lab, startLab } from '../../../../server/wire.ts';
import { type KindDouble, startKindDouble } from '../../../harness/kind-double/index.ts';
import { ARGO_IMAGES, until } from './machine.ts';

let double: KindDouble;
let folder: string;
let lab: Lab;
beforeAll(async () => {
  double = await startKindDouble({ apis: 1, behaviour: { images: ARGO_IMAGES } });
  folder = await mkdtemp(join(tmpdir(), 'kind-lab-'));
  for (const [name, imageid] of [['real', 'kubernetes-kubeadm-1node'], ['plain', 'ubuntu']] as const) {
    await mkdir(join(folder, 'course', name), { recursive: true });
    await writeFile(join(folder, 'course', name, 'index.json'), JSON.stringify({ title: name, details: { steps: [{ title: 'One', text: 'one.md' }, { title: 'Two', text: 'two.md' }] }, backend: { imageid } }));
    for (const page of ['one', 'two']) await writeFile(join(folder, 'course', name, `${page}.md`), `# ${page}\n`);
  }
  await writeFile(join(folder, 'argo.yaml'), ['argo-server', 'workflow-controller'].map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: of-${name}}\n`).join('---\n'));
  lab = await startLab(configFrom({ port: '0', data: join(folder, 'data'), scenarios: [join(folder, 'course')], argoManifest: join(folder, 'argo.yaml'), sandbox: 'none' }, [], double.environment));
}, 60_000);
afterAll(async () => {
  await lab.close();
  await double.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function api(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${new URL(lab.url).origin}/api${path}`, { method, headers: { authorization: `Bearer ${lab.token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}
const view = async (id: string) => SessionView.parse((await api('GET', `/sessions/${id}`)).body);
const scenario = async (name: string) => {
  const { courses } = CoursesView.parse((await api('GET', '/courses')).body);
  const card = courses.flatMap(({ items }) => items).find((item) => item.type === 'scenario' && item.title === name);
  if (card?.type !== 'scenario') throw new Error(`there is no ${name}`);
  return card;
};

describe('a lab where Docker answers', () => {
  it('offers kind beside the default, and no choice where no cluster is needed', async () => {
    expect(CoursesView.parse((await api('GET', '/courses')).body).providers).toEqual([
      { id: 'embedded', title: 'Emulated cluster', available: true, default: true },
      { id: 'kind', title: 'Real cluster with kind', available: true, default: false },
    ]);
    expect((await scenario('plain')).providers).toEqual([]);
    expect((await scenario('real')).providers).toBeUndefined();
  });

  it('gives a scenario that needs none no cluster, whatever is asked', async () => {
    const opened = SessionView.parse((await api('POST', '/sessions', { scenario: (await scenario('plain')).id, provider: 'kind' })).body);
    expect(opened.provider).toBe('none');
    await until(async () => (await view(opened.id)).state === 'ready');
    expect(await double.containers()).toEqual([]);
    await api('DELETE', `/sessions/${opened.id}`);
  });

  it('refuses a provider that it does not have', async () => {
    expect(await api('POST', '/sessions', { scenario: (await scenario('real')).id, provider: 'cloud' })).toEqual({ status: 400, body: { error: { code: 'bad-request', message: 'there is no provider cloud here', next: 'Choose one of embedded, kind.' } } });
  });

  it('cancels a preparation by ending the session: nothing is left when the answer comes', async () => {
    await double.behave({ hang: 'Starting control-plane' });
    const { id, provider, state } = SessionView.parse((await api('POST', '/sessions', { scenario: (await scenario('real')).id, provider: 'kind' })).body);
    expect({ provider, state }).toEqual({ provider: 'kind', state: 'preparing' });
    await until(async () => (await view(id)).stages.some((stage) => stage.id === 'kind-starting-control-plane'));
    expect((await api('DELETE', `/sessions/${id}`)).status).toBe(204);
    expect(await double.containers()).toEqual([]);
    expect((await api('GET', `/sessions/${id}`)).status).toBe(404);
    await double.behave({ hang: undefined });
  });

  it('shows a failed start with its error and its logs, and begins anew on another provider', async () => {
    await double.behave({ fail: '29-create-not-a-node-image' });
    const { id } = SessionView.parse((await api('POST', '/sessions', { scenario: (await scenario('real')).id, provider: 'kind' })).body);
    await until(async () => (await view(id)).state === 'failed');
    const failed = await view(id);
    expect({ error: failed.error?.code, bundle: failed.bundle, next: failed.error?.next }).toEqual({ error: 'cluster-failed', bundle: true, next: expect.stringMatching(/kindest\/node/) });
    const bundle = await fetch(`${new URL(lab.url).origin}/api/sessions/${id}/bundle`, { headers: { authorization: `Bearer ${lab.token}` } });
    expect({ type: bundle.headers.get('content-type'), begins: Buffer.from(await bundle.arrayBuffer()).subarray(0, 2).toString() }).toEqual({ type: 'application/zip', begins: 'PK' });
    await double.behave({ fail: undefined });
    const again = SessionView.parse((await api('POST', `/sessions/${id}/reset`, { provider: 'embedded' })).body);
    expect({ state: again.state, provider: again.provider, error: again.error, bundle: again.bundle }).toEqual({ state: 'ready', provider: 'embedded', error: undefined, bundle: undefined });
    expect(await api('POST', '/sessions', { scenario: (await scenario('real')).id, provider: 'kind' })).toMatchObject({ status: 409, body: { error: { code: 'conflict' } } });
    await api('DELETE', `/sessions/${id}`);
  }, 60_000);

  it('says that the daemon has stopped, and goes on with the emulated cluster where the learner was', async () => {
    const { id } = SessionView.parse((await api('POST', '/sessions', { scenario: (await scenario('real')).id, provider: 'kind' })).body);
    await until(async () => (await view(id)).state === 'ready');
    await api('POST', `/sessions/${id}/steps/step2/open`);
    await until(async () => (await double.commands()).some(([, verb]) => verb === 'events'));
    await double.behave({ docker: 'down' });
    await until(async () => (await view(id)).lost?.alternatives.length === 1);
    const lost = await view(id);
    expect({ state: lost.state, lost: lost.lost }).toEqual({ state: 'ready', lost: { message: 'Docker’s daemon has stopped, and the cluster with it', next: expect.stringMatching(/emulated cluster/), alternatives: ['embedded'] } });
    const on = SessionView.parse((await api('POST', `/sessions/${id}/continue`, { provider: 'embedded' })).body);
    expect({ state: on.state, provider: on.provider, page: on.page, lost: on.lost, terminals: on.terminals }).toEqual({ state: 'ready', provider: 'embedded', page: 'step2', lost: undefined, terminals: lost.terminals });
    await double.behave({ docker: 'up' });
    await api('DELETE', `/sessions/${id}`);
  }, 60_000);
});
