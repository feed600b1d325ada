import type { JsonObject } from '../../../lib/json.ts';
import type { Operation } from './operation.ts';
import { controllerReference } from './pod-parts.ts';

/** A PodDisruptionBudget around the workflow's pods, when it begins. After argo-workflows v3.7.6 workflow/controller/operator.go createPDBResource */
export function createBudget(op: Operation): void {
  const budget: JsonObject | undefined = op.spec.podDisruptionBudget;
  if (budget === undefined) return;
  const { name, namespace } = op.workflow.metadata;
  const labels = { 'workflows.argoproj.io/workflow': name };
  op.changes.createBudget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: namespace ?? '', labels, ownerReferences: [controllerReference(op.workflow)] },
    spec: { ...budget, selector: budget['selector'] ?? { matchLabels: labels } },
  };
}
