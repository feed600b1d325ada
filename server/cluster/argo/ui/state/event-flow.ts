import type { EventBinding, EventSource, NodeStatus, Sensor, Workflow } from '../api/shapes.ts';
import { eventsOf, readiness } from './event-kinds.ts';

export type FlowKind = 'event source' | 'sensor' | 'conditions' | 'trigger' | 'event' | 'event binding' | 'template' | 'workflow' | 'collapsed';

export interface FlowNode extends NodeStatus {
  type: FlowKind;
  /** The page about it, below the base. */
  path?: string;
  /** The kind of event or of trigger: `webhook`, `k8s`. */
  genre?: string;
  /** What of Argo Events it belongs to. */
  owner?: { kind: 'event-sources' | 'sensors'; name: string };
}

export interface FlowParts {
  bindings: readonly EventBinding[];
  sources: readonly EventSource[];
  sensors: readonly Sensor[];
  workflows: readonly Workflow[];
  /** All workflows are drawn, not just the first ones of each trigger. */
  expanded?: boolean;
}

const BINDING = 'workflows.argoproj.io/workflow-event-binding';
const SENSOR = 'events.argoproj.io/sensor';
const TRIGGER = 'events.argoproj.io/trigger';
/** How many of the workflows that one trigger has started are drawn, the latest first; one more is drawn rather than hidden alone. */
const WORKFLOWS_EACH = 2;

/** What leads from an event to a workflow, as nodes with children. */
export function eventFlow(namespace: string, parts: FlowParts): Record<string, FlowNode> {
  const nodes: Record<string, FlowNode> = {};
  const add = (type: FlowKind, key: string, rest: Partial<FlowNode> = {}): FlowNode => (nodes[`${type} ${key}`] ??= { id: `${type} ${key}`, name: `${type} ${key}`, displayName: key, type, phase: '', children: [], ...rest });
  const link = (from: FlowNode, to: FlowNode) => {
    if (from.children?.includes(to.id) === false) from.children.push(to.id);
  };
  const started = (from: FlowNode, belongs: (workflow: Workflow) => boolean) => {
    const own = parts.workflows.filter(belongs).toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
    const shown = parts.expanded === true || own.length <= WORKFLOWS_EACH + 1 ? own : own.slice(0, WORKFLOWS_EACH);
    for (const { metadata, status } of shown) link(from, add('workflow', metadata.name ?? '', { phase: status.phase ?? metadata.labels?.['workflows.argoproj.io/phase'] ?? 'Pending', path: `workflows/${metadata.namespace ?? namespace}/${metadata.name ?? ''}` }));
    if (shown.length < own.length) link(from, add('collapsed', from.id, { displayName: `${own.length - shown.length} hidden workflow(s)` }));
  };
  const source = (name: string, event: string, rest: Partial<FlowNode> = {}) => add('event source', `${name}/${event}`, { path: `event-sources/${namespace}/${name}`, owner: { kind: 'event-sources', name }, ...rest });
  for (const one of parts.sources) {
    for (const { type, name } of eventsOf(one.spec)) source(one.metadata.name ?? '', name, { genre: type, phase: readiness(one) });
  }
  for (const sensor of parts.sensors) {
    const name = sensor.metadata.name ?? '';
    const owner = { kind: 'sensors', name } as const;
    const path = `sensors/${namespace}/${name}`;
    const node = add('sensor', name, { path, owner, phase: readiness(sensor) });
    for (const { eventSourceName = '', eventName = '' } of sensor.spec.dependencies ?? []) link(source(eventSourceName, eventName), node);
    const triggers = new Set<string>();
    for (const { template } of sensor.spec.triggers ?? []) {
      const { name: trigger = '', conditions, ...kinds } = template ?? {};
      triggers.add(trigger);
      const end = add('trigger', `${name}/${trigger}`, { displayName: trigger, owner, path, phase: readiness(sensor), ...(Object.keys(kinds)[0] === undefined ? {} : { genre: Object.keys(kinds)[0] ?? '' }) });
      const condition = conditions === undefined || conditions === '' ? undefined : add('conditions', `${name}/${conditions}`, { displayName: conditions });
      if (condition !== undefined) link(node, condition);
      link(condition ?? node, end);
      started(end, ({ metadata: { labels } }) => labels?.[SENSOR] === name && labels[TRIGGER] === trigger);
    }
    // What a trigger has started that is not there any more, or that nobody has noted.
    started(node, ({ metadata: { labels } }) => labels?.[SENSOR] === name && !triggers.has(labels[TRIGGER] ?? ''));
  }
  for (const binding of parts.bindings) {
    const name = binding.metadata.name ?? '';
    const node = add('event binding', name, { path: `workflow-event-bindings/${namespace}` });
    link(add('event', binding.spec.event.selector, { path: `workflow-event-bindings/${namespace}` }), node);
    const template = binding.spec.submit?.workflowTemplateRef;
    if (template?.name === undefined) continue;
    const used = add('template', template.name, { path: template.clusterScope === true ? `cluster-workflow-templates/${template.name}` : `workflow-templates/${namespace}/${template.name}` });
    link(node, used);
    started(used, ({ metadata: { labels } }) => labels?.[BINDING] === name);
  }
  return nodes;
}

/** Which nodes an entry of the logs is about: what has just been dispatched or triggered. */
export function flowingNodes(entry: Readonly<Record<string, unknown>>): string[] {
  const text = (field: string) => (typeof entry[field] === 'string' ? entry[field] : '');
  const [eventSource, event, sensor, trigger] = [text('eventSourceName'), text('eventName'), text('sensorName'), text('triggerName')];
  return [...(eventSource !== '' && event !== '' ? [`event source ${eventSource}/${event}`] : []), ...(sensor === '' ? [] : [`sensor ${sensor}`]), ...(sensor === '' || trigger === '' ? [] : [`trigger ${sensor}/${trigger}`])];
}
