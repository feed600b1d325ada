/** The words of the cluster for those outside: types, the error that every call may throw, and pure helpers. Nothing starts here. */
export { ApiStatus } from './api/status.ts';
export { CertificateAuthority } from './auth/certificates.ts';
export { RequestLog, type RequestRecord } from './auth/request-log.ts';
export { recordOf } from './auth/request-record.ts';
export type { KubeClient, ResourceType } from './client.ts';
export { PATCH_CONTENT, queryOf, resourcePath, statusOf } from './client-wire.ts';
export type { ContainerProcess, ProcessRuntime, ProcessSpec } from './kubelet/runtime/process-runtime.ts';
export type { KubeObject } from './store/object.ts';
export { HeaderInflater } from './stream/header-block.ts';

/** Whether the embedded cluster has a container image, by its reference. Loads the catalogue when it is first asked. */
export async function imageCatalogue(): Promise<(image: string) => boolean> {
  const [{ createImageRegistry }, { builtInImages }, { argoServerImages }, { argoPrograms }, { ingressImages }] = await Promise.all([import('./kubelet/images/catalogue.ts'), import('./kubelet/images/index.ts'), import('./argo/server/index.ts'), import('./argo/programs.ts'), import('./controllers/ingress/images.ts')]);
  const registry = createImageRegistry([...builtInImages, ...argoServerImages(), ...argoPrograms(), ...ingressImages({ accept: () => undefined, problemWith: () => undefined })]);
  return (image) => registry.lookup(image).kind === 'found';
}
export { HOST_IP as NODE_ADDRESS } from './kubelet/pod-status.ts';
