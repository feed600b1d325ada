import { createServer } from 'node:http';
import { whenAborted } from '../../../../lib/abort.ts';
import type { ImageEntry, Program } from '../../../program.ts';
import { serveOn } from '../../../program-io.ts';
import { runClientScript } from './client.ts';
import { createConsole } from './console.ts';
import { Notifications } from './notifications.ts';
import { BucketStore } from './object-store.ts';
import { createS3Handler } from './s3.ts';

/** `minio server`: the S3 API on port 9000 and its pages on the console's port; objects live as long as the container. */
const server: Program = {
  async run(context) {
    const store = new BucketStore();
    const credentials = {
      accessKey: context.env.MINIO_ROOT_USER ?? context.env.MINIO_ACCESS_KEY ?? 'minioadmin',
      secretKey: context.env.MINIO_ROOT_PASSWORD ?? context.env.MINIO_SECRET_KEY ?? 'minioadmin',
    };
    const notifications = new Notifications(context.clock, credentials.accessKey);
    const handle = createS3Handler({ store, credentials, clock: context.clock, notifications });
    const api = createServer((request, response) => void handle(request, response));
    const pages = createConsole({ store, notifications, credentials, clock: context.clock, ids: context.ids });
    const page = createServer((request, response) => void pages(request, response));
    const uid = context.pod.metadata.uid ?? '';
    const consolePort = Number(/^:?(\d+)$/.exec(optionOf(context.argv, '--console-address') ?? '')?.[1] ?? 9001);
    const stops = [serveOn(context, api, 9000), serveOn(context, page, consolePort)];
    context.stdout(`MinIO Object Storage Server (emulated)\nAPI: http://${context.network.addressOf(uid)}:9000\nWebUI: http://${context.network.addressOf(uid)}:${consolePort}\n`);
    await whenAborted(context.signal);
    for (const stop of stops) stop();
    return 0;
  },
};

function optionOf(argv: readonly string[], name: string): string | undefined {
  const index = argv.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const found = argv[index];
  return found === undefined ? undefined : found.includes('=') ? found.slice(name.length + 1) : argv[index + 1];
}

export const minio: ImageEntry = { repository: 'minio/minio', entrypoint: ['minio'], content: { kind: 'program', program: server } };
export const minioQuay: ImageEntry = { ...minio, repository: 'quay.io/minio/minio' };

/** `mc`, and shell scripts as simple as those that make buckets. */
const client: Program = { run: runClientScript };
export const minioClient: ImageEntry = { repository: 'minio/mc', entrypoint: ['mc'], content: { kind: 'program', program: client } };
export const minioClientQuay: ImageEntry = { ...minioClient, repository: 'quay.io/minio/mc' };
