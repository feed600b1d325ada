import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Program } from '../../../../server/cluster/program.ts';
import { smallCluster, type SmallCluster } from './small-cluster.ts';

let cluster: SmallCluster;
let finished: (() => void) | undefined;

const init: Program = { run: async () => 0 };
const wait: Program = { run: () => new Promise((resolve) => (finished = () => resolve(0))) };

beforeAll(async () => {
  const program = (repository: string, value: Program) => ({ repository, entrypoint: [repository], content: { kind: 'program' as const, program: value } });
  cluster = await smallCluster({ images: [program('init', init), program('wait', wait)] });
});
afterAll(() => cluster.stop());

test('a pod of three containers is over soon after it was made', async () => {
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    const begin = performance.now();
    await cluster.pod(`p${i}`, {
      restartPolicy: 'Never',
      volumes: [{ name: 'v', emptyDir: {} }],
      initContainers: [{ name: 'init', image: 'init' }],
      containers: [{ name: 'wait', image: 'wait' }, { name: 'main', image: 'busybox', command: ['echo', 'hello'], volumeMounts: [{ name: 'v', mountPath: '/v' }] }],
    });
    await cluster.until(`p${i}`, (p) => p.status?.containerStatuses?.find((c) => c.name === 'main')?.state?.terminated !== undefined);
    finished?.();
    await cluster.until(`p${i}`, (p) => p.status?.phase === 'Succeeded');
    times.push(performance.now() - begin);
  }
  times.sort((a, b) => a - b);
  // The aim is 80 ms on an idle machine; a busy one must not fail the test.
  expect(times[0]).toBeLessThan(400);
});
