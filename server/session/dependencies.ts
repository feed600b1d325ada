import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Providers } from '../providers/index.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Content } from './content.ts';
import type { DiskLimits } from './disk-watch.ts';
import type { Spares } from './spares.ts';
import type { SessionStore } from './store.ts';

/** What a session needs of the lab. */
export interface SessionDependencies {
  clock: Clock;
  ids: Ids;
  log: Log;
  store: SessionStore;
  content: Content;
  providers: Providers;
  sandbox: Sandbox;
  spares: Spares;
  /** What a home may hold; default 2 GiB and 300 000 files. */
  disk?: DiskLimits;
  /** The lab serves authors: `serve --watch`. */
  author?: boolean;
  /** `{port}` stands for the port. */
  portUrl(sessionId: string): string;
  onPassed(scenario: string, page: string): void;
}
