import type { Duplex } from 'node:stream';

/** Joins a connection to what it leads to; it is closed where nothing answers. */
export function joinStreams(socket: Duplex, target: Promise<Duplex>): void {
  socket.on('error', () => socket.destroy());
  target.then(
    (upstream) => {
      upstream.on('error', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      upstream.on('close', () => socket.destroy());
      if (socket.destroyed) upstream.destroy();
      else socket.pipe(upstream).pipe(socket);
    },
    () => socket.destroy(),
  );
}
