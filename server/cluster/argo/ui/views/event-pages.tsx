import type { JSX } from 'preact';
import { ArgoError, get } from '../api/client.ts';
import { EventBinding, EventSource, listOf, Sensor, Workflow } from '../api/shapes.ts';
import { eventFlow } from '../state/event-flow.ts';
import type { FlowKind, FlowNode } from '../state/event-flow.ts';
import { layout } from '../state/graph.ts';
import { go, href } from '../state/router.ts';
import { ErrorNotice, NamespaceFilter, Note, Page, rememberNamespace, useLoad } from './common.tsx';
import { ObjectText } from './editor.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { ObjectTable } from './tables.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';

const KINDS = {
  sensors: { title: 'Sensors', one: 'sensor', shape: Sensor, icon: 'dish', note: 'A sensor waits for events of event sources and triggers something then, such as a workflow.' },
  'event-sources': { title: 'Event Sources', one: 'event source', shape: EventSource, icon: 'bolt', note: 'An event source takes events from outside (webhooks, object stores, calendars, queues) and puts them on the event bus.' },
} as const;

export type EventKind = keyof typeof KINDS;

/** The types of Argo Events are not in the cluster. */
function missing(error: unknown): error is ArgoError {
  return error instanceof ArgoError && (error.status === 404 || error.message.includes('could not find the requested resource'));
}

function NotInstalled({ error }: { error: ArgoError }): JSX.Element {
  return (
    <section class="box">
      <h2>Argo Events is not installed</h2>
      <p>Sensors and event sources belong to Argo Events, a project of its own. This cluster does not have its resource types, so the server answers:</p>
      <pre class="shell" tabIndex={0}>
        {error.message}
      </pre>
      <p>Install Argo Events with kubectl to use this page. Without it, workflow event bindings start workflows from events that are posted to the Argo Server.</p>
      <a class="pill" href={href('workflow-event-bindings')}>
        <Icon name="link" /> Workflow event bindings
      </a>
    </section>
  );
}

/** The list of sensors or event sources; what is missing is said. */
export function EventObjectsPage({ kind, namespace, name }: { kind: EventKind; namespace: string; name: string | undefined }): JSX.Element {
  const { title, one, shape, icon, note } = KINDS[kind];
  const list = useLoad(async () => {
    const found = await get(listOf<Sensor | EventSource>(shape), `${kind}/${namespace}`);
    rememberNamespace(namespace);
    return found;
  }, [kind, namespace]);
  const items = list.data?.items ?? [];
  const open = items.find((item) => item.metadata.name === name);
  return (
    <Page title={title} crumbs={[{ text: title, path: kind }, { text: namespace, path: `${kind}/${namespace}` }, ...(name === undefined ? [] : [{ text: name }])]} tools={[]} aside={<NamespaceFilter value={namespace} onChange={(to) => go(`${kind}/${to}`)} />}>
      {missing(list.error) ? <NotInstalled error={list.error} /> : <ErrorNotice error={list.error} onRetry={list.reload} />}
      {list.data === undefined && list.error === undefined && <p role="status">Loading...</p>}
      {list.data !== undefined && items.length === 0 && (
        <div class="box">
          <h2>No {title.toLowerCase()}</h2>
          <p>Argo Events is installed; create a {one} with kubectl.</p>
        </div>
      )}
      {list.data !== undefined && name !== undefined && open === undefined && <ErrorNotice error={new Error(`There is no ${one} ${name} in ${namespace}.`)} />}
      {open !== undefined && (
        <section class="box">
          <h2>{name}</h2>
          <ObjectText label={one} value={withoutManagedFields(open)} />
        </section>
      )}
      {name === undefined && items.length > 0 && <ObjectTable<Sensor | EventSource> items={items} icon={() => icon} path={({ metadata }) => `${kind}/${metadata.namespace ?? namespace}/${metadata.name ?? ''}`} namespaced />}
      <Note>{note}</Note>
    </Page>
  );
}

const FLOW_ICONS: Record<FlowKind, IconName> = { 'event source': 'bolt', sensor: 'dish', trigger: 'play', event: 'cloud', 'event binding': 'link', template: 'template', workflow: 'workflows' };
const [STRETCH_X, STRETCH_Y] = [1.6, 1.25];
const WORKFLOW_FIELDS = 'metadata,items.metadata.name,items.metadata.namespace,items.metadata.creationTimestamp,items.metadata.labels,items.status.phase';
const RECENT = 200;

