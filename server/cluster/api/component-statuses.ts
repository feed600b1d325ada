import type { KubeObject } from '../store/object.ts';
import { ApiStatus } from './status.ts';

/**
 * What a server says of its companions: all of them run in this process, so all are well while it answers. In the order
 * of their names, as a list of a real one's is.
 * After kubernetes 1.32 pkg/registry/core/componentstatus/rest.go
 */
const COMPONENTS: readonly (readonly [string, string])[] = [
  ['controller-manager', 'ok'],
  ['etcd-0', 'ok'],
  ['scheduler', 'ok'],
];

export const componentStatuses = (): KubeObject[] =>
  COMPONENTS.map(([name, message]) => ({ apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name }, conditions: [{ type: 'Healthy', status: 'True', message }] }));

export const isComponentStatus = (info: { group: string; resource: string }): boolean => info.group === '' && info.resource === 'componentstatuses';

/** Throws ApiStatus 500 for a name that no component has. */
export function componentStatus(name: string): KubeObject {
  const found = componentStatuses().find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new ApiStatus(500, '', `Component not found: ${name}`, undefined);
  return found;
}
