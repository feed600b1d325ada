import type { TerminalView } from '../../server/protocol/rest.ts';

/** One tab of the right half: a terminal, or what listens on a port of the session. */
export type Tab =
  | { kind: 'terminal'; id: string; name: string; running: boolean }
  /** `visits` grows with each opening or reload, so that the frame loads anew; 0: not looked at yet, so not loaded. */
  | { kind: 'preview'; id: string; name: string; port: number; path: string; visits: number };

export type Pane = 'upper' | 'lower';

export interface Workspace {
  tabs: readonly Tab[];
  /** The tab that the learner used last. */
  active: string | undefined;
  /** Ids of the tabs in the lower pane; without any there is one pane only. */
  lower: readonly string[];
  /** The tab that each pane shows. */
  shown: Readonly<Partial<Record<Pane, string>>>;
}

export type WorkspaceAction =
  /** What the server says there is: terminals come and go, previews stay. */
  | { type: 'terminals'; terminals: readonly TerminalView[] }
  | { type: 'preview'; port: number; path: string }
  /** A preview that waits in its tab until somebody looks. */
  | { type: 'dashboard'; name: string; port: number; path: string }
  | { type: 'reload'; id: string }
  | { type: 'activate'; id: string }
  | { type: 'move'; id: string; to: Pane }
  /** All tabs in one pane again. */
  | { type: 'join' }
  /** `by` +1 or −1, around the end, among the tabs of the pane in use. */
  | { type: 'step'; by: number }
  | { type: 'close'; id: string };

export const emptyWorkspace: Workspace = { tabs: [], active: undefined, lower: [], shown: {} };

export function reduceWorkspace(state: Workspace, action: WorkspaceAction): Workspace {
  switch (action.type) {
    case 'terminals':
      return syncTerminals(state, action.terminals);
    case 'preview': {
      const known = previewOf(state, action.port);
      const tab: Tab = { kind: 'preview', id: `port-${action.port}`, name: known?.name ?? `Port ${action.port}`, port: action.port, path: action.path, visits: (known?.visits ?? 0) + 1 };
      return show({ ...state, tabs: known === undefined ? [...state.tabs, tab] : state.tabs.map((old) => (old.id === tab.id ? tab : old)) }, tab.id);
    }
    case 'dashboard': {
      if (previewOf(state, action.port) !== undefined) return state;
      const { name, port, path } = action;
      return { ...state, tabs: [...state.tabs, { kind: 'preview', id: `port-${port}`, name, port, path, visits: 0 }] };
    }
    case 'reload':
      return { ...state, tabs: state.tabs.map((tab) => (tab.id === action.id && tab.kind === 'preview' ? { ...tab, visits: tab.visits + 1 } : tab)) };
    case 'activate':
      return show(state, action.id);
    case 'move':
      return move(state, action.id, action.to);
    case 'join':
      return { ...state, lower: [], shown: { ...(state.active === undefined ? {} : { upper: state.active }) } };
    case 'step': {
      const tabs = tabsOf(state, state.active === undefined ? 'upper' : paneOf(state, state.active));
      const at = tabs.findIndex((tab) => tab.id === state.active);
      const next = tabs[(at + action.by + tabs.length) % Math.max(1, tabs.length)];
      return next === undefined ? state : show(state, next.id);
    }
    case 'close':
      return without(state, new Set([action.id]));
  }
}

/** The terminals in the order of their tabs. */
export function terminalTabs(state: Workspace): Extract<Tab, { kind: 'terminal' }>[] {
  return state.tabs.filter((tab) => tab.kind === 'terminal');
}

export function paneOf(state: Workspace, id: string): Pane {
  return state.lower.includes(id) ? 'lower' : 'upper';
}

export function tabsOf(state: Workspace, pane: Pane): Tab[] {
  return state.tabs.filter((tab) => paneOf(state, tab.id) === pane);
}

/** The tab a pane shows. */
export function shownTab(state: Workspace, pane: Pane): Tab | undefined {
  const tabs = tabsOf(state, pane);
  return tabs.find((tab) => tab.id === state.shown[pane]) ?? tabs[0];
}

