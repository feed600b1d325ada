import type { Scenario } from '../scenario/model.ts';

/** Killercoda's and Katacoda's images that come with Kubernetes, by how their names begin. */
const WITH_KUBERNETES = /^(kubernetes|minikube|minukube|k3s|openshift|argo)/i;

/** Whether a scenario is about a cluster; another one gets terminals alone. */
export function needsCluster(scenario: Pick<Scenario, 'imageId'>): boolean {
  return WITH_KUBERNETES.test(scenario.imageId);
}
