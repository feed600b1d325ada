import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import { parseJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import { ClientMessage, MAX_FRAME, type ServerMessage } from '../protocol/ws.ts';
import type { SessionManager } from '../session/manager.ts';
import type { TerminalHub } from '../terminal/terminal.ts';

const PING_MS = 15_000;
const DRAIN_MS = 20;
/** Close codes of our own, in the range for applications. */
const GONE = 4404;

/** WS /api/sessions/:sid/terminals/:tid/socket */
export class TerminalSockets {
  // No compression: it would cost more than loopback, and its state is a way to make the server allocate.
  readonly #server = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false, clientTracking: true });

  constructor(
    private readonly manager: SessionManager,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** True when the path is a terminal's; the request has passed every check by then. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean {
    const url = new URL(request.url ?? '/', 'http://lab');
    const match = /^\/api\/sessions\/([a-z0-9]+)\/terminals\/([a-z0-9]+)\/socket$/.exec(url.pathname);
    if (match === null) return false;
    const [, sessionId = '', terminalId = ''] = match;
    const wanted = Number(url.searchParams.get('offset') ?? 'NaN');
    const offset = Number.isSafeInteger(wanted) && wanted >= 0 ? wanted : undefined;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      // Without a listener, one bad frame would end the server.
      ws.on('error', (error) => this.log.debug({ error: messageOf(error) }, 'a socket failed'));
      void this.#connect(ws, sessionId, terminalId, offset).catch((error: unknown) => {
        this.log.warn({ error: messageOf(error) }, 'a terminal could not be attached');
        ws.close(1011);
      });
    });
    return true;
  }

  close(): void {
    for (const ws of this.#server.clients) ws.close(1001, 'the lab is stopping');
    this.clock.after(500, () => {
      for (const ws of this.#server.clients) ws.terminate();
    });
  }

  async #connect(ws: WebSocket, sessionId: string, terminalId: string, offset: number | undefined): Promise<void> {
    const hub = (await this.manager.find(sessionId))?.terminals?.get(terminalId);
    if (hub === undefined) {
      ws.close(GONE, 'there is no such terminal');
      return;
    }
    if (ws.readyState === ws.OPEN) this.#attach(ws, hub, offset);
  }

  #attach(ws: WebSocket, hub: TerminalHub, offset: number | undefined): void {
    const attachment = hub.attach(
      {
        output: (frame) => ws.send(frame, { binary: true }),
        message: (message: ServerMessage) => ws.send(JSON.stringify(message)),
      },
      offset,
    );
    let alive = true;
    ws.on('pong', () => {
      alive = true;
    });
    const stopPings = this.clock.every(PING_MS, () => {
      if (!alive) ws.terminate();
      alive = false;
      ws.ping();
    });
    ws.on('message', (data: Buffer, isBinary) => {
      if (isBinary) {
        attachment.input(data);
        if (attachment.congested) this.#waitForShell(ws, () => attachment.congested);
        return;
      }
      const message = ClientMessage.safeParse(parseJson(data.toString('utf8')));
      // A page of another version may say what we don't know: no reason to end the terminal.
      if (!message.success) return;
      if (message.data.type === 'ack') attachment.ack(message.data.offset);
      else if (message.data.type === 'resize') attachment.resize(message.data.columns, message.data.rows);
      else attachment.run(message.data.code, message.data.interrupt, message.data.newline);
    });
    ws.on('close', () => {
      stopPings();
      attachment.detach();
    });
  }

  /** A paste of megabytes goes in at the shell's own pace: the socket is not read meanwhile. */
  #waitForShell(ws: WebSocket, congested: () => boolean): void {
    if (ws.isPaused) return;
    ws.pause();
    const stop = this.clock.every(DRAIN_MS, () => {
      if (congested() && ws.readyState === ws.OPEN) return;
      stop();
      ws.resume();
    });
  }
}
