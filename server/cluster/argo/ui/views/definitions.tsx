import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { call, get, remove } from '../api/client.ts';
import { Definition, listOf } from '../api/shapes.ts';
import { ago } from '../state/format.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { defaultNamespace, ErrorNotice, FilterField, NamespaceFilter, Note, Page, rememberNamespace, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import { ObjectEditor } from './editor.tsx';
import { Icon } from './icons.tsx';
import { SubmitForm } from './submit-panel.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';

const apiPath = (kind: DefinitionKind, namespace: string, name?: string) => [kind.path, ...(kind.namespaced ? [namespace] : []), ...(name === undefined ? [] : [name])].join('/');

export function DefinitionListPage({ kind, namespace }: { kind: DefinitionKind; namespace: string }): JSX.Element {
  const { query } = place.value;
  const labels = query.get('label') ?? '';
  const pattern = query.get('namePattern') ?? '';
  const list = useLoad(async () => {
    const found = await get(listOf(Definition), apiPath(kind, namespace), { 'listOptions.labelSelector': labels, namePattern: pattern });
    rememberNamespace(namespace);
    return found;
  }, [kind.path, namespace, labels, pattern]);
  const items = (list.data?.items ?? []).filter((item) => pattern === '' || (item.metadata.name ?? '').includes(pattern)).toSorted((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''));
  return (
    <Page
      title={kind.title}
      crumbs={[{ text: kind.title, path: kind.path }, ...(kind.namespaced ? [{ text: namespace }] : [])]}
      tools={[{ title: kind.createLabel, icon: 'plus', action: () => setQuery({ sidePanel: 'new' }) }]}
    >
      <div class="with-filters">
        <aside class="filters" aria-label="Filters">
          <section class="box small">
            {kind.namespaced && <NamespaceFilter value={namespace} onChange={(to) => go(`${kind.path}/${to}`)} />}
            <FilterField label="Labels" value={labels} onChange={(label) => setQuery({ label })} />
            <FilterField label="Name pattern" value={pattern} onChange={(namePattern) => setQuery({ namePattern })} />
          </section>
        </aside>
        <div class="list">
          <ErrorNotice error={list.error} onRetry={list.reload} />
          {list.data === undefined && list.error === undefined && <p role="status">Loading...</p>}
          {list.data !== undefined && items.length === 0 && (
            <div class="box">
              <h2>No {kind.title.toLowerCase()}</h2>
              <p>You can create new ones with the button above.</p>
            </div>
          )}
          {items.length > 0 && (
            <table class="rows">
              <thead>
                <tr>
                  <th scope="col">
                    <span class="sr-only">Kind</span>
                  </th>
                  <th scope="col">Name</th>
                  {kind.namespaced && <th scope="col">Namespace</th>}
                  <th scope="col">Created</th>
                </tr>
              </thead>
              <tbody>
                {items.map((item) => (
                  <tr key={item.metadata.uid}>
                    <td>
                      <Icon name={kind.kind === 'CronWorkflow' ? 'clock' : 'templates'} />
                    </td>
                    <td>
                      <a href={href(apiPath(kind, item.metadata.namespace ?? namespace, item.metadata.name))}>{item.metadata.annotations?.['workflows.argoproj.io/title'] ?? item.metadata.name}</a>
                    </td>
                    {kind.namespaced && <td>{item.metadata.namespace}</td>}
                    <td title={item.metadata.creationTimestamp ?? ''}>{ago(item.metadata.creationTimestamp, now.value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Note>{kind.note}</Note>
        </div>
      </div>
      {sidePanel() === 'new' && (
        <SlidingPanel label={kind.createLabel} onClose={() => sidePanel() === 'new' && setQuery({ sidePanel: undefined })}>
          <CreatePanel kind={kind} namespace={namespace === '' ? defaultNamespace() : namespace} />
        </SlidingPanel>
      )}
    </Page>
  );
}

function CreatePanel({ kind, namespace }: { kind: DefinitionKind; namespace: string }): JSX.Element {
  const initial = useSignal<unknown>(kind.example(namespace));
  const edited = useSignal<unknown>(initial.value);
  const problem = useSignal<string | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const create = async () => {
    try {
      const target = Definition.safeParse(edited.value);
      const where = (target.success ? target.data.metadata.namespace : undefined) ?? namespace;
      const created = await call(Definition, 'POST', apiPath(kind, where), { [kind.bodyKey]: edited.value });
      go(apiPath(kind, created.metadata.namespace ?? where, created.metadata.name));
    } catch (reason) {
      error.value = reason;
    }
  };
  return (
    <section class="box">
      <h2>{kind.createLabel}</h2>
      <p>
        <button type="button" class="pill solid" disabled={problem.value !== undefined} onClick={() => void create()}>
          <Icon name="plus" /> Create
        </button>
      </p>
      <ErrorNotice error={error.value} />
      <ObjectEditor
        label={kind.kind}
        value={initial.value}
        onChange={(value, wrong) => {
          problem.value = wrong;
          if (wrong === undefined) edited.value = value;
        }}
      />
      <Note>{kind.note}</Note>
    </section>
  );
}

export function DefinitionDetailPage({ kind, namespace, name }: { kind: DefinitionKind; namespace: string; name: string }): JSX.Element {
  const path = apiPath(kind, namespace, name);
  const loaded = useLoad(() => get(Definition, path), [path]);
  const edited = useSignal<unknown>(undefined);
  const failed = useSignal<unknown>(undefined);
  const definition = loaded.data;
  const done = () => {
    edited.value = undefined;
    failed.value = undefined;
    loaded.reload();
  };
  const fail = (reason: unknown) => (failed.value = reason);
  const update = () => void call(Definition, 'PUT', path, { [kind.bodyKey]: edited.value }).then(done, fail);
  const suspend = (verb: 'suspend' | 'resume') => void call(Definition, 'PUT', `${path}/${verb}`, { name, namespace }).then(done, fail);
  const erase = () => {
    if (confirm(`Are you sure you want to delete ${name}?`)) void remove(path).then(() => go(kind.namespaced ? `${kind.path}/${namespace}` : kind.path), fail);
  };
  const suspended = definition?.spec.suspend === true;
  const submitNamespace = kind.namespaced ? namespace : defaultNamespace();
  // A cron workflow keeps its workflow's spec one level down; the form looks for it at the top.
  const inner = kind.kind === 'CronWorkflow' ? Definition.safeParse({ metadata: definition?.metadata, spec: definition?.spec['workflowSpec'] }) : undefined;
  return (
    <Page
      title={kind.title.replace(/s$/, '')}
      crumbs={[{ text: kind.title, path: kind.path }, ...(kind.namespaced ? [{ text: namespace, path: `${kind.path}/${namespace}` }] : []), { text: name }]}
      tools={[
        { title: 'Submit', icon: 'plus', action: () => setQuery({ sidePanel: 'submit' }) },
        { title: 'Update', icon: 'check', action: update, disabled: edited.value === undefined },
        ...(kind.kind === 'CronWorkflow' ? [{ title: suspended ? 'Resume' : 'Suspend', icon: suspended ? ('play' as const) : ('pause' as const), action: () => suspend(suspended ? 'resume' : 'suspend') }] : []),
        { title: 'Delete', icon: 'trash', action: erase },
      ]}
    >
      <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
      <ErrorNotice error={failed.value} />
      {definition === undefined && loaded.error === undefined && <p role="status">Loading...</p>}
      {definition !== undefined && (
        <section class="box">
          <ObjectEditor key={definition.metadata.resourceVersion} label={kind.kind} value={withoutManagedFields(definition)} onChange={(value, wrong) => (edited.value = wrong === undefined ? value : undefined)} />
        </section>
      )}
      {definition !== undefined && sidePanel() === 'submit' && (
        <SlidingPanel label="Submit" onClose={() => sidePanel() === 'submit' && setQuery({ sidePanel: undefined })}>
          <section class="box">
            <SubmitForm definition={inner?.success === true ? inner.data : definition} resourceKind={kind.kind} namespace={submitNamespace} />
          </section>
        </SlidingPanel>
      )}
    </Page>
  );
}
