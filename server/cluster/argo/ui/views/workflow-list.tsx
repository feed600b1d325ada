import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { get } from '../api/client.ts';
import { isFinal, keepUp } from '../api/keep-up.ts';
import { listOf, WatchEvent, Workflow } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { ACTIONS, fits, isFinished } from '../state/actions.ts';
import type { Action } from '../state/actions.ts';
import { applyEvent, byNewest, EVENT_FIELDS, labelSelector, labelSuggestions, listRequest, NAME_FILTERS, PHASES, readListQuery } from '../state/list-query.ts';
import { linksFor } from '../state/links.ts';
import { place, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { ActionDialog } from './action-dialog.tsx';
import { defaultNamespace, ErrorNotice, FilterField, info, goToNamespace, NamespaceFilter, Page, rememberNamespace, sidePanel, SlidingPanel } from './common.tsx';
import type { ToolButton } from './common.tsx';
import { ChecksField, ChoiceField } from './filters.tsx';
import { SubmitNewWorkflow } from './submit-panel.tsx';
import { Paging } from './tables.tsx';
import { WorkflowTable } from './workflow-table.tsx';

const NAME_WORDS = { Contains: 'contains', Prefix: 'prefix', Exact: 'exact' };

/** The list knows no nodes: any workflow that runs may wait in one of them to be resumed. */
const mayFit = (workflow: Workflow, action: Action) => fits(workflow, action) || (action.verb === 'resume' && !isFinished(workflow));

/** All workflows of a namespace, kept up to date while it is shown. */
export function WorkflowListPage({ namespace }: { namespace: string }): JSX.Element {
  const query = readListQuery(place.value.query);
  const asked = JSON.stringify(query);
  const workflows = useSignal<Workflow[] | undefined>(undefined);
  const more = useSignal<string | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  const chosen = useSignal<readonly string[]>([]);
  const action = useSignal<Action | undefined>(undefined);

  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const list = await get(listOf(Workflow), `workflows/${namespace}`, listRequest(query));
      if (stop.signal.aborted) return undefined;
      rememberNamespace(namespace);
      workflows.value = list.items ?? [];
      more.value = list.metadata.continue;
      error.value = undefined;
      return list.metadata.resourceVersion;
    };
    let watches = true;
    const round = async (): Promise<boolean> => {
      const version = await load();
      if (!watches) return true;
      // Without the right to watch the list is asked for again and again.
      await stream(WatchEvent, `workflow-events/${namespace}`, { 'listOptions.labelSelector': labelSelector(query), 'listOptions.resourceVersion': version, fields: EVENT_FIELDS }, stop.signal, (event) => (workflows.value = applyEvent(workflows.value ?? [], event, query))).catch((reason: unknown) => {
        watches = !isFinal(reason);
      });
      return true;
    };
    void keepUp({ round, onError: (reason) => (error.value = reason), signal: stop.signal });
    return () => stop.abort();
  }, [namespace, asked, turn.value]);

  const shown = workflows.value?.toSorted(byNewest) ?? [];
  const count = (phase: string) => shown.filter((workflow) => (workflow.status.phase ?? 'Pending') === phase).length;
  const selected = shown.filter((workflow) => chosen.value.includes(workflow.metadata.uid ?? ''));
  const choose = (uids: readonly string[], on: boolean) => (chosen.value = on ? [...new Set([...chosen.value, ...uids])] : chosen.value.filter((uid) => !uids.includes(uid)));
  const filter = (change: Record<string, string | undefined>) => setQuery({ offset: undefined, ...change });
  return (
    <Page
      title="Workflows"
      crumbs={[{ text: 'Workflows', path: 'workflows' }, ...(namespace === '' ? [] : [{ text: namespace }])]}
      tools={[
        { title: 'Submit New Workflow', icon: 'plus', action: () => setQuery({ sidePanel: 'submit-new-workflow' }) },
        ...linksFor(info.value, 'workflow-list', {}, now.value).map(({ name: title, url }) => ({ title, icon: 'outside', action: () => location.assign(url) }) satisfies ToolButton),
        ...(selected.length === 0 ? [] : Object.values(ACTIONS).map((one) => ({ title: one.title, icon: one.icon, disabled: !selected.every((workflow) => mayFit(workflow, one)), action: () => (action.value = one) }) satisfies ToolButton)),
      ]}
      aside={selected.length === 0 ? undefined : <span role="status">{selected.length === 1 ? '1 workflow' : `${selected.length} workflows`} selected</span>}
    >
      <div class="with-filters">
        <aside class="filters" aria-label="Filters">
          <section class="box small">
            <h2>Workflows Summary</h2>
            <p>
              Running workflows <strong>{count('Running')}</strong>
            </p>
            <dl class="summary">
              {['Pending', 'Succeeded', 'Failed', 'Error'].map((phase) => (
                <div key={phase}>
                  <dt>{phase}</dt>
                  <dd>{count(phase)}</dd>
                </div>
              ))}
            </dl>
          </section>
          <section class="box small">
            <NamespaceFilter value={namespace} onChange={(to) => goToNamespace('workflows', to)} />
            <FilterField label={`Name ${NAME_WORDS[query.nameFilter]}`} value={query.name} onChange={(name) => filter({ name, Contains: undefined, Prefix: undefined, Exact: undefined, nameFilter: query.nameFilter })} />
            <label class="filter">
              <span class="sr-only">How names are compared</span>
              <select value={query.nameFilter} onChange={(event) => filter({ nameFilter: event.currentTarget.value, name: query.name, Contains: undefined, Prefix: undefined, Exact: undefined })}>
                {NAME_FILTERS.map((value) => (
                  <option key={value}>{value}</option>
                ))}
              </select>
            </label>
            <FilterField label="Labels" value={query.labels} suggestions={labelSuggestions(shown)} onChange={(label) => filter({ label })} />
            <ChoiceField label="Workflow template" path={`workflow-templates/${namespace}`} value={query.template} onChange={(template) => filter({ template })} />
            <ChoiceField label="Cron workflow" path={`cron-workflows/${namespace}`} value={query.cron} onChange={(cronWorkflow) => filter({ cronWorkflow })} />
            <ChecksField legend="Phases" values={PHASES} chosen={query.phases} onChange={(phase) => filter({ phase })} />
            <label class="filter">
              <span>Created since</span>
              <input type="date" value={query.createdAfter} onChange={(event) => filter({ createdAfter: event.currentTarget.value })} />
            </label>
            <label class="filter">
              <span>Finished before</span>
              <input type="date" value={query.finishedBefore} onChange={(event) => filter({ finishedBefore: event.currentTarget.value })} />
            </label>
          </section>
        </aside>
        <div class="list">
          <ErrorNotice error={error.value} onRetry={() => (turn.value += 1)} />
          {workflows.value === undefined && error.value === undefined && <p role="status">Loading...</p>}
          {workflows.value !== undefined && shown.length === 0 && (
            <div class="box">
              <h2>No workflows</h2>
              <p>To create a new workflow, use the button above.</p>
              <p>
                <a href="https://github.com/argoproj/argo-workflows/tree/release-3.7/examples" target="_blank" rel="noreferrer">
                  Example manifests
                </a>
              </p>
            </div>
          )}
          {shown.length > 0 && <WorkflowTable workflows={shown} choice={{ uids: chosen.value, onChoose: choose }} />}
          <Paging
            first={query.offset === 0}
            onFirst={() => setQuery({ offset: undefined })}
            onPrevious={query.offset === 0 ? undefined : () => setQuery({ offset: query.offset <= query.limit ? undefined : String(query.offset - query.limit) })}
            onNext={more.value === undefined || more.value === '' ? undefined : () => setQuery({ offset: more.value })}
            limit={query.limit}
            onLimit={(limit) => setQuery({ limit, offset: undefined })}
          />
        </div>
      </div>
      {action.value !== undefined && selected.length > 0 && (
        <ActionDialog
          key={action.value.verb}
          action={action.value}
          workflows={selected}
          onDone={() => {
            action.value = undefined;
            chosen.value = [];
            turn.value += 1;
          }}
          onClose={() => (action.value = undefined)}
        />
      )}
      {sidePanel() === 'submit-new-workflow' && (
        <SlidingPanel label="Submit new workflow" onClose={() => sidePanel() === 'submit-new-workflow' && setQuery({ sidePanel: undefined })}>
          <SubmitNewWorkflow namespace={namespace === '' ? defaultNamespace() : namespace} />
        </SlidingPanel>
      )}
    </Page>
  );
}
