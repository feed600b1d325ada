import type { ResourceType } from '../../client.ts';

/** What the programs of Argo Events say they are. */
export const EVENTS_VERSION = 'v1.9.9';

export const API_VERSION = 'argoproj.io/v1alpha1';

const type = (resource: string): ResourceType => ({ group: 'argoproj.io', version: 'v1alpha1', resource });
export const EVENT_BUSES = type('eventbus');
export const EVENT_SOURCES = type('eventsources');
export const SENSORS = type('sensors');
export const WORKFLOWS = type('workflows');
