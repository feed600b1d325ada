import { ManualClock } from '../../server/lib/clock.ts';
import { seededIds } from '../../server/lib/ids.ts';
import { createKubeClient, defaultHooks, Scheme, type ApiCore, type ApiHooks, type ResourceInfo } from '../../server/cluster/api/index.ts';
import type { KubeClient } from '../../server/cluster/client.ts';
import { ObjectStore } from '../../server/cluster/store/object-store.ts';

export interface TestApi {
  core: ApiCore;
  /** As an administrator. */
  client: KubeClient;
  clock: ManualClock;
  store: ObjectStore;
}

const ARGO_KINDS: readonly [string, string, boolean, string[]][] = [
  ['workflows', 'Workflow', true, ['wf']],
  ['workflowtemplates', 'WorkflowTemplate', true, ['wftmpl']],
  ['clusterworkflowtemplates', 'ClusterWorkflowTemplate', false, ['clusterwftmpl', 'cwft']],
  ['cronworkflows', 'CronWorkflow', true, ['cwf', 'cronwf']],
  ['workfloweventbindings', 'WorkflowEventBinding', true, ['wfeb']],
  ['workflowtaskresults', 'WorkflowTaskResult', true, []],
  ['workflowtasksets', 'WorkflowTaskSet', true, ['wfts']],
  ['workflowartifactgctasks', 'WorkflowArtifactGCTask', true, ['wfat']],
];

/** Argo's resources as its CRDs would register them. */
export const ARGO_RESOURCES: readonly ResourceInfo[] = ARGO_KINDS.map(([resource, kind, namespaced, shortNames]) => ({
  group: 'argoproj.io',
  version: 'v1alpha1',
  resource,
  kind,
  singular: kind.toLowerCase(),
  namespaced,
  verbs: ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'],
  shortNames,
  hasGeneration: true,
  custom: { definition: `${resource}.argoproj.io`, storageVersion: 'v1alpha1' },
}));

/**
 * An API without authentication, admission, defaults and validation, on a clock that stands still, with predictable
 * names. `hooks` replaces what a test needs for real.
 */
export function testApi(hooks: Partial<ApiHooks> = {}, resources: readonly ResourceInfo[] = ARGO_RESOURCES): TestApi {
  const clock = new ManualClock();
  const store = new ObjectStore();
  const scheme = new Scheme();
  for (const info of resources) scheme.register(info);
  const core: ApiCore = { store, scheme, clock, ids: seededIds(), hooks: defaultHooks(hooks) };
  return { core, clock, store, client: createKubeClient(core, { user: 'admin', groups: ['system:masters'] }, 'test') };
}

export function testClient(): KubeClient {
  return testApi().client;
}
