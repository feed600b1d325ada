import type { ControllerContext } from '../runtime/context.ts';
import { ADMISSION_POLICIES } from '../runtime/resources.ts';
import { writeStatus } from '../runtime/writes.ts';

/** Says of each ValidatingAdmissionPolicy that it has been seen. Its expressions are not checked against types. */
export function startAdmissionPolicies(context: ControllerContext): void {
  const policies = context.informers.of(ADMISSION_POLICIES);
  const queue = context.queue('validatingadmissionpolicy-status', async (name) => {
    const policy = policies.get(undefined, name);
    if (policy !== undefined) await writeStatus(context.client, ADMISSION_POLICIES, policy, { observedGeneration: policy.metadata.generation ?? 1, typeChecking: {} });
  });
  policies.onChange(({ current }) => {
    if (current !== undefined) queue.add(current.metadata.name);
  });
}
