/** Kinds with little to check. After kubernetes 1.32 pkg/apis/core/validation/validation.go and events.go */
import type { KubeObject } from '../../../store/object.ts';
import type { StatusCause } from '../../status.ts';
import { goString, invalid, required } from '../causes.ts';
import { items, record } from '../fill.ts';
import { parseQuantity, quantityNano } from '../quantity.ts';
import { targetPortCauses } from './container.ts';
import { isIp } from './names.ts';
import { notNegative } from './workloads.ts';

/** Things without a namespace are spoken of in `default`. */
export function eventCauses(event: KubeObject): StatusCause[] {
  const about = record(event.involvedObject);
  const namespace = String(about.namespace ?? '');
  const own = event.metadata.namespace ?? '';
  const clusterScoped = ['Node', 'Namespace', 'PersistentVolume'].includes(String(about.kind));
  if (namespace === own || (namespace === '' && clusterScoped && own === 'default')) return [];
  return [invalid('involvedObject.namespace', goString(namespace), 'does not match event.namespace')];
}

export function endpointsCauses(endpoints: KubeObject): StatusCause[] {
  return items(endpoints, 'subsets').flatMap((subset, i) => {
    const at = `subsets[${i}]`;
    const causes: StatusCause[] = [];
    items(subset, 'addresses').forEach(({ ip }, n) => {
      const field = `${at}.addresses[${n}].ip`;
      const text = String(ip ?? '');
      if (!isIp(text)) causes.push(invalid(field, goString(text), 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
      else if (/^127\.|^::1$/.test(text)) causes.push(invalid(field, goString(text), 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
      else if (text.startsWith('169.254.')) causes.push(invalid(field, goString(text), 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
    });
    const ports = items(subset, 'ports');
    ports.forEach((port, n) => {
      if (ports.length > 1 && (port.name ?? '') === '') causes.push(required(`${at}.ports[${n}].name`));
      causes.push(...targetPortCauses(port.port ?? 0, `${at}.ports[${n}].port`));
    });
    return causes;
  });
}

/** A quantity as Go prints it in an error. */
function quantityText(value: unknown): string {
  const text = String(value);
  const parsed = parseQuantity(text);
  if ('error' in parsed) return text;
  const scale = parsed.format === 'BinarySI' ? 0 : ({ n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12 } as Record<string, number>)[text.replace(/[-+\d.]/g, '')] ?? 0;
  const amount = scale >= 0 ? parsed.nano / 10n ** BigInt(9 + scale) : (parsed.nano * 10n ** BigInt(-scale)) / 10n ** 9n;
  return `resource.Quantity{i:resource.int64Amount{value:${amount}, scale:${scale}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:${goString(text)}, Format:${goString(parsed.format)}}`;
}

export function limitRangeCauses(range: KubeObject): StatusCause[] {
  return items(record(range.spec), 'limits').flatMap((limit, i) => {
    const at = `spec.limits[${i}]`;
    const causes: StatusCause[] = [];
    const [max, min, fallback, request] = [record(limit.max), record(limit.min), record(limit.default), record(limit.defaultRequest)];
    const over = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined && quantityNano(a) > quantityNano(b);
    for (const name of new Set([...Object.keys(max), ...Object.keys(min), ...Object.keys(fallback), ...Object.keys(request)])) {
      const [top, bottom, own, asked] = [max[name], min[name], fallback[name], request[name]].map((v) => (v === undefined ? undefined : String(v)));
      if (over(bottom, top)) causes.push(invalid(`${at}.min[${name}]`, quantityText(bottom), `min value ${bottom ?? ''} is greater than max value ${top ?? ''}`));
      if (over(bottom, asked)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `min value ${bottom ?? ''} is greater than default request value ${asked ?? ''}`));
      if (over(asked, top)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `default request value ${asked ?? ''} is greater than max value ${top ?? ''}`));
      if (over(asked, own)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `default request value ${asked ?? ''} is greater than default limit value ${own ?? ''}`));
      if (over(bottom, own)) causes.push(invalid(`${at}.default[${name}]`, quantityText(bottom), `min value ${bottom ?? ''} is greater than default value ${own ?? ''}`));
      if (over(own, top)) causes.push(invalid(`${at}.default[${name}]`, quantityText(top), `default value ${own ?? ''} is greater than max value ${top ?? ''}`));
    }
    return causes;
  });
}

/** After kubernetes 1.32 pkg/apis/apps/validation/validation.go, ValidateDeploymentStatus */
export function deploymentStatusCauses(deployment: KubeObject): StatusCause[] {
  const status = record(deployment.status);
  const count = (key: string): number => (typeof status[key] === 'number' ? status[key] : 0);
  const causes = notNegative(status, 'status', 'observedGeneration', 'replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas');
  for (const key of ['updatedReplicas', 'readyReplicas', 'availableReplicas']) {
    if (count(key) > count('replicas')) causes.push(invalid(`status.${key}`, String(count(key)), 'cannot be greater than status.replicas'));
  }
  if (count('availableReplicas') > count('readyReplicas')) causes.push(invalid('status.availableReplicas', String(count('availableReplicas')), 'cannot be greater than readyReplicas'));
  return causes;
}

/** After kubernetes 1.32 pkg/apis/certificates/validation/validation.go */
export function signingRequestCauses(request: KubeObject): StatusCause[] {
  const spec = record(request.spec);
  const causes: StatusCause[] = [];
  if (!Array.isArray(spec.usages) || spec.usages.length === 0) causes.push(required('spec.usages'));
  if ((spec.signerName ?? '') === '') causes.push(required('spec.signerName'));
  if (typeof spec.expirationSeconds === 'number' && spec.expirationSeconds < 600) causes.push(invalid('spec.expirationSeconds', String(spec.expirationSeconds), 'may not specify a duration less than 600 seconds (10 minutes)'));
  return causes;
}
