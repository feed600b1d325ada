import type { KubeObject } from '../../../store/object.ts';
import type { ResourceInfo } from '../../scheme/resource-info.ts';
import type { StatusCause } from '../../status.ts';
import { record } from '../fill.ts';
import { cronJobCauses, jobCauses } from './batch.ts';
import { autoscalerCauses, disruptionBudgetCauses } from './autoscaling.ts';
import { apiServiceCauses, controllerRevisionCauses, flowSchemaCauses, leaseCauses, nodeCauses, podTemplateCauses, policyBindingCauses, policyCauses, priorityLevelCauses, runtimeClassCauses, webhookCauses } from './cluster.ts';
import { bindingCauses, configMapCauses, priorityClassCauses, roleCauses, secretCauses } from './config.ts';
import { claimCauses, quotaCauses, storageClassCauses, volumeAttachmentCauses, volumeCauses } from './storage.ts';
import { definitionCauses } from './definition.ts';
import { metadataCauses } from './metadata.ts';
import { endpointSliceCauses, ingressCauses, ingressClassCauses, networkPolicyCauses, serviceCauses } from './network.ts';
import { ephemeralContainerCauses, podChangeCauses } from './pod-change.ts';
import { podSpecCauses } from './pod.ts';
import { deploymentStatusCauses, endpointsCauses, eventCauses, limitRangeCauses, newEventCauses, signingRequestCauses } from './small.ts';
import { replicationControllerCauses, workloadCauses } from './workloads.ts';

type Validator = (object: KubeObject, old: KubeObject | undefined) => StatusCause[];

/** By `group/resource`. */
const VALIDATORS: Record<string, Validator> = {
  '/pods': (pod, old) => (old === undefined ? podSpecCauses(record(pod.spec), 'spec', { pod: true }) : podChangeCauses(pod, old)),
  '/services': serviceCauses,
  '/endpoints': endpointsCauses,
  '/events': eventCauses,
  'events.k8s.io/events': newEventCauses,
  '/limitranges': limitRangeCauses,
  'certificates.k8s.io/certificatesigningrequests': signingRequestCauses,
  '/configmaps': configMapCauses,
  '/secrets': secretCauses,
  '/persistentvolumeclaims': claimCauses,
  '/persistentvolumes': volumeCauses,
  '/resourcequotas': quotaCauses,
  '/replicationcontrollers': replicationControllerCauses,
  '/nodes': nodeCauses,
  '/podtemplates': podTemplateCauses,
  'apps/controllerrevisions': controllerRevisionCauses,
  'coordination.k8s.io/leases': leaseCauses,
  'node.k8s.io/runtimeclasses': runtimeClassCauses,
  'storage.k8s.io/storageclasses': storageClassCauses,
  'storage.k8s.io/volumeattachments': volumeAttachmentCauses,
  'discovery.k8s.io/endpointslices': endpointSliceCauses,
  'networking.k8s.io/ingressclasses': ingressClassCauses,
  'admissionregistration.k8s.io/mutatingwebhookconfigurations': webhookCauses,
  'admissionregistration.k8s.io/validatingwebhookconfigurations': webhookCauses,
  'admissionregistration.k8s.io/validatingadmissionpolicies': policyCauses,
  'admissionregistration.k8s.io/validatingadmissionpolicybindings': policyBindingCauses,
  'apiregistration.k8s.io/apiservices': apiServiceCauses,
  'flowcontrol.apiserver.k8s.io/flowschemas': flowSchemaCauses,
  'flowcontrol.apiserver.k8s.io/prioritylevelconfigurations': priorityLevelCauses,
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
  if (subresource === 'ephemeralcontainers') return [...causes, ...ephemeralContainerCauses(object, old)];
  if (info.custom !== undefined || subresource !== undefined) return causes;
  // What is being deleted may lose its finalizers, whatever else is in it.
  if (old?.metadata.deletionTimestamp !== undefined) return causes;
  return [...causes, ...(VALIDATORS[key]?.(object, old) ?? [])];
}
