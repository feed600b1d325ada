import { describe, expect, it } from 'vitest';
import { ApiStatus } from '../../../../server/cluster/api/status.ts';
import { Informer } from '../../../../server/cluster/controllers/runtime/informer.ts';
import { testClient } from '../../../harness/cluster.ts';

const PODS = { group: '', version: 'v1', resource: 'pods' };

describe('an informer whose watch is refused', () => {
  it('lets everything else go on, and asks again', async () => {
    let asked = 0;
    const controller = new AbortController();
    new Informer({ ...testClient(), watch: (_type, { onEnd }) => {
      asked += 1;
      onEnd?.(new ApiStatus(403, 'Forbidden', 'pods is forbidden'));
    } }, PODS, controller.signal);
    await new Promise((done) => setImmediate(done));
    expect(asked).toBe(1);
    await expect.poll(() => asked, { timeout: 5000 }).toBe(2);
    controller.abort();
  });
});
