import type { JsonObject } from '../../../lib/json.ts';
import type { Workflow } from '../types/workflow.ts';

/** What every argoexec is told about its log. */
export const EXECUTOR_LOG_OPTIONS = ['--loglevel', 'info', '--log-format', 'text', '--gloglevel', '0'];

export const MINIMAL_SECURITY: JsonObject = {
  capabilities: { drop: ['ALL'] },
  privileged: false,
  runAsUser: 8737,
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  seccompProfile: { type: 'RuntimeDefault' },
};

export const MINIMAL_POD_SECURITY: JsonObject = { runAsNonRoot: true, runAsUser: 8737, seccompProfile: { type: 'RuntimeDefault' } };

/** Makes the workflow the owner of what is made for it. */
export function controllerReference(workflow: Workflow): { apiVersion: string; kind: string; name: string; uid: string; controller: boolean; blockOwnerDeletion: boolean } {
  return { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: workflow.metadata.name, uid: workflow.metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}
