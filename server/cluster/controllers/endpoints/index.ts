import { rfc3339 } from '../../../lib/clock.ts';
import { ApiStatus } from '../../api/status.ts';
import type { KubeObject } from '../../store/object.ts';
import type { ControllerContext } from '../runtime/context.ts';
import { keyOf, splitKey } from '../runtime/informer.ts';
import type { Endpoints, EndpointSlice, Pod, Service } from '../runtime/kinds.ts';
import { controllerOf, controllerRef } from '../runtime/owners.ts';
import { ENDPOINTS, ENDPOINT_SLICES, PODS, SERVICES } from '../runtime/resources.ts';
import { matchesLabels } from '../runtime/selectors.ts';
import { deleteIfThere, same } from '../runtime/writes.ts';
import { counts, portsFor, selectedPods, subsetsOf, type EndpointPort } from './subsets.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const SLICES = 'endpointslice-controller.k8s.io';
const MIRROR = 'endpointslicemirroring-controller.k8s.io';
const TRIGGER = 'endpoints.kubernetes.io/last-change-trigger-time';
const HEADLESS = 'service.kubernetes.io/headless';

interface SliceContent {
  managedBy: string;
  labels: Record<string, string>;
  endpoints: Record<string, unknown>[];
  ports: EndpointPort[];
  owner: KubeObject;
}

