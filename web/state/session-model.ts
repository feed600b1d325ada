import type { CheckReport, ScenarioView, SessionEvent, SessionView } from '../../server/protocol/rest.ts';

/** A sentence for the learner and what to do about it. */
export interface Trouble {
  code: string;
  message: string;
  next?: string;
}

/** All that the page knows of one run of one scenario. */
export interface SessionModel {
  scenario: ScenarioView | undefined;
  session: SessionView | undefined;
  /** The last report of each page. */
  reports: Readonly<Record<string, CheckReport>>;
  /** The page whose check was asked for and has not answered yet. */
  checking: string | undefined;
  /** Ports on which something listens in the session. */
  ports: readonly number[];
  /** What the lab has to say, by id, until it takes it back. */
  notices: Readonly<Record<string, { severity: 'info' | 'warning' | 'error'; text: string }>>;
  /** `lost` from the moment the event stream broke until it is back. */
  stream: 'connecting' | 'open' | 'lost';
  /** Why nothing can be shown or done: the scenario does not exist, the session could not start. */
  trouble: Trouble | undefined;
}

export type SessionAction =
  | { type: 'scenario'; scenario: ScenarioView }
  | { type: 'event'; event: SessionEvent }
  | { type: 'checking'; page: string }
  | { type: 'checked'; report: CheckReport }
  | { type: 'check-failed' }
  | { type: 'stream'; state: 'open' | 'lost' }
  | { type: 'trouble'; trouble: Trouble }
  | { type: 'restart' };

export const emptySession: SessionModel = { scenario: undefined, session: undefined, reports: {}, checking: undefined, ports: [], notices: {}, stream: 'connecting', trouble: undefined };

export function reduceSession(model: SessionModel, action: SessionAction): SessionModel {
  switch (action.type) {
    case 'scenario':
      return { ...model, scenario: action.scenario };
    case 'event':
      return applyEvent(model, action.event);
    case 'checking':
      return { ...model, checking: action.page };
    case 'checked':
      return { ...model, checking: model.checking === action.report.page ? undefined : model.checking, ...addReport(model, action.report) };
    case 'check-failed':
      return { ...model, checking: undefined };
    case 'stream':
      return { ...model, stream: action.state };
    case 'trouble':
      return { ...model, trouble: action.trouble };
    case 'restart':
      return { ...model, session: undefined, reports: {}, checking: undefined, ports: [], notices: {}, trouble: undefined };
  }
}

function applyEvent(model: SessionModel, event: SessionEvent): SessionModel {
  switch (event.type) {
    case 'session':
      return { ...model, session: event.session, trouble: undefined, ...(model.session !== undefined && model.session.id !== event.session.id ? { reports: {} } : {}) };
    case 'stage': {
      if (model.session === undefined) return model;
      const stages = model.session.stages;
      const known = stages.some((stage) => stage.id === event.stage.id);
      return { ...model, session: { ...model.session, stages: known ? stages.map((stage) => (stage.id === event.stage.id ? event.stage : stage)) : [...stages, event.stage] } };
    }
    case 'checks':
      return { ...model, ...addReport(model, event.live ? onlyAsked(model.reports[event.report.page], event.report) : event.report) };
    case 'ports':
      return { ...model, ports: event.ports };
    case 'notice': {
      const { [event.id]: _, ...others } = model.notices;
      return { ...model, notices: event.text === '' ? others : { ...others, [event.id]: { severity: event.severity, text: event.text } } };
    }
    // The store asks for what changed.
    case 'content':
    case 'files':
    case 'author':
      return model;
  }
}

/** Nobody is told that he failed what he has not begun: a check that was never asked for shows up live when it passes. */
function onlyAsked(before: CheckReport | undefined, report: CheckReport): CheckReport {
  return { ...report, results: report.results.filter((result) => result.passed || before?.results.some((old) => old.id === result.id) === true) };
}

/** A live report may come late: an older answer never replaces a newer one. Passing is remembered as done at once. */
function addReport(model: SessionModel, report: CheckReport): Pick<SessionModel, 'reports' | 'session'> {
  const before = model.reports[report.page];
  if (before !== undefined && before.at > report.at) return { reports: model.reports, session: model.session };
  const session = model.session;
  const newlyDone = report.passed && session !== undefined && !session.done.includes(report.page);
  return {
    reports: { ...model.reports, [report.page]: mergeReport(before, report) },
    session: newlyDone ? { ...session, done: [...session.done, report.page] } : session,
  };
}

/** A live report holds the cheap checks only; the others keep their last answer. */
function mergeReport(before: CheckReport | undefined, report: CheckReport): CheckReport {
  if (before === undefined) return report;
  const fresh = new Map(report.results.map((result) => [result.id, result]));
  const kept = before.results.map((result) => fresh.get(result.id) ?? result);
  const added = report.results.filter((result) => !before.results.some((old) => old.id === result.id));
  return { ...report, results: [...kept, ...added] };
}
