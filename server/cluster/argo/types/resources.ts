import type { ResourceType } from '../../client.ts';

/** A resource of Argo's own, and one of Kubernetes' core. */
export const argo = (resource: string): ResourceType => ({ group: 'argoproj.io', version: 'v1alpha1', resource });
export const core = (resource: string): ResourceType => ({ group: '', version: 'v1', resource });

export const WORKFLOWS = argo('workflows');
export const WORKFLOW_TEMPLATES = argo('workflowtemplates');
export const CLUSTER_WORKFLOW_TEMPLATES = argo('clusterworkflowtemplates');
export const CRON_WORKFLOWS = argo('cronworkflows');
export const EVENT_BINDINGS = argo('workfloweventbindings');
export const TASK_RESULTS = argo('workflowtaskresults');
export const TASK_SETS = argo('workflowtasksets');
export const GC_TASKS = argo('workflowartifactgctasks');
export const PODS = core('pods');
export const CONFIG_MAPS = core('configmaps');
export const EVENTS = core('events');

/** The workflow that a pod or a task result belongs to. */
export const LABEL_WORKFLOW = 'workflows.argoproj.io/workflow';
export const LABEL_COMPLETED = 'workflows.argoproj.io/completed';
export const LABEL_PHASE = 'workflows.argoproj.io/phase';
