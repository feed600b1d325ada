import type { JSX } from 'preact';
import { call, get } from '../api/client.ts';
import { CronParts, Definition, listOf } from '../api/shapes.ts';
import { cronSchedules } from '../state/cron.ts';
import { duration } from '../state/format.ts';
import { apiPath } from '../state/kinds.ts';
import { labelSuggestions } from '../state/list-query.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go, place, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { defaultNamespace, ErrorNotice, FilterField, goToNamespace, NamespaceFilter, Note, Page, rememberNamespace, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import { CreateManifest } from './create-manifest.tsx';
import { ChecksField } from './filters.tsx';
import { ScheduleWords } from './forms.tsx';
import { ObjectTable, Paging } from './tables.tsx';

const LIMIT = 500;
const STATES = ['Running', 'Suspended'];
const cronOf = (item: Definition) => CronParts.safeParse(item).data;
const lines = (parts: readonly JSX.Element[]) => parts.map((part, i) => <p key={i}>{part}</p>);
const CRON_COLUMNS = [
  { title: 'Timezone', cell: (item: Definition) => cronOf(item)?.spec.timezone || '-' },
  { title: 'Schedule', cell: (item: Definition) => lines(cronSchedules(cronOf(item), now.value).schedules.map((schedule) => <code>{schedule}</code>)) },
  { title: 'In words', cell: (item: Definition) => lines(cronSchedules(cronOf(item), now.value).schedules.map((schedule) => <ScheduleWords schedule={schedule} timezone={cronOf(item)?.spec.timezone ?? ''} />)) },
  {
    title: 'Next run',
    cell: (item: Definition) => {
      const { next } = cronSchedules(cronOf(item), now.value);
      return next === undefined ? '-' : <span title={new Date(next).toISOString()}>in {duration((next - now.value) / 1000)}</span>;
    },
  },
];

export function DefinitionListPage({ kind, namespace }: { kind: DefinitionKind; namespace: string }): JSX.Element {
  const { query } = place.value;
  const labels = query.get('label') ?? '';
  const pattern = query.get('namePattern') ?? '';
  const after = query.get('continue') ?? undefined;
  const limit = Number(query.get('limit') ?? LIMIT) || LIMIT;
  const states = (query.get('state') ?? '').split(',').filter(Boolean);
  const narrow = (change: Record<string, string | undefined>) => setQuery({ continue: undefined, ...change });
  const list = useLoad(async () => {
    const found = await get(listOf(Definition), apiPath(kind, namespace), { 'listOptions.labelSelector': labels, namePattern: pattern, 'listOptions.limit': limit, 'listOptions.continue': after });
    rememberNamespace(namespace);
    return found;
  }, [kind.path, namespace, labels, pattern, limit, after]);
  const more = list.data?.metadata.continue;
  const items = (list.data?.items ?? []).filter((item) => (pattern === '' || (item.metadata.name ?? '').includes(pattern)) && (states.length === 0 || states.includes(item.spec.suspend === true ? 'Suspended' : 'Running'))).toSorted((a, b) => (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''));
  return (
    <Page
      title={kind.title}
      crumbs={[{ text: kind.title, path: kind.path }, ...(kind.namespaced && namespace !== '' ? [{ text: namespace }] : [])]}
      tools={[{ title: kind.createLabel, icon: 'plus', action: () => setQuery({ sidePanel: 'new' }) }]}
    >
      <div class="with-filters">
        <aside class="filters" aria-label="Filters">
          <section class="box small">
            {kind.namespaced && <NamespaceFilter value={namespace} onChange={(to) => goToNamespace(kind.path, to)} />}
            <FilterField label="Labels" value={labels} suggestions={labelSuggestions(list.data?.items ?? [])} onChange={(label) => narrow({ label })} />
            <FilterField label="Name pattern" value={pattern} onChange={(namePattern) => narrow({ namePattern })} />
            {kind.kind === 'CronWorkflow' && <ChecksField legend="State" values={STATES} chosen={states} onChange={(state) => narrow({ state })} />}
          </section>
        </aside>
        <div class="list">
          <ErrorNotice error={list.error} onRetry={list.reload} />
          {list.data === undefined && list.error === undefined && <p role="status">Loading...</p>}
          {list.data !== undefined && items.length === 0 && (
            <div class="box">
              <h2>No {kind.title.toLowerCase()}</h2>
              <p>You can create new {kind.title.toLowerCase()} here or using the CLI.</p>
            </div>
          )}
          {items.length > 0 && <ObjectTable items={items} icon={(item) => (kind.kind !== 'CronWorkflow' ? 'templates' : item.spec.suspend === true ? 'pause' : 'clock')} path={(item) => apiPath(kind, item.metadata.namespace ?? namespace, item.metadata.name)} namespaced={kind.namespaced} columns={kind.kind === 'CronWorkflow' ? CRON_COLUMNS : []} />}
          <Note learnMore={kind.learnMore}>{kind.note}</Note>
          <Paging first={after === undefined} onFirst={() => setQuery({ continue: undefined })} onNext={more === undefined || more === '' ? undefined : () => setQuery({ continue: more })} limit={limit} onLimit={(value) => setQuery({ limit: value, continue: undefined })} />
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
  const where = (object: unknown) => Definition.safeParse(object).data?.metadata.namespace ?? namespace;
  return (
    <CreateManifest
      title={kind.createLabel}
      kind={kind.kind}
      namespace={namespace}
      example={kind.example(namespace)}
      validate={(object) => call(Definition, 'POST', `${apiPath(kind, where(object))}/lint`, { [kind.bodyKey]: object })}
      create={async (object) => {
        const created = await call(Definition, 'POST', apiPath(kind, where(object)), { [kind.bodyKey]: object });
        go(apiPath(kind, created.metadata.namespace ?? where(object), created.metadata.name));
      }}
    >
      <Note learnMore={kind.learnMore}>{kind.note}</Note>
    </CreateManifest>
  );
}
