import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ClockView, SessionView } from '../../../server/protocol/rest.ts';
import { type SmallLab, startSmallLab } from './lab.ts';

const ENOUGH_MS = 60_000;

describe('the clock of a session’s cluster', () => {
  let lab: SmallLab;
  let session: SessionView;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lab-clock-'));
    const scenario = join(folder, 'scenarios', 'small', 'first');
    await mkdir(scenario, { recursive: true });
    await writeFile(join(scenario, 'index.json'), JSON.stringify({ title: 'First', details: { steps: [{ title: 'One', text: 'one.md' }] }, backend: { imageid: 'kubernetes-kubeadm-1node' } }));
    await writeFile(join(scenario, 'one.md'), '# One\n');
    lab = await startSmallLab({ folder, cluster: 'embedded' });
    session = await lab.session();
    await vi.waitFor(async () => expect(SessionView.parse((await lab.api('GET', `/sessions/${session.id}`)).body).state).toBe('ready'), { timeout: ENOUGH_MS / 2, interval: 100 });
  }, ENOUGH_MS);
  afterAll(async () => {
    await lab.close();
    await rm(folder, { recursive: true, force: true });
  });

  const path = () => `/sessions/${session.id}/clock`;
  const now = (answer: { body: unknown }) => Date.parse(ClockView.parse(answer.body).now);

  it('is moved forward as far as is asked, and stays there', async () => {
    const before = await lab.api('GET', path());
    const moved = await lab.api('POST', path(), { advance: 3600 });
    const after = await lab.api('GET', path());
    expect([before.status, moved.status, after.status]).toEqual([200, 200, 200]);
    // A run of this test on a busy machine takes seconds, never minutes.
    expect(Math.round((now(moved) - now(before)) / 60_000)).toBe(60);
    expect(Math.round((now(after) - now(moved)) / 60_000)).toBe(0);
    expect(SessionView.parse((await lab.api('GET', `/sessions/${session.id}`)).body).clock).toBe(true);
  });

  it('never goes back, and takes a year at most', async () => {
    const answers = await Promise.all([-60, 0, 1.5, 366 * 86_400 + 1, '1h'].map((advance) => lab.api('POST', path(), { advance })));
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    expect((await lab.api('POST', '/sessions/nobody/clock', { advance: 60 })).status).toBe(404);
  });
});
