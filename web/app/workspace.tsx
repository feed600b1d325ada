import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { settings } from '../state/settings.ts';
import type { Tab } from '../state/workspace.ts';
import type { TerminalHub } from '../terminal/terminal-hub.ts';
import { SearchBar } from '../terminal/search-bar.tsx';
import { Icon } from './icons.tsx';
import { Preparation } from './preparation.tsx';

const MAX_TERMINALS = 8;

/** The right half: terminals and previewed ports in tabs. */
export function Workspace({ store, hub }: { store: ScenarioStore; hub: TerminalHub }): JSX.Element {
  const { tabs, active } = store.workspace.value;
  const renaming = useSignal<string | undefined>(undefined);
  const list = useRef<HTMLDivElement>(null);
  const focusActive = () => list.current?.querySelector<HTMLElement>('[role=tab][aria-selected=true]')?.focus();
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target instanceof HTMLInputElement) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tab = tabs.find((candidate) => candidate.id === active);
    if (by !== undefined) {
      event.preventDefault();
      store.work({ type: 'step', by });
      requestAnimationFrame(focusActive);
    } else if (event.key === 'F2' && tab?.kind === 'terminal') {
      event.preventDefault();
      renaming.value = tab.id;
    } else if (event.key === 'Delete' && tab !== undefined) {
      event.preventDefault();
      close(tab);
      requestAnimationFrame(focusActive);
    }
  };
  const close = (tab: Tab) => {
    if (tab.kind === 'preview') store.work({ type: 'close', id: tab.id });
    else void store.closeTerminal(tab.id);
  };
  const ready = store.model.value.session?.state === 'ready';
  const terminals = tabs.filter((tab) => tab.kind === 'terminal').length;
  return (
    <section class="workspace" aria-label="Terminals and previews" id="workspace">
      <div class="tab-bar">
        <div class="tabs" role="tablist" aria-label="Terminals and previews" ref={list} onKeyDown={onKeyDown}>
          {tabs.map((tab) => (
            <div key={tab.id} class={tab.id === active ? 'tab tab-active' : 'tab'} role="presentation">
              {renaming.value === tab.id ? (
                <RenameField
                  name={tab.name}
                  onDone={(name) => {
                    renaming.value = undefined;
                    if (name !== undefined && name !== tab.name) void store.renameTerminal(tab.id, name);
                    requestAnimationFrame(focusActive);
                  }}
                />
              ) : (
                <button
                  type="button"
                  role="tab"
                  id={`tab-${tab.id}`}
                  aria-selected={tab.id === active}
                  aria-controls={`panel-${tab.id}`}
                  tabIndex={tab.id === active ? 0 : -1}
                  title={tab.kind === 'terminal' ? 'F2 or double click: rename, Delete: close' : 'Delete: close'}
                  onClick={(event) => {
                    store.work({ type: 'activate', id: tab.id });
                    // The second click of a double click asks for the name: the focus goes there.
                    if (tab.kind === 'terminal' && event.detail < 2) requestAnimationFrame(() => renaming.value === undefined && hub.get(tab.id).screen.terminal.focus());
                  }}
                  onDblClick={() => tab.kind === 'terminal' && (renaming.value = tab.id)}
                >
                  {tab.name}
                </button>
              )}
              {tab.id === active && renaming.value !== tab.id && (
                // The tab itself closes with the Delete key; a second tab stop inside a tablist is not allowed.
                <span class="tab-tools" aria-hidden="true">
                  {tab.kind === 'terminal' && (
                    <button type="button" tabIndex={-1} title="Rename" onClick={() => (renaming.value = tab.id)}>
                      <Icon name="pencil" />
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
        <button type="button" class="icon-button tab-add" aria-label="New terminal" title="New terminal" disabled={!ready || terminals >= MAX_TERMINALS} onClick={() => void store.addTerminal()}>
          <Icon name="plus" />
        </button>
        {unseenPorts(store).map((port) => (
          <button key={port} type="button" class="port-chip" title="Something listens on this port of your session" onClick={() => store.preview(port, '/')}>
            Open port {port}
          </button>
        ))}
        <a
          class="button jump"
          href="#step"
          onClick={(event) => {
            event.preventDefault();
            document.getElementById('step')?.scrollIntoView();
          }}
        >
          Text
        </a>
      </div>
      <div class="panels">
        {tabs.map((tab) => (
          <div key={tab.id} id={`panel-${tab.id}`} class={tab.id === active ? 'panel' : 'panel panel-hidden'} role="tabpanel" aria-labelledby={`tab-${tab.id}`}>
            {tab.kind === 'terminal' ? <TerminalPanel store={store} hub={hub} tid={tab.id} shown={tab.id === active} /> : <PreviewPanel store={store} tab={tab} />}
          </div>
        ))}
        {tabs.length === 0 && ready && (
          <div class="panel panel-empty">
            <p>No terminal is open.</p>
            <button type="button" class="button primary" onClick={() => void store.addTerminal()}>
              <Icon name="plus" /> New terminal
            </button>
          </div>
        )}
        <Preparation store={store} />
      </div>
    </section>
  );
}

/** Ports of the session on which something listens and that have no tab yet. */
function unseenPorts(store: ScenarioStore): number[] {
  const shown = store.workspace.value.tabs.flatMap((tab) => (tab.kind === 'preview' ? [tab.port] : []));
  return store.model.value.ports.filter((port) => !shown.includes(port)).slice(0, 4);
}

function RenameField({ name, onDone }: { name: string; onDone(name: string | undefined): void }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const finished = useRef(false);
  useEffect(() => input.current?.select(), []);
  const done = (value: string | undefined) => {
    if (finished.current) return;
    finished.current = true;
    onDone(value === undefined || value.trim() === '' ? undefined : value.trim());
  };
  return (
    <input
      ref={input}
      class="tab-rename"
      aria-label="Name of the terminal"
      defaultValue={name}
      maxLength={40}
      autoFocus
      onBlur={(event) => done(event.currentTarget.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Enter') done(event.currentTarget.value);
        if (event.key === 'Escape') done(undefined);
      }}
    />
  );
}

function TerminalPanel({ store, hub, tid, shown }: { store: ScenarioStore; hub: TerminalHub; tid: string; shown: boolean }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const live = hub.get(tid);
  useEffect(() => {
    if (host.current !== null) live.screen.mount(host.current);
  }, [tid]);
  useEffect(() => {
    if (shown) live.screen.fit();
  }, [shown]);
  const { screenReader, fontSize } = settings.value;
  useEffect(() => live.screen.setOptions({ screenReader, fontSize }), [screenReader, fontSize]);
  const state = live.connection.state.value;
  const exit = live.connection.exit.value;
  return (
    <>
      <div class="terminal-host" ref={host} data-terminal-state={state} />
      {live.searching.value && <SearchBar screen={live.screen} onClose={() => (live.searching.value = false)} />}
      {state === 'exited' && (
        <div class="terminal-exit" role="status">
          <span>
            The shell has ended{exit?.signal !== undefined ? ` by ${exit.signal}` : ''}
            {exit !== undefined && exit.signal === undefined ? ` with code ${exit.code}` : ''}.
          </span>
          <button type="button" class="button primary" onClick={() => void store.restartTerminal(tid)}>
            <Icon name="reload" /> Restart terminal
          </button>
        </div>
      )}
    </>
  );
}

function PreviewPanel({ store, tab }: { store: ScenarioStore; tab: Extract<Tab, { kind: 'preview' }> }): JSX.Element {
  const base = store.portUrl(tab.port);
  if (base === undefined) return <p class="quiet">The session is not ready yet.</p>;
  const url = base.replace(/\/$/, '') + (tab.path.startsWith('/') ? tab.path : `/${tab.path}`);
  return (
    <div class="preview">
      <div class="preview-bar">
        <button type="button" class="icon-button" aria-label="Reload the preview" title="Reload" onClick={() => store.work({ type: 'reload', id: tab.id })}>
          <Icon name="reload" />
        </button>
        <code class="preview-url">{url}</code>
        <a class="icon-button" href={url} target="_blank" rel="noopener noreferrer" aria-label="Open the preview in a tab of its own" title="Open in a new tab">
          <Icon name="open" />
        </a>
      </div>
      <iframe key={tab.visits} src={url} title={`Port ${tab.port}`} referrerpolicy="no-referrer" allow="clipboard-write" />
    </div>
  );
}
