import type { EventSourceLike } from '../state/live-events.ts';
import type { SocketLike } from '../terminal/connection.ts';

/** The browser's WebSocket behind the interface the terminal asks for; `path` is relative to this page's origin. */
export function browserSocket(path: string): SocketLike {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')));
  socket.binaryType = 'arraybuffer';
  return {
    get readyState() {
      return socket.readyState;
    },
    send: (data) => socket.send(data),
    close: () => socket.close(),
    listen: (on) => {
      socket.onmessage = on === undefined ? null : (event: MessageEvent<unknown>) => on.message(event.data);
      socket.onclose = on === undefined ? null : () => on.close();
    },
  };
}

export function browserEvents(path: string): EventSourceLike {
  const source = new EventSource(path);
  return {
    close: () => source.close(),
    listen: (on) => {
      source.onopen = on.open;
      source.onerror = on.error;
      source.onmessage = (event: MessageEvent<unknown>) => on.message(String(event.data));
    },
  };
}