/** Keeps Endpoints and EndpointSlices equal to the ready pods of each Service, and mirrors hand-written Endpoints. */
export function startEndpoints(context: ControllerContext): void {
  const { client, clock, informers } = context;
  const services = informers.of<Service>(SERVICES);
  const pods = informers.of<Pod>(PODS);
  const endpoints = informers.of<Endpoints>(ENDPOINTS);
  const slices = informers.of<EndpointSlice>(ENDPOINT_SLICES);

  const queue = context.queue('endpoint', async (key) => {
    const { namespace, name } = splitKey(key);
    const service = services.getByKey(key);
    const current = endpoints.getByKey(key);
    if (service === undefined) {
      if (current !== undefined && current.metadata.annotations?.[TRIGGER] !== undefined) await deleteIfThere(client, ENDPOINTS, current);
      return;
    }
    if (service.metadata.deletionTimestamp !== undefined || service.spec.type === 'ExternalName') return;
    if (service.spec.selector === undefined || Object.keys(service.spec.selector).length === 0) {
      await mirror(service, current);
      return;
    }
    const selected = selectedPods(service, pods.list(namespace));
    try {
      await writeEndpoints(service, selected, current);
      await writeSlices(service, sliceContents(service, selected));
    } catch (error) {
      if (!(error instanceof ApiStatus && error.reason === 'Forbidden')) throw error; // the namespace is on its way out
      context.log.debug({ service: `${namespace}/${name}` }, 'endpoints not written');
    }
  });

  const writeEndpoints = async (service: Service, selected: readonly Pod[], current: Endpoints | undefined): Promise<void> => {
    const { namespace = 'default', name } = service.metadata;
    const subsets = subsetsOf(service, selected);
    const labels = { ...service.metadata.labels, ...(service.spec.clusterIP === 'None' ? { [HEADLESS]: '' } : {}) };
    if (current !== undefined && same(current.subsets ?? [], subsets) && same(current.metadata.labels ?? {}, labels)) return;
    const object = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        ...current?.metadata,
        name,
        namespace,
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
        annotations: { ...current?.metadata.annotations, [TRIGGER]: current === undefined && subsets.length === 0 ? (service.metadata.creationTimestamp ?? rfc3339(clock.now())) : rfc3339(clock.now()) },
      },
      ...(subsets.length === 0 ? {} : { subsets }),
    };
    if (current === undefined) await client.create(ENDPOINTS, namespace, object);
    else await client.update(ENDPOINTS, object);
  };

  const sliceContents = (service: Service, selected: readonly Pod[]): SliceContent[] => {
    const groups = new Map<string, SliceContent>();
    const labels = { ...service.metadata.labels, [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: SLICES, ...(service.spec.clusterIP === 'None' ? { [HEADLESS]: '' } : {}) };
    const empty: SliceContent = { managedBy: SLICES, labels, endpoints: [], ports: [], owner: service };
    for (const pod of selected) {
      const ports = portsFor(service, pod).map((port) => ({ ...port, name: port.name ?? '' }));
      const key = JSON.stringify(ports);
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { ...empty, endpoints: [], ports }));
      const terminating = pod.metadata.deletionTimestamp !== undefined;
      const serving = counts(service, pod);
      const { name, namespace = 'default', uid = '' } = pod.metadata;
      group.endpoints.push({
        addresses: [pod.status?.podIP ?? ''],
        conditions: { ready: serving && !terminating, serving, terminating },
        ...(pod.spec.hostname !== undefined && pod.spec.subdomain === service.metadata.name ? { hostname: pod.spec.hostname } : {}),
        nodeName: pod.spec.nodeName ?? '',
        targetRef: { kind: 'Pod', name, namespace, uid },
      });
    }
    return groups.size === 0 ? [empty] : [...groups.values()];
  };

  const mirror = async (service: Service, current: Endpoints | undefined): Promise<void> => {
    if (current === undefined) {
      await writeSlices(service, []);
      return;
    }
    const labels = { ...current.metadata.labels, [SERVICE_NAME]: service.metadata.name, [MANAGED_BY]: MIRROR };
    const contents = (current.subsets ?? []).map((subset): SliceContent => ({
      managedBy: MIRROR,
      labels,
      owner: current,
      endpoints: [...(subset.addresses ?? []).map((a) => ({ a, ready: true })), ...(subset.notReadyAddresses ?? []).map((a) => ({ a, ready: false }))].map(({ a, ready }) => ({
        addresses: [a.ip],
        conditions: { ready },
        ...(a.hostname === undefined ? {} : { hostname: a.hostname }),
        ...(a.nodeName === undefined ? {} : { nodeName: a.nodeName }),
        ...(a.targetRef === undefined ? {} : { targetRef: a.targetRef }),
      })),
      ports: (subset.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.port, protocol: port.protocol ?? 'TCP', ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) })),
    }));
    await writeSlices(service, contents);
  };

  const writeSlices = async (service: Service, contents: readonly SliceContent[]): Promise<void> => {
    const { namespace = 'default', name } = service.metadata;
    const existing = slices.list(namespace).filter((slice) => {
      const manager = slice.metadata.labels?.[MANAGED_BY];
      return slice.metadata.labels?.[SERVICE_NAME] === name && (manager === SLICES || manager === MIRROR) && slice.metadata.deletionTimestamp === undefined;
    });
    const spare = [...existing];
    for (const content of contents) {
      const index = spare.findIndex((slice) => slice.metadata.labels?.[MANAGED_BY] === content.managedBy && same(slice.ports ?? [], content.ports));
      const found = index < 0 ? spare.findIndex((slice) => slice.metadata.labels?.[MANAGED_BY] === content.managedBy) : index;
      const slice = found < 0 ? undefined : spare.splice(found, 1)[0];
      const body = { addressType: 'IPv4', endpoints: content.endpoints, ports: content.ports };
      if (slice === undefined) {
        await client.create(ENDPOINT_SLICES, namespace, {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: '', generateName: `${name}-`, namespace, labels: content.labels, ...trigger(service, content, slice), ownerReferences: [controllerRef(content.owner)] },
          ...body,
        });
      } else if (!same(slice.endpoints, content.endpoints) || !same(slice.ports ?? [], content.ports) || !same(slice.metadata.labels, content.labels)) {
        await client.update(ENDPOINT_SLICES, { ...slice, metadata: { ...slice.metadata, labels: content.labels, ...trigger(service, content, slice) }, ...body });
      }
    }
    for (const slice of spare) await deleteIfThere(client, ENDPOINT_SLICES, slice);
  };

  /** When that happened which a slice of ours is written for: the Service's beginning, or a change of its pods. */
  const trigger = (service: Service, content: SliceContent, slice: EndpointSlice | undefined): { annotations?: Record<string, string> } => {
    if (content.managedBy !== SLICES) return {};
    const begins = slice === undefined && content.endpoints.length === 0;
    return { annotations: { ...slice?.metadata.annotations, [TRIGGER]: begins ? (service.metadata.creationTimestamp ?? rfc3339(clock.now())) : rfc3339(clock.now()) } };
  };

  services.onChange(({ previous, current }) => {
    const service = current ?? previous;
    if (service !== undefined) queue.add(keyOf(service));
  });
  endpoints.onChange(({ previous, current }) => {
    const object = current ?? previous;
    if (object !== undefined) queue.add(keyOf(object));
  });
  slices.onChange(({ previous, current }) => {
    const name = previous?.metadata.labels?.[SERVICE_NAME];
    if (current === undefined && previous !== undefined && name !== undefined && controllerOf(previous) !== undefined) queue.add(`${previous.metadata.namespace}/${name}`);
  });
  pods.onChange(({ previous, current }) => {
    const pod = current ?? previous;
    if (pod === undefined || (previous !== undefined && current !== undefined && !matters(previous, current))) return;
    for (const service of services.list(pod.metadata.namespace)) {
      const { selector } = service.spec;
      if (selector === undefined || Object.keys(selector).length === 0) continue;
      if (matchesLabels(selector, pod.metadata.labels) || matchesLabels(selector, previous?.metadata.labels)) queue.add(keyOf(service));
    }
  });
}

/** Whether a pod changed in what Endpoints show. */
function matters(a: Pod, b: Pod): boolean {
  const ready = (pod: Pod) => pod.status?.conditions?.find((c) => c.type === 'Ready')?.status;
  return (
    a.status?.podIP !== b.status?.podIP ||
    a.status?.phase !== b.status?.phase ||
    ready(a) !== ready(b) ||
    a.metadata.deletionTimestamp !== b.metadata.deletionTimestamp ||
    !same(a.metadata.labels, b.metadata.labels)
  );
}
