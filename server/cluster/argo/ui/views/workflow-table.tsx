import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { get } from '../api/client.ts';
import { listOf, Workflow } from '../api/shapes.ts';
import { isArchived } from '../state/actions.ts';
import { duration, lasted, valueText } from '../state/format.ts';
import { byNewest, ITEM_FIELDS } from '../state/list-query.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { ErrorNotice, useLoad } from './common.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import { Facts } from './node-panel.tsx';
import { Headings, Time, TimeHeading } from './tables.tsx';

/** Which rows are chosen, for what is done with several workflows at once. */
export interface Choice {
  uids: readonly string[];
  onChoose(uids: readonly string[], on: boolean): void;
}

const uidOf = (workflow: Workflow) => workflow.metadata.uid ?? '';

export function WorkflowTable({ workflows, choice }: { workflows: readonly Workflow[]; choice?: Choice }): JSX.Element {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">
            {choice !== undefined && <input type="checkbox" aria-label="Select all workflows" checked={workflows.every((workflow) => choice.uids.includes(uidOf(workflow)))} onChange={(event) => choice.onChoose(workflows.map(uidOf), event.currentTarget.checked)} />}
            <span class="sr-only">Phase</span>
          </th>
          <Headings titles={['Name', 'Namespace']} />
          <TimeHeading title="Started" />
          <TimeHeading title="Finished" />
          <Headings titles={['Duration', 'Progress', 'Message', 'Details', 'Archived']} />
        </tr>
      </thead>
      <tbody>
        {workflows.map((workflow) => (
          <Row key={uidOf(workflow)} workflow={workflow} choice={choice} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ workflow, choice }: { workflow: Workflow; choice: Choice | undefined }): JSX.Element {
  const open = useSignal(false);
  const { name = '', namespace = '', annotations } = workflow.metadata;
  const { phase, startedAt, finishedAt, progress, message } = workflow.status;
  const description = annotations?.['workflows.argoproj.io/description'];
  const uid = uidOf(workflow);
  return (
    <>
      <tr>
        <td>
          {choice !== undefined && <input type="checkbox" aria-label={`Select ${name}`} checked={choice.uids.includes(uid)} onChange={(event) => choice.onChoose([uid], event.currentTarget.checked)} />} <PhaseIcon phase={phase} />
        </td>
        <td>
          <a href={href(`workflows/${namespace}/${name}`, { uid })}>{annotations?.['workflows.argoproj.io/title'] ?? name}</a>
          {description !== undefined && <p class="row-description">{description.split('\n')[0]}</p>}
        </td>
        <td>{namespace}</td>
        <td>
          <Time value={startedAt} />
        </td>
        <td>
          <Time value={finishedAt} />
        </td>
        <td>{lasted(startedAt, finishedAt, now.value)}</td>
        <td>{progress ?? '-'}</td>
        <td>{message ?? '-'}</td>
        <td>
          <button type="button" class="link" aria-expanded={open.value} aria-label={`${open.value ? 'Hide' : 'Show'} details of ${name}`} onClick={() => (open.value = !open.value)}>
            {open.value ? 'Hide' : 'Show'} <Icon name={open.value ? 'up' : 'down'} />
          </button>
        </td>
        <td>{String(isArchived(workflow))}</td>
      </tr>
      {open.value && (
        <tr class="row-details">
          <td colSpan={10}>
            <Details workflow={workflow} />
          </td>
        </tr>
      )}
    </>
  );
}

const DETAILS = 'metadata.name,metadata.labels,spec.arguments,status.message,status.conditions,status.resourcesDuration';

/** What a row of the list has no room for, asked for when it is opened. */
function Details({ workflow }: { workflow: Workflow }): JSX.Element {
  const { name = '', namespace = '', uid } = workflow.metadata;
  const loaded = useLoad(() => get(Workflow, `workflows/${namespace}/${name}`, { fields: DETAILS, uid }), [namespace, name, workflow.status.phase]);
  const one = loaded.data;
  if (one === undefined) return loaded.error === undefined ? <p role="status">Loading...</p> : <ErrorNotice error={loaded.error} onRetry={loaded.reload} />;
  const conditions = one.status.conditions ?? [];
  const resources = Object.entries(one.status.resourcesDuration ?? {});
  const labels = Object.entries(one.metadata.labels ?? {});
  const parameters = one.spec.arguments?.parameters ?? [];
  return (
    <Facts
      rows={[
        ['Message', one.status.message],
        ['Conditions', conditions.length === 0 ? 'none' : conditions.map(({ type, status, message }) => [type, message ?? status].filter(Boolean).join(': ')).join('; ')],
        ['Resources duration', resources.length === 0 ? 'none' : resources.map(([resource, seconds]) => `${duration(seconds)}*(${resource})`).join(' ')],
        ['Parameters', parameters.length === 0 ? undefined : parameters.map((parameter) => `${parameter.name}=${valueText(parameter.value)}`).join(', ')],
        [
          'Labels',
          labels.length === 0 ? (
            'none'
          ) : (
            <ul class="chips">
              {labels.map(([key, value]) => (
                <li key={key}>
                  <a href={href(`workflows/${namespace}`, { label: `${key}=${value}` })}>
                    <code>
                      {key}={value}
                    </code>
                  </a>
                </li>
              ))}
            </ul>
          ),
        ],
      ]}
    />
  );
}

const RECENT = 20;

/** The last workflows that carry a label: those of a template or of a cron workflow. */
export function RecentWorkflows({ namespace, label }: { namespace: string; label: string }): JSX.Element {
  const list = useLoad(() => get(listOf(Workflow), `workflows/${namespace}`, { 'listOptions.labelSelector': label, 'listOptions.limit': RECENT, fields: ITEM_FIELDS }), [namespace, label]);
  const workflows = (list.data?.items ?? []).toSorted(byNewest);
  return (
    <section aria-label="Workflows">
      <div class="list-head">
        <h2>Workflows</h2>
        <button type="button" class="pill" onClick={list.reload}>
          <Icon name="again" /> Reload
        </button>
        <a class="pill" href={href(`workflows/${namespace}`, { label })}>
          All workflows
        </a>
      </div>
      <ErrorNotice error={list.error} onRetry={list.reload} />
      {list.data !== undefined && workflows.length === 0 && <p class="quiet">None was started from it yet.</p>}
      {workflows.length > 0 && (
        <div class="list">
          <WorkflowTable workflows={workflows} />
        </div>
      )}
    </section>
  );
}
