import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { settings } from '../state/settings.ts';
import type { TerminalsStore } from '../state/terminals-store.ts';
import { SearchBar } from '../terminal/search-bar.tsx';
import type { TerminalHub } from '../terminal/terminal-hub.ts';
import { Icon } from './icons.tsx';

/** One terminal in its tab, and what there is to do when its shell has ended. */
export function TerminalPanel({ store, hub, tid, shown }: { store: TerminalsStore; hub: TerminalHub; tid: string; shown: boolean }): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const live = hub.get(tid);
  useEffect(() => {
    if (host.current !== null) live.screen.mount(host.current);
  }, [live]);
  useEffect(() => {
    if (shown) live.screen.fit();
  }, [shown]);
  const { screenReader, fontSize } = settings.value;
  useEffect(() => live.screen.setOptions({ screenReader, fontSize }), [screenReader, fontSize]);
  const state = live.connection.state.value;
  const exit = live.connection.exit.value;
  return (
    <>
      <div class="terminal-host" ref={host} data-terminal-state={state} onFocusIn={() => store.work({ type: 'activate', id: tid })} />
      <p class="terminal-way-out" aria-hidden="true">
        <kbd>F6</kbd> leaves the terminal
      </p>
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
