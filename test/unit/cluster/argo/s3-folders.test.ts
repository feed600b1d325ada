import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { driverFor } from '../../../../server/cluster/argo/executor/drivers.ts';
import { Notifications } from '../../../../server/cluster/kubelet/images/minio/notifications.ts';
import { BucketStore } from '../../../../server/cluster/kubelet/images/minio/object-store.ts';
import { createS3Handler } from '../../../../server/cluster/kubelet/images/minio/s3.ts';
import type { ProgramContext } from '../../../../server/cluster/program.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

let folder = '';
let store = new BucketStore();
const credentials = { accessKey: 'me', secretKey: 'secret' };
const server = createServer((request, response) => void createS3Handler({ store, credentials, clock: systemClock, notifications: new Notifications(systemClock, 'me') })(request, response));

beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  folder = await mkdtemp(join(tmpdir(), 's3-'));
  await mkdir(join(folder, 'argo/secret/keys'), { recursive: true });
  await writeFile(join(folder, 'argo/secret/keys/access'), 'me');
  await writeFile(join(folder, 'argo/secret/keys/secret'), 'secret');
  await mkdir(join(folder, 'out/below'), { recursive: true });
  await writeFile(join(folder, 'out/0.json'), 'zero');
  await writeFile(join(folder, 'out/below/1.json'), 'one');
});
beforeEach(() => {
  store = new BucketStore();
  store.create('b', 0);
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const driver = (key: string) => {
  const network = { dialAddress: () => new Promise((resolve) => { const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => resolve(socket)); }) };
  const context = { network, clock: systemClock, pod: { metadata: { namespace: 'ns' } }, place: (path: string) => ({ root: folder, path }) } as unknown as ProgramContext;
  return driverFor(context, { s3: { endpoint: 'minio:9000', insecure: true, bucket: 'b', key, accessKeySecret: { name: 'keys', key: 'access' }, secretKeySecret: { name: 'keys', key: 'secret' } } });
};
const keys = () => ['w/parts/0.json', 'w/parts/below/1.json', 'w/parts//0.json'].filter((key) => store.get('b', key) !== undefined);

describe('a folder in a bucket', () => {
  it.each(['w/parts', 'w/parts/', 'w//parts/'])('is saved below its key, however that is written: %s', async (key) => {
    await driver(key).save(join(folder, 'out'));
    expect(keys()).toEqual(['w/parts/0.json', 'w/parts/below/1.json']);
  });

  it.each(['w/parts', 'w/parts/'])('is loaded from there, without the markers of folders: %s', async (key) => {
    await driver('w/parts').save(join(folder, 'out'));
    store.put('b', 'w/parts/below/', Buffer.from(''), 'text/plain', {}, 0);
    const target = join(folder, `in-${key.length}`);
    await driver(key).load(target);
    expect([await readFile(join(target, '0.json'), 'utf8'), await readFile(join(target, 'below/1.json'), 'utf8')]).toEqual(['zero', 'one']);
  });

  it('that is not there is no key of the store', async () => {
    await expect(driver('w/none').load(join(folder, 'none'))).rejects.toThrow(/^The specified key does not exist\.$/);
  });
});

describe('a store in memory', () => {
  it('takes no more than it has room for, and says so as MinIO does; what is deleted makes room', async () => {
    store = new BucketStore(1_000_000);
    store.create('b', 0);
    await writeFile(join(folder, 'half'), Buffer.alloc(400_000));
    await driver('one').save(join(folder, 'half'));
    await driver('one').save(join(folder, 'half'));
    await driver('two').save(join(folder, 'half'));
    await expect(driver('three').save(join(folder, 'half'))).rejects.toThrow('Storage backend has reached its minimum free drive threshold. Please delete a few objects to proceed.');
    store.delete('b', 'one');
    await driver('three').save(join(folder, 'half'));
    expect(store.list('b', { prefix: '', delimiter: '', after: '', limit: 10 }).objects.map(({ key, body }) => [key, body.length])).toEqual([['three', 400_000], ['two', 400_000]]);
  });
});
