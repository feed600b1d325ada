import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { driverFor } from '../../../../server/cluster/argo/executor/drivers.ts';
import type { ArtifactLocation } from '../../../../server/cluster/argo/types/workflow.ts';
import type { ProgramContext } from '../../../../server/cluster/program.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

let folder = '';
const SECRETS: Record<string, string> = { 'keys/azure': 'c2VjcmV0', 'keys/broken': 'not-base64!', 'keys/gcs': '{"type":"service_account"}', 'keys/word': 'key' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stores-'));
  for (const [name, value] of Object.entries(SECRETS)) {
    await mkdir(join(folder, 'argo/secret', dirname(name)), { recursive: true });
    await writeFile(join(folder, 'argo/secret', name), value);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const secret = (key: string) => ({ name: 'keys', key });
const nowhere = (host: string) => `dial tcp: lookup ${host} on 10.96.0.10:53: no such host`;
const network = { dialAddress: (host: string) => Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND', address: host })) };
const context = () => ({ network, clock: systemClock, pod: { metadata: { namespace: 'ns' } }, place: (path: string) => ({ root: folder, path }) }) as unknown as ProgramContext;
const driver = (location: Record<string, unknown>) => driverFor(context(), location as ArtifactLocation);

const AZURE = { endpoint: 'https://acc.blob.core.windows.net', container: 'box', blob: 'path/a b' };
const OSS = { endpoint: 'http://oss-cn.aliyuncs.com', bucket: 'buck', key: 'path/a' };
const S3 = { endpoint: 's3.amazonaws.com', bucket: 'box', key: 'a b/c' };
const HDFS = { addresses: ['first.example:8020', 'last.example:8020'], path: '/a' };

const saved = async () => {
  await writeFile(join(folder, 'a.tgz'), 'x');
  return join(folder, 'a.tgz');
};

describe('an artifact in a store that nothing of the cluster leads to', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['azure', { azure: { ...AZURE, accountKeySecret: secret('azure') } }, `unable to download blob path/a b: Head "https://acc.blob.core.windows.net/box/path/a%20b": ${nowhere('acc.blob.core.windows.net')}`],
    ['azure without a key', { azure: AZURE }, 'unable to create Azure Blob Container client: accountKey secret is required for Azure Blob Storage if useSDKCreds is false'],
    ['azure with a key that is none', { azure: { ...AZURE, accountKeySecret: secret('broken') } }, 'unable to create Azure Blob Container client: unable to create Azure shared key credential: decode account key: illegal base64 data at input byte 3'],
    ['oss', { oss: OSS }, `failed to get file: Get "http://buck.oss-cn.aliyuncs.com/path/a": ${nowhere('buck.oss-cn.aliyuncs.com')}`],
    ['s3 of a known region', { s3: { ...S3, region: 'us-west-2' } }, `failed to get file: Get "https://box.s3.dualstack.us-west-2.amazonaws.com/a%20b/c": ${nowhere('box.s3.dualstack.us-west-2.amazonaws.com')}`],
    ['s3 of an unknown region', { s3: { ...S3, endpoint: 'minio.example:9000', insecure: true } }, `failed to get file: Get "http://minio.example:9000/box/?location=": ${nowhere('minio.example')}`],
    ['hdfs', { hdfs: HDFS }, `no available namenodes: ${nowhere('last.example')}`],
    ['gcs without a key', { gcs: { bucket: 'b', key: 'k' } }, 'GCS storage.NewClient: dialing: google: could not find default credentials. See https://cloud.google.com/docs/authentication/external/set-up-adc for more information'],
    ['gcs with a key that is none', { gcs: { bucket: 'b', key: 'k', serviceAccountKeySecret: secret('word') } }, "GCS client CredentialsFromJSON: invalid character 'k' looking for beginning of value"],
  ])('is not loaded: %s', async (_title, location, message) => {
    await expect(driver(location).load(join(folder, 'target'))).rejects.toMatchObject({ message });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['azure', { azure: { ...AZURE, accountKeySecret: secret('azure') } }, `unable to upload file /tmp/argo/outputs/artifacts/a.tgz to Azure: Put "https://acc.blob.core.windows.net/box/path/a%20b": ${nowhere('acc.blob.core.windows.net')}`],
    ['s3', { s3: { ...S3, region: 'us-west-2' } }, `failed to put file: Put "https://box.s3.dualstack.us-west-2.amazonaws.com/a%20b/c": ${nowhere('box.s3.dualstack.us-west-2.amazonaws.com')}`],
    ['oss', { oss: OSS }, `Put "http://buck.oss-cn.aliyuncs.com/path/a": ${nowhere('buck.oss-cn.aliyuncs.com')}`],
    ['gcs', { gcs: { bucket: 'b', key: 'k', serviceAccountKeySecret: secret('gcs') } }, `timed out waiting for the condition: upload /tmp/argo/outputs/artifacts/a.tgz: writer close: Post "https://storage.googleapis.com/upload/storage/v1/b/b/o?alt=json&name=k&prettyPrint=false&projection=full&uploadType=multipart": oauth2: cannot fetch token: Post "https://oauth2.googleapis.com/token": ${nowhere('oauth2.googleapis.com')}`],
  ])('is not saved: %s', async (_title, location, message) => {
    await expect(driver(location).save(await saved())).rejects.toMatchObject({ message });
  });
});
