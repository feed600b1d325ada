import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { whenAborted } from '../../../../lib/abort.ts';
import type { ImageEntry, Program, ProgramContext } from '../../../program.ts';
import { serveOn } from '../../../program-io.ts';
import type { Broker } from './broker.ts';

const [CLIENT_PORT, CLUSTER_PORT, MONITOR_PORT, METRICS_PORT] = [4222, 6222, 8222, 7777];

/** `[1] 2026/11/23 18:15:20.123456 [INF] …` */
function line({ clock, stderr }: ProgramContext, message: string): void {
  const [date = '', time = ''] = new Date(clock.now()).toISOString().split('T');
  stderr(`[1] ${date.replaceAll('-', '/')} ${time.slice(0, 12)}000 [INF] ${message}\n`);
}

/** `pod.service.namespace.svc` → `service.namespace`, by which clients know the bus. */
function busOf(env: Readonly<Record<string, string>>): string | undefined {
  const [, service, namespace] = /^[^.]+\.([^.]+)\.([^.]+)\.svc/.exec(env['CLUSTER_ADVERTISE'] ?? '') ?? [];
  return service === undefined ? undefined : `${service}.${namespace}`;
}

/** A server of an event bus. It greets its clients and answers its monitors; the events themselves go through the broker. */
function natsServer(broker: Broker, streaming: boolean): Program {
  return {
    async run(context) {
      const { argv, pod, network, ids } = context;
      if (argv.some((word) => word.startsWith('-sl=') || word === '--signal' || word === '-sl')) return 0;
      const uid = pod.metadata.uid ?? '';
      const name = context.env['POD_NAME'] ?? pod.metadata.name;
      if (streaming) line(context, 'STREAM: Starting nats-streaming-server[stan] version 0.22.1');
      line(context, 'Starting nats-server');
      line(context, `  Version:  ${streaming ? '2.3.2' : '2.10.10'}`);
      line(context, `  Name:     ${name}`);
      if (!streaming) line(context, 'Starting JetStream');
      const clients = new Set<Duplex>();
      const greet = (socket: Duplex) => {
        clients.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => clients.delete(socket));
        socket.write(`INFO ${JSON.stringify({ server_id: ids.alphanumeric(22).toUpperCase(), server_name: name, version: streaming ? '2.3.2' : '2.10.10', proto: 1, host: '0.0.0.0', port: CLIENT_PORT, headers: true, max_payload: 1_048_576, jetstream: !streaming })}\r\n`);
        socket.on('data', (chunk: Buffer) => {
          if (/^PING\r?$/m.test(chunk.toString('latin1'))) socket.write('PONG\r\n');
        });
      };
      const monitor = createServer((request, response) => {
        const path = (request.url ?? '/').split('?')[0];
        const body = path === '/healthz' ? '{"status":"ok"}' : path === '/varz' ? JSON.stringify({ server_name: name, connections: clients.size }) : '<html lang="en"><head><title>NATS</title></head><body>NATS</body></html>';
        response.writeHead(200, { 'content-type': path === '/' ? 'text/html; charset=utf-8' : 'application/json', 'content-length': Buffer.byteLength(body) });
        response.end(body);
      });
      const stops = [
        serveOn(context, monitor, MONITOR_PORT),
        network.listen(uid, CLIENT_PORT, greet),
        network.listen(uid, CLUSTER_PORT, (socket) => socket.on('error', () => undefined).resume()),
      ];
      line(context, `Starting http monitor on 0.0.0.0:${MONITOR_PORT}`);
      line(context, `Listening for client connections on 0.0.0.0:${CLIENT_PORT}`);
      line(context, 'Server is ready');
      line(context, `Listening for route connections on 0.0.0.0:${CLUSTER_PORT}`);
      const bus = busOf(context.env);
      const down = bus === undefined ? () => undefined : broker.serve(bus);
      await whenAborted(context.signal);
      line(context, 'Initiating Shutdown...');
      for (const stop of stops) stop();
      for (const client of clients) client.destroy();
      down();
      line(context, 'Server Exiting..');
      return 0;
    },
  };
}

/** Beside the servers: one that has figures for Prometheus, and one that would tell them of a new configuration. */
const exporter: Program = {
  async run(context) {
    const server = createServer((_request, response) => {
      const body = '# HELP gnatsd_up whether the server answers\n# TYPE gnatsd_up gauge\ngnatsd_up 1\n';
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'content-length': Buffer.byteLength(body) });
      response.end(body);
    });
    const stop = serveOn(context, server, METRICS_PORT);
    line(context, 'Prometheus exporter listening at http://0.0.0.0:7777/metrics');
    await whenAborted(context.signal);
    stop();
    return 0;
  },
};

const reloader: Program = {
  async run(context) {
    context.stderr('Starting NATS Server Reloader v0.14.0\n');
    await whenAborted(context.signal);
    return 0;
  },
};

/** The images that an event bus is made of. */
export function natsImages(broker: Broker): ImageEntry[] {
  // `kubectl exec` and the server's own preStop hook find this much of a shell.
  const body = { base: 'busybox', files: {} } as const;
  return [
    { repository: 'nats-streaming', entrypoint: ['/nats-streaming-server'], content: { kind: 'program', program: natsServer(broker, true), body } },
    { repository: 'nats', entrypoint: ['/nats-server'], cmd: ['--config', '/etc/nats/nats-server.conf'], content: { kind: 'program', program: natsServer(broker, false), body: { base: 'busybox', files: { '/nats-server': '#!/bin/sh\nexit 0\n', '/usr/local/bin/nats-server': '#!/bin/sh\nexit 0\n' } } } },
    { repository: 'natsio/prometheus-nats-exporter', entrypoint: ['/prometheus-nats-exporter'], content: { kind: 'program', program: exporter } },
    { repository: 'natsio/nats-server-config-reloader', entrypoint: ['/nats-server-config-reloader'], content: { kind: 'program', program: reloader } },
  ];
}
