import type { JSX } from 'preact';
import { get } from '../api/client.ts';
import { listOf, Workflow } from '../api/shapes.ts';
import { duration } from '../state/format.ts';
import { labelSelector, readListQuery } from '../state/list-query.ts';
import { report } from '../state/reports.ts';
import type { Report } from '../state/reports.ts';
import { href, place, setQuery } from '../state/router.ts';
import { ErrorNotice, FilterField, goToNamespace, NamespaceFilter, Note, Page, rememberNamespace, useLoad } from './common.tsx';
import { ChecksField, ChoiceField } from './filters.tsx';
import { PhaseIcon } from './icons.tsx';
import { Headings } from './tables.tsx';

const LIMIT = 100;
const FINISHED = ['Succeeded', 'Failed', 'Error'];
const FIELDS = 'metadata,items.metadata.name,items.metadata.namespace,items.status.phase,items.status.startedAt,items.status.finishedAt,items.status.resourcesDuration';
const [WIDTH, HEIGHT, LEFT, BOTTOM] = [900, 260, 56, 22];

/** How finished workflows went: phases, durations, resources. */
export function ReportsPage({ namespace }: { namespace: string }): JSX.Element {
  const query = readListQuery(place.value.query);
  const phases = query.phases.length === 0 ? FINISHED : query.phases;
  const selector = labelSelector({ ...query, phases });
  const list = useLoad(async () => {
    const found = await get(listOf(Workflow), `workflows/${namespace}`, { 'listOptions.labelSelector': selector, 'listOptions.limit': LIMIT, fields: FIELDS });
    rememberNamespace(namespace);
    return found;
  }, [namespace, selector]);
  const seen = list.data === undefined ? undefined : report(list.data.items ?? []);
  return (
    <Page title="Reports" crumbs={[{ text: 'Reports', path: 'reports' }, ...(namespace === '' ? [] : [{ text: namespace }])]}>
      <div class="with-filters">
        <aside class="filters" aria-label="Filters">
          <section class="box small">
            <NamespaceFilter value={namespace} onChange={(to) => goToNamespace('reports', to)} />
            <FilterField label="Labels" value={query.labels} onChange={(label) => setQuery({ label })} />
            <ChoiceField label="Workflow template" path={`workflow-templates/${namespace}`} value={query.template} onChange={(template) => setQuery({ template })} />
            <ChoiceField label="Cron workflow" path={`cron-workflows/${namespace}`} value={query.cron} onChange={(cronWorkflow) => setQuery({ cronWorkflow })} />
            <ChecksField legend="Phases" values={FINISHED} chosen={query.phases} onChange={(phase) => setQuery({ phase })} />
          </section>
        </aside>
        <div class="list">
          <ErrorNotice error={list.error} onRetry={list.reload} />
          {seen === undefined && list.error === undefined && <p role="status">Loading...</p>}
          {seen !== undefined && seen.rows.length === 0 && (
            <div class="box">
              <h2>No finished workflows</h2>
              <p>A report is made of workflows that have ended. None matches the filters.</p>
            </div>
          )}
          {seen !== undefined && seen.rows.length > 0 && <Charts report={seen} />}
          <Note learnMore="cost-optimisation">Use this page to find costly or time consuming workflows. Those of workflow templates and cron workflows carry labels by themselves; give others labels to find them here. The last {LIMIT} finished workflows are shown, in the cluster and in the archive.</Note>
        </div>
      </div>
    </Page>
  );
}

function Charts({ report: { rows, phases, longest, average, p95, resources } }: { report: Report }): JSX.Element {
  const top = Math.max(1, longest);
  const step = (WIDTH - LEFT) / rows.length;
  const y = (seconds: number) => (HEIGHT - BOTTOM) * (1 - seconds / top) + 6;
  const summary = phases.map(({ phase, count }) => `${count} ${phase}`).join(', ');
  return (
    <>
      <section class="box">
        <h2>Phases</h2>
        <p class="report-phases">
          {phases.map(({ phase, count }) => (
            <span key={phase}>
              <PhaseIcon phase={phase} /> {phase} <strong>{count}</strong>
            </span>
          ))}
        </p>
        <div class="report-stack" role="img" aria-label={summary}>
          {phases.map(({ phase, count }) => count > 0 && <span key={phase} class={`phase-${phase}`} style={{ flexGrow: count }} />)}
        </div>
      </section>
      <section class="box">
        <h2>Durations</h2>
        <p>
          {rows.length} workflows; average {duration(average)}, 95 % within {duration(p95)}, longest {duration(longest)}
        </p>
        <svg class="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT + 10}`} role="group" aria-label="Durations of the workflows, the latest on the right">
          {[0, 0.5, 1].map((part) => (
            <g key={part} aria-hidden="true">
              <path class="chart-line" d={`M${LEFT} ${y(top * part)}H${WIDTH}`} />
              <text x={LEFT - 8} y={y(top * part) + 4}>
                {duration(top * part)}
              </text>
            </g>
          ))}
          {rows.map((row, i) => (
            <a key={`${row.namespace}/${row.name} ${i}`} href={href(`workflows/${row.namespace}/${row.name}`)} aria-label={`${row.name}, ${row.phase}, ${duration(row.duration)}`}>
              <rect class={`bar-${row.phase}`} x={LEFT + i * step + step * 0.1} width={Math.min(60, step * 0.8)} y={Math.min(y(row.duration), HEIGHT - BOTTOM + 3)} height={Math.max(3, HEIGHT - BOTTOM + 6 - y(row.duration))} />
              <title>
                {row.name}: {row.phase}, {duration(row.duration)}
              </title>
            </a>
          ))}
        </svg>
      </section>
      {resources.length > 0 && (
        <section class="box">
          <h2>Resources</h2>
          <p>What the pods held, in seconds of one core or of 100 MiB of memory.</p>
          <table class="rows plain">
            <thead>
              <tr>
                <Headings titles={['Resource', 'All workflows', 'Each, on average']} />
              </tr>
            </thead>
            <tbody>
              {resources.map(({ name, seconds }) => (
                <tr key={name}>
                  <td>{name}</td>
                  <td>{duration(seconds)}</td>
                  <td>{duration(seconds / rows.length)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
