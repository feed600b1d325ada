import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Log } from '../lib/log.ts';
import type { Providers } from '../providers/index.ts';
import type { Content } from '../session/content.ts';
import type { SessionManager } from '../session/manager.ts';

/** The lab without its site: what runs of scenarios need. Built in wire.ts. */
export interface Workshop {
  manager: SessionManager;
  providers: Providers;
  content: Content;
  /** What this machine lacks, in words for a person. */
  notices: string[];
  isolation: 'bubblewrap' | 'none';
  clock: Clock;
  ids: Ids;
  log: Log;
  /** Ends every session. */
  close(): Promise<void>;
}
