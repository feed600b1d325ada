import type { Admission, AdmissionRequest } from '../api/hooks.ts';
import { checkEscalation, guardsEscalation } from '../auth/escalation.ts';
import { claimResize } from './claim-resize.ts';
import { certificateRequests } from './certificate-requests.ts';
import { defaultIngressClass, defaultStorageClass, defaultTolerationSeconds, runtimeClass } from './defaults.ts';
import { limitRanger } from './limit-ranger.ts';
import { namespaceLabel, namespaceLifecycle } from './namespace-lifecycle.ts';
import type { AdmissionPlugin, AdmissionTools } from './plugin.ts';
import { admissionPolicies } from './policies.ts';
import { taintNodes } from './nodes.ts';
import { podSecurity } from './pod-security/index.ts';
import { priority } from './priority.ts';
import type { KubeObject } from '../store/object.ts';
import { resourceQuota } from './resource-quota.ts';
import { serviceAccount } from './service-account.ts';
import { storedOnly } from './stored-only.ts';
import { changedBy, mutatingWebhooks, validatingWebhooks } from './webhooks/index.ts';

export { quotaStatus } from './quota-usage.ts';
export { STORED_ONLY } from './stored-only.ts';
export { startQuotaStatus } from './resource-quota.ts';
export type { AdmissionPlugin, AdmissionTools, CallWebhook, WebhookAddress } from './plugin.ts';

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
  podSecurity,
  limitRanger,
  serviceAccount,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  runtimeClass,
  claimResize,
  certificateRequests,
  defaultIngressClass,
  mutatingWebhooks,
  escalation,
  admissionPolicies,
  validatingWebhooks,
  resourceQuota,
  storedOnly,
];

/** The admission chain of a cluster, as `ApiHooks.admission`. Refuses with ApiStatus 403 and 404. */
export function createAdmission(tools: AdmissionTools, plugins: readonly AdmissionPlugin[] = PLUGINS): Admission {
  const toolsFor = ({ outside }: AdmissionRequest): AdmissionTools => (outside === undefined ? tools : { ...tools, ids: outside.ids });
  return {
    mutate(request) {
      const own = toolsFor(request);
      let object = request.object;
      for (const [index, plugin] of plugins.entries()) {
        if (plugin === mutatingWebhooks) object = withWebhooks({ ...request, object }, plugins.slice(0, index), own);
        else if (plugin.mutate !== undefined) object = plugin.mutate({ ...request, object }, own);
      }
      return object;
    },
    validate(request) {
      const own = toolsFor(request);
      // By then a generated name is known.
      for (const plugin of plugins) plugin.validate?.({ ...request, named: true }, own);
    },
  };
}

/**
 * The webhooks' changes. The plugins before them see what they made of the object once more, and when those change it,
 * the webhooks that want to are asked again. After kubernetes 1.32 apiserver/pkg/admission/plugin/webhook/mutating/dispatcher.go
 */
function withWebhooks(request: AdmissionRequest & { object: KubeObject }, before: readonly AdmissionPlugin[], tools: AdmissionTools): KubeObject {
  const first = changedBy(request, tools);
  if (!first.changed) return first.object;
  let object = first.object;
  for (const plugin of before) object = plugin.mutate?.({ ...request, object }, tools) ?? object;
  const again = object === first.object ? first.overtaken : first.interested;
  return again.size === 0 ? object : changedBy({ ...request, object }, tools, again).object;
}
