import { isJsonObject } from '../../lib/json.ts';
import type { KubeObject } from '../store/object.ts';

/**
 * Guaranteed when every container limits cpu and memory to what it requests, BestEffort when none asks for anything,
 * else Burstable. After kubernetes 1.32 pkg/apis/core/helper/qos/qos.go
 */
export function qosClassOf(pod: KubeObject): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const spec = isJsonObject(pod.spec) ? pod.spec : {};
  const containers = [spec.containers, spec.initContainers].flatMap((list) => (Array.isArray(list) ? list : []));
  let asks = false;
  let guaranteed = true;
  for (const container of containers) {
    const resources = isJsonObject(container) && isJsonObject(container.resources) ? container.resources : {};
    const requests = compute(resources.requests);
    const limits = compute(resources.limits);
    if (requests.size > 0 || limits.size > 0) asks = true;
    for (const name of ['cpu', 'memory']) {
      const limit = limits.get(name);
      if (limit === undefined || (requests.get(name) ?? limit) !== limit) guaranteed = false;
    }
  }
  if (!asks) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function compute(list: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (!isJsonObject(list)) return found;
  for (const name of ['cpu', 'memory']) {
    const quantity = list[name];
    if (quantity !== undefined && quantity !== null && !/^0+(\.0+)?[a-zA-Z]*$/.test(String(quantity))) found.set(name, String(quantity));
  }
  return found;
}
