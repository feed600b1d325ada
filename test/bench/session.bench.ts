import { atMost, BenchTerminal, openSession, percentile, print, residentMiB, sleep, startServer } from './support.ts';

/** From the click to a prompt and an answered kubectl, again and again; then what an idle session costs. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const server = await startServer();
// The server keeps one place ready; a person reads the start page meanwhile.
await sleep(3000);
const starts: number[] = [];
const stages: number[] = [];
const resets: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  const began = performance.now();
  const session = await openSession(server);
  stages.push(performance.now() - began);
  const terminal = await BenchTerminal.connect(server, session.id);
  terminal.run('kubectl get pods -n argo');
  await terminal.until('argo-server-');
  starts.push(performance.now() - began);
  terminal.close();
  await sleep(5000);
  const resetting = performance.now();
  await server.api('POST', `/sessions/${session.id}/reset`);
  resets.push(performance.now() - resetting);
  await sleep(5000);
  await server.api('DELETE', `/sessions/${session.id}`);
}

const pid = server.process.pid ?? 0;
const scenarios = ['argo-workflows/using-the-api', 'argo-workflows/access-tokens'];
await sleep(5000);
const before = residentMiB(pid);
for (const scenario of scenarios) {
  await openSession(server, scenario);
  await sleep(6000);
}
const each = (residentMiB(pid) - before) / scenarios.length;
await server.stop();
print('Session', [
  atMost('click to prompt and kubectl answered, p50', percentile(starts, 0.5), 400),
  atMost('click to prompt and kubectl answered, p99', percentile(starts, 0.99), 1000),
  { what: 'of which until the session is ready, p50', value: `${percentile(stages, 0.5).toFixed(0)} ms` },
  atMost('reset, p50', percentile(resets, 0.5), 500),
  atMost('reset, slowest', Math.max(...resets), 500),
  atMost('server memory for an idle session with its cluster', each, 15, 'MiB', 1),
]);
