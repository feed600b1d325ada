import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startTestCluster, type TestCluster } from '../../../harness/test-cluster.ts';

let test: TestCluster;
const kubectl = async (...args: string[]) => (await promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, ...args])).stdout;
const apply = async (manifest: string) => {
  const child = promisify(execFile)('kubectl', ['--kubeconfig', test.kubeconfig, 'apply', '-f', '-']);
  // A document that begins with a brace would be taken for JSON.
  child.child.stdin?.end(`---\n${manifest}`);
  return (await child).stdout;
};
const claim = (name: string, spec = '') => `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: ${name}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}${spec}}}\n---\n`;
const consumer = (name: string, of: string) => `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}, spec: {containers: [{name: main, image: registry.k8s.io/pause, volumeMounts: [{name: data, mountPath: /data}]}], volumes: [{name: data, persistentVolumeClaim: {claimName: ${of}}}]}}\n---\n`;

/** `reason component message`, each once, in the order in which they happened first. */
async function eventsOf(kind: string, name: string): Promise<string[]> {
  const { items } = JSON.parse(await kubectl('get', 'events', '--field-selector', `involvedObject.kind=${kind},involvedObject.name=${name}`, '-o', 'json'));
  const sorted = items.toSorted((a: { metadata: { resourceVersion: string } }, b: { metadata: { resourceVersion: string } }) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion));
  return sorted.map((event: { reason: string; message: string; source: { component?: string }; reportingComponent: string }) => `${event.reason} ${(event.source.component ?? event.reportingComponent).replace(/_.*/, '')} ${event.message.replace(/pvc-[0-9a-f-]{36}/, 'pvc-UID')}`);
}
const phase = (resource: string) => kubectl('get', resource, '-o', 'jsonpath={.status.phase}');
const until = (resource: string, wanted: string) => vi.waitFor(async () => expect(await phase(resource)).toBe(wanted), { timeout: 10_000, interval: 50 });

beforeAll(async () => {
  test = await startTestCluster({ addons: true });
}, 30_000);
afterAll(() => test?.stop());

describe('the default StorageClass', () => {
  it('is kind’s', async () => {
    expect((await kubectl('get', 'sc', '--no-headers')).trim().replace(/ {2,}/g, '  ')).toMatch(/^standard \(default\)  rancher\.io\/local-path  Delete  WaitForFirstConsumer  false  \d+s$/);
    expect((await kubectl('describe', 'sc', 'standard')).split('\n').map((line) => line.replace(/: +/, ': '))).toEqual([
      'Name: standard',
      'IsDefaultClass: Yes',
      'Annotations: kubectl.kubernetes.io/last-applied-configuration={"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"},"name":"standard"},"provisioner":"rancher.io/local-path","reclaimPolicy":"Delete","volumeBindingMode":"WaitForFirstConsumer"}',
      ',storageclass.kubernetes.io/is-default-class=true',
      'Provisioner: rancher.io/local-path',
      'Parameters: <none>',
      'AllowVolumeExpansion: <unset>',
      'MountOptions: <none>',
      'ReclaimPolicy: Delete',
      'VolumeBindingMode: WaitForFirstConsumer',
      'Events: <none>',
      '',
    ]);
  });

  it('gives a claim its volume once a pod wants it, and says each step in the words of who takes it', async () => {
    await apply(claim('data'));
    await vi.waitFor(async () => expect(await eventsOf('PersistentVolumeClaim', 'data')).toEqual(['WaitForFirstConsumer persistentvolume-controller waiting for first consumer to be created before binding']), 5000);
    expect((await kubectl('get', 'pvc', 'data', '--no-headers')).split(/ +/).slice(0, 4)).toEqual(['data', 'Pending', 'standard', '<unset>']);
    await apply(consumer('user', 'data'));
    await kubectl('wait', '--for=condition=Ready', 'pod/user', '--timeout=15s');
    await vi.waitFor(async () => expect(await eventsOf('PersistentVolumeClaim', 'data')).toEqual([
      'WaitForFirstConsumer persistentvolume-controller waiting for first consumer to be created before binding',
      "ExternalProvisioning persistentvolume-controller Waiting for a volume to be created either by the external provisioner 'rancher.io/local-path' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.",
      'Provisioning rancher.io/local-path External provisioner is provisioning volume for claim "default/data"',
      'ProvisioningSucceeded rancher.io/local-path Successfully provisioned volume pvc-UID',
    ]), 5000);
    const { metadata, spec, status } = JSON.parse(await kubectl('get', 'pvc', 'data', '-o', 'json'));
    expect(Object.keys(metadata.annotations).filter((key) => !key.startsWith('kubectl'))).toEqual(['pv.kubernetes.io/bind-completed', 'pv.kubernetes.io/bound-by-controller', 'volume.beta.kubernetes.io/storage-provisioner', 'volume.kubernetes.io/selected-node', 'volume.kubernetes.io/storage-provisioner']);
    expect([spec.volumeName, status]).toEqual([`pvc-${metadata.uid}`, { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, phase: 'Bound' }]);
    const volume = JSON.parse(await kubectl('get', 'pv', spec.volumeName, '-o', 'json'));
    expect([volume.metadata.annotations, volume.spec.hostPath, volume.spec.persistentVolumeReclaimPolicy, volume.status.phase]).toEqual([{ 'local.path.provisioner/selected-node': 'controlplane', 'pv.kubernetes.io/provisioned-by': 'rancher.io/local-path' }, { path: `/var/local-path-provisioner/pvc-${metadata.uid}_default_data`, type: 'DirectoryOrCreate' }, 'Delete', 'Bound']);
    expect((await kubectl('get', 'pv', '--no-headers')).split(/ +/).slice(1, 8)).toEqual(['1Gi', 'RWO', 'Delete', 'Bound', 'default/data', 'standard', '<unset>']);
    expect(await eventsOf('Pod', 'user')).toContain('Scheduled default-scheduler Successfully assigned default/user to controlplane');
  });

  it('keeps a claim that a pod uses, and takes the volume away with it', async () => {
    await kubectl('delete', 'pvc', 'data', '--wait=false');
    expect((await kubectl('get', 'pvc', 'data', '--no-headers')).split(/ +/)[1]).toBe('Terminating');
    await kubectl('delete', 'pod', 'user', '--grace-period=0', '--force');
    await vi.waitFor(async () => expect([await kubectl('get', 'pvc', '-o', 'name'), await kubectl('get', 'pv', '-o', 'name')]).toEqual(['', '']), { timeout: 10_000, interval: 100 });
  });

  it('makes nothing that more than one node could write to, as its provisioner has it', async () => {
    await apply(claim('shared').replace('ReadWriteOnce', 'ReadWriteMany') + consumer('sharer', 'shared'));
    await vi.waitFor(async () => expect((await eventsOf('PersistentVolumeClaim', 'shared')).at(-1)).toBe('ProvisioningFailed rancher.io/local-path failed to provision volume with StorageClass "standard": NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes'), 5000);
    expect([await phase('pvc/shared'), await phase('pod/sharer')]).toEqual(['Pending', 'Pending']);
  });
});

