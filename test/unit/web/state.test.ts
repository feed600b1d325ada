import { describe, expect, it } from 'vitest';
import type { CheckReport, CheckResultView, ScenarioView, SessionView } from '../../../server/protocol/rest.ts';
import { formatRoute, parseRoute } from '../../../web/state/route.ts';
import { emptySession, reduceSession } from '../../../web/state/session-model.ts';
import type { SessionAction, SessionModel } from '../../../web/state/session-model.ts';
import { otherTheme, readSettings } from '../../../web/state/settings.ts';
import { currentPage, neighbours, nextScenario, progress, stepItems, withFinish } from '../../../web/state/steps.ts';
import { backoff, onWake } from '../../../web/state/timers.ts';
import { emptyWorkspace, reduceWorkspace, runTarget, tabsOf } from '../../../web/state/workspace.ts';
import type { WorkspaceAction } from '../../../web/state/workspace.ts';

const page = (id: string) => ({ id, title: id, html: '', checks: [], checkable: id.startsWith('step'), hints: [] });
const scenario: ScenarioView = { id: 'c/s', title: 'S', description: '', course: { id: 'c', title: 'C' }, pages: [page('intro'), page('step1'), page('step2')] };
const session: SessionView = { id: 's1', scenario: 'c/s', state: 'ready', stages: [], page: 'step1', done: [], terminals: [], provider: 'embedded', portUrl: 'http://{port}-s1.localhost:1' };
const result = (id: string, passed: boolean): CheckResultView => ({ id, title: id, passed, expected: '', observed: '', why: '', next: '', hints: [] });
const report = (at: number, results: CheckResultView[]): CheckReport => ({ page: 'step1', passed: results.every((r) => r.passed), results, at });
const after = (...actions: SessionAction[]) => actions.reduce(reduceSession, emptySession);
const workspace = (...actions: WorkspaceAction[]) => actions.reduce(reduceWorkspace, emptyWorkspace);
const terminal = (id: string) => ({ id, name: `Terminal ${id}`, running: true });

describe('the address', () => {
  it('names the scenario by its path and the page by its hash', () => {
    expect(parseRoute('/learn/argo-workflows/using-the-api', '#step2')).toEqual({ name: 'scenario', id: 'argo-workflows/using-the-api', page: 'step2' });
    expect(formatRoute({ name: 'scenario', id: 'a b/c', page: 'step1' })).toBe('/learn/a%20b/c#step1');
  });

  it('leads to the start page where it names nothing', () => {
    expect([parseRoute('/', ''), parseRoute('/learn/', ''), parseRoute('/else', '#x')]).toEqual([{ name: 'start' }, { name: 'start' }, { name: 'start' }]);
  });

  it('names the provider that a card asked for, and the recording to play', () => {
    expect(parseRoute('/learn/a', '', '?cluster=kind')).toEqual({ name: 'scenario', id: 'a', provider: 'kind' });
    expect(formatRoute({ name: 'scenario', id: 'a', provider: 'kind', page: 'intro' })).toBe('/learn/a?cluster=kind#intro');
    expect([parseRoute('/play', ''), parseRoute('/play/a/b', ''), formatRoute({ name: 'play', id: 'a/b' })]).toEqual([{ name: 'play' }, { name: 'play', id: 'a/b' }, '/play/a/b']);
  });

  it('survives a broken escape', () => {
    expect(parseRoute('/learn/a%zz', '')).toEqual({ name: 'scenario', id: 'a%zz' });
  });
});

describe('the steps', () => {
  it('end with a finishing page, written or not, unless the author wants none', () => {
    expect(withFinish(scenario).map((p) => p.id)).toEqual(['intro', 'step1', 'step2', 'finish']);
    const own = { ...scenario, pages: [...scenario.pages, page('finish')] };
    expect(withFinish(own)).toBe(own.pages);
    const hidden: ScenarioView = { ...scenario, layout: { kind: 'terminal', dashboards: [], terminals: [], finishHidden: true } };
    expect(withFinish(hidden).map((p) => p.id)).toEqual(['intro', 'step1', 'step2']);
  });

  it('show what is done, what failed and where the learner is', () => {
    const items = stepItems(withFinish(scenario), ['step1'], { step2: { ...report(1, [result('a', false)]), page: 'step2' } }, 'intro');
    expect(items.map((i) => [i.label, i.state, i.current])).toEqual([
      ['Introduction', 'current', true],
      ['Step 1', 'done', false],
      ['Step 2', 'failed', false],
      ['Finish', 'open', false],
    ]);
    expect(progress(items)).toEqual({ done: 1, total: 2 });
  });

  it('lead back and on', () => {
    expect([neighbours(scenario.pages, 'intro'), neighbours(scenario.pages, 'step2')]).toEqual([
      { previous: undefined, next: 'step1' },
      { previous: 'step1', next: undefined },
    ]);
  });

  it('open at the wanted page, else where the session left off, else at the first', () => {
    expect([currentPage(scenario.pages, 'step2', 'step1'), currentPage(scenario.pages, 'nope', 'step1'), currentPage(scenario.pages, undefined, undefined)]).toEqual(['step2', 'step1', 'intro']);
  });

  it('go on with the next scenario, into nested courses', () => {
    const card = (id: string) => ({ type: 'scenario' as const, id, title: id, description: '', steps: 1, done: [], finished: false });
    const view = { courses: [{ id: 'c', title: 'C', description: '', items: [card('a'), { type: 'course' as const, course: { id: 'd', title: 'D', description: '', items: [card('b')] } }] }] };
    expect([nextScenario(view, 'a')?.id, nextScenario(view, 'b')?.id]).toEqual(['b', undefined]);
  });
});

