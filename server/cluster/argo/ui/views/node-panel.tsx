import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import type { NodeStatus, Template, Workflow } from '../api/shapes.ts';
import { artifactPath } from '../state/artifacts.ts';
import { containersOf, templateOf } from '../state/containers.ts';
import { duration, lasted, valueText } from '../state/format.ts';
import { podName } from '../state/pod-name.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { Icon, PhaseIcon } from './icons.tsx';
import { write } from '../state/edit.ts';

const TABS = ['Summary', 'Containers', 'Inputs/Outputs'] as const;

/** What is known of one node: the right-hand panel of the workflow's page. */
export function NodePanel({ workflow, node, onLogs, onEvents, onManifest, onResume, onClose }: { workflow: Workflow; node: NodeStatus; onLogs(): void; onEvents(): void; onManifest(): void; onResume(): void; onClose(): void }): JSX.Element {
  const tab = useSignal<(typeof TABS)[number]>('Summary');
  const template = templateOf(workflow, node);
  const isPod = node.type === 'Pod';
  return (
    <aside class="node-panel" aria-label={`Node ${node.displayName ?? node.name}`}>
      <button type="button" class="sliding-close" aria-label="Close the node" onClick={onClose}>
        <Icon name="cross" />
      </button>
      <h2 class="node-title">{node.displayName ?? node.name}</h2>
      <div class="tabs" role="tablist" aria-label="Node">
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`node-tab-${name}`}
            aria-selected={tab.value === name}
            aria-controls="node-tab-panel"
            tabIndex={tab.value === name ? 0 : -1}
            onClick={() => (tab.value = name)}
            onKeyDown={(event) => {
              const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
              if (by === undefined) return;
              const next = TABS[(TABS.indexOf(name) + by + TABS.length) % TABS.length];
              if (next === undefined) return;
              tab.value = next;
              document.getElementById(`node-tab-${next}`)?.focus();
            }}
          >
            {name}
          </button>
        ))}
      </div>
      <div id="node-tab-panel" role="tabpanel" aria-labelledby={`node-tab-${tab.value}`} class="node-body">
        {tab.value === 'Summary' && (
          <>
            <Facts
              rows={[
                ['Name', node.name],
                ['ID', node.id],
                ...(isPod ? ([['Pod name', podName(workflow, node)]] satisfies Row[]) : []),
                ['Host node name', node.hostNodeName],
                ['Type', node.type],
                ['Phase', <><PhaseIcon phase={node.phase} /> {node.phase ?? 'Pending'}</>],
                ['Message', node.message],
                ['Start time', node.startedAt],
                ['End time', node.finishedAt],
                ['Duration', lasted(node.startedAt, node.finishedAt, now.value)],
                ['Progress', node.progress],
                ['Template', node.templateRef?.template !== undefined ? `${node.templateRef.name ?? ''}/${node.templateRef.template}` : node.templateName],
                ['Resources duration', node.resourcesDuration === undefined || node.resourcesDuration === null ? undefined : Object.entries(node.resourcesDuration).map(([name, seconds]) => `${duration(seconds)}*(${name})`).join(' ')],
              ]}
            />
            <p class="node-buttons">
              <button type="button" class="pill" onClick={onManifest}>
                <Icon name="template" /> Manifest
              </button>
              {node.type === 'Suspend' && node.phase === 'Running' && (
                <button type="button" class="pill" onClick={onResume}>
                  <Icon name="play" /> Resume
                </button>
              )}
              {isPod && (
                <button type="button" class="pill" onClick={onLogs}>
                  <Icon name="workflows" /> Logs
                </button>
              )}
              {isPod && (
                <button type="button" class="pill" onClick={onEvents}>
                  <Icon name="bell" /> Events
                </button>
              )}
            </p>
          </>
        )}
        {tab.value === 'Containers' && <Containers template={template} />}
        {tab.value === 'Inputs/Outputs' && <InputsOutputs workflow={workflow} node={node} />}
      </div>
    </aside>
  );
}

type Row = [string, ComponentChildren];

export function Facts({ rows }: { rows: Row[] }): JSX.Element {
  return (
    <dl class="facts">
      {rows
        .filter(([, value]) => value !== undefined && value !== null && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Containers({ template }: { template: Template | undefined }): JSX.Element {
  const list = containersOf(template);
  if (list.length === 0) return <p class="quiet">This node has no containers.</p>;
  return (
    <>
      {list.map((container, i) => (
        <section key={i}>
          <h3>{container.name === undefined || container.name === '' ? 'main' : container.name}</h3>
          <Facts
            rows={[
              ['Image', container.image],
              ['Command', (container.command ?? []).length > 0 ? <pre tabIndex={0}>{container.command?.join(' ')}</pre> : undefined],
              ['Source', container.source === undefined ? undefined : <pre tabIndex={0}>{container.source}</pre>],
              ['Args', (container.args ?? []).length > 0 ? <pre tabIndex={0}>{container.args?.join(' ')}</pre> : undefined],
              ['Env', (container.env ?? []).length > 0 ? <pre tabIndex={0}>{write(container.env, 'yaml')}</pre> : undefined],
            ]}
          />
        </section>
      ))}
    </>
  );
}

function InputsOutputs({ workflow, node }: { workflow: Workflow; node: NodeStatus }): JSX.Element {
  const section = (title: 'Inputs' | 'Outputs', data: { parameters?: { name: string; value?: unknown }[] | null | undefined; artifacts?: { name: string; path?: string | undefined }[] | null | undefined } | null | undefined, extra: Row[] = []) => {
    const rows: Row[] = [...(data?.parameters ?? []).map((parameter): Row => [parameter.name, <pre tabIndex={0}>{valueText(parameter.value)}</pre>]), ...(data?.artifacts ?? []).map((artifact): Row => [
        `${artifact.name} (artifact)`,
        <>
          {artifact.path ?? '-'}{' '}
          <a data-plain href={href(artifactPath(workflow, node, title === 'Inputs' ? 'inputs' : 'outputs', artifact.name))} download aria-label={`Download ${artifact.name}`}>
            Download
          </a>
        </>,
      ]), ...extra];
    const filled = rows.filter(([, value]) => value !== undefined);
    return (
      <section>
        <h3>{title}</h3>
        {filled.length === 0 ? <p class="quiet">No {title.toLowerCase()}</p> : <Facts rows={filled} />}
      </section>
    );
  };
  return (
    <>
      {section('Inputs', node.inputs)}
      {section('Outputs', node.outputs, [
        ['Result', node.outputs?.result],
        ['Exit code', node.outputs?.exitCode],
      ])}
    </>
  );
}
