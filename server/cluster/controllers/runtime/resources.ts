import type { ResourceType } from '../../client.ts';

/** The resource types that controllers, scheduler and kubelet work with. */
const core = (resource: string): ResourceType => ({ group: '', version: 'v1', resource });
const apps = (resource: string): ResourceType => ({ group: 'apps', version: 'v1', resource });
const batch = (resource: string): ResourceType => ({ group: 'batch', version: 'v1', resource });

export const PODS = core('pods');
export const NODES = core('nodes');
export const NAMESPACES = core('namespaces');
export const SERVICES = core('services');
export const ENDPOINTS = core('endpoints');
export const EVENTS = core('events');
export const CONFIG_MAPS = core('configmaps');
export const SECRETS = core('secrets');
export const SERVICE_ACCOUNTS = core('serviceaccounts');
export const REPLICATION_CONTROLLERS = core('replicationcontrollers');
export const PERSISTENT_VOLUMES = core('persistentvolumes');
export const PERSISTENT_VOLUME_CLAIMS = core('persistentvolumeclaims');
export const RESOURCE_QUOTAS = core('resourcequotas');
export const DEPLOYMENTS = apps('deployments');
export const REPLICA_SETS = apps('replicasets');
export const STATEFUL_SETS = apps('statefulsets');
export const DAEMON_SETS = apps('daemonsets');
export const CONTROLLER_REVISIONS = apps('controllerrevisions');
export const JOBS = batch('jobs');
export const CRON_JOBS = batch('cronjobs');
export const ENDPOINT_SLICES: ResourceType = { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' };
export const LEASES: ResourceType = { group: 'coordination.k8s.io', version: 'v1', resource: 'leases' };
export const STORAGE_CLASSES: ResourceType = { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' };
export const INGRESSES: ResourceType = { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses' };
export const INGRESS_CLASSES: ResourceType = { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses' };
export const CUSTOM_RESOURCE_DEFINITIONS: ResourceType = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
export const DISRUPTION_BUDGETS: ResourceType = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
export const AUTOSCALERS: ResourceType = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
export const ADMISSION_POLICIES: ResourceType = { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies' };
