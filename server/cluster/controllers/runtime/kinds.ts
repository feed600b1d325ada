import type * as apps from 'kubernetes-types/apps/v1';
import type * as batch from 'kubernetes-types/batch/v1';
import type * as core from 'kubernetes-types/core/v1';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2';
import type * as networking from 'kubernetes-types/networking/v1';
import type * as policy from 'kubernetes-types/policy/v1';
import type * as discovery from 'kubernetes-types/discovery/v1';
import type { KubeObject } from '../../store/object.ts';

/** Stored objects with the spec and status that their kind has: the API room has validated and defaulted them. */
type Kind<Spec, Status> = KubeObject & { spec: Spec; status?: Status };

export type Pod = Kind<core.PodSpec, core.PodStatus>;
export type Node = Kind<core.NodeSpec, core.NodeStatus>;
export type Namespace = Kind<core.NamespaceSpec, core.NamespaceStatus>;
export type Service = Kind<core.ServiceSpec, core.ServiceStatus>;
export type PersistentVolume = Kind<core.PersistentVolumeSpec, core.PersistentVolumeStatus>;
export type PersistentVolumeClaim = Kind<core.PersistentVolumeClaimSpec, core.PersistentVolumeClaimStatus>;
export type ResourceQuota = Kind<core.ResourceQuotaSpec, core.ResourceQuotaStatus>;
export type ReplicationController = Kind<core.ReplicationControllerSpec, core.ReplicationControllerStatus>;
export type Deployment = Kind<apps.DeploymentSpec, apps.DeploymentStatus>;
export type ReplicaSet = Kind<apps.ReplicaSetSpec, apps.ReplicaSetStatus>;
export type StatefulSet = Kind<apps.StatefulSetSpec, apps.StatefulSetStatus>;
export type DaemonSet = Kind<apps.DaemonSetSpec, apps.DaemonSetStatus>;
export type Job = Kind<batch.JobSpec, batch.JobStatus>;
export type CronJob = Kind<batch.CronJobSpec, batch.CronJobStatus>;
export type DisruptionBudget = Kind<policy.PodDisruptionBudgetSpec, policy.PodDisruptionBudgetStatus>;
export type Autoscaler = Kind<autoscaling.HorizontalPodAutoscalerSpec, autoscaling.HorizontalPodAutoscalerStatus>;
export type Ingress = Kind<networking.IngressSpec, networking.IngressStatus>;
export type IngressClass = Kind<networking.IngressClassSpec, never>;
export type IngressBackend = networking.IngressBackend;
export type ConfigMap = KubeObject & { data?: Record<string, string>; binaryData?: Record<string, string> };
export type Secret = KubeObject & { data?: Record<string, string>; type?: string };
export type Endpoints = KubeObject & { subsets?: core.EndpointSubset[] };
export type EndpointSlice = KubeObject & { addressType: string; endpoints: discovery.Endpoint[]; ports?: discovery.EndpointPort[] };
export type StorageClass = KubeObject & { provisioner: string; volumeBindingMode?: string; reclaimPolicy?: string };

export type Container = core.Container;
export type PodSpec = core.PodSpec;
export type PodStatus = core.PodStatus;
export type PodCondition = core.PodCondition;
export type ContainerStatus = core.ContainerStatus;
export type ContainerState = core.ContainerState;
export type PodTemplateSpec = core.PodTemplateSpec;
export type Probe = core.Probe;
export type Volume = core.Volume;
export type EnvVar = core.EnvVar;
export type LabelSelector = import('kubernetes-types/meta/v1').LabelSelector;
