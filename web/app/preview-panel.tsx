import type { JSX } from 'preact';
import type { ScenarioStore } from '../state/scenario-store.ts';
import type { Tab } from '../state/workspace.ts';
import { Icon } from './icons.tsx';

/** What listens on a port of the session, in a frame of another origin. */
export function PreviewPanel({ store, tab }: { store: ScenarioStore; tab: Extract<Tab, { kind: 'preview' }> }): JSX.Element {
  const base = store.portUrl(tab.port);
  if (base === undefined) return <p class="quiet">The session is not ready yet.</p>;
  const url = base.replace(/\/$/, '') + (tab.path.startsWith('/') ? tab.path : `/${tab.path}`);
  return (
    <div class="preview">
      <div class="preview-bar">
        <button type="button" class="icon-button" aria-label="Reload the preview" title="Reload" onClick={() => store.terminals.work({ type: 'reload', id: tab.id })}>
          <Icon name="reload" />
        </button>
        <code class="preview-url">{url}</code>
        <a class="icon-button" href={url} target="_blank" rel="noopener noreferrer" aria-label="Open the preview in a tab of its own" title="Open in a new tab">
          <Icon name="open" />
        </a>
      </div>
      {tab.visits > 0 && <iframe key={tab.visits} src={url} title={tab.name} referrerpolicy="no-referrer" allow="clipboard-write" />}
    </div>
  );
}