/** From events to workflows: bindings, and event sources with sensors where Argo Events is installed. */
export function EventFlowPage({ namespace }: { namespace: string }): JSX.Element {
  const loaded = useLoad(async () => {
    const optional = async <T,>(work: Promise<{ items?: T[] | null | undefined }>): Promise<{ items: T[]; absent: ArgoError | undefined }> => {
      try {
        return { items: (await work).items ?? [], absent: undefined };
      } catch (error) {
        if (missing(error)) return { items: [], absent: error };
        throw error;
      }
    };
    const [bindings, workflows, sources, sensors] = await Promise.all([
      get(listOf(EventBinding), `workflow-event-bindings/${namespace}`),
      get(listOf(Workflow), `workflows/${namespace}`, { fields: WORKFLOW_FIELDS, 'listOptions.limit': RECENT }),
      optional(get(listOf(EventSource), `event-sources/${namespace}`)),
      optional(get(listOf(Sensor), `sensors/${namespace}`)),
    ]);
    rememberNamespace(namespace);
    return { absent: sources.absent ?? sensors.absent, nodes: eventFlow(namespace, { bindings: bindings.items ?? [], workflows: workflows.items ?? [], sources: sources.items, sensors: sensors.items }) };
  }, [namespace]);
  const nodes = loaded.data?.nodes ?? {};
  return (
    <Page title="Event Flow" crumbs={[{ text: 'Event Flow', path: 'event-flow' }, { text: namespace }]} tools={[{ title: 'Reload', icon: 'again', action: loaded.reload }]} aside={<NamespaceFilter value={namespace} onChange={(to) => go(`event-flow/${to}`)} />}>
      <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
      {loaded.data === undefined && loaded.error === undefined && <p role="status">Loading...</p>}
      {loaded.data !== undefined && Object.keys(nodes).length === 0 && (
        <section class="box">
          <h2>Nothing leads from an event to a workflow yet</h2>
          <p>Create a workflow event binding with kubectl: an event's selector and the template to submit. It is drawn here, with the workflows that it starts.</p>
        </section>
      )}
      {Object.keys(nodes).length > 0 && <Flow nodes={nodes} />}
      {loaded.data?.absent !== undefined && <NotInstalled error={loaded.data.absent} />}
    </Page>
  );
}

function Flow({ nodes }: { nodes: Readonly<Record<string, FlowNode>> }): JSX.Element {
  const graph = layout(nodes);
  const at = new Map(graph.nodes.map((node) => [node.id, { x: node.x * STRETCH_X, y: node.y * STRETCH_Y }]));
  return (
    <div class="flow" role="group" aria-label="Event flow" tabIndex={0}>
      <div class="flow-area" style={{ width: `${graph.width * STRETCH_X}px`, height: `${graph.height * STRETCH_Y}px` }}>
        <svg width={graph.width * STRETCH_X} height={graph.height * STRETCH_Y} aria-hidden="true">
          {graph.edges.map(({ from, to }) => {
            const [a, b] = [at.get(from.id), at.get(to.id)];
            return a !== undefined && b !== undefined && <path key={`${from.id} ${to.id}`} class="edge" d={`M${a.x} ${a.y}C${a.x} ${a.y + 70} ${b.x} ${b.y - 70} ${b.x} ${b.y}`} />;
          })}
        </svg>
        {graph.nodes.map(({ id }) => {
          const [node, point] = [nodes[id], at.get(id)];
          if (node === undefined || point === undefined) return undefined;
          const content = (
            <>
              {node.type === 'workflow' ? <PhaseIcon phase={node.phase} /> : <Icon name={FLOW_ICONS[node.type]} />}
              <small>{node.type}</small>
              <span class="flow-name">{node.displayName}</span>
            </>
          );
          const place = { left: `${point.x}px`, top: `${point.y}px` };
          return node.path === undefined ? (
            <span key={id} class="flow-node" style={place}>
              {content}
            </span>
          ) : (
            <a key={id} class="flow-node" style={place} href={href(node.path)} title={node.displayName}>
              {content}
            </a>
          );
        })}
      </div>
    </div>
  );
}
