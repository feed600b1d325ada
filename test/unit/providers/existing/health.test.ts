import { describe, expect, it } from 'vitest';
import { ApiStatus, type KubeClient } from '../../../../server/cluster/vocabulary.ts';
import { ManualClock } from '../../../../server/lib/clock.ts';
import type { LabError } from '../../../../server/lib/errors.ts';
import { watchOver } from '../../../../server/providers/existing/health.ts';
import type { KubeAccess } from '../../../../server/providers/existing/kubeconfig.ts';

const ACCESS: KubeAccess = { file: '/kc', context: 'c', cluster: 'k', user: 'u', server: new URL('https://cluster:6443'), namespace: 'default', insecure: false, bearer: { kind: 'token', token: 't' } };

/** What is said of a cluster that answers like this to each look, second by second. */
async function watched(answer: (look: number) => Promise<object>, seconds: number): Promise<[second: number, said: string][]> {
  const clock = new ManualClock(0);
  const said: [number, string][] = [];
  let looks = 0;
  const client: KubeClient = { ...plainClient(), find: async <T>() => (await answer((looks += 1))) as T };
  const end = new AbortController();
  watchOver({ client, access: ACCESS, namespace: 'n', clock, signal: end.signal, onLost: (error: LabError) => said.push([clock.now() / 1000, error.message]) });
  for (let second = 0; second < seconds; second++) {
    clock.advance(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  end.abort();
  return said;
}

function plainClient(): KubeClient {
  const never = () => Promise.reject(new Error('nobody asks this'));
  return { get: never, find: never, list: never, watch: () => undefined, create: never, update: never, patch: never, delete: never, deleteCollection: never, createSubresource: never, logs: async function* () {}, as: plainClient };
}

const there = () => Promise.resolve({ metadata: { name: 'n' } });
const hangs = () => new Promise<never>(() => undefined);

describe('a cluster under a session', () => {
  it('that takes requests and answers none is given up after three of them', async () => {
    expect(await watched(hangs, 60)).toEqual([[45, 'the cluster does not answer any more: nothing within 10 s']]);
  });

  it('that was busy for a while is not', async () => {
    expect(await watched((look) => (look % 3 === 0 ? there() : hangs()), 120)).toEqual([]);
  });

  it('that does not know us any more is told at once, by the user’s name', async () => {
    expect(await watched((look) => (look < 3 ? there() : Promise.reject(new ApiStatus(401, 'Unauthorized', 'Unauthorized'))), 60)).toEqual([[15, 'cluster:6443 does not accept user u of /kc (401). Its token has expired or was revoked.']]);
  });
});
