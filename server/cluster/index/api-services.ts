import { rfc3339 } from '../../lib/clock.ts';
import type { ApiCore } from '../api/core.ts';
import { orderObject } from '../api/metadata.ts';
import type { KubeObject } from '../store/object.ts';

/**
 * Every group and version that is served has an APIService that says so. After kubernetes 1.32
 * kube-aggregator/pkg/controllers/autoregister and cmd/kube-apiserver/app/aggregator.go
 */
const API_SERVICES = { group: 'apiregistration.k8s.io', resource: 'apiservices' };
const MANAGED = 'kube-aggregator.kubernetes.io/automanaged';
const GROUPS: Readonly<Record<string, number>> = {
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_100,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
};
const VERSIONS: Readonly<Record<string, number>> = { v1: 1, 'autoscaling/v2': 30, 'flowcontrol.apiserver.k8s.io/v1': 21 };
const BUILT_IN_VERSION = 15;
/** Of groups that definitions of custom resources make. */
const CUSTOM = { group: 1000, version: 100 };

/** Keeps them as long as the returned function is not called. */
export function keepApiServices(core: ApiCore): () => void {
  const update = (): void => {
    const wanted = new Map<string, KubeObject>();
    for (const { group, version, custom } of core.scheme.all()) {
      if (group !== API_SERVICES.group) wanted.set(`${version}.${group}`, serviceFor(core, group, version, custom !== undefined));
    }
    for (const [name, object] of wanted) if (core.store.get(API_SERVICES, undefined, name) === undefined) core.store.create(API_SERVICES, orderObject(object));
    for (const { metadata } of core.store.list(API_SERVICES)) {
      if (metadata.labels?.[MANAGED] === 'true' && !wanted.has(metadata.name)) core.store.delete(API_SERVICES, undefined, metadata.name);
    }
  };
  update();
  return core.scheme.onChange(update);
}

function serviceFor(core: ApiCore, group: string, version: string, custom: boolean): KubeObject {
  const now = rfc3339(core.clock.now());
  const versionPriority = custom ? CUSTOM.version : (VERSIONS[group === '' ? version : `${group}/${version}`] ?? BUILT_IN_VERSION);
  return {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: `${version}.${group}`, uid: core.ids.uuid(), creationTimestamp: now, labels: { [MANAGED]: custom ? 'true' : 'onstart' } },
    spec: { ...(group === '' ? {} : { group }), groupPriorityMinimum: custom ? CUSTOM.group : (GROUPS[group] ?? CUSTOM.group), version, versionPriority },
    status: { conditions: [{ lastTransitionTime: now, message: 'Local APIServices are always available', reason: 'Local', status: 'True', type: 'Available' }] },
  };
}
