import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { ArgoError, get } from '../api/client.ts';
import { keepUp } from '../api/keep-up.ts';
import { EventBinding, EventLogEntry, EventSource, listOf, Sensor, Workflow } from '../api/shapes.ts';
import { stream } from '../api/stream.ts';
import { eventFlow, flowingNodes } from '../state/event-flow.ts';
import type { FlowKind, FlowNode, FlowParts } from '../state/event-flow.ts';
import { EVENT_KINDS } from '../state/event-kinds.ts';
import { layout } from '../state/graph.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { pause } from '../state/time.ts';
import { ErrorNotice, goToNamespace, NamespaceFilter, Note, Page, rememberNamespace, SlidingPanel } from './common.tsx';
import { ObjectText } from './editor.tsx';
import { EventSidePanel } from './event-logs.tsx';
import { missing, NotInstalled } from './event-pages.tsx';
import { Icon, PhaseIcon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';

const FLOW_ICONS: Record<FlowKind, IconName> = { 'event source': 'bolt', sensor: 'dish', conditions: 'filter', trigger: 'play', event: 'cloud', 'event binding': 'link', template: 'template', workflow: 'workflows', collapsed: 'unfold' };
const [STRETCH_X, STRETCH_Y] = [1.6, 1.25];
const WORKFLOW_FIELDS = 'metadata,items.metadata.name,items.metadata.namespace,items.metadata.creationTimestamp,items.metadata.labels,items.status.phase';
const RECENT = 200;
/** How long a node shows that an event has just passed through it. */
const FLOWING_MS = 3000;
const LOGS = [
  { path: 'event-sources', grep: 'dispatching.*event' },
  { path: 'sensors', grep: 'successfully processed' },
] as const;

interface Flowing {
  count: number;
  now: boolean;
}

/** From events to workflows: bindings, and event sources with sensors where Argo Events is installed. */
export function EventFlowPage({ namespace }: { namespace: string }): JSX.Element {
  const { query } = place.value;
  const [showFlow, showWorkflows, expanded] = [query.get('showFlow') === 'true', query.get('showWorkflows') !== 'false', query.get('expanded') === 'true'];
  const parts = useSignal<FlowParts | undefined>(undefined);
  const absent = useSignal<ArgoError | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  const flowing = useSignal<Readonly<Record<string, Flowing>>>({});
  const selected = useSignal<FlowNode | undefined>(undefined);

  useEffect(() => {
    const stop = new AbortController();
    parts.value = undefined;
    const optional = async <T,>(work: Promise<{ items?: T[] | null | undefined }>): Promise<T[]> => {
      try {
        return (await work).items ?? [];
      } catch (reason) {
        if (!missing(reason)) throw reason;
        absent.value = reason;
        return [];
      }
    };
    const round = async (): Promise<boolean> => {
      const [bindings, workflows, sources, sensors] = await Promise.all([
        get(listOf(EventBinding), `workflow-event-bindings/${namespace}`),
        get(listOf(Workflow), `workflows/${namespace}`, { fields: WORKFLOW_FIELDS, 'listOptions.limit': RECENT }),
        optional(get(listOf(EventSource), `event-sources/${namespace}`)),
        optional(get(listOf(Sensor), `sensors/${namespace}`)),
      ]);
      if (stop.signal.aborted) return false;
      rememberNamespace(namespace);
      error.value = undefined;
      parts.value = { bindings: bindings.items ?? [], workflows: workflows.items ?? [], sources, sensors };
      return true;
    };
    void keepUp({ round, onError: (reason) => (error.value = reason), signal: stop.signal });
    return () => stop.abort();
  }, [namespace, turn.value]);

  useEffect(() => {
    if (!showFlow) return undefined;
    const stop = new AbortController();
    flowing.value = {};
    for (const { path, grep } of LOGS) {
      const round = async () => {
        await stream(EventLogEntry, `stream/${path}/${namespace}/logs`, { grep, 'podLogOptions.follow': true, 'podLogOptions.tailLines': 0 }, stop.signal, (entry) => mark(flowing, flowingNodes(entry), stop.signal));
        return true;
      };
      void keepUp({ round, onError: (reason) => (error.value = reason), signal: stop.signal });
    }
    return () => stop.abort();
  }, [namespace, showFlow]);

  const nodes = parts.value === undefined ? {} : eventFlow(namespace, { ...parts.value, workflows: showWorkflows ? parts.value.workflows : [], expanded });
  const empty = Object.keys(nodes).length === 0;
  const owner = selected.value?.owner;
  const kind = EVENT_KINDS.find(({ path }) => path === owner?.kind);
  const object = (kind?.kind === 'Sensor' ? parts.value?.sensors : parts.value?.sources)?.find(({ metadata }) => metadata.name === owner?.name);
  return (
    <Page
      title="Event Flow"
      crumbs={[{ text: 'Event Flow', path: 'event-flow' }, ...(namespace === '' ? [] : [{ text: namespace }])]}
      tools={[
        { title: 'Create event source', icon: 'bolt', disabled: absent.value !== undefined, action: () => go(`event-sources/${namespace}`, { sidePanel: 'new' }) },
        { title: 'Create sensor', icon: 'dish', disabled: absent.value !== undefined, action: () => go(`sensors/${namespace}`, { sidePanel: 'new' }) },
        { title: 'Show event-flow', icon: 'flow', pressed: showFlow, disabled: empty, action: () => setQuery({ showFlow: showFlow ? undefined : 'true' }) },
        { title: 'Show workflows', icon: 'workflows', pressed: showWorkflows, disabled: parts.value === undefined, action: () => setQuery({ showWorkflows: showWorkflows ? 'false' : undefined }) },
        { title: 'Collapse/expand hidden nodes', icon: expanded ? 'fold' : 'unfold', pressed: expanded, disabled: empty, action: () => setQuery({ expanded: expanded ? undefined : 'true' }) },
      ]}
      aside={<NamespaceFilter value={namespace} onChange={(to) => goToNamespace('event-flow', to)} />}
    >
      <ErrorNotice error={error.value} onRetry={() => (turn.value += 1)} />
      {parts.value === undefined && error.value === undefined && <p role="status">Loading...</p>}
      {parts.value !== undefined && empty && (
        <section class="box">
          <h2>Nothing leads from an event to a workflow yet</h2>
          <p>With Argo Events, event sources and sensors start workflows when a webhook is called, a message comes or a time is reached. Without it, a workflow event binding says which template to submit for an event that is posted to the Argo Server. What there is of both is drawn here, with the workflows that it starts.</p>
        </section>
      )}
      {!empty && <Flow nodes={nodes} flowing={flowing.value} onSelect={(node) => (node.type === 'collapsed' ? setQuery({ expanded: 'true' }) : (selected.value = node))} />}
      {showFlow && <Note>Event-flow stands for events: it is read from the logs of the event sources' and sensors' pods, so take it as a sign of activity only.</Note>}
      {absent.value !== undefined && <NotInstalled error={absent.value} />}
      {kind !== undefined && object !== undefined && (
        <SlidingPanel label={selected.value?.displayName ?? kind.kind} onClose={() => (selected.value = undefined)}>
          <h2>
            {kind.kind}/{owner?.name}
          </h2>
          {selected.value?.displayName !== owner?.name && <p class="quiet">{selected.value?.displayName}</p>}
          <p class="editor-buttons">
            <a class="pill" href={href(`${kind.path}/${namespace}/${owner?.name ?? ''}`)}>
              Open/edit
            </a>
          </p>
          <EventSidePanel kind={kind} object={object} namespace={namespace} before={[{ key: 'summary', title: 'Summary', content: () => <ObjectText label={kind.kind} value={withoutManagedFields(object)} /> }]} />
        </SlidingPanel>
      )}
    </Page>
  );
}

/** Counts an event at its nodes, and shows for a moment that it came. */
function mark(flowing: Signal<Readonly<Record<string, Flowing>>>, ids: readonly string[], signal: AbortSignal): void {
  for (const id of ids) {
    const count = (flowing.value[id]?.count ?? 0) + 1;
    flowing.value = { ...flowing.value, [id]: { count, now: true } };
    void pause(FLOWING_MS, signal).then(() => {
      if (flowing.value[id]?.count === count) flowing.value = { ...flowing.value, [id]: { count, now: false } };
    });
  }
}

function Flow({ nodes, flowing, onSelect }: { nodes: Readonly<Record<string, FlowNode>>; flowing: Readonly<Record<string, Flowing>>; onSelect(node: FlowNode): void }): JSX.Element {
  const graph = layout(nodes);
  const at = new Map(graph.nodes.map((node) => [node.id, { x: node.x * STRETCH_X, y: node.y * STRETCH_Y }]));
  return (
    <div class="flow" role="group" aria-label="Event flow" tabIndex={0}>
      <div class="flow-area" style={{ width: `${graph.width * STRETCH_X}px`, height: `${graph.height * STRETCH_Y}px` }}>
        <svg width={graph.width * STRETCH_X} height={graph.height * STRETCH_Y} aria-hidden="true">
          {graph.edges.map(({ from, to }) => {
            const [a, b] = [at.get(from.id), at.get(to.id)];
            return a !== undefined && b !== undefined && <path key={`${from.id} ${to.id}`} class={flowing[from.id]?.now === true ? 'edge flows' : 'edge'} d={`M${a.x} ${a.y}C${a.x} ${a.y + 70} ${b.x} ${b.y - 70} ${b.x} ${b.y}`} />;
          })}
        </svg>
        {graph.nodes.map(({ id }) => {
          const [node, point] = [nodes[id], at.get(id)];
          if (node === undefined || point === undefined) return undefined;
          const count = flowing[id]?.count;
          const content = (
            <>
              {node.type === 'workflow' ? <PhaseIcon phase={node.phase} /> : <Icon name={FLOW_ICONS[node.type]} />}
              <small>{[node.genre ?? node.type, node.type === 'workflow' ? undefined : node.phase].filter(Boolean).join(', ')}</small>
              <span class="flow-name">
                {node.displayName}
                {count !== undefined && ` (${count})`}
              </span>
            </>
          );
          const place = { left: `${point.x}px`, top: `${point.y}px` };
          const look = flowing[id]?.now === true ? 'flow-node flows' : 'flow-node';
          if (node.owner !== undefined || node.type === 'collapsed') {
            return (
              <button key={id} type="button" class={look} style={place} title={node.displayName} onClick={() => onSelect(node)}>
                {content}
              </button>
            );
          }
          return node.path === undefined ? (
            <span key={id} class={look} style={place}>
              {content}
            </span>
          ) : (
            <a key={id} class={look} style={place} href={href(node.path)} title={node.displayName}>
              {content}
            </a>
          );
        })}
      </div>
    </div>
  );
}
