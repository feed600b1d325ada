import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, lineOf, percentile, print, root, startServer } from './support.ts';

/** How long a person waits for the page, beside an Express server that does nothing else. */
const BARE = `const express = require('express'); const app = express(); app.get('/', (q, r) => r.send('hello')); const s = app.listen(0, '127.0.0.1', () => console.log('listening on ' + s.address().port));`;

async function bare(): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, ['-e', BARE], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await lineOf(child, /listening on (\d+)/);
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const took = performance.now() - began;
  child.kill();
  return took;
}

async function requests(url: string, headers: Record<string, string>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 300; i++) {
    const began = performance.now();
    await (await fetch(url, { headers })).text();
    times.push(performance.now() - began);
  }
  return percentile(times, 0.5);
}

const data = await mkdtemp(join(tmpdir(), 'lab-bench-'));
await (await startServer(data)).stop();
const starts: number[] = [];
const baselines: number[] = [];
const stops: number[] = [];
let page = 0;
for (let i = 0; i < 5; i++) {
  baselines.push(await bare());
  const began = performance.now();
  const server = await startServer(data);
  const headers = { authorization: `Bearer ${server.token}` };
  await (await fetch(`${server.origin}/`, { headers })).text();
  starts.push(performance.now() - began);
  if (i === 4) page = await requests(`${server.origin}/`, headers);
  const stopping = performance.now();
  await server.stop();
  stops.push(performance.now() - stopping);
}
await rm(data, { recursive: true, force: true });
print('Start', [
  atMost('second start to first page, p50', percentile(starts, 0.5), 1500),
  { what: 'bare Express, start to first page, p50', value: `${percentile(baselines, 0.5).toFixed(0)} ms` },
  { what: 'the page once more, p50', value: `${page.toFixed(2)} ms` },
  atMost('SIGTERM to the end, slowest', Math.max(...stops), 5000),
]);
