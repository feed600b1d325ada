import type { EventBinding, EventSource, NodeStatus, Sensor, Workflow } from '../api/shapes.ts';

export type FlowKind = 'event source' | 'sensor' | 'trigger' | 'event' | 'event binding' | 'template' | 'workflow';

export interface FlowNode extends NodeStatus {
  type: FlowKind;
  /** The page about it, below the base. */
  path?: string;
}

export interface FlowParts {
  bindings: readonly EventBinding[];
  sources: readonly EventSource[];
  sensors: readonly Sensor[];
  workflows: readonly Workflow[];
}

const BINDING = 'workflows.argoproj.io/workflow-event-binding';
const SENSOR = 'events.argoproj.io/sensor';
/** How many of the workflows that one binding or sensor has started are drawn, the latest first. */
const WORKFLOWS_EACH = 5;
/** Parts of an event source's spec that are no kinds of events. */
const NOT_EVENTS = new Set(['eventBusName', 'replicas', 'service', 'template']);

/** What leads from an event to a workflow, as nodes with children. */
export function eventFlow(namespace: string, parts: FlowParts): Record<string, FlowNode> {
  const nodes: Record<string, FlowNode> = {};
  const add = (type: FlowKind, name: string, rest: Partial<FlowNode> = {}): FlowNode => (nodes[`${type} ${name}`] ??= { id: `${type} ${name}`, name: `${type} ${name}`, displayName: name, type, phase: '', children: [], ...rest });
  const link = (from: FlowNode, to: FlowNode) => {
    if (from.children?.includes(to.id) === false) from.children.push(to.id);
  };
  const started = (label: string, name: string, from: FlowNode) => {
    const own = parts.workflows.filter((workflow) => workflow.metadata.labels?.[label] === name).toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? 1 : -1));
    for (const { metadata, status } of own.slice(0, WORKFLOWS_EACH)) link(from, add('workflow', metadata.name ?? '', { phase: status.phase ?? 'Pending', path: `workflows/${metadata.namespace ?? namespace}/${metadata.name ?? ''}` }));
  };
  for (const source of parts.sources) {
    for (const [kind, events] of Object.entries(source.spec)) {
      if (NOT_EVENTS.has(kind) || typeof events !== 'object' || events === null) continue;
      for (const event of Object.keys(events)) add('event source', `${source.metadata.name ?? ''}/${event}`, { path: `event-sources/${namespace}/${source.metadata.name ?? ''}` });
    }
  }
  for (const sensor of parts.sensors) {
    const name = sensor.metadata.name ?? '';
    const node = add('sensor', name, { path: `sensors/${namespace}/${name}` });
    for (const { eventSourceName = '', eventName = '' } of sensor.spec.dependencies ?? []) link(add('event source', `${eventSourceName}/${eventName}`, { path: `event-sources/${namespace}/${eventSourceName}` }), node);
    for (const trigger of sensor.spec.triggers ?? []) link(node, add('trigger', trigger.template?.name ?? ''));
    started(SENSOR, name, node);
  }
  for (const binding of parts.bindings) {
    const name = binding.metadata.name ?? '';
    const node = add('event binding', name, { path: `workflow-event-bindings/${namespace}` });
    link(add('event', binding.spec.event.selector, { path: `workflow-event-bindings/${namespace}` }), node);
    const template = binding.spec.submit?.workflowTemplateRef;
    if (template?.name === undefined) continue;
    const used = add('template', template.name, { path: template.clusterScope === true ? `cluster-workflow-templates/${template.name}` : `workflow-templates/${namespace}/${template.name}` });
    link(node, used);
    started(BINDING, name, used);
  }
  return nodes;
}
