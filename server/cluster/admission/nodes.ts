import { record, records, text } from '../auth/fields.ts';
import type { AdmissionPlugin } from './plugin.ts';
import { concerns, withSpec } from './plugin.ts';

const NOT_READY = 'node.kubernetes.io/not-ready';

/**
 * A new node takes no pods until it is ready. The kubelet of this cluster registers its own node ready at once.
 * After kubernetes 1.32 plugin/pkg/admission/nodetaint
 */
export const taintNodes: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  mutate(request) {
    const { object } = request;
    if (request.operation !== 'CREATE' || !concerns(request, '', 'nodes') || request.user.groups.includes('system:nodes')) return object;
    const spec = record(object['spec']);
    const taints = records(spec['taints']);
    if (taints.some((taint) => text(taint['key']) === NOT_READY && text(taint['effect']) === 'NoSchedule')) return object;
    return withSpec(object, { ...spec, taints: [...taints, { key: NOT_READY, effect: 'NoSchedule' }] });
  },
};
