import type { TerminalView } from '../../server/protocol/rest.ts';

/** One tab of the right half: a terminal, or what listens on a port of the session. */
export type Tab =
  | { kind: 'terminal'; id: string; name: string; running: boolean }
  /** `visits` grows with each opening or reload, so that the frame loads anew. */
  | { kind: 'preview'; id: string; name: string; port: number; path: string; visits: number };

export interface Workspace {
  tabs: readonly Tab[];
  active: string | undefined;
}

export type WorkspaceAction =
  /** What the server says there is: terminals come and go, previews stay. */
  | { type: 'terminals'; terminals: readonly TerminalView[] }
  | { type: 'preview'; port: number; path: string }
  | { type: 'reload'; id: string }
  | { type: 'activate'; id: string }
  /** `by` +1 or −1, around the end. */
  | { type: 'step'; by: number }
  | { type: 'close'; id: string };

export const emptyWorkspace: Workspace = { tabs: [], active: undefined };

export function reduceWorkspace(state: Workspace, action: WorkspaceAction): Workspace {
  switch (action.type) {
    case 'terminals':
      return syncTerminals(state, action.terminals);
    case 'preview': {
      const id = `port-${action.port}`;
      const known = state.tabs.find((tab) => tab.id === id);
      const visits = known?.kind === 'preview' ? known.visits + 1 : 1;
      const tab: Tab = { kind: 'preview', id, name: `Port ${action.port}`, port: action.port, path: action.path, visits };
      return { tabs: known === undefined ? [...state.tabs, tab] : state.tabs.map((old) => (old.id === id ? tab : old)), active: id };
    }
    case 'reload':
      return { ...state, tabs: state.tabs.map((tab) => (tab.id === action.id && tab.kind === 'preview' ? { ...tab, visits: tab.visits + 1 } : tab)) };
    case 'activate':
      return state.tabs.some((tab) => tab.id === action.id) ? { ...state, active: action.id } : state;
    case 'step': {
      const at = state.tabs.findIndex((tab) => tab.id === state.active);
      const next = state.tabs[(at + action.by + state.tabs.length) % Math.max(1, state.tabs.length)];
      return next === undefined ? state : { ...state, active: next.id };
    }
    case 'close':
      return without(state, new Set([action.id]));
  }
}

/** The terminals in the order of their tabs. */
export function terminalTabs(state: Workspace): Extract<Tab, { kind: 'terminal' }>[] {
  return state.tabs.filter((tab) => tab.kind === 'terminal');
}

/** The terminal a block without a number runs in: the active one, else the first. */
export function runTarget(state: Workspace): string | undefined {
  const terminals = terminalTabs(state);
  return (terminals.find((tab) => tab.id === state.active) ?? terminals[0])?.id;
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
  return { tabs, active: kept.active ?? tabs[0]?.id };
}

/** After closing the active tab its right neighbour becomes active, at the end the left one. */
function without(state: Workspace, ids: ReadonlySet<string>): Workspace {
  if (ids.size === 0) return state;
  const tabs = state.tabs.filter((tab) => !ids.has(tab.id));
  if (state.active === undefined || !ids.has(state.active)) return { ...state, tabs };
  const at = state.tabs.findIndex((tab) => tab.id === state.active);
  const after = state.tabs.slice(at).find((tab) => !ids.has(tab.id));
  return { tabs, active: (after ?? tabs.at(-1))?.id };
}