describe('a claim without a provisioner', () => {
  const volume = (name: string, className: string) => `{apiVersion: v1, kind: PersistentVolume, metadata: {name: ${name}}, spec: {capacity: {storage: 2Gi}, accessModes: [ReadWriteOnce], storageClassName: ${className}, hostPath: {path: /mnt}}}\n---\n`;

  it('keeps its pod waiting, which says why, until somebody makes a volume', async () => {
    await apply(claim('manual', ', storageClassName: manual') + consumer('patient', 'manual'));
    await vi.waitFor(async () => expect((await eventsOf('Pod', 'patient'))[0]).toBe('FailedScheduling default-scheduler 0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.'), 5000);
    await apply(volume('by-hand', 'manual'));
    await until('pod/patient', 'Running');
    expect((await kubectl('get', 'pvc', 'manual', '--no-headers')).split(/ +/).slice(0, 4)).toEqual(['manual', 'Bound', 'by-hand', '2Gi']);
  });

  it('waits for its first consumer where the class says so, and for a volume then', async () => {
    await apply(`{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: local}, provisioner: kubernetes.io/no-provisioner, volumeBindingMode: WaitForFirstConsumer}\n---\n${claim('late', ', storageClassName: local')}${consumer('early', 'late')}`);
    await vi.waitFor(async () => expect((await eventsOf('Pod', 'early'))[0]).toBe("FailedScheduling default-scheduler 0/1 nodes are available: 1 node(s) didn't find available persistent volumes to bind. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."), 5000);
    await apply(volume('disk', 'local'));
    await until('pod/early', 'Running');
    expect(await kubectl('get', 'pvc', 'late', '-o', 'jsonpath={.spec.volumeName}')).toBe('disk');
  });

  it('says what is wrong with the volume it asks for', async () => {
    await apply(volume('tiny', 'x').replace('2Gi', '1Mi') + claim('picky', ', storageClassName: x, volumeName: tiny'));
    await vi.waitFor(async () => expect(await eventsOf('PersistentVolumeClaim', 'picky')).toEqual(['VolumeMismatch persistentvolume-controller Cannot bind to requested volume "tiny": requested PV is too small']), 5000);
    expect(await phase('pvc/picky')).toBe('Pending');
  });
});
