import { spawn, type ChildProcess } from 'node:child_process';
import { Socket as DatagramSocket } from 'node:dgram';
import { Server, Socket } from 'node:net';
import { type Clock, systemClock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { joinNetwork, type Launcher } from './launch.ts';
import { listeningPorts } from './proc.ts';

/**
 * Both directions of TCP between the server and a place's own loopback. A helper enters the network namespace, opens
 * or connects a socket there and passes it to us; nothing listens on the host, and the learner can't end it.
 * The helper's text is given to `node -e`, so that it is there in a bundle too.
 */
const HELPER = `
const net = require('node:net');
const dgram = require('node:dgram');
process.on('disconnect', () => process.exit(0));
process.on('message', (m) => {
  if (m.listen !== undefined) {
    const s = net.createServer();
    s.on('error', (e) => process.send({ id: m.id, error: e.code || 'EIO', text: e.message }));
    s.listen(m.listen, m.host, () => { const port = s.address().port; process.send({ id: m.id, port }, s, () => s.close()); });
    return;
  }
  if (m.bind !== undefined) {
    const s = dgram.createSocket('udp4');
    s.on('error', (e) => process.send({ id: m.id, error: e.code || 'EIO', text: e.message }));
    s.bind({ port: m.bind, address: m.host, exclusive: true }, () => process.send({ id: m.id }, s, () => s.close()));
    return;
  }
  const attempt = (host, next) => {
    const c = net.connect({ port: m.dial, host, pauseOnConnect: true });
    c.pause();
    c.once('connect', () => process.send({ id: m.id }, c, { keepOpen: false }, () => c.destroy()));
    c.once('error', (e) => next(e));
  };
  attempt('127.0.0.1', () => attempt('::1', (e) => process.send({ id: m.id, error: e.code || 'ECONNREFUSED', text: e.message })));
});
`;

/** A helper ends itself after this long without work: it is a whole node, too dear to keep. */
const IDLE_MS = 20_000;

export class NetworkBridge {
  #helper: ChildProcess | undefined;
  #next = 1;
  #waiting = new Map<number, { resolve: (value: { handle: unknown; port: number | undefined }) => void; reject: (error: Error) => void }>();
  #cancelIdle: () => void = () => {};
  #closed = false;

  constructor(
    private readonly launcher: Launcher,
    private readonly pid: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** `host` is an address that is the network's own; its loopback by default. */
  async listen(port: number, host = '127.0.0.1'): Promise<{ server: Server; port: number }> {
    const { handle, port: actual } = await this.#ask({ listen: port, host });
    if (!(handle instanceof Server) || actual === undefined) throw new Error('the helper passed no listener');
    return { server: handle, port: actual };
  }

  /** A socket for datagrams. */
  async bind(port: number, host: string): Promise<DatagramSocket> {
    const { handle } = await this.#ask({ bind: port, host });
    if (!(handle instanceof DatagramSocket)) throw new Error('the helper passed no socket for datagrams');
    return handle;
  }

  async dial(port: number): Promise<Socket> {
    // Cheap, and spares the helper's start while nothing listens.
    const listening = await listeningPorts(this.pid);
    if (listening !== undefined && !listening.includes(port)) throw Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED', port });
    const { handle } = await this.#ask({ dial: port });
    if (!(handle instanceof Socket)) throw new Error('the helper passed no socket');
    return handle;
  }

  close(): void {
    this.#closed = true;
    this.#end(new Error('the place has ended'));
  }

  #ask(request: { listen: number; host: string } | { bind: number; host: string } | { dial: number }): Promise<{ handle: unknown; port: number | undefined }> {
    if (this.#closed) return Promise.reject(new Error('the place has ended'));
    const helper = (this.#helper ??= this.#start());
    const id = this.#next++;
    this.#cancelIdle();
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      helper.send({ id, ...request }, (error) => {
        if (error !== null) this.#settle(id, (waiting) => waiting.reject(error));
      });
    });
  }

  #start(): ChildProcess {
    const { file, args } = joinNetwork(this.launcher, this.pid, [process.execPath, '-e', HELPER]);
    const helper = spawn(file, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' } });
    helper.on('message', (message: unknown, handle: unknown) => {
      const answer = parseAnswer(message);
      if (answer === undefined) return;
      this.#settle(answer.id, (waiting) => {
        if (answer.error === undefined) waiting.resolve({ handle, port: answer.port });
        else waiting.reject(Object.assign(new Error(answer.text ?? answer.error), { code: answer.error }));
      });
    });
    helper.on('error', (error) => this.#helper === helper && this.#end(new Error(`the network helper did not start: ${messageOf(error)}`)));
    helper.on('exit', () => this.#helper === helper && this.#end(new Error('the network helper ended')));
    return helper;
  }

  #settle(id: number, act: (waiting: { resolve: (value: { handle: unknown; port: number | undefined }) => void; reject: (error: Error) => void }) => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    this.#waiting.delete(id);
    act(waiting);
    if (this.#waiting.size === 0) {
      this.#cancelIdle();
      this.#cancelIdle = this.clock.after(IDLE_MS, () => this.#end(new Error('idle')));
    }
  }

  #end(reason: Error): void {
    this.#cancelIdle();
    const helper = this.#helper;
    this.#helper = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(reason);
    this.#waiting.clear();
    if (helper?.connected) helper.disconnect();
    helper?.kill('SIGKILL');
  }
}

function parseAnswer(message: unknown): { id: number; port?: number; error?: string; text?: string } | undefined {
  if (typeof message !== 'object' || message === null || !('id' in message) || typeof message.id !== 'number') return undefined;
  return {
    id: message.id,
    ...('port' in message && typeof message.port === 'number' ? { port: message.port } : {}),
    ...('error' in message && typeof message.error === 'string' ? { error: message.error } : {}),
    ...('text' in message && typeof message.text === 'string' ? { text: message.text } : {}),
  };
}
