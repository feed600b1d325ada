import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { Storage } from '../state/arrangement.ts';
import { computed } from '@preact/signals';
import type { LabApi } from '../state/api.ts';
import type { EventSourceLike } from '../state/live-events.ts';
import { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { onWake } from '../state/timers.ts';
import type { Timers } from '../state/timers.ts';
import { unsaved } from '../state/editor-store.ts';
import { terminalTabs } from '../state/workspace.ts';
import type { SocketLike } from '../terminal/connection.ts';
import { TerminalHub } from '../terminal/terminal-hub.ts';
import { announce } from './announcer.tsx';
import { AuthorBar } from './author-bar.tsx';
import { Icon } from './icons.tsx';
import { guardLeaving, navigate } from './navigation.ts';
import { Splitter } from './splitter.tsx';
import { StepPanel } from './step-panel.tsx';
import { TextRail } from './text-rail.tsx';
import { TopBar } from './top-bar.tsx';
import { TroubleBox } from './trouble-box.tsx';
import { Workspace } from './workspace.tsx';

export interface Machine {
  api: LabApi;
  timers: Timers;
  storage: Storage;
  openEvents(path: string): EventSourceLike;
  openSocket(path: string): SocketLike;
}

export interface ScenarioPageProps {
  id: string;
  page: string | undefined;
  /** The provider asked for on the card. */
  provider: string | undefined;
  machine: Machine;
}

export function ScenarioPage({ id, page, provider, machine }: ScenarioPageProps): JSX.Element {
  const { store, hub, link } = useMemo(() => create(id, page, machine), [id]);
  const panes = useRef<HTMLElement>(null);
  useEffect(() => {
    void store.start(provider);
    const sync = store.terminals.workspace.subscribe((workspace) => hub.keepOnly(terminalTabs(workspace).map((tab) => tab.id)));
    // For tests in a browser: what stands in the active terminal.
    const peek = () => terminalTabs(store.terminals.workspace.value).map((tab) => ({ id: tab.id, name: tab.name, text: hub.get(tab.id).screen.text() }));
    Object.assign(window, { argoLabTerminals: peek });
    // After a sleep, or in another network, connections may be dead without a word: they are made anew.
    const again = () => {
      store.retry();
      for (const live of hub.all()) live.connection.again();
    };
    const awake = onWake(machine.timers, again);
    addEventListener('online', again);
    const lost = () => unsaved(store.editor.model.value);
    const leaving = (event: BeforeUnloadEvent) => lost().length > 0 && event.preventDefault();
    addEventListener('beforeunload', leaving);
    const unguard = guardLeaving(() => lost().length === 0 || confirm(`Leave without saving ${lost().join(', ')}?`));
    return () => {
      removeEventListener('beforeunload', leaving);
      removeEventListener('online', again);
      awake();
      unguard();
      sync();
      store.stop();
      hub.dispose();
    };
  }, [store]);
  useEffect(() => store.showPage(page), [store, page]);
  const resumed = store.model.value.session !== undefined && store.pages.value.length > 0 ? store.page.value : undefined;
  useEffect(() => {
    // The address names the page from now on, so that the back button leads to it and not to where the session is by then.
    if (page === undefined && resumed !== undefined) navigate({ name: 'scenario', id, page: resumed }, true);
  }, [page, resumed]);
  useLayoutEffect(() => panes.current?.style.setProperty('--split', `${settings.value.split}%`), [settings.value.split]);
  const go = (to: string) => navigate({ name: 'scenario', id, page: to });
  const { session } = store.model.value;
  const notice = store.notice.value;
  return (
    <div
      class="scenario"
      onKeyDown={(event) => {
        if (event.key !== 'F6') return;
        event.preventDefault();
        leaveTo(nextPlace(event.target));
      }}
    >
      <a class="skip" href="#step" onClick={(event) => (event.preventDefault(), leaveTo('step'))}>
        To the text
      </a>
      <a class="skip" href="#workspace" onClick={(event) => (event.preventDefault(), leaveTo('workspace'))}>
        To the terminal
      </a>
      <TopBar store={store} go={go} />
      {store.isAuthor.value && <AuthorBar store={store} go={go} />}
      <div class="banners">
        {link.value === 'lost' && !store.ended.value && (
          <div class="banner banner-lost" role="alert">
            <Icon name="warning" />
            <span class="grow">The connection to the lab is lost. Your session goes on; this page connects again by itself.</span>
            <button
              type="button"
              class="button"
              onClick={() => {
                store.retry();
                for (const live of hub.all()) live.connection.retry();
              }}
            >
              Try now
            </button>
          </div>
        )}
        {session?.notice !== undefined && session.state === 'ready' && (
          <div class="banner">
            <Icon name="warning" />
            <span>{session.notice}</span>
          </div>
        )}
        {Object.entries(store.model.value.notices).map(([id, { severity, text }]) => (
          <div key={id} class={`banner banner-${severity}`} role="status">
            <Icon name="warning" />
            <span>{text}</span>
          </div>
        ))}
        {notice !== undefined && <TroubleBox trouble={notice} action="OK" onAction={() => (store.notice.value = undefined)} />}
      </div>
      <main class={store.arrangement.value.text ? 'panes' : 'panes text-hidden'} ref={panes}>
        {!store.arrangement.value.text && <TextRail store={store} go={go} />}
        <StepPanel store={store} api={machine.api} go={go} />
        <Splitter axis="x" label="Width of the text" value={settings.value.split} min={25} max={75} middle={44} onChange={(percent) => changeSettings({ split: percent })} />
        <Workspace store={store} hub={hub} />
      </main>
    </div>
  );
}

function create(id: string, page: string | undefined, machine: Machine) {
  let hub: TerminalHub | undefined;
  const store = new ScenarioStore(id, {
    ...machine,
    announce,
    run: (tid, code, interrupt, newline) => hub?.get(tid).connection.run(code, interrupt, newline),
    press: (tid, keys) => hub?.get(tid).connection.input(keys),
    // Once the tab that it stands in is shown.
    focus: (tid) => requestAnimationFrame(() => hub?.get(tid).screen.terminal.focus()),
    language: () => settings.value.language,
  });
  store.wanted.value = page;
  hub = new TerminalHub({
    timers: machine.timers,
    settings: () => ({ screenReader: settings.value.screenReader, fontSize: settings.value.fontSize }),
    connect: (tid, offset) => store.terminals.openSocket(tid, offset),
    leave: (backwards) => leaveTo(backwards && document.querySelector('#workspace .cm-content') !== null ? 'editor' : 'step'),
  });
  const terminals = hub;
  const link = computed(() => {
    const lost = store.model.value.stream === 'lost' || terminalTabs(store.terminals.workspace.value).some((tab) => terminals.get(tab.id).connection.state.value === 'lost');
    return lost ? 'lost' : 'open';
  });
  return { store, hub, link };
}

type Place = 'step' | 'editor' | 'workspace';

/** F6 goes round: text, editor where it is open, terminal. */
function nextPlace(from: EventTarget | null): Place {
  const within = (selector: string) => from instanceof Element && from.closest(selector) !== null;
  if (within('.editor')) return 'workspace';
  if (within('#workspace')) return 'step';
  return document.querySelector('#workspace .cm-content') === null ? 'workspace' : 'editor';
}

/** Moves the focus to the text, the editor, or what is shown on the right. */
function leaveTo(place: Place): void {
  const find = (selector: string) => document.querySelector<HTMLElement>(selector);
  const target =
    place === 'step'
      ? (find('.text-rail button') ?? find('#step h1'))
      : place === 'editor'
        ? find('#workspace .cm-content')
        : (find('#workspace .panel:not(.panel-hidden) .xterm-helper-textarea') ?? find('#workspace [role=tab][aria-selected=true]'));
  target?.focus();
}
