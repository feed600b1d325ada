import type { IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Clock } from '../../lib/clock.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { badRequest } from '../api/errors.ts';
import { at, records, text } from '../auth/fields.ts';
import type { AttachedProcess, ContainerAccess } from '../kubelet/access.ts';
import type { KubeObject } from '../store/object.ts';
import { Channels } from './channels.ts';
import { forward, servePortForward } from './port-forward.ts';
import { runRemoteCommand } from './remote-command.ts';
import { SpdyConnection } from './spdy.ts';
import type { SpdyStream } from './spdy.ts';
import { acceptSpdy, isSpdy, isWebSocket, negotiate, refuseUpgrade, UpgradeRefused } from './upgrade.ts';

export { refuseUpgrade, UpgradeRefused } from './upgrade.ts';
export { SpdyConnection, SpdyStream } from './spdy.ts';
export { forwardError } from './port-forward.ts';

export type StreamSubresource = 'exec' | 'attach' | 'portforward';

export interface StreamsOptions {
  access: ContainerAccess;
  clock: Clock;
  log: Log;
}

export interface Streams {
  /**
   * Serves GET or POST …/pods/POD/{exec,attach,portforward} on the raw socket of an `upgrade` event, once the caller has
   * authenticated and authorised it. `pod` is the stored object, `query` the URL's. Answers by itself whatever goes
   * wrong; resolves when the connection is over and never rejects.
   */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, pod: KubeObject, subresource: StreamSubresource, query: URLSearchParams): Promise<void>;
  /** Ends every connection. */
  close(): void;
}

const PORT_FORWARD = 'portforward.k8s.io';
const TUNNEL = 'SPDY/3.1+portforward.k8s.io';
const SPDY_COMMAND = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io'];
const TRANSLATED = 'v5.channel.k8s.io';
const WEB_COMMAND = [TRANSLATED, 'v4.channel.k8s.io', 'channel.k8s.io'];
const WEB_FORWARD = [TUNNEL, 'v4.channel.k8s.io'];
const STREAM_TIMEOUT = 30_000;

