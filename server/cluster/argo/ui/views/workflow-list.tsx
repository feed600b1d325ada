import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ArgoError, get, stream } from '../api/client.ts';
import { listOf, WatchEvent, Workflow } from '../api/shapes.ts';
import { ago, lasted } from '../state/format.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { now, pause } from '../state/time.ts';
import { ErrorNotice, FilterField, NamespaceFilter, Page, rememberNamespace, sidePanel, SlidingPanel } from './common.tsx';
import { PhaseIcon } from './icons.tsx';
import { SubmitNewWorkflow } from './submit-panel.tsx';

const PHASES = ['Pending', 'Running', 'Succeeded', 'Failed', 'Error'];
const LIMITS = [5, 10, 20, 50, 100, 500];
/** How often the list is asked for again where the caller may not watch. */
const POLL_MS = 3000;

/** All workflows of a namespace, kept up to date while it is shown. */
export function WorkflowListPage({ namespace }: { namespace: string }): JSX.Element {
  const { query } = place.value;
  const contains = query.get('name') ?? '';
  const labels = query.get('label') ?? '';
  const template = query.get('template') ?? '';
  const phases = query.getAll('phase').flatMap((value) => value.split(',')).filter(Boolean);
  const limit = Number(query.get('limit') ?? '50');
  const from = query.get('offset') ?? '';
  const workflows = useSignal<Workflow[] | undefined>(undefined);
  const more = useSignal<string | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  const selector = [labels, template === '' ? '' : `workflows.argoproj.io/workflow-template=${template}`].filter(Boolean).join(',');

  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const list = await get(listOf(Workflow), `workflows/${namespace}`, { 'listOptions.labelSelector': selector, 'listOptions.limit': limit, 'listOptions.continue': from });
      if (stop.signal.aborted) return;
      rememberNamespace(namespace);
      workflows.value = list.items ?? [];
      more.value = list.metadata.continue;
      error.value = undefined;
    };
    const follow = async () => {
      await load();
      await stream(WatchEvent, `workflow-events/${namespace}`, { 'listOptions.labelSelector': selector }, stop.signal, (event) => (workflows.value = applyEvent(workflows.value ?? [], event)));
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
  }, [namespace, selector, limit, from, turn.value]);

  const all = (workflows.value ?? []).filter((workflow) => (workflow.metadata.name ?? '').includes(contains));
  const shown = all.filter((workflow) => phases.length === 0 || phases.includes(workflow.status.phase ?? 'Pending')).toSorted(byNewest);
  const count = (phase: string) => all.filter((workflow) => (workflow.status.phase ?? 'Pending') === phase).length;
  return (
    <Page
      title="Workflows"
      crumbs={[{ text: 'Workflows', path: 'workflows' }, ...(namespace === '' ? [] : [{ text: namespace }])]}
      tools={[{ title: 'Submit New Workflow', icon: 'plus', action: () => setQuery({ sidePanel: 'submit-new-workflow' }) }]}
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
            <FilterField label="Name contains" value={contains} onChange={(name) => setQuery({ name })} />
            <FilterField label="Labels" value={labels} onChange={(label) => setQuery({ label, offset: undefined })} />
            <FilterField label="Workflow template" value={template} onChange={(to) => setQuery({ template: to, offset: undefined })} />
            <fieldset class="filter">
              <legend>Phases</legend>
              {PHASES.map((phase) => (
                <label key={phase} class="check-row">
                  <input type="checkbox" checked={phases.includes(phase)} onChange={(event) => setQuery({ phase: (event.currentTarget.checked ? [...phases, phase] : phases.filter((other) => other !== phase)).join(',') })} />
                  {phase}
                </label>
              ))}
            </fieldset>
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
                    <span class="sr-only">Phase</span>
                  </th>
                  <th scope="col">Name</th>
                  <th scope="col">Namespace</th>
                  <th scope="col">Started</th>
                  <th scope="col">Finished</th>
                  <th scope="col">Duration</th>
                  <th scope="col">Progress</th>
                  <th scope="col">Message</th>
                </tr>
              </thead>
              <tbody>
                {shown.map((workflow) => (
                  <Row key={workflow.metadata.uid} workflow={workflow} />
                ))}
              </tbody>
            </table>
          )}
          <div class="paging">
            <button type="button" class="pill" disabled={from === ''} onClick={() => setQuery({ offset: undefined })}>
              First page
            </button>
            <button type="button" class="pill" disabled={more.value === undefined || more.value === ''} onClick={() => setQuery({ offset: more.value })}>
              Next page
            </button>
            <label>
              <select value={limit} onChange={(event) => setQuery({ limit: event.currentTarget.value, offset: undefined })}>
                {LIMITS.map((value) => (
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
      {sidePanel() === 'submit-new-workflow' && (
        <SlidingPanel label="Submit new workflow" onClose={() => sidePanel() === 'submit-new-workflow' && setQuery({ sidePanel: undefined })}>
          <SubmitNewWorkflow namespace={namespace} />
        </SlidingPanel>
      )}
    </Page>
  );
}

function Row({ workflow }: { workflow: Workflow }): JSX.Element {
  const { name = '', namespace = '', annotations } = workflow.metadata;
  const { phase, startedAt, finishedAt, progress, message } = workflow.status;
  const path = href(`workflows/${namespace}/${name}`);
  const description = annotations?.['workflows.argoproj.io/description'];
  return (
    <tr>
      <td>
        <PhaseIcon phase={phase} />
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
    </tr>
  );
}

function byNewest(a: Workflow, b: Workflow): number {
  const at = (workflow: Workflow) => workflow.status.startedAt ?? workflow.metadata.creationTimestamp ?? '';
  return at(b).localeCompare(at(a)) || (a.metadata.name ?? '').localeCompare(b.metadata.name ?? '');
}

export function applyEvent(list: readonly Workflow[], event: WatchEvent): Workflow[] {
  const others = list.filter((workflow) => workflow.metadata.uid !== event.object.metadata.uid);
  return event.type === 'DELETED' ? others : [...others, event.object];
}
