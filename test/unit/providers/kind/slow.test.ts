import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { configFrom } from '../../../../server/config.ts';
import { systemClock } from '../../../../server/lib/clock.ts';
import { systemIds } from '../../../../server/lib/ids.ts';
import { silentLog } from '../../../../server/lib/log.ts';
import { createProviders } from '../../../../server/providers/index.ts';
import { createSandbox } from '../../../../server/sandbox/detect.ts';
import { startKindDouble } from '../../../harness/kind-double/index.ts';

it('keeps no page waiting for a daemon that hangs, and asks it once', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slow-'));
  const double = await startKindDouble({ behaviour: { docker: 'hung' } });
  const sandbox = await createSandbox({ folder: join(folder, 'warm'), tools: folder, wanted: 'none' });
  const providers = createProviders(configFrom({ data: folder }, [], double.environment), { clock: systemClock, ids: systemIds, log: silentLog, sandbox, argoUi: '' });
  const began = performance.now();
  const [first, second] = await Promise.all([providers.offers(), providers.offers()]);
  expect(performance.now() - began).toBeLessThan(8000);
  const slow = { id: 'kind', title: 'Real cluster with kind', available: false, reason: 'Real cluster with kind: nothing has answered yet', next: 'Load the page again in a moment.', default: false };
  expect([first?.[1], second?.[1]]).toEqual([slow, slow]);
  // Whoever starts a session waits for its answer, which is that there is none.
  expect(await providers.get('kind')?.problem?.()).toEqual({ reason: 'Docker does not answer', next: expect.stringMatching(/^Restart it/) });
  expect((await double.commands()).filter(([program]) => program === 'docker')).toHaveLength(1);
  // From then on it stands for the answer that is not there yet.
  expect((await providers.offers())[1]).toMatchObject({ reason: 'Docker does not answer' });
  await providers.close();
  await sandbox.close();
  await double.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}, 40_000);
