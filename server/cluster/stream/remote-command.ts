import { finished } from 'node:stream/promises';
import type { Readable, Writable } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { sleep } from '../../lib/clock.ts';
import { ApiStatus } from '../api/status.ts';
import { internalError } from '../api/errors.ts';
import { at, isRecord } from '../auth/fields.ts';
import type { AttachedProcess } from '../kubelet/access.ts';
import { UpgradeRefused } from './upgrade.ts';

/** A client of exec or attach, whatever protocol it speaks. */
export interface RemoteClient {
  stdin: Readable | undefined;
  stdout: Writable | undefined;
  stderr: Writable | undefined;
  /** JSON objects `{"Width":80,"Height":24}`, one after another. */
  resize: Readable | undefined;
  /** Where the result goes: a Status as JSON, or plain text for protocols before version 4. */
  error: Writable;
  jsonStatus: boolean;
  /** Version 5, which the API server speaks for the kubelet: its words stand before those of the kubelet. */
  translated: boolean;
  /** Aborted when the client goes away. */
  gone: AbortSignal;
}

const SUCCESS = { metadata: {}, status: 'Success' };

/** After kubernetes 1.32 pkg/kubelet/cri/streaming/remotecommand and containerd's exec */
function resultOf(code: number, argv: readonly string[], translated: boolean): object {
  if (code === 0) return SUCCESS;
  const why = translated ? `command terminated with exit code ${code}` : `error executing command [${argv.join(' ')}], exit code ${code}`;
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: ${why}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  };
}

function kubeletFailure(error: unknown): ApiStatus {
  return error instanceof ApiStatus ? error : internalError(`error executing command in container: ${messageOf(error)}`);
}

/** After kubernetes 1.32 apiserver/pkg/util/proxy/streamtranslator.go: what the kubelet says is an internal error of the API server's. */
function translatedFailure(error: unknown): ApiStatus {
  return internalError(error instanceof UpgradeRefused ? `unable to upgrade connection: ${error.message}` : kubeletFailure(error).message);
}

function bodyOf(status: ApiStatus): object {
  const { kind: _kind, apiVersion: _version, ...body } = status.body();
  return body;
}

function followSize(resize: Readable | undefined, process: AttachedProcess): void {
  let text = '';
  resize?.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
    for (let end = text.indexOf('}'); end >= 0; end = text.indexOf('}')) {
      const one = text.slice(0, end + 1);
      text = text.slice(end + 1);
      try {
        const size: unknown = JSON.parse(one);
        const columns = at(size, 'Width');
        const rows = at(size, 'Height');
        if (isRecord(size) && typeof columns === 'number' && typeof rows === 'number' && columns > 0 && rows > 0) process.resize(Math.min(columns, 65_535), Math.min(rows, 65_535));
      } catch {
        // Not a size: nothing changes.
      }
    }
    if (text.length > 1024) text = '';
  });
}

function connect(from: Readable | undefined, to: Writable | undefined): Promise<void> {
  if (from === undefined) return Promise.resolve();
  if (to === undefined) {
    from.resume();
    return finished(from, { writable: false }).catch(() => undefined);
  }
  from.pipe(to, { end: false });
  // A client that stopped listening must not stop the process from writing.
  to.once('error', () => {
    from.unpipe(to);
    from.resume();
  });
  return finished(from, { writable: false }).catch(() => undefined);
}

/** How long output may lag behind the end of its process: somebody else may hold the pipe open. */
const LAG = 2000;

/**
 * Joins a client with a process until the process ends or the client goes, then tells the client how it ended. `start`
 * is called once; what it throws is told to the client. `argv` is empty for attach, which always ends well.
 */
export async function runRemoteCommand(client: RemoteClient, start: () => Promise<AttachedProcess>, argv: readonly string[], clock: Clock): Promise<void> {
  let status: object;
  try {
    const process = await start();
    const leave = () => process.close();
    if (client.gone.aborted) leave();
    else client.gone.addEventListener('abort', leave, { once: true });
    try {
      if (client.stdin !== undefined && process.stdin !== undefined) {
        process.stdin.on('error', () => undefined);
        client.stdin.pipe(process.stdin);
      } else client.stdin?.resume();
      followSize(client.resize, process);
      const output = Promise.all([connect(process.stdout, client.stdout), connect(process.stderr, client.stderr)]);
      const { code } = await process.exited;
      await Promise.race([output, sleep(clock, LAG, client.gone).catch(() => undefined)]);
      status = argv.length === 0 ? SUCCESS : resultOf(code, argv, client.translated);
    } finally {
      client.gone.removeEventListener('abort', leave);
      client.stdin?.unpipe();
    }
  } catch (error) {
    status = bodyOf(client.translated ? translatedFailure(error) : kubeletFailure(error));
  }
  if (client.gone.aborted) return;
  await Promise.all([flush(client.stdout), flush(client.stderr)]);
  const text = client.jsonStatus ? JSON.stringify(status) : status === SUCCESS ? '' : String(at(status, 'message') ?? '');
  await new Promise<void>((resolve) => {
    if (text === '') resolve();
    else client.error.write(Buffer.from(text), () => resolve());
  });
}

/** Resolves when everything written so far was taken. */
function flush(stream: Writable | undefined): Promise<void> {
  if (stream === undefined || stream.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    stream.end(() => resolve());
    stream.once('error', () => resolve());
    stream.once('close', () => resolve());
  });
}
