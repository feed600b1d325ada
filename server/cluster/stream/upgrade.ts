import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { messageOf } from '../../lib/errors.ts';
import { ApiStatus } from '../api/status.ts';

/** A request is refused with plain text, as the kubelet does. */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

/** Answers an upgrade request with an ordinary response instead: a Status, plain text, or 500 for anything else. */
export function refuseUpgrade(socket: Duplex, error: unknown): void {
  const status = error instanceof ApiStatus ? error.body() : undefined;
  const code = error instanceof ApiStatus || error instanceof UpgradeRefused ? error.code : 500;
  const body = status === undefined ? messageOf(error) : JSON.stringify(status);
  const type = status === undefined ? 'text/plain; charset=utf-8' : 'application/json';
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Unknown'}\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

/** The values of a header that may be a list or come several times. */
function listOf(request: IncomingMessage, name: string): string[] {
  const value = request.headers[name];
  const all = Array.isArray(value) ? value : [value ?? ''];
  return all.flatMap((v) => v.split(',')).map((v) => v.trim()).filter((v) => v !== '');
}

export function isWebSocket(request: IncomingMessage): boolean {
  return listOf(request, 'upgrade').some((v) => v.toLowerCase() === 'websocket');
}

export function isSpdy(request: IncomingMessage): boolean {
  return listOf(request, 'upgrade').some((v) => v.toLowerCase() === 'spdy/3.1');
}

/** The first of the client's protocols that the server speaks. */
export function negotiate(offered: readonly string[], spoken: readonly string[]): string | undefined {
  return offered.find((p) => spoken.includes(p));
}

/** Completes a SPDY upgrade on the raw socket and returns the protocol agreed on. Throws UpgradeRefused. */
export function acceptSpdy(request: IncomingMessage, socket: Duplex, head: Buffer, spoken: readonly string[]): string {
  const offered = listOf(request, 'x-stream-protocol-version');
  const protocol = negotiate(offered, spoken);
  if (protocol === undefined) {
    throw new UpgradeRefused(403, `unable to upgrade: unable to negotiate protocol: client supports [${offered.join(' ')}], server accepts [${spoken.join(' ')}]`);
  }
  if (head.length > 0) socket.unshift(head);
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`);
  return protocol;
}
