import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { call, get, remove } from '../api/client.ts';
import { EventSource, Sensor } from '../api/shapes.ts';
import type { EventKind } from '../state/event-kinds.ts';
import { go, place, setQuery } from '../state/router.ts';
import { Dialog } from './action-dialog.tsx';
import { ErrorNotice, Page, rememberNamespace, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import { useDraft } from './draft.ts';
import { EditorTabs } from './editor-tabs.tsx';
import { EventSidePanel } from './event-logs.tsx';
import { notify } from './notice.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';

/** One event source or sensor: to read, change and take away. */
export function EventDetailPage({ kind, namespace, name }: { kind: EventKind; namespace: string; name: string }): JSX.Element {
  const path = `${kind.path}/${namespace}/${name}`;
  const loaded = useLoad(async () => {
    const object = await get<EventSource | Sensor>(kind.kind === 'Sensor' ? Sensor : EventSource, path);
    rememberNamespace(namespace);
    return object;
  }, [path]);
  const object = loaded.data;
  const draft = useDraft(undefined);
  const error = useSignal<unknown>(undefined);
  const deleting = useSignal(false);
  useEffect(() => {
    if (object !== undefined) draft.take(withoutManagedFields(object));
  }, [object]);
  const update = async () => {
    try {
      await call(kind.kind === 'Sensor' ? Sensor : EventSource, 'PUT', path, { name, namespace, [kind.bodyKey]: draft.read() });
      error.value = undefined;
      loaded.reload();
      notify('Updated');
    } catch (reason) {
      error.value = reason;
    }
  };
  return (
    <Page
      title={kind.one}
      crumbs={[{ text: kind.title, path: kind.path }, { text: namespace, path: `${kind.path}/${namespace}` }, { text: name }]}
      tools={[
        { title: 'Update', icon: 'save', disabled: !draft.edited || draft.problem !== undefined, action: () => void update() },
        { title: 'Delete', icon: 'trash', disabled: draft.edited || object === undefined, action: () => (deleting.value = true) },
        { title: 'Logs', icon: 'workflows', disabled: object === undefined, action: () => setQuery({ sidePanel: 'logs' }) },
      ]}
    >
      <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
      <ErrorNotice error={error.value} />
      {object === undefined && loaded.error === undefined && <p role="status">Loading...</p>}
      {object !== undefined && <EditorTabs kind={kind.kind} draft={draft} namespace={namespace} tab={place.value.query.get('tab') ?? undefined} onTab={(tab) => setQuery({ tab })} />}
      {object !== undefined && sidePanel() === 'logs' && (
        <SlidingPanel label="Logs" onClose={() => setQuery({ sidePanel: undefined })}>
          <h2>{name}</h2>
          <EventSidePanel kind={kind} object={object} namespace={namespace} />
        </SlidingPanel>
      )}
      {deleting.value && (
        <Dialog
          title={`Delete ${name}`}
          confirmLabel="Delete"
          onConfirm={async () => {
            await remove(path);
            go(`${kind.path}/${namespace}`);
          }}
          onClose={() => (deleting.value = false)}
        >
          <p>
            Are you sure you want to delete the {kind.noun} {namespace}/{name}? There is no undo.
          </p>
        </Dialog>
      )}
    </Page>
  );
}
