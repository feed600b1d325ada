/** The words of the cluster for those outside: types, the error that every call may throw, and pure helpers. Nothing starts here. */
export { ApiStatus } from './api/status.ts';
export { CertificateAuthority } from './auth/certificates.ts';
export { RequestLog, type RequestRecord } from './auth/request-log.ts';
export { recordOf } from './auth/request-record.ts';
export type { KubeClient, ResourceType } from './client.ts';
export type { ContainerProcess, ProcessRuntime, ProcessSpec } from './kubelet/runtime/process-runtime.ts';
export type { KubeObject } from './store/object.ts';
export { HeaderInflater } from './stream/header-block.ts';
