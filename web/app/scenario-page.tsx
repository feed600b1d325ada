import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { computed } from '@preact/signals';
import type { LabApi } from '../state/api.ts';
import type { EventSourceLike } from '../state/live-events.ts';
import { ScenarioStore } from '../state/scenario-store.ts';
import { settings } from '../state/settings.ts';
import type { Timers } from '../state/timers.ts';
import { terminalTabs } from '../state/workspace.ts';
import type { SocketLike } from '../terminal/connection.ts';
import { TerminalHub } from '../terminal/terminal-hub.ts';
import { announce } from './announcer.tsx';
import { Icon } from './icons.tsx';
import { navigate } from './navigation.ts';
import { Splitter } from './splitter.tsx';
import { StepPanel } from './step-panel.tsx';
import { TopBar } from './top-bar.tsx';
import { TroubleBox } from './trouble-box.tsx';
import { Workspace } from './workspace.tsx';

export interface Machine {
  api: LabApi;
  timers: Timers;
  openEvents(path: string): EventSourceLike;
  openSocket(path: string): SocketLike;
}

export function ScenarioPage({ id, page, machine }: { id: string; page: string | undefined; machine: Machine }): JSX.Element {
  const { store, hub, link } = useMemo(() => create(id, page, machine), [id]);
  const panes = useRef<HTMLElement>(null);
  useEffect(() => {
    void store.start();
    const sync = store.workspace.subscribe((workspace) => hub.keepOnly(terminalTabs(workspace).map((tab) => tab.id)));
    // For tests in a browser: what stands in the active terminal.
    const peek = () => terminalTabs(store.workspace.value).map((tab) => ({ id: tab.id, name: tab.name, text: hub.get(tab.id).screen.text() }));
    Object.assign(window, { argoLabTerminals: peek });
    return () => {
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
  const session = store.model.value.session;
  const notice = store.notice.value;
  return (
    <div
      class="scenario"
      onKeyDown={(event) => {
        if (event.key !== 'F6') return;
        event.preventDefault();
        leaveTo(event.target instanceof Element && event.target.closest('#workspace') !== null ? 'step' : 'workspace');
      }}
    >
      <a class="skip" href="#step" onClick={(event) => (event.preventDefault(), leaveTo('step'))}>
        To the text
      </a>
      <a class="skip" href="#workspace" onClick={(event) => (event.preventDefault(), leaveTo('workspace'))}>
        To the terminal
      </a>
      <TopBar store={store} go={go} />
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
        {notice !== undefined && <TroubleBox trouble={notice} action="OK" onAction={() => (store.notice.value = undefined)} />}
      </div>
      <main class="panes" ref={panes}>
        <StepPanel store={store} api={machine.api} go={go} />
        <Splitter />
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
    run: (tid, code, interrupt) => hub?.get(tid).connection.run(code, interrupt),
  });
  store.wanted.value = page;
  hub = new TerminalHub({
    timers: machine.timers,
    settings: () => ({ screenReader: settings.value.screenReader, fontSize: settings.value.fontSize }),
    connect: (tid, offset) => store.openSocket(tid, offset),
    leave: () => leaveTo('step'),
  });
  const terminals = hub;
  const link = computed(() => {
    const lost = store.model.value.stream === 'lost' || terminalTabs(store.workspace.value).some((tab) => terminals.get(tab.id).connection.state.value === 'lost');
    return lost ? 'lost' : 'open';
  });
  return { store, hub, link };
}

/** Moves the focus to the text or to what is shown on the right. */
function leaveTo(place: 'step' | 'workspace'): void {
  const target =
    place === 'step'
      ? document.querySelector<HTMLElement>('#step h1')
      : (document.querySelector<HTMLElement>('#workspace .panel:not(.panel-hidden) .xterm-helper-textarea') ?? document.querySelector<HTMLElement>('#workspace [role=tab][aria-selected=true]'));
  target?.focus();
}
