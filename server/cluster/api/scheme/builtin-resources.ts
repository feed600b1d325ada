import type { ResourceInfo, SubresourceInfo } from './resource-info.ts';

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const SCALE: SubresourceInfo = { name: 'scale', verbs: ['get', 'patch', 'update'], kind: 'Scale', group: 'autoscaling', version: 'v1' };
const status = (kind: string): SubresourceInfo => ({ name: 'status', verbs: ['get', 'patch', 'update'], kind });

/**
 * What Kubernetes 1.32 serves by itself, in the order of its discovery documents (groups by priority).
 * `hasGeneration` marks the kinds whose `metadata.generation` counts changes of the spec.
 */
export const BUILTIN_RESOURCES: readonly ResourceInfo[] = [
  // v1
  { group: '', version: 'v1', resource: 'bindings', kind: 'Binding', singular: 'binding', namespaced: true, verbs: ['create'] },
  { group: '', version: 'v1', resource: 'componentstatuses', kind: 'ComponentStatus', singular: 'componentstatus', namespaced: false, verbs: ['get', 'list'], shortNames: ['cs'] },
  { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', singular: 'configmap', namespaced: true, verbs: ALL, shortNames: ['cm'] },
  { group: '', version: 'v1', resource: 'endpoints', kind: 'Endpoints', singular: 'endpoints', namespaced: true, verbs: ALL, shortNames: ['ep'] },
  { group: '', version: 'v1', resource: 'events', kind: 'Event', singular: 'event', namespaced: true, verbs: ALL, shortNames: ['ev'] },
  { group: '', version: 'v1', resource: 'limitranges', kind: 'LimitRange', singular: 'limitrange', namespaced: true, verbs: ALL, shortNames: ['limits'] },
  { group: '', version: 'v1', resource: 'namespaces', kind: 'Namespace', singular: 'namespace', namespaced: false, verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], shortNames: ['ns'], subresources: [{ name: 'finalize', verbs: ['update'], kind: 'Namespace' }, status('Namespace')] },
  { group: '', version: 'v1', resource: 'nodes', kind: 'Node', singular: 'node', namespaced: false, verbs: ALL, shortNames: ['no'], subresources: [{ name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'NodeProxyOptions' }, status('Node')] },
  { group: '', version: 'v1', resource: 'persistentvolumeclaims', kind: 'PersistentVolumeClaim', singular: 'persistentvolumeclaim', namespaced: true, verbs: ALL, shortNames: ['pvc'], subresources: [status('PersistentVolumeClaim')] },
  { group: '', version: 'v1', resource: 'persistentvolumes', kind: 'PersistentVolume', singular: 'persistentvolume', namespaced: false, verbs: ALL, shortNames: ['pv'], subresources: [status('PersistentVolume')] },
  { group: '', version: 'v1', resource: 'pods', kind: 'Pod', singular: 'pod', namespaced: true, verbs: ALL, shortNames: ['po'], categories: ['all'], subresources: [{ name: 'attach', verbs: ['create', 'get'], kind: 'PodAttachOptions' }, { name: 'binding', verbs: ['create'], kind: 'Binding' }, { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'], kind: 'Pod' }, { name: 'eviction', verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' }, { name: 'exec', verbs: ['create', 'get'], kind: 'PodExecOptions' }, { name: 'log', verbs: ['get'], kind: 'Pod' }, { name: 'portforward', verbs: ['create', 'get'], kind: 'PodPortForwardOptions' }, { name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'PodProxyOptions' }, status('Pod')] },
  { group: '', version: 'v1', resource: 'podtemplates', kind: 'PodTemplate', singular: 'podtemplate', namespaced: true, verbs: ALL, hasGeneration: true },
  { group: '', version: 'v1', resource: 'replicationcontrollers', kind: 'ReplicationController', singular: 'replicationcontroller', namespaced: true, verbs: ALL, shortNames: ['rc'], categories: ['all'], hasGeneration: true, subresources: [SCALE, status('ReplicationController')] },
  { group: '', version: 'v1', resource: 'resourcequotas', kind: 'ResourceQuota', singular: 'resourcequota', namespaced: true, verbs: ALL, shortNames: ['quota'], subresources: [status('ResourceQuota')] },
  { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', singular: 'secret', namespaced: true, verbs: ALL },
  { group: '', version: 'v1', resource: 'serviceaccounts', kind: 'ServiceAccount', singular: 'serviceaccount', namespaced: true, verbs: ALL, shortNames: ['sa'], subresources: [{ name: 'token', verbs: ['create'], kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' }] },
  { group: '', version: 'v1', resource: 'services', kind: 'Service', singular: 'service', namespaced: true, verbs: ALL, shortNames: ['svc'], categories: ['all'], subresources: [{ name: 'proxy', verbs: ['create', 'delete', 'get', 'patch', 'update'], kind: 'ServiceProxyOptions' }, status('Service')] },
  // apiregistration.k8s.io/v1
  { group: 'apiregistration.k8s.io', version: 'v1', resource: 'apiservices', kind: 'APIService', singular: 'apiservice', namespaced: false, verbs: ALL, categories: ['api-extensions'], subresources: [status('APIService')] },
  // apps/v1
  { group: 'apps', version: 'v1', resource: 'controllerrevisions', kind: 'ControllerRevision', singular: 'controllerrevision', namespaced: true, verbs: ALL },
  { group: 'apps', version: 'v1', resource: 'daemonsets', kind: 'DaemonSet', singular: 'daemonset', namespaced: true, verbs: ALL, shortNames: ['ds'], categories: ['all'], hasGeneration: true, subresources: [status('DaemonSet')] },
  { group: 'apps', version: 'v1', resource: 'deployments', kind: 'Deployment', singular: 'deployment', namespaced: true, verbs: ALL, shortNames: ['deploy'], categories: ['all'], hasGeneration: true, subresources: [SCALE, status('Deployment')] },
  { group: 'apps', version: 'v1', resource: 'replicasets', kind: 'ReplicaSet', singular: 'replicaset', namespaced: true, verbs: ALL, shortNames: ['rs'], categories: ['all'], hasGeneration: true, subresources: [SCALE, status('ReplicaSet')] },
  { group: 'apps', version: 'v1', resource: 'statefulsets', kind: 'StatefulSet', singular: 'statefulset', namespaced: true, verbs: ALL, shortNames: ['sts'], categories: ['all'], hasGeneration: true, subresources: [SCALE, status('StatefulSet')] },
  // events.k8s.io/v1
  { group: 'events.k8s.io', version: 'v1', resource: 'events', kind: 'Event', singular: 'event', namespaced: true, verbs: ALL, shortNames: ['ev'] },
  // authentication.k8s.io/v1
  { group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews', kind: 'SelfSubjectReview', singular: 'selfsubjectreview', namespaced: false, verbs: ['create'] },
  { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews', kind: 'TokenReview', singular: 'tokenreview', namespaced: false, verbs: ['create'] },
  // authorization.k8s.io/v1
  { group: 'authorization.k8s.io', version: 'v1', resource: 'localsubjectaccessreviews', kind: 'LocalSubjectAccessReview', singular: 'localsubjectaccessreview', namespaced: true, verbs: ['create'] },
  { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview', singular: 'selfsubjectaccessreview', namespaced: false, verbs: ['create'] },
  { group: 'authorization.k8s.io', version: 'v1', resource: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview', singular: 'selfsubjectrulesreview', namespaced: false, verbs: ['create'] },
  { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews', kind: 'SubjectAccessReview', singular: 'subjectaccessreview', namespaced: false, verbs: ['create'] },
  // autoscaling/v2
  { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', singular: 'horizontalpodautoscaler', namespaced: true, verbs: ALL, shortNames: ['hpa'], categories: ['all'], subresources: [status('HorizontalPodAutoscaler')] },
  // autoscaling/v1
  { group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', singular: 'horizontalpodautoscaler', namespaced: true, verbs: ALL, shortNames: ['hpa'], categories: ['all'], subresources: [status('HorizontalPodAutoscaler')] },
  // batch/v1
  { group: 'batch', version: 'v1', resource: 'cronjobs', kind: 'CronJob', singular: 'cronjob', namespaced: true, verbs: ALL, shortNames: ['cj'], categories: ['all'], hasGeneration: true, subresources: [status('CronJob')] },
  { group: 'batch', version: 'v1', resource: 'jobs', kind: 'Job', singular: 'job', namespaced: true, verbs: ALL, categories: ['all'], hasGeneration: true, subresources: [status('Job')] },
  // certificates.k8s.io/v1
  { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests', kind: 'CertificateSigningRequest', singular: 'certificatesigningrequest', namespaced: false, verbs: ALL, shortNames: ['csr'], subresources: [{ name: 'approval', verbs: ['get', 'patch', 'update'], kind: 'CertificateSigningRequest' }, status('CertificateSigningRequest')] },
  // networking.k8s.io/v1
  { group: 'networking.k8s.io', version: 'v1', resource: 'ingressclasses', kind: 'IngressClass', singular: 'ingressclass', namespaced: false, verbs: ALL, hasGeneration: true },
  { group: 'networking.k8s.io', version: 'v1', resource: 'ingresses', kind: 'Ingress', singular: 'ingress', namespaced: true, verbs: ALL, shortNames: ['ing'], hasGeneration: true, subresources: [status('Ingress')] },
  { group: 'networking.k8s.io', version: 'v1', resource: 'networkpolicies', kind: 'NetworkPolicy', singular: 'networkpolicy', namespaced: true, verbs: ALL, shortNames: ['netpol'], hasGeneration: true },
  // policy/v1
  { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets', kind: 'PodDisruptionBudget', singular: 'poddisruptionbudget', namespaced: true, verbs: ALL, shortNames: ['pdb'], hasGeneration: true, subresources: [status('PodDisruptionBudget')] },
  // rbac.authorization.k8s.io/v1
  { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings', kind: 'ClusterRoleBinding', singular: 'clusterrolebinding', namespaced: false, verbs: ALL },
  { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterroles', kind: 'ClusterRole', singular: 'clusterrole', namespaced: false, verbs: ALL },
  { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'rolebindings', kind: 'RoleBinding', singular: 'rolebinding', namespaced: true, verbs: ALL },
  { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', kind: 'Role', singular: 'role', namespaced: true, verbs: ALL },
  // storage.k8s.io/v1
  { group: 'storage.k8s.io', version: 'v1', resource: 'csidrivers', kind: 'CSIDriver', singular: 'csidriver', namespaced: false, verbs: ALL },
  { group: 'storage.k8s.io', version: 'v1', resource: 'csinodes', kind: 'CSINode', singular: 'csinode', namespaced: false, verbs: ALL },
  { group: 'storage.k8s.io', version: 'v1', resource: 'csistoragecapacities', kind: 'CSIStorageCapacity', singular: 'csistoragecapacity', namespaced: true, verbs: ALL },
  { group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses', kind: 'StorageClass', singular: 'storageclass', namespaced: false, verbs: ALL, shortNames: ['sc'] },
  { group: 'storage.k8s.io', version: 'v1', resource: 'volumeattachments', kind: 'VolumeAttachment', singular: 'volumeattachment', namespaced: false, verbs: ALL, subresources: [status('VolumeAttachment')] },
  // admissionregistration.k8s.io/v1
  { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'mutatingwebhookconfigurations', kind: 'MutatingWebhookConfiguration', singular: 'mutatingwebhookconfiguration', namespaced: false, verbs: ALL, categories: ['api-extensions'], hasGeneration: true },
  { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicies', kind: 'ValidatingAdmissionPolicy', singular: 'validatingadmissionpolicy', namespaced: false, verbs: ALL, categories: ['api-extensions'], hasGeneration: true, subresources: [status('ValidatingAdmissionPolicy')] },
  { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingadmissionpolicybindings', kind: 'ValidatingAdmissionPolicyBinding', singular: 'validatingadmissionpolicybinding', namespaced: false, verbs: ALL, categories: ['api-extensions'], hasGeneration: true },
  { group: 'admissionregistration.k8s.io', version: 'v1', resource: 'validatingwebhookconfigurations', kind: 'ValidatingWebhookConfiguration', singular: 'validatingwebhookconfiguration', namespaced: false, verbs: ALL, categories: ['api-extensions'], hasGeneration: true },
  // apiextensions.k8s.io/v1
  { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions', kind: 'CustomResourceDefinition', singular: 'customresourcedefinition', namespaced: false, verbs: ALL, shortNames: ['crd', 'crds'], categories: ['api-extensions'], hasGeneration: true, subresources: [status('CustomResourceDefinition')] },
  // scheduling.k8s.io/v1
  { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses', kind: 'PriorityClass', singular: 'priorityclass', namespaced: false, verbs: ALL, shortNames: ['pc'], hasGeneration: true },
  // coordination.k8s.io/v1
  { group: 'coordination.k8s.io', version: 'v1', resource: 'leases', kind: 'Lease', singular: 'lease', namespaced: true, verbs: ALL },
  // node.k8s.io/v1
  { group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses', kind: 'RuntimeClass', singular: 'runtimeclass', namespaced: false, verbs: ALL },
  // discovery.k8s.io/v1
  { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices', kind: 'EndpointSlice', singular: 'endpointslice', namespaced: true, verbs: ALL, hasGeneration: true },
  // flowcontrol.apiserver.k8s.io/v1
  { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'flowschemas', kind: 'FlowSchema', singular: 'flowschema', namespaced: false, verbs: ALL, hasGeneration: true, subresources: [status('FlowSchema')] },
  { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'prioritylevelconfigurations', kind: 'PriorityLevelConfiguration', singular: 'prioritylevelconfiguration', namespaced: false, verbs: ALL, hasGeneration: true, subresources: [status('PriorityLevelConfiguration')] },
];
