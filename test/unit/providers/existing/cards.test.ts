import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFrom } from '../../../../server/config.ts';
import { CoursesView, ErrorBody, type ScenarioCard } from '../../../../server/protocol/rest.ts';
import { type Lab, startLab } from '../../../../server/wire.ts';
import { providersFor } from '../../../../web/state/overview.ts';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

let folder: string;
let host: TestCluster;
let lab: Lab;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cards-'));
  for (const [name, text] of [['fits', 'kubectl get pods'], ['wide', 'kubectl get nodes']] as const) {
    await mkdir(join(folder, 'course', name), { recursive: true });
    await writeFile(join(folder, 'course', name, 'index.json'), JSON.stringify({ title: name, details: { steps: [{ title: 'One', text: 'one.md' }] }, backend: { imageid: 'kubernetes-kubeadm-1node' } }));
    await writeFile(join(folder, 'course', name, 'one.md'), `Type \`${text}\`{{exec}}.\n`);
  }
  host = await startTestCluster();
}, 60_000);
afterAll(async () => {
  await host.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function open(cluster: string): Promise<{ view: CoursesView; cards: Map<string, ScenarioCard>; start(scenario: string, provider?: string): Promise<{ status: number; body: unknown }> }> {
  lab = await startLab(configFrom({ port: '0', cluster, kubeconfig: host.kubeconfig, data: join(folder, `data-${cluster}`), scenarios: [join(folder, 'course')], sandbox: 'none' }, [], { PATH: '/usr/bin:/bin', HOME: folder }));
  const api = (path: string, init: RequestInit = {}) => fetch(`${new URL(lab.url).origin}/api${path}`, { ...init, headers: { authorization: `Bearer ${lab.token}`, 'content-type': 'application/json' } });
  const view = CoursesView.parse(await (await api('/courses')).json());
  const cards = new Map(view.courses.flatMap(({ items }) => items.flatMap((item) => (item.type === 'scenario' ? [[item.title, item] as const] : []))));
  return {
    view,
    cards,
    async start(scenario, provider) {
      const answer = await api('/sessions', { method: 'POST', body: JSON.stringify({ scenario: cards.get(scenario)?.id, ...(provider === undefined ? {} : { provider }) }) });
      return { status: answer.status, body: await answer.json() };
    },
  };
}
const REASON = 'The scenario needs more than one namespace: nodes in one.md:1: Type `kubectl get nodes`{{exec}}..';

describe('the cards of a lab with a cluster of one’s own', { timeout: 60_000 }, () => {
  it('say which scenario can’t run there, beside the default', async () => {
    const { view, cards } = await open('embedded');
    const offered = (title: string) => providersFor(cards.get(title) ?? expect.unreachable(), view.providers ?? []).filter(({ id }) => id === 'existing').map(({ available, reason, next }) => ({ available, reason, next }));
    expect(offered('fits')).toEqual([{ available: true, reason: undefined, next: undefined }]);
    expect(offered('wide')).toEqual([{ available: false, reason: REASON, next: expect.stringMatching(/^Install vcluster/) }]);
    expect(cards.get('wide')?.needs).toBeUndefined();
    await lab.close();
  });

  it('say so as a need where it is the default, and a start is refused with the same words', async () => {
    const { cards, start } = await open('existing');
    expect(cards.get('fits')).not.toHaveProperty('needs');
    expect(cards.get('wide')).toMatchObject({ needs: [{ id: 'cluster', title: 'Cluster of your kubeconfig', met: false, message: REASON, next: expect.stringMatching(/^Install vcluster/) }] });
    expect(cards.get('wide')).not.toHaveProperty('refused');
    const { status, body } = await start('wide');
    expect({ status, error: ErrorBody.parse(body).error.message }).toEqual({ status: expect.any(Number), error: REASON });
    expect(status).toBeGreaterThanOrEqual(400);
    await lab.close();
  });
});
