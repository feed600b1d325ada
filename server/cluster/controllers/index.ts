import { setMaxListeners } from 'node:events';
import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Log } from '../../lib/log.ts';
import type { KubeClient } from '../client.ts';
import { startAdmissionPolicies } from './admission-policy/index.ts';
import { startAutoscalers } from './autoscaler/index.ts';
import { startCronJobs } from './cronjob/index.ts';
import { startDaemonSets } from './daemonset/index.ts';
import { startDeployments } from './deployment/index.ts';
import { startDisruption } from './disruption/index.ts';
import { startEndpoints } from './endpoints/index.ts';
import { startFlowControl } from './flow-control/index.ts';
import { startGarbageCollector } from './garbage-collector/index.ts';
import { startIngress, type IngressController, type IngressOptions } from './ingress/index.ts';
import { startJobs } from './job/index.ts';
import { startNamespaces } from './namespace/index.ts';
import { startNodes } from './node/index.ts';
import { startReplicaSets, startReplicationControllers } from './replicaset/index.ts';
import { AllObjects } from './runtime/all-objects.ts';
import { createContext, type ControllerContext, type ServedResources } from './runtime/context.ts';
import { Informers } from './runtime/informer.ts';
import { startServiceAccounts } from './service-account/index.ts';
import { startStatefulSets } from './statefulset/index.ts';
import { startVolumeBinder } from './volume-binder/index.ts';

export type { ServedResource, ServedResources } from './runtime/context.ts';

export interface ControllersOptions {
  /** Speaks as `system:kube-controller-manager` in `system:masters`. */
  client: KubeClient;
  clock: Clock;
  ids: Ids;
  log: Log;
  /** PEM; what `kube-root-ca.crt` holds in every namespace. */
  rootCertificate: string;
  /** What is served, custom resources included: for namespaces' ends and the garbage collector. */
  resources: ServedResources;
  /** Without it, nobody looks after Ingresses. */
  ingress?: IngressOptions;
}

/** The controllers that need nothing but the context. Adding one: a folder, and a line here. */
const CONTROLLERS: readonly ((context: ControllerContext) => void)[] = [
  startReplicaSets,
  startReplicationControllers,
  startDeployments,
  startStatefulSets,
  startDaemonSets,
  startJobs,
  startCronJobs,
  startEndpoints,
  startVolumeBinder,
  startNodes,
  startDisruption,
  startAdmissionPolicies,
  startFlowControl,
];

/** Starts what a kube-controller-manager runs. They meet through objects only. */
export function startControllers(options: ControllersOptions): { ingress: IngressController | undefined; stop(): void } {
  const { client, clock, ids, log, rootCertificate, resources } = options;
  const controller = new AbortController();
  const { signal } = controller;
  // Every queue and watch listens to it.
  setMaxListeners(0, signal);
  const informers = new Informers(client, signal);
  const context = createContext({ client, informers, clock, ids, log, signal });
  startServiceAccounts(context, rootCertificate);
  for (const start of CONTROLLERS) start(context);
  const ingress = options.ingress === undefined ? undefined : startIngress(context, options.ingress);
  const all = new AllObjects(client, resources, signal);
  startNamespaces(context, all);
  startGarbageCollector(context, all);
  startAutoscalers(context, all);
  return { ingress, stop: () => controller.abort(new Error('the controllers stop')) };
}