/** The terminal a block without a number runs in: the active one, else one that can be seen, else the first. */
export function runTarget(state: Workspace): string | undefined {
  const terminals = terminalTabs(state);
  const seen = [shownTab(state, 'upper'), shownTab(state, 'lower')];
  return (terminals.find((tab) => tab.id === state.active) ?? seen.find((tab) => tab?.kind === 'terminal') ?? terminals[0])?.id;
}

function previewOf(state: Workspace, port: number): Extract<Tab, { kind: 'preview' }> | undefined {
  return state.tabs.find((tab): tab is Extract<Tab, { kind: 'preview' }> => tab.kind === 'preview' && tab.port === port);
}

function show(state: Workspace, id: string): Workspace {
  const tab = state.tabs.find((candidate) => candidate.id === id);
  if (tab === undefined) return state;
  const tabs = tab.kind === 'preview' && tab.visits === 0 ? state.tabs.map((old) => (old === tab ? { ...tab, visits: 1 } : old)) : state.tabs;
  return { ...state, tabs, active: id, shown: { ...state.shown, [paneOf(state, id)]: id } };
}

/** The last tab of the upper pane stays there: a lower pane alone is no lower pane. */
function move(state: Workspace, id: string, to: Pane): Workspace {
  const from = paneOf(state, id);
  if (from === to || !state.tabs.some((tab) => tab.id === id)) return state;
  if (to === 'lower' && tabsOf(state, 'upper').length < 2) return state;
  const left = neighbourOf(state, id, new Set([id]));
  const lower = to === 'lower' ? [...state.lower, id] : state.lower.filter((other) => other !== id);
  return show({ ...state, lower, shown: withShown(state, from, state.shown[from] === id ? left : state.shown[from]) }, id);
}

function withShown(state: Workspace, pane: Pane, id: string | undefined): Workspace['shown'] {
  const { [pane]: _, ...rest } = state.shown;
  return id === undefined ? rest : { ...rest, [pane]: id };
}

function syncTerminals(state: Workspace, terminals: readonly TerminalView[]): Workspace {
  const wanted = new Map(terminals.map((terminal) => [terminal.id, terminal]));
  const gone = new Set(state.tabs.filter((tab) => tab.kind === 'terminal' && !wanted.has(tab.id)).map((tab) => tab.id));
  const kept = without(state, gone);
  const updated = kept.tabs.map((tab): Tab => {
    const terminal = wanted.get(tab.id);
    return tab.kind === 'terminal' && terminal !== undefined ? { ...tab, name: terminal.name, running: terminal.running } : tab;
  });
  const added = terminals.filter((terminal) => !updated.some((tab) => tab.id === terminal.id)).map((terminal): Tab => ({ kind: 'terminal', ...terminal }));
  // New terminals stand after the other terminals, before the previews.
  const split = updated.findLastIndex((tab) => tab.kind === 'terminal') + 1;
  const tabs = [...updated.slice(0, split), ...added, ...updated.slice(split)];
  const next = { ...kept, tabs };
  const first = kept.active ?? tabs[0]?.id;
  return kept.active === undefined && first !== undefined ? show(next, first) : next;
}

/** After closing the shown tab its right neighbour in the same pane is shown, at the end the left one. */
function without(state: Workspace, ids: ReadonlySet<string>): Workspace {
  if (ids.size === 0) return state;
  const tabs = state.tabs.filter((tab) => !ids.has(tab.id));
  const pick = (id: string | undefined) => (id === undefined || !ids.has(id) ? id : neighbourOf(state, id, ids));
  const upper = pick(shownTab(state, 'upper')?.id);
  const lower = pick(shownTab(state, 'lower')?.id);
  const left = state.lower.filter((id) => !ids.has(id));
  const active = pick(state.active) ?? upper ?? lower ?? tabs[0]?.id;
  // Where the upper pane is empty now, the lower one takes its place.
  if (upper === undefined) return { tabs, active, lower: [], shown: active === undefined ? {} : { upper: active } };
  return { tabs, active, lower: left, shown: { upper, ...(lower === undefined ? {} : { lower }) } };
}

function neighbourOf(state: Workspace, id: string, ids: ReadonlySet<string>): string | undefined {
  const tabs = tabsOf(state, paneOf(state, id));
  const at = tabs.findIndex((tab) => tab.id === id);
  return (tabs.slice(at).find((tab) => !ids.has(tab.id)) ?? tabs.slice(0, Math.max(0, at)).findLast((tab) => !ids.has(tab.id)))?.id;
}
