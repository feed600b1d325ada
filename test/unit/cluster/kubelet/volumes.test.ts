import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { setUpVolumes, type VolumeContext } from '../../../../server/cluster/kubelet/volumes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-volumes-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A pod with the claim `data`, whose objects are as whoever may write them has them. */
const setUp = (volumeName: string, volume?: { uid: string }) => {
  const claim = { metadata: { name: 'data', namespace: 'default', uid: 'claim' }, spec: { volumeName }, status: { phase: 'Bound' } };
  const find = async ({ resource }: { resource: string }) => (resource === 'persistentvolumeclaims' ? claim : volume === undefined ? undefined : { metadata: { name: volumeName }, spec: { claimRef: volume } });
  const pod = { metadata: { name: 'p', namespace: 'default', uid: 'u' }, spec: { containers: [], volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] } };
  return setUpVolumes({ pod, podIP: '', client: { find }, folder: join(folder, 'pod'), volumesFolder: join(folder, 'volumes') } as unknown as VolumeContext);
};

describe('the volume of a claim', () => {
  it('is the folder of a PersistentVolume that is bound to it', async () => {
    expect([...(await setUp('pvc-1', { uid: 'claim' }))]).toEqual([['v', join(folder, 'volumes', 'pvc-1')]]);
  });

  it('is nowhere else, whatever the claim says of itself', async () => {
    await expect(setUp('../outside')).rejects.toThrow('MountVolume.SetUp failed for volume "v" : error processing PVC default/data: failed to fetch PV "../outside" from API server: persistentvolumes "../outside" not found');
    await expect(access(join(folder, 'outside'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it("is not another claim's", async () => {
    await expect(setUp('pvc-2', { uid: 'other' })).rejects.toThrow('error processing PVC default/data: PV "pvc-2" claimRef: uid "other" does not match the claim\'s "claim"');
  });
});
