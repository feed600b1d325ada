/**
 * What clients see of a cluster's API, from a process of their own as they are: LOAD names the part, LOAD_KUBECONFIG the
 * cluster. Run as the child of the benchmark; prints its figures as JSON.
 */
import { apiClient } from '../harness/api-client.ts';
import { percentile } from './support.ts';

/** Milliseconds, or a rate. */
export type Figures = Record<string, number>;

const MAPS = '/api/v1/namespaces/default/configmaps';
const [load, kubeconfig] = [process.env['LOAD'] ?? '', process.env['LOAD_KUBECONFIG'] ?? ''];
const api = await apiClient(kubeconfig);

async function times(count: number, work: (i: number) => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await work(i);
    found.push(performance.now() - began);
  }
  return found;
}

/** A server that has just started runs slower code than one that has answered a few hundred requests. */
async function warmUp(): Promise<void> {
  await Promise.all(Array.from({ length: 16 }, (_, worker) => times(20, (i) => api('POST', MAPS, { body: { metadata: { name: `warm-${worker}-${i}` } } }))));
  await times(50, () => api('GET', '/api/v1/nodes'));
}

async function requests(): Promise<Figures> {
  await warmUp();
  const created = await times(500, (i) => api('POST', MAPS, { body: { metadata: { name: `bench-${i}` }, data: { a: String(i) } } }));
  const got = await times(500, (i) => api('GET', `${MAPS}/bench-${i}`));
  await api('DELETE', MAPS);
  return { created: percentile(created, 0.99), got: percentile(got, 0.99) };
}

/** To the last byte: what a client makes of them is its own affair. */
async function list(): Promise<Figures> {
  const listed = await times(7, async () => {
    const answer = await api.stream('/api/v1/namespaces/default/pods');
    for await (const chunk of answer) void chunk;
  });
  return { first: listed[0] ?? NaN, listed: percentile(listed, 0.5) };
}

async function watch(): Promise<Figures> {
  const sent = new Map<string, number>();
  const delivered: number[] = [];
  await warmUp();
  const streams = await Promise.all(Array.from({ length: 100 }, () => api.stream(`${MAPS}?watch=1&timeoutSeconds=120`)));
  for (const stream of streams) {
    stream.on('data', (chunk: Buffer) => {
      const now = performance.now();
      for (const match of chunk.toString('latin1').matchAll(/"name":"watched-(\d+)"/g)) {
        const at = sent.get(match[1] ?? '');
        if (at !== undefined) delivered.push(now - at);
      }
    });
  }
  const began = performance.now();
  const total = 2000;
  for (let i = 0; i < total; i += 10) {
    const wait = began + i * 2 - performance.now();
    if (wait > 0) await new Promise((done) => setTimeout(done, wait));
    for (let n = i; n < i + 10; n++) {
      sent.set(String(n), performance.now());
      void api('POST', MAPS, { body: { metadata: { name: `watched-${n}` } } });
    }
  }
  const rate = total / ((performance.now() - began) / 1000);
  for (let waited = 0; delivered.length < total * 100 && waited < 300; waited++) await new Promise((done) => setTimeout(done, 100));
  for (const stream of streams) stream.destroy();
  return { delivered: percentile(delivered, 0.99), missing: total * 100 - delivered.length, rate };
}

const parts: Record<string, () => Promise<Figures>> = { requests, list, watch };
const part = parts[load];
if (part !== undefined) {
  const text = JSON.stringify(await part());
  process.stdout.write(text, () => process.exit(0));
  await new Promise(() => undefined);
}
