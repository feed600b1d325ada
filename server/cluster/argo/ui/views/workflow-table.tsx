import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { get } from '../api/client.ts';
import { listOf, Workflow } from '../api/shapes.ts';
import { isArchived } from '../state/actions.ts';
import { lasted, valueText } from '../state/format.ts';
import { byNewest, ITEM_FIELDS } from '../state/list-query.ts';
import { originLinks } from '../state/origin.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { ErrorNotice, info, useLoad } from './common.tsx';
import { LinkedText } from './copy.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import { MarkdownText } from './markdown.tsx';
import { Facts } from './node-panel.tsx';
import { Chips, Conditions, creatorPairs, resourcesText } from './summary.tsx';
import { Headings, Time, TimeHeading } from './tables.tsx';

/** Which rows are chosen, for what is done with several workflows at once. */
export interface Choice {
  uids: readonly string[];
  onChoose(uids: readonly string[], on: boolean): void;
}

/** Letters of a message that a row has room for; all of it is among the details. */
const MESSAGE = 180;
/** Columns that the server's configuration adds. */
const columns = () => info.value?.columns ?? [];

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
          <Headings titles={['Duration', 'Progress', 'Message', 'Details', 'Archived', ...columns().map(({ name }) => name)]} />
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
          <a href={href(`workflows/${namespace}/${name}`, { uid })}>
            <MarkdownText inline links={false} text={annotations?.['workflows.argoproj.io/title'] ?? name} />
          </a>
          {description !== undefined && (
            <p class="row-description">
              <MarkdownText inline text={description.split('\n')[0] ?? ''} />
            </p>
          )}
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
        <td>{message === undefined ? '-' : message.slice(0, MESSAGE)}</td>
        <td>
          <button type="button" class="link" aria-expanded={open.value} aria-label={`${open.value ? 'Hide' : 'Show'} details of ${name}`} onClick={() => (open.value = !open.value)}>
            {open.value ? 'Hide' : 'Show'} <Icon name={open.value ? 'up' : 'down'} />
          </button>
        </td>
        <td>{String(isArchived(workflow))}</td>
        {columns().map(({ name: title, type, key }) => (
          <td key={title}>{(type === 'label' ? workflow.metadata.labels : annotations)?.[key] ?? 'unknown'}</td>
        ))}
      </tr>
      {open.value && (
        <tr class="row-details">
          <td colSpan={10 + columns().length}>
            <Details workflow={workflow} />
          </td>
        </tr>
      )}
    </>
  );
}

const DETAILS = 'metadata.name,metadata.namespace,metadata.labels,metadata.annotations,spec.arguments,spec.workflowTemplateRef,status.message,status.conditions,status.resourcesDuration';

/** What a row of the list has no room for, asked for when it is opened. */
function Details({ workflow }: { workflow: Workflow }): JSX.Element {
  const { name = '', namespace = '', uid } = workflow.metadata;
  const loaded = useLoad(() => get(Workflow, `workflows/${namespace}/${name}`, { fields: DETAILS, uid }), [namespace, name, workflow.status.phase]);
  const one = loaded.data;
  if (one === undefined) return loaded.error === undefined ? <p role="status">Loading...</p> : <ErrorNotice error={loaded.error} onRetry={loaded.reload} />;
  const conditions = one.status.conditions ?? [];
  const labels = Object.entries(one.metadata.labels ?? {});
  const creator = creatorPairs(one.metadata.labels);
  const parameters = one.spec.arguments?.parameters ?? [];
  const description = one.metadata.annotations?.['workflows.argoproj.io/description'];
  const origins = originLinks(one).filter(({ from }) => from !== undefined);
  return (
    <Facts
      rows={[
        ['Message', one.status.message === undefined ? undefined : <LinkedText text={one.status.message} />],
        ['Name', name],
        ['Description', description === undefined ? undefined : <MarkdownText text={description} />],
        ['Conditions', conditions.length === 0 ? 'none' : <Conditions conditions={conditions} />],
        ['Resources duration', resourcesText(one.status.resourcesDuration) ?? 'none'],
        ['Parameters', parameters.length === 0 ? undefined : parameters.map((parameter) => `${parameter.name}=${valueText(parameter.value)}`).join(', ')],
        ['From', origins.length === 0 ? '-' : origins.map(({ from, path }) => <p key={path}><a href={href(path)}>{from}</a></p>)],
        ['Labels', labels.length === 0 ? 'No labels' : <Chips pairs={labels} namespace={namespace} />],
        ['Creator', creator.length === 0 ? 'No creator information' : <Chips pairs={creator} namespace={namespace} />],
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
