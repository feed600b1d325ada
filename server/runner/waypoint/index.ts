import type { Clock } from '../../lib/clock.ts';
import type { ClusterWaypoint } from '../../providers/provider.ts';
import type { Session } from '../../session/session.ts';
import type { TerminalHub } from '../../terminal/terminal.ts';
import { FileWaypoint, RESTORED } from './files.ts';
import { ProcessWaypoint } from './processes.ts';
import { ShellWaypoint } from './shell.ts';

interface Parts {
  shell: ShellWaypoint;
  files: FileWaypoint;
  processes: ProcessWaypoint;
  cluster: ClusterWaypoint;
}

const PROMPT_MS = 5000;

/**
 * A state of a session to come back to, for whoever tries something in its first terminal. Nothing is taken for as it was
 * that has not been compared: the shell, the files, the processes, the cluster's objects. Where something can't be taken
 * back, somebody has to begin anew and come there again.
 */
export class Waypoint {
  private constructor(
    private readonly session: Session,
    private readonly hub: TerminalHub,
    private readonly commands: readonly ShellCommand[],
    private readonly parts: Parts,
  ) {}

  /** Undefined where a session can't be brought back: without a sandbox, on a real cluster, with a busy terminal or pods at work. */
  static async take(session: Session, clock: Clock): Promise<Waypoint | undefined> {
    const { place, cluster, terminals } = session;
    const hub = terminals?.get(FIRST);
    if (place?.networkPid === undefined || hub?.atPrompt !== true || terminals === undefined || cluster?.waypoint === undefined) return undefined;
    const taken = await cluster.waypoint();
    const shell = taken === undefined ? undefined : await ShellWaypoint.take(place, hub);
    const files = shell === undefined ? undefined : await FileWaypoint.take(place);
    // The last: none of the commands above is one of the place's own.
    const processes = files === undefined ? undefined : await ProcessWaypoint.take(place.networkPid, clock);
    if (taken === undefined || shell === undefined || files === undefined || processes === undefined) return undefined;
    return new Waypoint(session, hub, [...terminals.history.commands], { shell, files, processes, cluster: taken });
  }

  /** What of the session is not as it was; none: it is. Otherwise it is of no more use. */
  async rewind(): Promise<readonly Part[]> {
    const { session, hub, parts } = this;
    const { terminals } = session;
    if (terminals === undefined || terminals.get(FIRST) !== hub) return ['shell'];
    if (!(await parts.processes.rewind())) return ['processes'];
    if (!(await hub.prompt(PROMPT_MS))) return ['shell'];
    const [cluster, files] = await Promise.all([parts.cluster.rewind(), parts.files.rewind(() => parts.processes.writeBelow(RESTORED))]);
    const shell = await parts.shell.rewind();
    const processes = await parts.processes.rewind();
    terminals.history.commands.splice(0, Number.POSITIVE_INFINITY, ...this.commands);
    const same = { cluster, files, shell, processes };
    return PARTS.filter((part) => !same[part]);
  }
}

const PARTS = ['cluster', 'files', 'shell', 'processes'] as const;
export type Part = (typeof PARTS)[number];

/** The terminal in which solutions and near misses are typed. */
const FIRST = '1';
type ShellCommand = NonNullable<Session['terminals']>['history']['commands'][number];
