import { validateCheck } from '../checks/index.ts';
import { imageCatalogue } from '../cluster/vocabulary.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Disposer } from '../lib/scope.ts';
import type { FindingView } from '../protocol/author.ts';
import type { LabEvent } from '../protocol/rest.ts';
import type { Scenario } from '../scenario/model.ts';
import { findingsOf } from './author.ts';
import type { Content } from './content.ts';
import { type ContentChange, ContentWatch } from './content-watch.ts';
import type { SessionManager } from './manager.ts';

/** What an author at work is told. */
export interface AuthorDesk {
  /** Hands on what changes in the folders of scenarios; returns how to stop. */
  subscribe(listener: (event: LabEvent) => void): () => void;
  /** What is to be said about a scenario's files. */
  findings(scenario: Scenario): Promise<FindingView[]>;
}

/** Changed scenarios are told to whoever shows them, and their sessions go on with the new text. */
export async function watchForAuthor(options: { folders: readonly string[]; content: Content; manager: SessionManager; clock: Clock; log: Log; /** Sessions lack the internet, Docker and the like. */ offline: boolean }): Promise<{ desk: AuthorDesk; end: Disposer }> {
  const { folders, content, manager, clock, log, offline } = options;
  const listeners = new Set<(event: LabEvent) => void>();
  const findings = async (scenario: Scenario): Promise<FindingView[]> => {
    // The linter is loaded when an author looks first.
    const { lintScenario } = await import('../scenario/lint/index.ts');
    return lintScenario(scenario.folder, validateCheck, { offline, ...(offline ? { images: imageCatalogue } : {}) }, { label: scenario.id, root: scenario.root });
  };
  const tell = async ({ id, scenario, former }: ContentChange) => {
    const shown = scenario ?? former;
    const problems = shown === undefined ? [] : await findings(shown).catch((error: unknown) => {
      log.warn({ error: messageOf(error), scenario: id }, 'a scenario could not be linted');
      return scenario === undefined ? [] : findingsOf(scenario, scenario.problems);
    });
    const event: LabEvent = { type: 'content', scenario: id, problems, ...(scenario === undefined ? { broken: true } : {}) };
    for (const session of manager.sessionsOf(id)) session.tell(event);
    for (const listener of listeners) listener(event);
  };
  const watch = new ContentWatch({
    folders,
    content,
    clock,
    log,
    onChange(changes) {
      for (const change of changes) {
        const { id, scenario } = change;
        if (scenario !== undefined) for (const session of manager.sessionsOf(id)) session.rewrite(scenario);
        void tell(change);
      }
    },
  });
  await watch.begin();
  return {
    end: () => watch.end(),
    desk: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      findings,
    },
  };
}
