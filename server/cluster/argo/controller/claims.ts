import { goJson } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { replaceInJson } from '../expressions/index.ts';
import type { Operation } from './operation.ts';

/** Claims for the workflow's volumes, one for each template. After argo-workflows v3.7.6 workflow/controller/operator.go createPVCs */
export function createClaims(op: Operation): void {
  const templates = op.spec.volumeClaimTemplates ?? [];
  const status = op.workflow.status;
  if (!['', 'Pending', 'Running'].includes(status.phase ?? '') || templates.length === (status.persistentVolumeClaims ?? []).length) return;
  status.persistentVolumeClaims = templates.map((template) => {
    const short = template.metadata.name ?? '';
    if (short === '') throw new Error('volumeClaimTemplates[].metadata.name is required');
    const name = `${op.workflow.metadata.name}-${short}`;
    const claim = JSON.parse(replaceInJson(goJson(template), op.globals)) as KubeObject;
    op.changes.createClaims.push({
      ...claim,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...claim.metadata,
        name,
        labels: { ...claim.metadata.labels, 'workflows.argoproj.io/workflow': op.workflow.metadata.name },
        ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', name: op.workflow.metadata.name, uid: op.workflow.metadata.uid ?? '', controller: true, blockOwnerDeletion: true }],
      },
    });
    return { name: short, persistentVolumeClaim: { claimName: name } };
  });
}

/** Gives the claims back when the workflow is over, unless they are to be kept. */
export function deleteClaims(op: Operation): void {
  const status = op.workflow.status;
  const strategy = op.spec.volumeClaimGC?.strategy ?? 'OnWorkflowSuccess';
  if (strategy === 'OnWorkflowSuccess' && (status.phase === 'Failed' || status.phase === 'Error')) return;
  for (const volume of status.persistentVolumeClaims ?? []) {
    const claim = volume['persistentVolumeClaim'];
    if (typeof claim === 'object' && claim !== null && !Array.isArray(claim) && typeof claim['claimName'] === 'string') op.changes.deleteClaims.push(claim['claimName']);
  }
  delete status.persistentVolumeClaims;
}
