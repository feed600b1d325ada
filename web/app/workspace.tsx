import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { changeSettings, settings } from '../state/settings.ts';
import type { TerminalHub } from '../terminal/terminal-hub.ts';
import { EditorSlot } from './editor-slot.tsx';
import { Icon } from './icons.tsx';
import { Jump } from './jump.tsx';
import { Preparation } from './preparation.tsx';
import { Splitter } from './splitter.tsx';
import { TabPane } from './tab-pane.tsx';

/** The right half: the editor where it is open, and one or two panes of terminals and previews. */
export function Workspace({ store, hub }: { store: ScenarioStore; hub: TerminalHub }): JSX.Element {
  const stack = useRef<HTMLElement>(null);
  const { editor } = store.arrangement.value;
  const { editorSplit, terminalSplit } = settings.value;
  const split = store.terminals.workspace.value.lower.length > 0;
  useLayoutEffect(() => {
    stack.current?.style.setProperty('--editor', String(editorSplit));
    stack.current?.style.setProperty('--upper', String(terminalSplit));
  }, [editorSplit, terminalSplit]);
  return (
    <section class={`workspace ${editor ? 'with-editor' : ''} ${split ? 'with-lower' : ''}`} aria-label="Terminals and previews" id="workspace" ref={stack}>
      {editor && (
        <>
          <EditorSlot store={store} />
          <Splitter axis="y" label="Height of the editor" value={editorSplit} min={15} max={85} middle={55} onChange={(percent) => changeSettings({ editorSplit: percent })} />
        </>
      )}
      <TabPane store={store} hub={hub} pane="upper">
        {unseenPorts(store).map((port) => (
          <button key={port} type="button" class="port-chip" title="Something listens on this port of your session" onClick={() => store.preview(port, '/')}>
            Open port {port}
          </button>
        ))}
        <span class="grow" />
        <WorkspaceTools store={store} />
      </TabPane>
      {split && (
        <>
          <Splitter axis="y" label="Height of the upper terminal" value={terminalSplit} min={15} max={85} middle={50} onChange={(percent) => changeSettings({ terminalSplit: percent })} />
          <TabPane store={store} hub={hub} pane="lower" />
        </>
      )}
      <Preparation store={store} />
    </section>
  );
}

/** Editor, split, and on a phone the way back to the text. */
function WorkspaceTools({ store }: { store: ScenarioStore }): JSX.Element {
  const { editor } = store.arrangement.value;
  const split = store.terminals.workspace.value.lower.length > 0;
  const ready = store.model.value.session?.state === 'ready';
  return (
    <div class="workspace-tools">
      <button type="button" class="tool-toggle" aria-pressed={editor} title={editor ? 'Close the editor' : 'Open the editor'} disabled={!ready && !editor} onClick={() => store.arrange({ editor: !editor })}>
        <Icon name="file" /> Editor
      </button>
      <button
        type="button"
        class="icon-button tool-toggle"
        aria-pressed={split}
        aria-label="Two terminals, one above the other"
        title={split ? 'One pane' : 'Two terminals, one above the other'}
        disabled={!ready}
        onClick={() => {
          store.arrange({ split: !split });
          if (split) store.terminals.work({ type: 'join' });
          else void store.terminals.split();
        }}
      >
        <Icon name="split" />
      </button>
      <Jump to="step">Text</Jump>
    </div>
  );
}

/** Ports of the session on which something listens and that have no tab yet. */
function unseenPorts(store: ScenarioStore): number[] {
  const shown = store.terminals.workspace.value.tabs.flatMap((tab) => (tab.kind === 'preview' ? [tab.port] : []));
  return store.model.value.ports.filter((port) => !shown.includes(port)).slice(0, 4);
}
