import type { StageView } from '../protocol/rest.ts';

/** What of a session outlives the server; written to `session.json` whole. */
export interface SessionRecord {
  version: 1;
  id: string;
  scenario: string;
  /** What gives it its cluster; absent: the lab's default. */
  provider?: string;
  state: 'preparing' | 'ready' | 'failed' | 'ended';
  /** The page the learner was on last. */
  page: string;
  /** When each page was opened first, milliseconds since the epoch: its scripts have run. */
  opened: Record<string, number>;
  done: string[];
  terminals: { id: string; name: string }[];
  createdAt: number;
  /** What the learner answered last, by page and question. */
  answers?: Record<string, Record<string, string[]>>;
}

export type SessionInput =
  | { type: 'prepared' }
  | { type: 'failed' }
  | { type: 'ended' }
  | { type: 'reset'; /** The first page: nothing of the way to a later one is left. */ page: string; /** Another provider than before. */ provider?: string }
  | { type: 'revived' }
  | { type: 'continued'; /** Gives another cluster in the place of one that is gone. */ provider: string }
  | { type: 'page-opened'; page: string; /** The page before needs no check: leaving it finishes it. */ finishes?: string; at: number }
  | { type: 'page-passed'; page: string }
  | { type: 'answered'; page: string; quiz: string; answers: string[] }
  | { type: 'terminals'; terminals: { id: string; name: string }[] };

/** The next record. Pure; what makes no sense in a state changes nothing. */
export function advance(record: SessionRecord, input: SessionInput): SessionRecord {
  if (record.state === 'ended') return record;
  switch (input.type) {
    case 'prepared':
      return { ...record, state: 'ready' };
    case 'failed':
      return { ...record, state: 'failed' };
    case 'ended':
      return { ...record, state: 'ended' };
    case 'revived':
      return { ...record, state: 'preparing' };
    case 'continued':
      return { ...record, state: 'preparing', provider: input.provider };
    case 'reset': {
      const { answers: _forgotten, ...rest } = record;
      return { ...rest, state: 'preparing', page: input.page, opened: {}, done: [], terminals: [], ...(input.provider === undefined ? {} : { provider: input.provider }) };
    }
    case 'page-opened':
      return { ...record, page: input.page, opened: { [input.page]: input.at, ...record.opened }, done: input.finishes === undefined ? record.done : including(record.done, input.finishes) };
    case 'page-passed':
      return { ...record, done: including(record.done, input.page) };
    case 'answered':
      return { ...record, answers: { ...record.answers, [input.page]: { ...record.answers?.[input.page], [input.quiz]: input.answers } } };
    case 'terminals':
      return { ...record, terminals: input.terminals };
  }
}

function including(list: readonly string[], item: string): string[] {
  return list.includes(item) ? [...list] : [...list, item];
}

/** The preparation list with one stage added or replaced. */
export function withStage(stages: readonly StageView[], stage: StageView): StageView[] {
  return stages.some((known) => known.id === stage.id) ? stages.map((known) => (known.id === stage.id ? stage : known)) : [...stages, stage];
}
