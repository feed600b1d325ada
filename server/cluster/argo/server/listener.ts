import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { KeyCertificate } from '../../auth/certificates.ts';
import type { AnyRequest, AnyResponse } from './reply.ts';

const PREFACE = 'PRI * HTTP/2.0';
const TLS_HANDSHAKE = 0x16;
const WRONG_SCHEME = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
/** What Go says to whatever is no HTTP, a TLS handshake among it. */
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request';

export interface Listener {
  accept(socket: Duplex): void;
  close(): void;
}

/** Serves HTTP/1.1 and HTTP/2 on connections that others accept: plain, or behind TLS with the given certificate. */
export function createListener(handle: (request: AnyRequest, response: AnyResponse) => void, tls: KeyCertificate | undefined): Listener {
  const http: Server = createServer({ requestTimeout: 0, headersTimeout: 0 }, handle);
  http.keepAliveTimeout = 0;
  const h2c = createHttp2Server({}, handle);
  const secure = tls === undefined ? undefined : createSecureServer({ allowHTTP1: true, cert: tls.certificate, key: tls.key }, handle);
  const sockets = new Set<Duplex>();
  const route = (socket: Duplex, first: Buffer) => {
    if (secure !== undefined && first[0] !== TLS_HANDSHAKE) {
      socket.end(WRONG_SCHEME);
      return;
    }
    const server = secure ?? (first.toString('latin1', 0, PREFACE.length) === PREFACE ? h2c : http);
    socket.unshift(first);
    server.emit('connection', socket);
  };
  for (const server of [http, h2c, ...(secure === undefined ? [] : [secure])]) {
    // As Go's server says to what is no HTTP, a TLS handshake for one: so curl names the reason.
    server.on('clientError', (_error: Error, socket: Duplex) => socket.end('HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request'));
    server.on('tlsClientError', (_error: Error, socket: Duplex) => socket.destroy());
    server.on('sessionError', () => undefined);
  }
  return {
    accept(socket) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
      // The first bytes tell the protocols apart.
      const sniff = () => {
        const first: unknown = socket.read();
        if (first === null) return;
        socket.removeListener('readable', sniff);
        route(socket, Buffer.isBuffer(first) ? first : Buffer.from(String(first)));
      };
      socket.on('readable', sniff);
    },
    close() {
      for (const socket of sockets) socket.destroy();
    },
  };
}
