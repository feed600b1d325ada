import { isFields } from './edit.ts';
import type { Fields } from './edit.ts';

/** The two kinds of Argo Events that can be seen and changed: one entry each. */
export interface EventKind {
  /** First part of the page's and of the API's path. */
  path: 'event-sources' | 'sensors';
  kind: 'EventSource' | 'Sensor';
  /** What Kubernetes' events call it. */
  involved: string;
  title: string;
  /** What a page about one of them is called. */
  one: string;
  noun: string;
  icon: 'bolt' | 'dish';
  createLabel: string;
  /** Name of the object in the body of create and update requests. */
  bodyKey: string;
  about: string;
  learnMore: string;
  /** What its log can be narrowed to: `Events` or `Triggers`. */
  parts: string;
  partsOf(spec: Fields): LogPart[];
  example(namespace: string): unknown;
}

export interface LogPart {
  name: string;
  query: Record<string, string>;
}

const DOCUMENTATION = 'https://argoproj.github.io/argo-events/concepts/';
/** Fields of an event source's spec that are no kinds of events. */
const NOT_EVENTS = new Set(['eventBusName', 'replicas', 'service', 'template']);

/** The events that an event source has, each with its kind. */
export function eventsOf(spec: Fields): { type: string; name: string }[] {
  return Object.entries(spec).flatMap(([type, events]) => (NOT_EVENTS.has(type) || !isFields(events) ? [] : Object.keys(events).map((name) => ({ type, name }))));
}

const labels = { example: 'true' };

export const EVENT_KINDS: readonly EventKind[] = [
  {
    path: 'event-sources',
    kind: 'EventSource',
    involved: 'EventSource',
    title: 'Event Sources',
    one: 'Event Source Details',
    noun: 'event source',
    icon: 'bolt',
    createLabel: 'Create New EventSource',
    bodyKey: 'eventSource',
    about: 'An event source takes events from outside, such as pushes to a Git repository, files in an object store or the ticks of a calendar, and publishes them on the event bus, where sensors listen.',
    learnMore: `${DOCUMENTATION}event_source/`,
    parts: 'Events',
    partsOf: (spec) => eventsOf(spec).map(({ type, name }) => ({ name: `${type}-${name}`, query: { eventSourceType: type, eventName: name } })),
    example: (namespace) => ({ metadata: { name: 'calendar', namespace, labels }, spec: { calendar: { 'example-with-interval': { interval: '10s' } } } }),
  },
  {
    path: 'sensors',
    kind: 'Sensor',
    involved: 'Sensor',
    title: 'Sensors',
    one: 'Sensor Details',
    noun: 'sensor',
    icon: 'dish',
    createLabel: 'Create New Sensor',
    bodyKey: 'sensor',
    about: 'A sensor listens to the event bus, decides which events are the ones it waits for, and triggers something then: it starts a workflow, creates an object, or sends a message.',
    learnMore: `${DOCUMENTATION}sensor/`,
    parts: 'Triggers',
    partsOf: (spec) =>
      (Array.isArray(spec['triggers']) ? spec['triggers'] : []).flatMap((trigger: unknown) => {
        const template = isFields(trigger) && isFields(trigger['template']) ? trigger['template']['name'] : undefined;
        return typeof template === 'string' ? [{ name: template, query: { triggerName: template } }] : [];
      }),
    example: (namespace) => ({
      metadata: { name: 'workflow', namespace, labels },
      spec: {
        dependencies: [{ name: 'tick', eventSourceName: 'calendar', eventName: 'example-with-interval' }],
        triggers: [
          {
            template: {
              name: 'start-workflow',
              k8s: {
                operation: 'create',
                source: { resource: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', metadata: { generateName: 'from-sensor-' }, spec: { entrypoint: 'main', templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: ['an event came'] } }] } } },
              },
            },
          },
          { template: { name: 'log', log: {} } },
        ],
      },
    }),
  },
];

interface WithConditions {
  status?: { conditions?: readonly { status?: string | undefined }[] | null | undefined } | null | undefined;
}

/** `Ready`, `Pending` or `Failed`, as the conditions say; empty before there are any. */
export function readiness({ status }: WithConditions): string {
  const conditions = status?.conditions ?? [];
  if (conditions.length === 0) return '';
  if (conditions.some((condition) => condition.status === 'False')) return 'Failed';
  return conditions.every((condition) => condition.status === 'True') ? 'Ready' : 'Pending';
}
