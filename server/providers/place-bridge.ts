import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Place } from '../sandbox/sandbox.ts';

export interface PlaceBridge {
  /** Where it listens on the place's own 127.0.0.1; another than wanted where places share the machine's ports. */
  port: number;
  close(): void;
}

/** A port inside a place, whose own network leads nowhere, that leads to wherever `dial` connects: the bytes are not looked at. */
export async function bridgeIntoPlace(place: Place, port: number, dial: () => Promise<Duplex>): Promise<PlaceBridge> {
  const listening = await place.listen(port);
  const close = connectThrough(listening.server, dial);
  return { port: listening.port, close };
}

function connectThrough(server: Server, dial: () => Promise<Duplex>): () => void {
  const open = new Set<Duplex>();
  const keep = (stream: Duplex) => {
    open.add(stream);
    stream.once('close', () => open.delete(stream));
    stream.on('error', () => stream.destroy());
  };
  server.on('connection', (client) => {
    keep(client);
    dial().then(
      (upstream) => {
        keep(upstream);
        if (client.destroyed) return upstream.destroy();
        client.once('close', () => upstream.destroy());
        upstream.once('close', () => client.destroy());
        client.pipe(upstream).pipe(client);
      },
      () => client.destroy(),
    );
  });
  return () => {
    server.close();
    for (const stream of open) stream.destroy();
  };
}
