import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { CertificateAuthority } from '../../server/cluster/vocabulary.ts';

export interface HookServer {
  server: Server;
  port: number;
  /** Reaches the machine itself, which a cluster's own network does not: `nodeDial` of a test cluster. */
  nodeDial(port: number): Promise<Socket>;
}

/** A webhook on a free port of loopback, with a certificate of the authority for these names. It is given the path and the JSON that came. */
export async function startHookServer(authority: CertificateAuthority, altNames: string[], answer: (path: string, review: unknown, response: ServerResponse) => void | Promise<void>): Promise<HookServer> {
  const now = Date.now();
  const pair = authority.issue({ subject: { commonName: 'hooks' }, altNames, usage: 'server', notBefore: now - 1000, notAfter: now + 3_600_000 });
  const server = createServer({ key: pair.key, cert: pair.certificate }, (request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      await answer(new URL(request.url ?? '/', 'https://hooks').pathname, JSON.parse(body), response);
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const nodeDial = async (wanted: number): Promise<Socket> => {
    const socket = connect(wanted, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  return { server, port, nodeDial };
}