describe('a session', () => {
  it('collects its stages as they come', () => {
    const model = after(
      { type: 'event', event: { type: 'session', session: { ...session, state: 'preparing' } } },
      { type: 'event', event: { type: 'stage', stage: { id: 'cluster', title: 'Cluster', state: 'running' } } },
      { type: 'event', event: { type: 'stage', stage: { id: 'cluster', title: 'Cluster', state: 'done', took: 40 } } },
    );
    expect(model.session?.stages).toEqual([{ id: 'cluster', title: 'Cluster', state: 'done', took: 40 }]);
  });

  it('remembers a passed step at once', () => {
    const model = after({ type: 'event', event: { type: 'session', session } }, { type: 'checking', page: 'step1' }, { type: 'checked', report: report(1, [result('a', true)]) });
    expect([model.session?.done, model.checking]).toEqual([['step1'], undefined]);
  });

  it('keeps the answers of checks that a live report leaves out', () => {
    const model = after({ type: 'checked', report: report(1, [result('cheap', false), result('dear', false)]) }, { type: 'event', event: { type: 'checks', live: true, report: { ...report(2, [result('cheap', true)]), passed: false } } });
    expect(model.reports['step1']?.results.map((r) => [r.id, r.passed])).toEqual([
      ['cheap', true],
      ['dear', false],
    ]);
  });

  it('shows live what passes, and what fails only once somebody has asked', () => {
    const live = (at: number, results: CheckResultView[]): SessionAction => ({ type: 'event', event: { type: 'checks', live: true, report: report(at, results) } });
    const shown = (model: SessionModel) => model.reports['step1']?.results.map((r) => [r.id, r.passed]);
    expect(shown(after(live(1, [result('a', false), result('b', true)])))).toEqual([['b', true]]);
    const asked: SessionAction = { type: 'checked', report: report(1, [result('a', true), result('b', true)]) };
    expect(shown(after(asked, live(2, [result('a', false), result('b', true)])))).toEqual([
      ['a', false],
      ['b', true],
    ]);
  });

  it('ignores a report older than the one shown', () => {
    const model = after({ type: 'checked', report: report(5, [result('a', true)]) }, { type: 'event', event: { type: 'checks', live: true, report: report(4, [result('a', false)]) } });
    expect(model.reports['step1']?.passed).toBe(true);
  });

  it('shows what the lab has to say until it is taken back', () => {
    const notice = (text: string): SessionAction => ({ type: 'event', event: { type: 'notice', id: 'disk', severity: 'warning', text } });
    expect([after(notice('full')).notices, after(notice('full'), notice('')).notices]).toEqual([{ disk: { severity: 'warning', text: 'full' } }, {}]);
  });

  it('forgets reports when another session takes its place', () => {
    const model = after({ type: 'event', event: { type: 'session', session } }, { type: 'checked', report: report(1, [result('a', false)]) }, { type: 'event', event: { type: 'session', session: { ...session, id: 's2' } } });
    expect(model.reports).toEqual({});
  });
});

