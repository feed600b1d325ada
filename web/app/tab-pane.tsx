import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { shownTab, tabsOf } from '../state/workspace.ts';
import type { Pane, Tab } from '../state/workspace.ts';
import type { TerminalHub } from '../terminal/terminal-hub.ts';
import { Icon } from './icons.tsx';
import { PreviewPanel } from './preview-panel.tsx';
import { RenameField } from './rename-field.tsx';
import { TerminalPanel } from './terminal-panel.tsx';

export const MAX_TERMINALS = 8;

export interface TabPaneProps {
  store: ScenarioStore;
  hub: TerminalHub;
  pane: Pane;
  /** What stands at the right end of the bar. */
  children?: ComponentChildren;
}

/** A bar of tabs and what the chosen one shows: terminals and previewed ports. */
export function TabPane({ store, hub, pane, children }: TabPaneProps): JSX.Element {
  const { terminals } = store;
  const workspace = terminals.workspace.value;
  const tabs = tabsOf(workspace, pane);
  const shown = shownTab(workspace, pane)?.id;
  const split = workspace.lower.length > 0;
  const renaming = useSignal<string | undefined>(undefined);
  const list = useRef<HTMLDivElement>(null);
  const focusShown = () => list.current?.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus();
  const ready = store.model.value.session?.state === 'ready';
  const label = split ? (pane === 'upper' ? 'Upper terminals and previews' : 'Lower terminals and previews') : 'Terminals and previews';
  const close = (tab: Tab) => {
    if (tab.kind === 'preview') terminals.work({ type: 'close', id: tab.id });
    else void terminals.closeTerminal(tab.id);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tab = tabs.find((candidate) => candidate.id === shown);
    if (tab === undefined) return;
    if (by !== undefined) {
      event.preventDefault();
      terminals.work({ type: 'activate', id: tab.id });
      terminals.work({ type: 'step', by });
      requestAnimationFrame(focusShown);
    } else if (event.key === 'F2' && tab.kind === 'terminal') {
      event.preventDefault();
      renaming.value = tab.id;
    } else if (event.key === 'Delete') {
      event.preventDefault();
      close(tab);
      requestAnimationFrame(focusShown);
    }
  };
  return (
    <div class={`tab-pane tab-pane-${pane}`}>
      <div class="tab-bar">
        <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
          {tabs.map((tab) => (
            <div key={tab.id} class={tab.id === shown ? 'tab tab-active' : 'tab'} role="presentation">
              {renaming.value === tab.id ? (
                <RenameField
                  name={tab.name}
                  onDone={(name) => {
                    renaming.value = undefined;
                    if (name !== undefined && name !== tab.name) void terminals.renameTerminal(tab.id, name);
                    requestAnimationFrame(focusShown);
                  }}
                />
              ) : (
                <button
                  type="button"
                  role="tab"
                  id={`tab-${tab.id}`}
                  aria-selected={tab.id === shown}
                  aria-controls={`panel-${tab.id}`}
                  tabIndex={tab.id === shown ? 0 : -1}
                  title={tab.kind === 'terminal' ? 'F2 or double click: rename, Delete: close' : 'Delete: close'}
                  onClick={(event) => {
                    terminals.work({ type: 'activate', id: tab.id });
                    // The second click of a double click asks for the name: the focus goes there.
                    if (tab.kind === 'terminal' && event.detail < 2) requestAnimationFrame(() => renaming.value === undefined && hub.get(tab.id).screen.terminal.focus());
                  }}
                  onDblClick={() => tab.kind === 'terminal' && (renaming.value = tab.id)}
                >
                  {tab.name}
                </button>
              )}
              {tab.id === shown && renaming.value !== tab.id && (
                // The tab itself closes with the Delete key; a second tab stop inside a tablist is not allowed.
                <span class="tab-tools" aria-hidden="true">
                  {tab.kind === 'terminal' && (
                    <button type="button" tabIndex={-1} title="Rename" onClick={() => (renaming.value = tab.id)}>
                      <Icon name="pencil" />
                    </button>
                  )}
                  {split && (
                    <button type="button" tabIndex={-1} title={pane === 'upper' ? 'Move down' : 'Move up'} onClick={() => terminals.work({ type: 'move', id: tab.id, to: pane === 'upper' ? 'lower' : 'upper' })}>
                      <Icon name={pane === 'upper' ? 'down' : 'up'} />
                    </button>
                  )}
                  <button type="button" tabIndex={-1} title="Close" onClick={() => close(tab)}>
                    <Icon name="cross" />
                  </button>
                </span>
              )}
            </div>
          ))}
        </div>
        <button
          type="button"
          class="icon-button tab-add"
          aria-label={pane === 'upper' ? 'New terminal' : 'New terminal below'}
          title="New terminal"
          disabled={!ready || workspace.tabs.filter((tab) => tab.kind === 'terminal').length >= MAX_TERMINALS}
          onClick={() => void terminals.addTerminal(pane)}
        >
          <Icon name="plus" />
        </button>
        {children}
      </div>
      <div class="panels">
        {tabs.map((tab) => (
          <div key={tab.id} id={`panel-${tab.id}`} class={tab.id === shown ? 'panel' : 'panel panel-hidden'} role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
            {tab.kind === 'terminal' ? <TerminalPanel store={terminals} hub={hub} tid={tab.id} shown={tab.id === shown} /> : <PreviewPanel store={store} tab={tab} />}
          </div>
        ))}
        {tabs.length === 0 && ready && (
          <div class="panel panel-empty">
            <p>No terminal is open.</p>
            <button type="button" class="button primary" onClick={() => void terminals.addTerminal(pane)}>
              <Icon name="plus" /> New terminal
            </button>
          </div>
        )}
      </div>
    </div>
  );
}
