import type { Workflow } from '../api/shapes.ts';

export type Verb = 'retry' | 'resubmit' | 'suspend' | 'resume' | 'stop' | 'terminate' | 'delete';

/** What can be done with a workflow, and the words around it. */
export interface Action {
  verb: Verb;
  title: string;
  icon: 'again' | 'plus' | 'pause' | 'play' | 'stop' | 'cross' | 'trash';
  /** What follows "Are you sure you want to", before the workflow's name. */
  question: string;
}

export const ACTIONS: Readonly<Record<Verb, Action>> = {
  retry: { verb: 'retry', title: 'Retry', icon: 'again', question: 'retry workflow' },
  resubmit: { verb: 'resubmit', title: 'Resubmit', icon: 'plus', question: 'resubmit workflow' },
  suspend: { verb: 'suspend', title: 'Suspend', icon: 'pause', question: 'suspend workflow' },
  resume: { verb: 'resume', title: 'Resume', icon: 'play', question: 'resume workflow' },
  stop: { verb: 'stop', title: 'Stop', icon: 'stop', question: 'stop workflow' },
  terminate: { verb: 'terminate', title: 'Terminate', icon: 'cross', question: 'terminate workflow' },
  delete: { verb: 'delete', title: 'Delete', icon: 'trash', question: 'delete workflow' },
};

const ARCHIVING = 'workflows.argoproj.io/workflow-archiving-status';

/** Kept in the archive, whether or not it is in the cluster too. */
export function isArchived(workflow: Workflow): boolean {
  const state = workflow.metadata.labels?.[ARCHIVING];
  return state === 'Archived' || state === 'Persisted';
}

/** False for what the archive alone has, as far as the server's answer tells. */
export function isInCluster(workflow: Workflow): boolean {
  return workflow.metadata.labels?.[ARCHIVING] !== 'Persisted';
}

export function isSuspended(workflow: Workflow): boolean {
  return workflow.spec.suspend === true || Object.values(workflow.status.nodes ?? {}).some((node) => node.type === 'Suspend' && node.phase === 'Running');
}

export function isFinished(workflow: Workflow): boolean {
  return ['Succeeded', 'Failed', 'Error'].includes(workflow.status.phase ?? '');
}

/** Whether it makes sense for the workflow as it is now. */
export function fits(workflow: Workflow, { verb }: Action): boolean {
  const { phase } = workflow.status;
  switch (verb) {
    case 'retry':
      return phase === 'Failed' || phase === 'Error';
    case 'suspend':
      return !isFinished(workflow) && !isSuspended(workflow);
    case 'resume':
      return !isFinished(workflow) && isSuspended(workflow);
    case 'stop':
    case 'terminate':
      return !isFinished(workflow);
    default:
      return true;
  }
}

/** What makes sense for the workflow as it is now, in the order of the buttons. */
export function actionsFor(workflow: Workflow): Action[] {
  return Object.values(ACTIONS).filter((action) => fits(workflow, action));
}

export interface ActionOptions {
  memoized: boolean;
  restartSuccessful: boolean;
  nodeFieldSelector: string;
  /** Undefined: the workflow's own values stay. */
  parameters: Readonly<Record<string, string>> | undefined;
}

/** Takes what the archive keeps of a workflow away too. */
export function archiveDeletion({ metadata: { uid = '', namespace = '' } }: Workflow): ActionRequest {
  return { method: 'DELETE', path: `archived-workflows/${uid}`, query: { namespace } };
}

export interface ActionRequest {
  method: 'PUT' | 'DELETE';
  path: string;
  query?: Record<string, string>;
  body?: Record<string, unknown>;
}

/** The request that does it: to the archive where the workflow is only there. */
export function actionRequest(workflow: Workflow, verb: Verb, options: ActionOptions): ActionRequest {
  const { name = '', namespace = '', uid = '' } = workflow.metadata;
  const archived = !isInCluster(workflow);
  const path = archived ? `archived-workflows/${uid}` : `workflows/${namespace}/${name}`;
  if (verb === 'delete') return { method: 'DELETE', path, ...(archived ? { query: { namespace } } : {}) };
  const parameters = options.parameters === undefined ? {} : { parameters: Object.entries(options.parameters).map(([key, value]) => `${key}=${value}`) };
  const selector = options.nodeFieldSelector === '' ? {} : { nodeFieldSelector: options.nodeFieldSelector };
  const own = {
    retry: { restartSuccessful: options.restartSuccessful, ...(options.restartSuccessful ? selector : {}), ...parameters },
    resubmit: { memoized: options.memoized, ...parameters },
    suspend: {},
    resume: selector,
    stop: selector,
    terminate: {},
  }[verb];
  return { method: 'PUT', path: `${path}/${verb}`, body: { name, namespace, ...(archived ? { uid } : {}), ...own } };
}
