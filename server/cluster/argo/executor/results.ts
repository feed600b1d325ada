import { goJson } from '../../../lib/json.ts';
import { ApiStatus } from '../../api/status.ts';
import type { ProgramContext } from '../../program.ts';
import { normalize } from '../types/normal-form.ts';
import { TASK_RESULTS } from '../types/resources.ts';
import type { Outputs } from '../types/workflow.ts';

const COMPLETED = 'workflows.argoproj.io/report-outputs-completed';

/** Makes the node's task result, empty as yet. After argo-workflows v3.7.6 workflow/executor/taskresult.go */
export async function createResult(context: ProgramContext): Promise<void> {
  const name = context.env['ARGO_NODE_ID'] ?? '';
  const namespace = context.pod.metadata.namespace ?? 'default';
  const workflow = context.env['ARGO_WORKFLOW_NAME'] ?? '';
  try {
    await context.client.create(TASK_RESULTS, namespace, {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'WorkflowTaskResult',
      metadata: {
        name,
        labels: { 'workflows.argoproj.io/workflow': workflow, [COMPLETED]: 'false' },
        ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: workflow, uid: context.env['ARGO_WORKFLOW_UID'] ?? '' }],
      },
    });
  } catch (error) {
    if (!(error instanceof ApiStatus) || error.code !== 409) throw error;
    await patchResult(context, { metadata: { creationTimestamp: null } });
  }
}

async function patchResult(context: ProgramContext, body: object): Promise<void> {
  await context.client.patch(TASK_RESULTS, context.pod.metadata.namespace, context.env['ARGO_NODE_ID'] ?? '', { type: 'merge', body });
}

/** Hands outputs, and how far the work has come, over to the controller. */
export async function reportResult(context: ProgramContext, result: { outputs?: Outputs; progress?: string }): Promise<void> {
  await patchResult(context, {
    metadata: { creationTimestamp: null },
    ...(result.outputs === undefined ? {} : { outputs: JSON.parse(goJson(normalize('Outputs', result.outputs))) as object }),
    ...(result.progress === undefined ? {} : { progress: result.progress }),
  });
}

/** Says that nothing more will come. */
export async function completeResult(context: ProgramContext): Promise<void> {
  await patchResult(context, { metadata: { creationTimestamp: null, labels: { [COMPLETED]: 'true' } } });
}