describe('the tabs', () => {
  it('show the first terminal when it comes', () => {
    expect(workspace({ type: 'terminals', terminals: [terminal('1'), terminal('2')] }).active).toBe('1');
  });

  it('open a port once and load it anew when it is asked for again', () => {
    const state = workspace({ type: 'terminals', terminals: [terminal('1')] }, { type: 'preview', port: 2746, path: '/' }, { type: 'activate', id: '1' }, { type: 'preview', port: 2746, path: '/apidocs' });
    expect([state.active, state.tabs[1]]).toEqual(['port-2746', { kind: 'preview', id: 'port-2746', name: 'Port 2746', port: 2746, path: '/apidocs', visits: 2 }]);
  });

  it('put a new terminal after the terminals, before the previews', () => {
    const state = workspace({ type: 'terminals', terminals: [terminal('1')] }, { type: 'preview', port: 80, path: '/' }, { type: 'terminals', terminals: [terminal('1'), terminal('2')] });
    expect(state.tabs.map((tab) => tab.id)).toEqual(['1', '2', 'port-80']);
  });

  it('go to the right neighbour when the active one closes, at the end to the left', () => {
    const three: WorkspaceAction = { type: 'terminals', terminals: [terminal('1'), terminal('2'), terminal('3')] };
    expect(workspace(three, { type: 'activate', id: '2' }, { type: 'close', id: '2' }).active).toBe('3');
    expect(workspace(three, { type: 'activate', id: '3' }, { type: 'close', id: '3' }).active).toBe('2');
  });

  it('step around the end', () => {
    const two: WorkspaceAction = { type: 'terminals', terminals: [terminal('1'), terminal('2')] };
    expect([workspace(two, { type: 'step', by: -1 }).active, workspace(two, { type: 'step', by: 1 }, { type: 'step', by: 1 }).active]).toEqual(['2', '1']);
  });

  it('stand in two panes, each with a tab of its own to show', () => {
    const three: WorkspaceAction = { type: 'terminals', terminals: [terminal('1'), terminal('2'), terminal('3')] };
    const split = workspace(three, { type: 'move', id: '2', to: 'lower' });
    expect([split.active, split.shown, split.lower]).toEqual(['2', { upper: '1', lower: '2' }, ['2']]);
    expect([tabsOf(split, 'upper').map((tab) => tab.id), tabsOf(split, 'lower').map((tab) => tab.id)]).toEqual([['1', '3'], ['2']]);
    expect(reduceWorkspace(split, { type: 'step', by: 1 }).active).toBe('2');
    expect(reduceWorkspace(split, { type: 'join' })).toMatchObject({ active: '2', lower: [], shown: { upper: '2' } });
  });

  it('leave one pane when the last of the lower or the upper ones closes', () => {
    const split = workspace({ type: 'terminals', terminals: [terminal('1'), terminal('2')] }, { type: 'move', id: '2', to: 'lower' });
    expect(reduceWorkspace(split, { type: 'close', id: '2' })).toMatchObject({ active: '1', lower: [], shown: { upper: '1' } });
    expect(reduceWorkspace(split, { type: 'close', id: '1' })).toMatchObject({ active: '2', lower: [], shown: { upper: '2' } });
  });

  it('never leave the upper pane empty', () => {
    const one = workspace({ type: 'terminals', terminals: [terminal('1')] });
    expect(reduceWorkspace(one, { type: 'move', id: '1', to: 'lower' })).toBe(one);
  });

  it('load a dashboard when it is first looked at', () => {
    const state = workspace({ type: 'terminals', terminals: [terminal('1')] }, { type: 'dashboard', name: 'Argo UI', port: 2746, path: '/' });
    const visits = (now: typeof state) => now.tabs.flatMap((tab) => (tab.kind === 'preview' ? [tab.visits] : []));
    expect([state.active, visits(state), visits(reduceWorkspace(state, { type: 'activate', id: 'port-2746' }))]).toEqual(['1', [0], [1]]);
  });

  it('run a block in the active terminal, or in the first while a preview is shown', () => {
    const state = workspace({ type: 'terminals', terminals: [terminal('1'), terminal('2')] }, { type: 'activate', id: '2' });
    expect([runTarget(state), runTarget(reduceWorkspace(state, { type: 'preview', port: 80, path: '/' }))]).toEqual(['2', '1']);
  });
});

describe('settings', () => {
  it('fall back to the defaults where the stored ones are broken', () => {
    const defaults = { theme: 'system', screenReader: false, fontSize: 14, split: 44, editorSplit: 55, terminalSplit: 50, treeSplit: 26 };
    expect([readSettings(null), readSettings('{'), readSettings('{"fontSize":900}')]).toEqual([defaults, defaults, defaults]);
  });

  it('switch to the theme that is not shown', () => {
    expect([otherTheme('system', true), otherTheme('system', false), otherTheme('dark', false)]).toEqual(['light', 'dark', 'light']);
  });
});

it('connects again after pauses that grow to four seconds', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map(backoff)).toEqual([250, 500, 1000, 2000, 4000, 4000, 4000]);
});

it('notices that the page has slept, and not that a hidden page is woken once a minute', () => {
  let now = 0;
  let due: (() => void) | undefined;
  let slept = 0;
  const stop = onWake({ now: () => now, after: (_ms, fn) => ((due = fn), () => (due = undefined)) }, () => (slept += 1));
  const after = (ms: number) => {
    now += ms;
    due?.();
    return slept;
  };
  expect([5000, 60_000, 3_600_000, 5000, 151_000].map(after)).toEqual([0, 0, 1, 1, 2]);
  stop();
  expect(due).toBeUndefined();
});
