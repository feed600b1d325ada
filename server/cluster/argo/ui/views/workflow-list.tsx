import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ArgoError, get } from '../api/client.ts';
import { Definition, listOf, WatchEvent, Workflow } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { ACTIONS, isArchived } from '../state/actions.ts';
import type { Action } from '../state/actions.ts';
import { ago, lasted } from '../state/format.ts';
import { applyEvent, byNewest, labelSelector, listRequest, NAME_FILTERS, PHASES, readListQuery } from '../state/list-query.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { now, pause } from '../state/time.ts';
import { ActionDialog } from './action-dialog.tsx';
import { ErrorNotice, FilterField, NamespaceFilter, Page, rememberNamespace, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import type { ToolButton } from './common.tsx';
import { PhaseIcon } from './icons.tsx';
import { SubmitNewWorkflow } from './submit-panel.tsx';

const NAME_WORDS = { Contains: 'contains', Prefix: 'prefix', Exact: 'exact' };
const LIMITS = [5, 10, 20, 50, 100, 500];
/** How often the list is asked for again where the caller may not watch. */
const POLL_MS = 3000;

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
    const follow = async () => {
      const version = await load();
      await stream(WatchEvent, `workflow-events/${namespace}`, { 'listOptions.labelSelector': labelSelector(query), 'listOptions.resourceVersion': version }, stop.signal, (event) => (workflows.value = applyEvent(workflows.value ?? [], event, query)));
    };
    // Without the right to watch, or when the stream ends, the list is asked for again and again.
    const poll = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        await pause(POLL_MS, stop.signal);
        await load();
      }
    };
    const run = async () => {
      try {
        await follow();
      } catch (reason) {
        if (stop.signal.aborted) return;
        if (workflows.value === undefined || !(reason instanceof ArgoError) || reason.status === 401) {
          error.value = reason;
          return;
        }
      }
      await poll().catch((reason: unknown) => {
        if (!stop.signal.aborted) error.value = reason;
      });
    };
    void run();
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
        ...(selected.length === 0 ? [] : Object.values(ACTIONS).map((one) => ({ title: one.title, icon: one.icon, action: () => (action.value = one) }) satisfies ToolButton)),
      ]}
      aside={selected.length === 0 ? undefined : <span role="status">{selected.length} selected</span>}
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
            <NamespaceFilter value={namespace} onChange={(to) => go(`workflows/${to}`)} />
            <FilterField label={`Name ${NAME_WORDS[query.nameFilter]}`} value={query.name} onChange={(name) => filter({ name })} />
            <label class="filter">
              <span class="sr-only">How names are compared</span>
              <select value={query.nameFilter} onChange={(event) => filter({ nameFilter: event.currentTarget.value })}>
                {NAME_FILTERS.map((value) => (
                  <option key={value}>{value}</option>
                ))}
              </select>
            </label>
            <FilterField label="Labels" value={query.labels} onChange={(label) => filter({ label })} />
            <ChoiceField label="Workflow template" path={`workflow-templates/${namespace}`} value={query.template} onChange={(template) => filter({ template })} />
            <ChoiceField label="Cron workflow" path={`cron-workflows/${namespace}`} value={query.cron} onChange={(cronWorkflow) => filter({ cronWorkflow })} />
            <fieldset class="filter">
              <legend>Phases</legend>
              {PHASES.map((phase) => (
                <label key={phase} class="check-row">
                  <input type="checkbox" checked={query.phases.includes(phase)} onChange={(event) => filter({ phase: (event.currentTarget.checked ? [...query.phases, phase] : query.phases.filter((other) => other !== phase)).join(',') })} />
                  {phase}
                </label>
              ))}
            </fieldset>
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
            </div>
          )}
          {shown.length > 0 && (
            <table class="rows">
              <thead>
                <tr>
                  <th scope="col">
                    <input type="checkbox" aria-label="Select all workflows" checked={selected.length === shown.length} onChange={(event) => choose(shown.map((workflow) => workflow.metadata.uid ?? ''), event.currentTarget.checked)} />
                    <span class="sr-only">Phase</span>
                  </th>
                  <th scope="col">Name</th>
                  <th scope="col">Namespace</th>
                  <th scope="col">Started</th>
                  <th scope="col">Finished</th>
                  <th scope="col">Duration</th>
                  <th scope="col">Progress</th>
                  <th scope="col">Message</th>
                  <th scope="col">Archived</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((workflow) => (
                  <Row key={workflow.metadata.uid} workflow={workflow} chosen={chosen.value.includes(workflow.metadata.uid ?? '')} onChoose={(on) => choose([workflow.metadata.uid ?? ''], on)} />
                ))}
              </tbody>
            </table>
          )}
          <div class="paging">
            <button type="button" class="pill" disabled={query.offset === 0} onClick={() => setQuery({ offset: undefined })}>
              First page
            </button>
            {query.offset > 0 && (
              <button type="button" class="pill" onClick={() => setQuery({ offset: query.offset <= query.limit ? undefined : String(query.offset - query.limit) })}>
                Previous page
              </button>
            )}
            <button type="button" class="pill" disabled={more.value === undefined || more.value === ''} onClick={() => setQuery({ offset: more.value })}>
              Next page
            </button>
            <label>
              <select value={query.limit} onChange={(event) => setQuery({ limit: event.currentTarget.value, offset: undefined })}>
                {(LIMITS.includes(query.limit) ? LIMITS : [query.limit, ...LIMITS]).map((value) => (
                  <option key={value} value={value}>
                    {value}
                  </option>
                ))}
              </select>{' '}
              results per page
            </label>
          </div>
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
          <SubmitNewWorkflow namespace={namespace} />
        </SlidingPanel>
      )}
    </Page>
  );
}

function Row({ workflow, chosen, onChoose }: { workflow: Workflow; chosen: boolean; onChoose(on: boolean): void }): JSX.Element {
  const { name = '', namespace = '', annotations } = workflow.metadata;
  const { phase, startedAt, finishedAt, progress, message } = workflow.status;
  const path = href(`workflows/${namespace}/${name}`);
  const description = annotations?.['workflows.argoproj.io/description'];
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`Select ${name}`} checked={chosen} onChange={(event) => onChoose(event.currentTarget.checked)} /> <PhaseIcon phase={phase} />
      </td>
      <td>
        <a href={path}>{annotations?.['workflows.argoproj.io/title'] ?? name}</a>
        {description !== undefined && <p class="row-description">{description.split('\n')[0]}</p>}
      </td>
      <td>{namespace}</td>
      <td title={startedAt ?? ''}>{ago(startedAt, now.value)}</td>
      <td title={finishedAt ?? ''}>{ago(finishedAt, now.value)}</td>
      <td>{lasted(startedAt, finishedAt, now.value)}</td>
      <td>{progress ?? '-'}</td>
      <td>{message ?? '-'}</td>
      <td>{String(isArchived(workflow))}</td>
    </tr>
  );
}

/** A filter with the names that there are; where they can't be listed, any can be typed. */
function ChoiceField({ label, path, value, onChange }: { label: string; path: string; value: string; onChange(value: string): void }): JSX.Element {
  const list = useLoad(() => get(listOf(Definition), path), [path]);
  const names = (list.data?.items ?? []).map((item) => item.metadata.name ?? '').sort();
  if (list.data === undefined) return <FilterField label={label} value={value} onChange={onChange} />;
  return (
    <label class="filter">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">Any</option>
        {(names.includes(value) || value === '' ? names : [value, ...names]).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
