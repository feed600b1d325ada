import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { lazy } from './lazy.ts';
import { TroubleBox } from './trouble-box.tsx';

/** The editor's code is fetched when somebody wants to edit: neither the first paint nor the terminal waits for it. */
const pane = lazy(() => import('../editor/editor-pane.tsx').then((module) => module.EditorPane));

export function EditorSlot({ store }: { store: ScenarioStore }): JSX.Element {
  useEffect(() => pane.load(), []);
  const Pane = pane.value.value;
  if (Pane !== undefined) return <Pane store={store} />;
  return (
    <section class="editor" aria-label="Editor">
      {pane.failed.value ? (
        <TroubleBox trouble={{ code: 'editor', message: 'The editor could not be loaded.', next: 'Is argo-lab still running?' }} action="Try again" onAction={pane.load} />
      ) : (
        <p class="quiet editor-note" role="status">
          Loading the editor …
        </p>
      )}
    </section>
  );
}
