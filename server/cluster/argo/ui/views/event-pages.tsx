import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ArgoError, call, get } from '../api/client.ts';
import { EventSource, listOf, Sensor } from '../api/shapes.ts';
import { readiness } from '../state/event-kinds.ts';
import type { EventKind } from '../state/event-kinds.ts';
import { go, href, setQuery } from '../state/router.ts';
import { ErrorNotice, goToNamespace, NamespaceFilter, Page, rememberNamespace, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import { CreateManifest } from './create-manifest.tsx';
import { EventSidePanel } from './event-logs.tsx';
import { Icon } from './icons.tsx';
import { ObjectTable } from './tables.tsx';

/** The types of Argo Events are not in the cluster. */
export function missing(error: unknown): error is ArgoError {
  return error instanceof ArgoError && (error.status === 404 || error.message.includes('could not find the requested resource'));
}

export function NotInstalled({ error }: { error: ArgoError }): JSX.Element {
  return (
    <section class="box">
      <h2>Argo Events is not installed</h2>
      <p>Sensors and event sources belong to Argo Events, a project of its own. This cluster does not have its resource types, so the server answers:</p>
      <pre class="shell" tabIndex={0}>
        {error.message}
      </pre>
      <p>Install Argo Events with kubectl to use this page. Without it, workflow event bindings start workflows from events that are posted to the Argo Server.</p>
      <a class="pill" href={href('workflow-event-bindings')}>
        <Icon name="link" /> Workflow event bindings
      </a>
    </section>
  );
}

/** The list of sensors or event sources; what is missing is said. */
export function EventListPage({ kind, namespace }: { kind: EventKind; namespace: string }): JSX.Element {
  const shape = kind.kind === 'Sensor' ? Sensor : EventSource;
  const list = useLoad(async () => {
    const found = await get(listOf<Sensor | EventSource>(shape), `${kind.path}/${namespace}`);
    rememberNamespace(namespace);
    return found;
  }, [kind.path, namespace]);
  const logged = useSignal<string | undefined>(undefined);
  const items = list.data?.items ?? [];
  const open = items.find((item) => item.metadata.name === logged.value);
  const learnMore = (
    <a href={kind.learnMore} target="_blank" rel="noreferrer">
      Learn more
    </a>
  );
  const logs = (name: string) => (
    <button type="button" class="tool" aria-label={`Logs of ${name}`} title="Logs" onClick={() => (logged.value = name)}>
      <Icon name="workflows" />
    </button>
  );
  return (
    <Page
      title={kind.title}
      crumbs={[{ text: kind.title, path: kind.path }, ...(namespace === '' ? [] : [{ text: namespace }])]}
      tools={[{ title: kind.createLabel, icon: 'plus', disabled: missing(list.error), action: () => setQuery({ sidePanel: 'new' }) }]}
      aside={<NamespaceFilter value={namespace} onChange={(to) => goToNamespace(kind.path, to)} />}
    >
      {missing(list.error) ? <NotInstalled error={list.error} /> : <ErrorNotice error={list.error} onRetry={list.reload} />}
      {list.data === undefined && list.error === undefined && <p role="status">Loading...</p>}
      {list.data !== undefined && items.length === 0 && (
        <div class="box">
          <h2>No {kind.title.toLowerCase()}</h2>
          <p>{kind.about}</p>
          <p>{learnMore}.</p>
        </div>
      )}
      {items.length > 0 && (
        <div class="list">
          <ObjectTable<Sensor | EventSource>
            items={items}
            icon={() => kind.icon}
            path={({ metadata }) => `${kind.path}/${metadata.namespace ?? namespace}/${metadata.name ?? ''}`}
            namespaced
            columns={[
              { title: 'Status', cell: (item) => readiness(item) || '-' },
              { title: 'Logs', cell: ({ metadata }) => logs(metadata.name ?? '') },
            ]}
          />
        </div>
      )}
      {items.length > 0 && (
        <p class="note">
          <a href={href(`event-flow/${namespace}`)}>Show event-flow page</a>
        </p>
      )}
      {(sidePanel() === 'new' || sidePanel() === 'true') && (
        <SlidingPanel label={kind.createLabel} onClose={() => setQuery({ sidePanel: undefined })}>
          <CreateManifest
            title={kind.createLabel}
            kind={kind.kind}
            namespace={namespace}
            example={kind.example(namespace)}
            create={async (object) => {
              const where = shape.safeParse(object).data?.metadata.namespace ?? namespace;
              const made = await call<Sensor | EventSource>(shape, 'POST', `${kind.path}/${where}`, { namespace: where, [kind.bodyKey]: object });
              go(`${kind.path}/${made.metadata.namespace ?? where}/${made.metadata.name ?? ''}`);
            }}
          >
            <p class="note">
              {kind.about} {learnMore}.
            </p>
          </CreateManifest>
        </SlidingPanel>
      )}
      {open !== undefined && (
        <SlidingPanel label="Logs" onClose={() => (logged.value = undefined)}>
          <h2>{open.metadata.name}</h2>
          <EventSidePanel kind={kind} object={open} namespace={open.metadata.namespace ?? namespace} />
        </SlidingPanel>
      )}
    </Page>
  );
}
