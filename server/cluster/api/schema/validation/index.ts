import type { KubeObject } from '../../../store/object.ts';
import type { ResourceInfo } from '../../scheme/resource-info.ts';
import type { StatusCause } from '../../status.ts';
import { record } from '../fill.ts';
import { cronJobCauses, jobCauses } from './batch.ts';
import { autoscalerCauses, bindingCauses, claimCauses, configMapCauses, disruptionBudgetCauses, priorityClassCauses, roleCauses, secretCauses, volumeCauses } from './config.ts';
import { definitionCauses } from './definition.ts';
import { metadataCauses } from './metadata.ts';
import { ingressCauses, networkPolicyCauses, serviceCauses } from './network.ts';
import { podChangeCauses } from './pod-change.ts';
import { podSpecCauses } from './pod.ts';
import { deploymentStatusCauses, endpointsCauses, eventCauses, limitRangeCauses, signingRequestCauses } from './small.ts';
import { workloadCauses } from './workloads.ts';

type Validator = (object: KubeObject, old: KubeObject | undefined) => StatusCause[];

/** By `group/resource`. */
const VALIDATORS: Record<string, Validator> = {
  '/pods': (pod, old) => (old === undefined ? podSpecCauses(record(pod.spec), 'spec', { pod: true }) : podChangeCauses(pod, old)),
  '/services': serviceCauses,
  '/endpoints': endpointsCauses,
  '/events': eventCauses,
  '/limitranges': limitRangeCauses,
  'certificates.k8s.io/certificatesigningrequests': signingRequestCauses,
  '/configmaps': configMapCauses,
  '/secrets': secretCauses,
  '/persistentvolumeclaims': claimCauses,
  '/persistentvolumes': volumeCauses,
  'apps/deployments': workloadCauses,
  'apps/replicasets': workloadCauses,
  'apps/daemonsets': workloadCauses,
  'apps/statefulsets': workloadCauses,
  'batch/jobs': jobCauses,
  'batch/cronjobs': cronJobCauses,
  'networking.k8s.io/ingresses': ingressCauses,
  'networking.k8s.io/networkpolicies': networkPolicyCauses,
  'rbac.authorization.k8s.io/roles': roleCauses,
  'rbac.authorization.k8s.io/clusterroles': roleCauses,
  'rbac.authorization.k8s.io/rolebindings': bindingCauses,
  'rbac.authorization.k8s.io/clusterrolebindings': bindingCauses,
  'autoscaling/horizontalpodautoscalers': autoscalerCauses,
  'policy/poddisruptionbudgets': disruptionBudgetCauses,
  'scheduling.k8s.io/priorityclasses': priorityClassCauses,
  'apiextensions.k8s.io/customresourcedefinitions': definitionCauses,
};

const STATUS_VALIDATORS: Record<string, Validator> = { 'apps/deployments': deploymentStatusCauses };

/**
 * Everything that is wrong with a built-in object and with every object's metadata, or with the change from `old`. A
 * write of a subresource is checked for its metadata, and some for their status: what it may change is decided elsewhere.
 */
export function validateObject(info: ResourceInfo, object: KubeObject, old: KubeObject | undefined, subresource: string | undefined): StatusCause[] {
  const key = `${info.group}/${info.resource}`;
  const causes = metadataCauses(key, object, old);
  if (subresource === 'status') return [...causes, ...(STATUS_VALIDATORS[key]?.(object, old) ?? [])];
  if (info.custom !== undefined || subresource !== undefined) return causes;
  // What is being deleted may lose its finalizers, whatever else is in it.
  if (old?.metadata.deletionTimestamp !== undefined) return causes;
  return [...causes, ...(VALIDATORS[key]?.(object, old) ?? [])];
}
