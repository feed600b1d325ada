/**
 * Starts an embedded cluster and writes its kubeconfig; ends with SIGINT or SIGTERM.
 *
 *   npx tsx test/harness/run-cluster.ts KUBECONFIG [--no-argo] [--port N]
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster } from '../../server/cluster/index.ts';
import { systemClock } from '../../server/lib/clock.ts';
import { systemIds } from '../../server/lib/ids.ts';
import { createLog } from '../../server/lib/log.ts';
import { testRuntime } from './runtime.ts';

const args = process.argv.slice(2);
const [file = 'kubeconfig'] = args;
const port = Number(args[args.indexOf('--port') + 1] ?? 0) || 0;

const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
const started = performance.now();
const cluster = await startCluster({
  clock: systemClock,
  ids: systemIds,
  log: createLog(process.env.LOG_LEVEL ?? 'warn'),
  runtime: testRuntime(join(folder, 'runtime')),
  folder: join(folder, 'data'),
  listen: { host: '127.0.0.1', port: args.includes('--port') ? port : 0 },
  argo: !args.includes('--no-argo'),
});
await writeFile(file, cluster.kubeconfig, { mode: 0o600 });
console.log(`ready after ${Math.round(performance.now() - started)} ms; KUBECONFIG=${file}`);
// The clock's timers don't keep a process alive, and the listener alone would do so only until it closes.
const alive = setInterval(() => undefined, 60_000);
const stop = async (): Promise<void> => {
  clearInterval(alive);
  await cluster.stop();
  process.exit(0);
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());
