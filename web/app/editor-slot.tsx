import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { EditorPane } from '../editor/editor-pane.tsx';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { TroubleBox } from './trouble-box.tsx';

const loaded = signal<typeof EditorPane | undefined>(undefined);
const failed = signal(false);

/** The editor's code is fetched when somebody wants to edit: neither the first paint nor the terminal waits for it. */
function load(): void {
  failed.value = false;
  import('../editor/editor-pane.tsx').then(
    (module) => (loaded.value = module.EditorPane),
    () => (failed.value = true),
  );
}

export function EditorSlot({ store }: { store: ScenarioStore }): JSX.Element {
  useEffect(() => {
    if (loaded.value === undefined) load();
  }, []);
  const Pane = loaded.value;
  if (Pane !== undefined) return <Pane store={store} />;
  return (
    <section class="editor" aria-label="Editor">
      {failed.value ? (
        <TroubleBox trouble={{ code: 'editor', message: 'The editor could not be loaded.', next: 'Is argo-lab still running?' }} action="Try again" onAction={load} />
      ) : (
        <p class="quiet editor-note" role="status">
          Loading the editor …
        </p>
      )}
    </section>
  );
}
