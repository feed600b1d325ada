/** The words of the cluster for those outside: types, and the error that every call may throw. Nothing starts here. */
export { ApiStatus } from './api/status.ts';
export { type RequestRecord } from './auth/request-log.ts';
export type { KubeClient, ResourceType } from './client.ts';
export type { ContainerProcess, ProcessRuntime, ProcessSpec } from './kubelet/runtime/process-runtime.ts';
export type { KubeObject } from './store/object.ts';
