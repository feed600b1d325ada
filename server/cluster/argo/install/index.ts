import type { KubeObject } from '../../store/object.ts';
import { argoCrds } from './crds.ts';
import { minioObjects } from './minio.ts';
import { argoRbac, courseRbac } from './rbac.ts';
import { argoServerDeployment, argoServerService, controllerConfigMap, controllerDeployment, controllerPriorityClass } from './workloads.ts';
import type { ServerSettings } from './workloads.ts';

export { ARGO_VERSION, IMAGES } from './workloads.ts';
export type { ServerSettings } from './workloads.ts';

/**
 * Everything that "Argo Workflows is installed, as the course has it" means, in the order in which it has to be
 * created: namespace and resource types first, then accounts and settings, then what runs. Not in it: the canary.
 */
export function argoInstallObjects(settings: { server?: ServerSettings } = {}): KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argo' } },
    ...argoCrds(),
    ...argoRbac(),
    ...courseRbac(),
    controllerConfigMap(),
    controllerPriorityClass(),
    argoServerService(),
    ...minioObjects(),
    argoServerDeployment(settings.server),
    controllerDeployment(),
  ];
}

/** The workflow by which the course sees that Argo works; it removes itself a second after its end. */
export function canaryWorkflow(): KubeObject {
  return {
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { name: 'canary', namespace: 'argo' },
    spec: {
      entrypoint: 'main',
      templates: [{ name: 'main', container: { image: 'busybox', command: ['echo'], args: ['hello world'] } }],
      ttlStrategy: { secondsAfterCompletion: 1 },
    },
  };
}
