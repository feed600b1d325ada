import type { ProgramContext } from '../../../program.ts';
import type { ZapLogger } from '../zap.ts';

/** What a kind of event source is given to listen with. */
export interface Listening {
  context: ProgramContext;
  /** Knows the event source, the event and their kind. */
  log: ZapLogger;
  source: string;
  event: string;
  namespace: string;
  /** When the event source's server began, in milliseconds. */
  startedAt: number;
  /** Puts an event with this payload, JSON text, on the bus. Rejects when the bus does not take it. */
  dispatch(data: string): Promise<void>;
}

/** Listens until the context's signal aborts; rejects where it cannot: it is then tried again. */
export type Listener = (listening: Listening) => Promise<void>;
