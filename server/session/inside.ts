import type { SessionEvent } from '../protocol/rest.ts';
import type { SessionCluster } from '../providers/provider.ts';
import type { Place } from '../sandbox/sandbox.ts';
import type { Scenario } from '../scenario/model.ts';
import type { SessionDependencies } from './dependencies.ts';
import type { SessionInput, SessionRecord } from './machine.ts';
import type { Stages } from './stages.ts';
import type { Terminals } from './terminals.ts';

/** What a session holds while it is alive; thrown away whole at a reset. */
export interface Life {
  place: Place;
  terminals: Terminals;
  cluster: SessionCluster | undefined;
  /** Settles when the provider has started, or has cleaned up behind a start that failed. */
  starting: Promise<unknown>;
  controller: AbortController;
}

/** A session as its parts see it. */
export interface SessionInside {
  readonly id: string;
  readonly deps: SessionDependencies;
  readonly scenario: Scenario;
  readonly record: SessionRecord;
  /** Undefined before the place is there and after the end. */
  readonly life: Life | undefined;
  readonly stages: Stages;
  /** The cluster of a session that was ready is gone. */
  readonly lost: boolean;
  /** Languages that the learner reads, the best first. */
  readonly languages: readonly string[];
  /** Somebody looks. */
  readonly watched: boolean;
  advance(input: SessionInput): void;
  pass(page: string): void;
  send(event: SessionEvent): void;
}
