import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from '../harness/test-cluster.ts';

let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster();
}, 30_000);
afterAll(() => test?.stop());

async function kubectl(...args: string[]): Promise<string> {
  const { all } = await execa('kubectl', args, { env: { KUBECONFIG: test.kubeconfig }, all: true, reject: false });
  return all;
}

describe('the clock of an embedded cluster', () => {
  it('moves forward for who may, and what is due by then happens', async () => {
    await kubectl('create', 'cronjob', 'nightly', '--image=busybox', '--schedule=0 3 * * *', '--', 'true');
    const before = Date.parse(JSON.parse(await kubectl('get', '--raw', '/.argo-lab/clock')).now);
    const after = Date.parse(JSON.parse(await kubectl('create', '--raw', '/.argo-lab/clock?advance=24h', '-f', '/dev/null')).now);
    expect(Math.round((after - before) / 3_600_000)).toBe(24);
    await expect.poll(() => kubectl('get', 'jobs', '-o', 'name'), { timeout: 15_000 }).toMatch(/^job\.batch\/nightly-\d+$/);
    expect(await kubectl('get', '--raw', '/.argo-lab/clock', '--as', 'someone')).toBe('Error from server (Forbidden): forbidden: User "someone" cannot get path "/.argo-lab/clock"');
  });

  it('goes neither back nor further than a year at once', async () => {
    for (const wrong of ['-5s', 'soon', '9000h', '']) expect(await kubectl('create', '--raw', `/.argo-lab/clock?advance=${wrong}`, '-f', '/dev/null')).toContain(`advance=${wrong}: expected how far to move the clock forward`);
  });
});
