import { SessionEvent } from '../../server/protocol/rest.ts';
import { backoff } from './timers.ts';
import type { Timers } from './timers.ts';

/** A stream of server-sent events, already opening. */
export interface EventSourceLike {
  listen(on: { open(): void; error(): void; message(data: string): void }): void;
  close(): void;
}

export interface LiveEventsOptions {
  /** The resource: a session's events, or the lab's. */
  path: string;
  open(path: string): EventSourceLike;
  timers: Timers;
  onEvent(event: SessionEvent): void;
  /** `open` at each successful connection, `lost` when it broke. */
  onState(state: 'open' | 'lost'): void;
}

/** The session's server-sent events, connected again after each break. Returns how to stop and how to try at once. */
export function liveEvents(options: LiveEventsOptions): { stop(): void; retry(): void } {
  let source: EventSourceLike | undefined;
  let cancel: (() => void) | undefined;
  let attempt = 0;

  const connect = () => {
    cancel?.();
    source?.close();
    const current = options.open(options.path);
    source = current;
    current.listen({
      open: () => {
        attempt = 0;
        options.onState('open');
      },
      message: (data) => {
        const parsed = SessionEvent.safeParse(parseJson(data));
        if (parsed.success) options.onEvent(parsed.data);
      },
      error: () => {
        // The browser's own retry gives up for good after some errors (a 502 while the lab restarts): ours does not.
        current.close();
        options.onState('lost');
        cancel = options.timers.after(backoff(attempt), connect);
        attempt += 1;
      },
    });
  };

  connect();
  return {
    stop: () => {
      cancel?.();
      source?.close();
    },
    retry: () => {
      attempt = 0;
      connect();
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
