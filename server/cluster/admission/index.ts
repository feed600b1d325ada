import type { Admission } from '../api/hooks.ts';
import { checkEscalation, guardsEscalation } from '../auth/escalation.ts';
import { certificateRequests } from './certificate-requests.ts';
import { defaultIngressClass, defaultStorageClass, defaultTolerationSeconds, runtimeClass } from './defaults.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLabel, namespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin, AdmissionTools } from './plugin.ts';
import { admissionPolicies } from './policies.ts';
import { taintNodes } from './nodes.ts';
import { priority } from './priority.ts';
import { resourceQuota } from './resource-quota.ts';
import { serviceAccount } from './service-account.ts';
import { storedOnly } from './stored-only.ts';

export { quotaStatus } from './quota-usage.ts';
export { STORED_ONLY } from './stored-only.ts';
export { startQuotaStatus } from './resource-quota.ts';
export type { AdmissionPlugin, AdmissionTools } from './plugin.ts';

/** Not a plugin of Kubernetes', whose registry asks this of every write of roles and bindings. */
const escalation: AdmissionPlugin = {
  name: 'Escalation',
  // The registry asks before it looks whether the object is valid.
  mutate(request, { reader }) {
    const { object, resource } = request;
    if (guardsEscalation(resource.group, resource.resource)) checkEscalation(request.user, resource.resource, object, request.oldObject, reader);
    return object;
  },
};

/** In the order in which Kubernetes runs them; quota last, so that nothing is counted that another one refuses. */
export const PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  namespaceLabel,
  taintNodes,
  limitRanger,
  serviceAccount,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  runtimeClass,
  certificateRequests,
  defaultIngressClass,
  escalation,
  admissionPolicies,
  resourceQuota,
  storedOnly,
];

/** The admission chain of a cluster, as `ApiHooks.admission`. Refuses with ApiStatus 403 and 404. */
export function createAdmission(tools: AdmissionTools, plugins: readonly AdmissionPlugin[] = PLUGINS): Admission {
  return {
    mutate(request) {
      let object = request.object;
      for (const plugin of plugins) {
        if (plugin.mutate !== undefined) object = plugin.mutate({ ...request, object }, tools);
      }
      return object;
    },
    validate(request) {
      // By then a generated name is known.
      for (const plugin of plugins) plugin.validate?.({ ...request, named: true }, tools);
    },
  };
}
