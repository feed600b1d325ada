import type { JSX } from 'preact';
import type { Workflow } from '../api/shapes.ts';
import { duration, lasted, valueText } from '../state/format.ts';
import { originLinks } from '../state/origin.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { LinkedText } from './copy.tsx';
import { ObjectText } from './editor.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import { Facts, NodeArtifacts } from './node-panel.tsx';
import { Time } from './tables.tsx';

type Condition = NonNullable<Workflow['status']['conditions']>[number];

const WARNINGS = new Set(['SpecWarning', 'MetricsError', 'SubmissionError', 'SpecError', 'ArtifactGCError']);
const CREATOR = 'workflows.argoproj.io/creator';

/** A condition that somebody should look at. */
export const isWarning = ({ type }: Condition): boolean => WARNINGS.has(type);

export function Conditions({ conditions }: { conditions: readonly Condition[] }): JSX.Element {
  return (
    <>
      {conditions.map((condition) => (
        <p key={condition.type}>
          {isWarning(condition) && <Icon name="warning" />} {condition.type}: {condition.message ?? condition.status}
        </p>
      ))}
    </>
  );
}

/** Labels and the like; a label leads to the workflows that have it too. */
export function Chips({ pairs, namespace }: { pairs: readonly (readonly [string, string])[]; namespace?: string }): JSX.Element {
  return (
    <ul class="chips">
      {pairs.map(([name, value]) => {
        const text = (
          <code>
            {name}={value}
          </code>
        );
        return (
          <li key={name}>
            {namespace === undefined ? (
              text
            ) : (
              <a href={href(`workflows/${namespace}`, { label: `${name}=${value}` })} title={`List workflows labelled with ${name}=${value}`}>
                {text}
              </a>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** Who made a workflow, as the server has noted it in its labels. */
export function creatorPairs(labels: Readonly<Record<string, string>> | null | undefined): [string, string][] {
  return Object.entries(labels ?? {}).filter(([name, value]) => name.startsWith(CREATOR) && value !== '');
}

/** The time that pods held resources, as Argo counts it: by whole CPUs and by 100 MiB. */
export function resourcesText(resources: Readonly<Record<string, number>> | null | undefined): string | undefined {
  const list = Object.entries(resources ?? {});
  return list.length === 0 ? undefined : list.map(([name, seconds]) => `${duration(seconds)}*(${{ cpu: '1 cpu', memory: '100Mi memory' }[name] ?? name})`).join(' ');
}

/** All that is known of a workflow as a whole. */
export function Summary({ workflow, manifest }: { workflow: Workflow; manifest: unknown }): JSX.Element {
  const { metadata, status, spec } = workflow;
  const { namespace = '' } = metadata;
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== 'kubectl.kubernetes.io/last-applied-configuration');
  const labels = Object.entries(metadata.labels ?? {});
  const creator = creatorPairs(metadata.labels);
  const parameters = spec.arguments?.parameters ?? [];
  const origins = originLinks(workflow).filter(({ from }) => from !== undefined);
  const missing = ['activeDeadlineSeconds', 'ttlStrategy', 'podGC'].filter((field) => (spec[field] ?? status.storedWorkflowTemplateSpec?.[field] ?? undefined) === undefined);
  return (
    <>
      <section class="box">
        <Facts
          rows={[
            ['Status', <><PhaseIcon phase={status.phase} /> {status.phase ?? 'Pending'}</>],
            ['Message', status.message === undefined ? undefined : <LinkedText text={status.message} />],
            ['Name', metadata.name],
            ['Namespace', namespace],
            ['From', origins.length === 0 ? '-' : origins.map(({ from, path }) => <p key={path}><a href={href(path)}>{from}</a></p>)],
            ['Labels', labels.length === 0 ? 'No labels' : <Chips pairs={labels} namespace={namespace} />],
            ['Annotations', annotations.length === 0 ? undefined : <Chips pairs={annotations} />],
            ['Started', <Time value={status.startedAt} />],
            ['Finished', <Time value={status.finishedAt} />],
            ['Duration', lasted(status.startedAt, status.finishedAt, now.value)],
            ['Progress', status.progress ?? '-'],
            ['Creator', creator.length === 0 ? undefined : <Chips pairs={creator} namespace={namespace} />],
            ['Resources Duration', resourcesText(status.resourcesDuration)],
            ['Conditions', (status.conditions ?? []).length === 0 ? undefined : <Conditions conditions={status.conditions ?? []} />],
          ]}
        />
        {missing.length > 0 && <p class="quiet">Of what ends or cleans up by itself, this workflow has no {missing.join(', ')}.</p>}
      </section>
      {parameters.length > 0 && (
        <section class="box small" aria-label="Parameters">
          <h2>Parameters</h2>
          <Facts rows={parameters.map((parameter) => [parameter.name, <LinkedText text={valueText(parameter.value)} />])} />
        </section>
      )}
      <section class="box small" aria-label="Artifacts">
        <h2>Artifacts</h2>
        <NodeArtifacts workflow={workflow} nodes={Object.values(status.nodes ?? {})} direction="outputs" />
      </section>
      <section class="box small" aria-label="Workflow">
        <h2>Workflow</h2>
        <ObjectText label="Workflow" value={manifest} />
      </section>
    </>
  );
}
