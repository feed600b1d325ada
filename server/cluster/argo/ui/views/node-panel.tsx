import type { ComponentChildren, JSX } from 'preact';
import type { Container, NodeStatus, Template, Workflow } from '../api/shapes.ts';
import { isArchived } from '../state/actions.ts';
import { artifactPath } from '../state/artifacts.ts';
import { containersOf, templateOf } from '../state/containers.ts';
import { write } from '../state/edit.ts';
import { duration, lasted, valueText } from '../state/format.ts';
import { linksFor } from '../state/links.ts';
import { failHosts, logsOf } from '../state/nodes.ts';
import { podName } from '../state/pod-name.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { info } from './common.tsx';
import { CopyableText, LinkedText } from './copy.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import { Headings, Time, TimeHeading } from './tables.tsx';
import { Tabs } from './tabs.tsx';

export interface NodePanelProps {
  workflow: Workflow;
  node: NodeStatus;
  /** `summary`, `containers` or `inputs-outputs`. */
  tab: string | undefined;
  onTab(tab: string): void;
  /** Of a node and one of its containers. */
  onLogs(nodeId: string, container: string): void;
  onEvents(): void;
  onManifest(): void;
  onResume(): void;
  onRetry(): void;
  onClose(): void;
}

/** What is known of one node: the right-hand panel of the workflow's page. */
export function NodePanel(props: NodePanelProps): JSX.Element {
  const { workflow, node, tab, onTab, onLogs, onClose } = props;
  const more = [
    { key: 'containers', title: 'Containers', content: () => <Containers template={templateOf(workflow, node)} onLogs={(container) => onLogs(node.id, container)} /> },
    { key: 'inputs-outputs', title: 'Inputs/Outputs', content: () => <InputsOutputs workflow={workflow} node={node} /> },
  ];
  return (
    <aside class="node-panel" aria-label={`Node ${node.displayName ?? node.name}`}>
      <button type="button" class="sliding-close" aria-label="Close the node" onClick={onClose}>
        <Icon name="cross" />
      </button>
      <h2 class="node-title">{node.displayName ?? node.name}</h2>
      <Tabs label="Node" selected={tab} onSelect={onTab} tabs={[{ key: 'summary', title: 'Summary', content: () => <NodeSummary {...props} /> }, ...(node.type === 'Container' ? [] : more)]} />
    </aside>
  );
}

