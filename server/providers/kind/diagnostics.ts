import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { zipSync } from 'fflate';
import { z } from 'zod';
import type { KubeClient, KubeObject } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import { whyNotReady } from './conditions.ts';
import type { KindTools } from './tools.ts';

const PODS = { group: '', version: 'v1', resource: 'pods' };
const EVENTS = { group: '', version: 'v1', resource: 'events' };
const Event = z.looseObject({ type: z.string().default(''), reason: z.string().default(''), message: z.string().default(''), lastTimestamp: z.string().nullish(), eventTime: z.string().nullish(), involvedObject: z.looseObject({ kind: z.string().default(''), name: z.string().default('') }).default({ kind: '', name: '' }) });
const LINES = 20;
const PATIENCE_MS = 10_000;

/** The last events, and the last words of what is not ready: for the stage that failed. */
export async function tellWhatIsWrong(client: KubeClient, clock: Clock): Promise<string> {
  const [pods, events] = await Promise.all([client.list(PODS), client.list(EVENTS)]);
  const stuck = pods.items.filter((pod) => whyNotReady(pod) !== undefined);
  const warnings = events.items.flatMap((item) => {
    const parsed = Event.safeParse(item);
    return parsed.success && parsed.data.type === 'Warning' ? [parsed.data] : [];
  });
  const at = (event: z.infer<typeof Event>) => Date.parse(event.lastTimestamp ?? event.eventTime ?? '') || 0;
  const last = warnings.sort((a, b) => at(a) - at(b)).slice(-10);
  const logs = await Promise.all(stuck.slice(0, 5).map((pod) => logOf(client, pod, clock)));
  return [
    ...stuck.map((pod) => whyNotReady(pod) ?? ''),
    ...(last.length === 0 ? [] : ['', 'Last events:', ...last.map((event) => `  ${event.involvedObject.kind} ${event.involvedObject.name}: ${event.reason}: ${event.message}`)]),
    ...logs.flat(),
  ].join('\n');
}

async function logOf(client: KubeClient, pod: KubeObject, clock: Clock): Promise<string[]> {
  const controller = new AbortController();
  const cancel = clock.after(PATIENCE_MS, () => controller.abort(new Error('it takes too long')));
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of client.logs(pod.metadata.namespace ?? '', pod.metadata.name, { tailLines: LINES }, controller.signal)) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8').trim();
    return text === '' ? [] : ['', `Log of ${pod.metadata.name}:`, ...text.split('\n').map((line) => `  ${line}`)];
  } catch {
    // A container that has not begun has no log.
    return [];
  } finally {
    cancel();
  }
}

const LARGEST_FILE = 20 * 2 ** 20;
const LARGEST_ALL = 100 * 2 ** 20;

/** `kind export logs` as one zip file. Resolves with its path, or undefined where there is nothing to export. */
export async function exportLogs(tools: KindTools, name: string, target: string, timeoutMs: number): Promise<string | undefined> {
  const folder = `${target}.d`;
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    // What there is is worth having, also where it ends with an error.
    await tools.kind(['export', 'logs', folder, '--name', name], { timeoutMs });
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    const files: Record<string, Uint8Array> = {};
    let size = 0;
    for (const entry of entries) {
      const path = join(entry.parentPath, entry.name);
      if (!entry.isFile()) continue;
      const bytes = (await stat(path)).size;
      if (bytes > LARGEST_FILE || size + bytes > LARGEST_ALL) continue;
      size += bytes;
      files[relative(folder, path)] = await readFile(path);
    }
    if (Object.keys(files).length === 0) return undefined;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, zipSync(files), { mode: 0o600 });
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
