import { spawn } from 'node-pty';
import { Socket } from 'node:net';
import { atMost, BenchTerminal, openSession, percentile, print, residentMiB, sleep, startServer } from './support.ts';

/** A terminal over the socket, beside node-pty alone in the same run. */
const SIZE = 50_000_000;
const MAKE = `head -c ${(SIZE / 5) * 3.8} /dev/urandom | base64 -w 99 | head -c ${SIZE} > /tmp/lab-bench-50mb`;

async function rawThroughput(): Promise<number> {
  const pty = spawn('/bin/sh', ['-c', `${MAKE}; stty -opost; echo go; read x; cat /tmp/lab-bench-50mb; sleep 5; rm /tmp/lab-bench-50mb`], { encoding: null, cols: 80, rows: 24 });
  const socket: unknown = Reflect.get(pty, '_socket');
  if (!(socket instanceof Socket)) throw new Error('node-pty has changed');
  let received = 0;
  let began = 0;
  await new Promise<void>((done) => {
    socket.on('data', (chunk: Buffer) => {
      if (began === 0 && chunk.includes('go')) {
        began = performance.now();
        pty.write('\r');
        return;
      }
      received += chunk.length;
      if (received >= SIZE) done();
    });
  });
  const took = performance.now() - began;
  pty.kill('SIGKILL');
  return received / took / 1000;
}

async function rawEcho(): Promise<number[]> {
  const pty = spawn('/bin/cat', [], { encoding: null });
  const socket: unknown = Reflect.get(pty, '_socket');
  if (!(socket instanceof Socket)) throw new Error('node-pty has changed');
  const times: number[] = [];
  await sleep(100);
  for (let i = 0; i < 300; i++) {
    const began = performance.now();
    const echoed = new Promise((done) => socket.once('data', done));
    pty.write('x');
    await echoed;
    times.push(performance.now() - began);
    await sleep(3);
  }
  pty.kill();
  return times;
}

const server = await startServer(undefined, '--cluster', 'none');
const session = await openSession(server);
const terminal = await BenchTerminal.connect(server, session.id);
terminal.run('stty -opost; PS1=; PROMPT_COMMAND=; PS0=; echo re""ady');
await terminal.until('ready');

const echo: number[] = [];
terminal.run('cat');
await sleep(300);
for (let i = 0; i < 600; i++) {
  terminal.clear();
  const key = String.fromCharCode(97 + (i % 26));
  const began = performance.now();
  terminal.send(key);
  await terminal.until(key);
  echo.push(performance.now() - began);
  await sleep(3);
}
terminal.send('\u0003');
const raw = await rawEcho();

const rates: number[] = [];
const raws: number[] = [];
for (let i = 0; i < 3; i++) {
  raws.push(await rawThroughput());
  terminal.clear();
  terminal.run(`${MAKE}; echo ma""de`);
  await terminal.until('made');
  const before = terminal.bytes;
  const began = performance.now();
  terminal.run('cat /tmp/lab-bench-50mb; echo; echo do""ne');
  await terminal.until('done');
  rates.push((terminal.bytes - before) / (performance.now() - began) / 1000);
}
terminal.close();

const stalled = await BenchTerminal.connect(server, session.id, false);
const memory = residentMiB(server.process.pid ?? 0);
stalled.run('yes');
await sleep(5000);
const grown = residentMiB(server.process.pid ?? 0) - memory;
stalled.close();
await server.stop();

const [rate, base] = [percentile(rates, 0.5), percentile(raws, 0.5)];
print('Terminal', [
  atMost('keystroke echo over the socket, p50', percentile(echo, 0.5), 1, 'ms', 2),
  atMost('keystroke echo over the socket, p99', percentile(echo, 0.99), 10, 'ms', 2),
  { what: 'the same on node-pty alone, p50 / p99', value: `${percentile(raw, 0.5).toFixed(2)} / ${percentile(raw, 0.99).toFixed(2)} ms` },
  { what: '50 MB cat over the socket', value: `${rate.toFixed(0)} MB/s`, must: '≥ 0.6 × raw', met: rate >= 0.6 * base },
  { what: 'the same on node-pty alone', value: `${base.toFixed(0)} MB/s` },
  atMost('growth under `yes` with a reader that stalls', grown, 16, 'MiB', 1),
]);
process.exit(0);