function NodeSummary({ workflow, node, onLogs, onEvents, onManifest, onResume, onRetry }: NodePanelProps): JSX.Element {
  const isPod = node.type === 'Pod';
  const pod = podName(workflow, node);
  const memo = node.memoizationStatus;
  const logs = logsOf(workflow, node);
  const links = isPod ? linksFor(info.value, 'pod', { metadata: { namespace: workflow.metadata.namespace, name: pod }, workflow, status: { startedAt: node.startedAt, finishedAt: node.finishedAt } }, now.value) : [];
  const time = (value: string | null | undefined) => (value === undefined || value === null ? '-' : <Time value={value} />);
  const button = (title: string, icon: 'template' | 'play' | 'again' | 'workflows' | 'bell', action: () => void) => (
    <button type="button" class="pill" onClick={action}>
      <Icon name={icon} /> {title}
    </button>
  );
  return (
    <>
      <Facts
        rows={[
          ['Name', <CopyableText text={node.name} noun="name" />],
          ['ID', <CopyableText text={node.id} noun="ID" />],
          ['Pod name', isPod ? <CopyableText text={pod} noun="pod name" /> : undefined],
          ['Host node name', isPod && node.hostNodeName !== undefined ? <CopyableText text={node.hostNodeName} noun="host node name" /> : undefined],
          ['Type', node.type],
          ['Phase', <><PhaseIcon phase={node.phase} /> {node.phase ?? 'Pending'}</>],
          ['Message', node.message === undefined ? undefined : <span class="lines"><LinkedText text={node.message} /></span>],
          ['Start time', time(node.startedAt)],
          ['End time', time(node.finishedAt)],
          ['Duration', lasted(node.startedAt, node.finishedAt, now.value)],
          ['Progress', node.progress ?? '-'],
          ['Memoization', memo === undefined || memo === null ? 'N/A' : <Facts rows={[['Key', memo.key], ['Cache name', memo.cacheName], ['Hit?', memo.hit === true ? 'YES' : 'NO']]} />],
          ['Fail hosts', node.type === 'Retry' ? failHosts(workflow, node).join(', ') : undefined],
          ['Template', node.templateRef?.template !== undefined ? `${node.templateRef.name ?? ''}/${node.templateRef.template}` : node.templateName],
          ['Resources duration', node.resourcesDuration === undefined || node.resourcesDuration === null ? undefined : Object.entries(node.resourcesDuration).map(([name, seconds]) => `${duration(seconds)}*(${name})`).join(' ')],
        ]}
      />
      <p class="node-buttons">
        {node.type === 'Suspend' && node.phase === 'Running' && button('Resume', 'play', onResume)}
        {node.type !== 'Container' && button('Manifest', 'template', onManifest)}
        {['Succeeded', 'Failed'].includes(node.phase ?? '') && node.type !== 'Container' && button('Retry node', 'again', onRetry)}
        {logs !== undefined && button('Logs', 'workflows', () => onLogs(logs.nodeId, logs.container))}
        {isPod && button('Events', 'bell', onEvents)}
        {links.map(({ name, url }) => (
          <a key={name} class="pill" href={url} data-plain>
            <Icon name="outside" /> {name}
          </a>
        ))}
      </p>
    </>
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

function Containers({ template, onLogs }: { template: Template | undefined; onLogs(container: string): void }): JSX.Element {
  const list = containersOf(template);
  if (list.length === 0) return <p class="quiet">No data to display</p>;
  return (
    <>
      {list.map((container, i) => {
        const name = container.name === undefined || container.name === '' ? 'main' : container.name;
        return (
          <section key={i} aria-label={`Container ${name}`}>
            <h3>{name}</h3>
            <Facts
              rows={[
                ['Image', container.image],
                ['Command', (container.command ?? []).length > 0 ? <pre tabIndex={0}>{words(container.command)}</pre> : undefined],
                ['Source', container.source === undefined ? undefined : <pre tabIndex={0}>{container.source}</pre>],
                ['Args', (container.args ?? []).length > 0 ? <pre tabIndex={0}>{words(container.args)}</pre> : undefined],
                ['Env', (container.env ?? []).length > 0 ? <pre tabIndex={0}>{container.env?.map(variable).join('\n')}</pre> : undefined],
              ]}
            />
            <p class="node-buttons">
              <button type="button" class="pill" aria-label={`Logs of ${name}`} onClick={() => onLogs(name)}>
                <Icon name="workflows" /> Logs
              </button>
            </p>
          </section>
        );
      })}
    </>
  );
}

/** Words as somebody would type them: those with spaces in quotes. */
const words = (list: readonly string[] | null | undefined) => (list ?? []).map((word) => (word.includes(' ') ? `'${word}'` : word)).join(' ');

/** What comes from a Secret is named, not shown. */
function variable(entry: NonNullable<Container['env']>[number]): string {
  const secret = entry.valueFrom?.secretKeyRef;
  if (secret !== undefined && secret !== null) return `${entry.name}=(from the Secret ${secret.name ?? ''}/${secret.key ?? ''})`;
  return entry.value === undefined && entry.valueFrom !== undefined && entry.valueFrom !== null ? `${entry.name}: ${write(entry.valueFrom, 'yaml').trim().replaceAll('\n', '\n  ')}` : `${entry.name}=${entry.value ?? ''}`;
}

function InputsOutputs({ workflow, node }: { workflow: Workflow; node: NodeStatus }): JSX.Element {
  const parameters = (list: readonly { name: string; value?: unknown }[] | null | undefined) =>
    (list ?? []).length === 0 ? (
      <p class="quiet">No parameters</p>
    ) : (
      <Facts
        rows={(list ?? []).map(({ name, value }): Row => [
          name,
          <pre tabIndex={0}>
            <LinkedText text={valueText(value)} />
          </pre>,
        ])}
      />
    );
  return (
    <>
      <section aria-label="Inputs">
        <h3>Inputs</h3>
        {parameters(node.inputs?.parameters)}
        <NodeArtifacts workflow={workflow} nodes={[node]} direction="inputs" />
      </section>
      <section aria-label="Outputs">
        <h3>Outputs</h3>
        <Facts
          rows={[
            ['Result', node.outputs?.result === undefined ? 'No result' : <pre tabIndex={0}>{node.outputs.result}</pre>],
            ['Exit code', node.outputs?.exitCode ?? 'No exit code'],
          ]}
        />
        {parameters(node.outputs?.parameters)}
        <NodeArtifacts workflow={workflow} nodes={[node]} direction="outputs" />
      </section>
    </>
  );
}

/** The artifacts of nodes, to download. */
export function NodeArtifacts({ workflow, nodes, direction }: { workflow: Workflow; nodes: readonly NodeStatus[]; direction: 'inputs' | 'outputs' }): JSX.Element {
  const rows = nodes.flatMap((node) => (node[direction]?.artifacts ?? []).map((artifact) => ({ node, artifact })));
  if (rows.length === 0) return <p class="quiet">No artifacts</p>;
  return (
    <div class="wide-table">
      {isArchived(workflow) && (
        <p>
          <Icon name="warning" /> Artifacts for archived workflows may be overwritten by a more recent workflow with the same name.
        </p>
      )}
      <table class="rows plain">
        <thead>
          <tr>
            <Headings titles={['Artifact name', 'Node name', 'Path']} />
            <TimeHeading title="Created at" />
          </tr>
        </thead>
        <tbody>
          {rows.map(({ node, artifact }) => (
            <tr key={`${node.id} ${artifact.name}`}>
              <td>
                <a data-plain href={href(artifactPath(workflow, node, direction, artifact.name))} download aria-label={`Download ${artifact.name}`}>
                  <Icon name="file" />
                </a>{' '}
                {artifact.name}
              </td>
              <td>{node.name}</td>
              <td>{artifact.path ?? '-'}</td>
              <td>
                <Time value={node.finishedAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