interface CommandOptions {
  container: string;
  argv: string[];
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

const offered = (request: IncomingMessage) => (request.headers['sec-websocket-protocol'] ?? '').split(',').map((p) => p.trim()).filter((p) => p !== '');
const flag = (query: URLSearchParams, name: string) => ['true', '1'].includes((query.get(name) ?? '').toLowerCase());

/**
 * The container that a query means: the one it names, else the only one. Throws ApiStatus 400 in the API server's words.
 * After kubernetes 1.32 pkg/registry/core/pod/strategy.go
 */
export function containerOf(pod: KubeObject, query: URLSearchParams): string {
  const names = (list: string) => records(at(pod, 'spec', list)).map((c) => text(c['name']));
  const containers = names('containers');
  const init = names('initContainers');
  const ephemeral = names('ephemeralContainers');
  const asked = query.get('container') ?? '';
  if (asked !== '') {
    if (![...containers, ...init, ...ephemeral].includes(asked)) throw badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`);
    return asked;
  }
  const [only] = containers;
  if (only !== undefined && containers.length === 1) return only;
  const more = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${containers.join(' ')}]${more}`);
}

/** Throws as the kubelet refuses what does not run. After kubernetes 1.32 pkg/kubelet/kubelet_pods.go (GetExec, GetAttach) */
function mustRun(pod: KubeObject, subresource: 'exec' | 'attach', container: string): void {
  const statuses = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'].flatMap((list) => records(at(pod, 'status', list)));
  const status = statuses.find((s) => s['name'] === container);
  if (at(status, 'state', 'running') !== undefined) return;
  const { name, namespace } = pod.metadata;
  throw new UpgradeRefused(500, subresource === 'exec' ? `container not found ("${container}")` : `container ${container} not found in pod ${name}_${namespace}`);
}

function commandOptions(pod: KubeObject, subresource: 'exec' | 'attach', query: URLSearchParams): CommandOptions {
  const options = {
    container: containerOf(pod, query),
    argv: query.getAll('command'),
    tty: flag(query, 'tty'),
    stdin: flag(query, 'stdin'),
    stdout: flag(query, 'stdout'),
    stderr: flag(query, 'stderr'),
  };
  if (!options.stdin && !options.stdout && !options.stderr) throw badRequest('you must specify at least 1 of stdin, stdout, stderr');
  if (subresource === 'exec' && options.argv.length === 0) throw badRequest('you must specify at least one command for the container');
  if (text(at(pod, 'spec', 'nodeName')) === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  // With a terminal everything comes out of one end.
  return { ...options, stderr: options.stderr && !options.tty };
}

class PodStreams implements Streams {
  readonly #options: StreamsOptions;
  readonly #sockets = new Set<Duplex>();
  readonly #web: WebSocketServer;
  /** What was agreed on, for the answer's head. */
  readonly #protocols = new WeakMap<IncomingMessage, string>();

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#web = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: 32 * 1024 * 1024,
    });
    this.#web.on('headers', (headers, request) => {
      const protocol = this.#protocols.get(request);
      if (protocol !== undefined) headers.push(`Sec-WebSocket-Protocol: ${protocol}`);
    });
  }

  async handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer, pod: KubeObject, subresource: StreamSubresource, query: URLSearchParams): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    try {
      if (!isWebSocket(request) && !isSpdy(request)) throw badRequest('Upgrade request required');
      if (subresource === 'portforward') await this.#forward(request, socket, head, pod, query);
      else await this.#command(request, socket, head, pod, subresource, commandOptions(pod, subresource, query));
    } catch (error) {
      this.#options.log.debug({ error: messageOf(error) }, 'stream refused');
      refuseUpgrade(socket, error);
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#web.close();
  }

  #accept(request: IncomingMessage, socket: Duplex, head: Buffer, spoken: readonly string[]): Promise<{ web: WebSocket; protocol: string }> {
    const protocols = offered(request);
    const protocol = negotiate(protocols, spoken) ?? '';
    if (protocols.length > 0 && protocol === '') {
      throw new UpgradeRefused(400, `unable to upgrade websocket connection: websocket server finished before becoming ready: unable to negotiate protocol: client supports [${protocols.join(' ')}], server accepts [${spoken.join(' ')}]`);
    }
    // A name with a slash, as the tunnel's, is no token of HTTP: ws refuses it, and kubectl asks for just that.
    delete request.headers['sec-websocket-protocol'];
    if (protocol !== '') this.#protocols.set(request, protocol);
    return new Promise((resolve) => this.#web.handleUpgrade(request, socket, head, (web) => {
      web.on('error', () => undefined);
      resolve({ web, protocol });
    }));
  }

  async #forward(request: IncomingMessage, socket: Duplex, head: Buffer, pod: KubeObject, query: URLSearchParams): Promise<void> {
    const { access, clock } = this.#options;
    if (text(at(pod, 'spec', 'nodeName')) === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    if (!isWebSocket(request)) {
      acceptSpdy(request, socket, head, [PORT_FORWARD]);
      await servePortForward(socket, pod, access, clock);
      return;
    }
    const { web, protocol } = await this.#accept(request, socket, head, WEB_FORWARD);
    if (protocol === TUNNEL) {
      const tunnel = createWebSocketStream(web, { readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
      tunnel.on('error', () => undefined);
      await servePortForward(tunnel, pod, access, clock);
      return;
    }
    await this.#forwardChannels(web, pod, query);
  }

  /** Two channels a port, data and errors; the first message on each is the port, two bytes, little end first. */
  async #forwardChannels(web: WebSocket, pod: KubeObject, query: URLSearchParams): Promise<void> {
    const channels = new Channels(web);
    const ports = query.getAll('ports').flatMap((p) => p.split(',')).map(Number).filter((p) => Number.isInteger(p) && p > 0 && p < 65_536);
    const work = ports.map(async (port, index) => {
      const data = channels.writable(index * 2);
      const errors = channels.writable(index * 2 + 1);
      const greeting = Buffer.from([port & 0xff, port >> 8]);
      data.write(greeting);
      errors.write(greeting);
      const incoming = channels.readable(index * 2);
      await forward(this.#options.access, pod, port, Duplex.from({ readable: incoming, writable: data }), errors);
    });
    await Promise.all(work);
    web.close(1000);
  }

  async #command(request: IncomingMessage, socket: Duplex, head: Buffer, pod: KubeObject, subresource: 'exec' | 'attach', options: CommandOptions): Promise<void> {
    const { access, clock } = this.#options;
    const { container, argv, tty, stdin } = options;
    const start = (): Promise<AttachedProcess> => (subresource === 'exec' ? access.exec(pod, container, { argv, tty, stdin }) : access.attach(pod, container, { tty, stdin }));
    const startIfRunning = async (): Promise<AttachedProcess> => {
      mustRun(pod, subresource, container);
      return start();
    };
    const said = subresource === 'exec' ? argv : [];
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    if (isWebSocket(request)) {
      // The API server itself speaks version 5 and accepts before it asks the kubelet; older ones go to the kubelet as they are.
      if (!offered(request).includes(TRANSLATED)) mustRun(pod, subresource, container);
      const { web, protocol } = await this.#accept(request, socket, head, WEB_COMMAND);
      const channels = new Channels(web);
      web.once('close', () => gone.abort());
      channels.announce(options.stdout ? 1 : options.stderr ? 2 : 3);
      await runRemoteCommand(
        {
          stdin: stdin ? channels.readable(0) : undefined,
          stdout: options.stdout ? channels.writable(1) : undefined,
          stderr: options.stderr ? channels.writable(2) : undefined,
          error: channels.writable(3),
          resize: tty ? channels.readable(4) : undefined,
          jsonStatus: protocol.startsWith('v'),
          translated: protocol === TRANSLATED,
          gone: gone.signal,
        },
        startIfRunning,
        said,
        clock,
      );
      web.close(1000);
      return;
    }
    mustRun(pod, subresource, container);
    const protocol = acceptSpdy(request, socket, head, SPDY_COMMAND);
    const wanted = ['error', ...(stdin ? ['stdin'] : []), ...(options.stdout ? ['stdout'] : []), ...(options.stderr ? ['stderr'] : []), ...(tty && protocol !== 'v2.channel.k8s.io' ? ['resize'] : [])];
    const opened = new Map<string, SpdyStream>();
    let complete = () => {};
    const ready = new Promise<boolean>((resolve) => {
      const cancel = clock.after(STREAM_TIMEOUT, () => resolve(false));
      gone.signal.addEventListener('abort', () => resolve(false), { once: true });
      complete = () => {
        cancel();
        resolve(true);
      };
    });
    const connection = new SpdyConnection(socket, {
      onStream(stream) {
        const type = stream.headers.get('streamtype') ?? '';
        if (!wanted.includes(type) || opened.has(type)) throw new Error(`invalid stream type "${type}"`);
        opened.set(type, stream);
        if (type !== 'stdin' && type !== 'resize') stream.resume();
        if (opened.size === wanted.length) complete();
      },
    });
    const served = connection.serve();
    const error = (await ready) ? opened.get('error') : undefined;
    if (error === undefined) {
      socket.destroy();
      await served;
      return;
    }
    await runRemoteCommand(
      { stdin: opened.get('stdin'), stdout: opened.get('stdout'), stderr: opened.get('stderr'), resize: opened.get('resize'), error, jsonStatus: protocol === 'v4.channel.k8s.io', translated: false, gone: gone.signal },
      start,
      said,
      clock,
    );
    error.end(() => connection.close());
    await served;
  }
}

/** The streaming subresources of pods for one cluster. */
export function createStreams(options: StreamsOptions): Streams {
  return new PodStreams(options);
}
