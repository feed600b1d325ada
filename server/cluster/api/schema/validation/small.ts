/** Kinds with little to check. After kubernetes 1.32 pkg/apis/core/validation/validation.go and events.go */
import type { KubeObject } from '../../../store/object.ts';
import type { StatusCause } from '../../status.ts';
import { duplicate, forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { parseQuantity, quantityNano } from '../quantity.ts';
import { targetPortCauses } from './container.ts';
import { isIp, qualifiedName } from './names.ts';
import { notNegative } from './workloads.ts';

/** Things without a namespace are spoken of in `default`. */
export function eventCauses(event: KubeObject): StatusCause[] {
  const about = record(event.involvedObject ?? event.regarding);
  const namespace = String(about.namespace ?? '');
  const own = event.metadata.namespace ?? '';
  const clusterScoped = ['Node', 'Namespace', 'PersistentVolume'].includes(String(about.kind));
  if (namespace === own || (namespace === '' && clusterScoped && own === 'default')) return [];
  return [invalid('involvedObject.namespace', goString(namespace), 'does not match event.namespace')];
}

/** The newer API is stricter. After kubernetes 1.32 pkg/apis/core/validation/events.go */
export function newEventCauses(event: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const causes = event.metadata.namespace === 'default' && (record(event.regarding ?? event.involvedObject).namespace ?? '') === '' ? [] : eventCauses(event);
  if (old !== undefined) return causes;
  if ((event.eventTime ?? '') === '') causes.push(required('eventTime'));
  const type = String(event.type ?? '');
  if (type !== 'Normal' && type !== 'Warning') causes.push(invalid('type', goString(type), `has invalid value: ${type}`));
  return causes;
}

export function endpointsCauses(endpoints: KubeObject): StatusCause[] {
  return items(endpoints, 'subsets').flatMap((subset, i) => {
    const at = `subsets[${i}]`;
    const causes: StatusCause[] = [];
    if (items(subset, 'addresses').length === 0 && items(subset, 'notReadyAddresses').length === 0) causes.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    items(subset, 'addresses').forEach(({ ip }, n) => {
      const field = `${at}.addresses[${n}].ip`;
      const text = String(ip ?? '');
      if (!isIp(text)) causes.push(invalid(field, goString(text), 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'), invalid(field, goString(text), 'must be a valid IP address'));
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

/** Without zeros behind the point. */
function shortest(value: bigint, scale: number): [bigint, number] {
  return scale < 0 && value !== 0n && value % 10n === 0n ? shortest(value / 10n, scale + 1) : [value, scale];
}

/** A quantity as Go prints it in an error. */
export function quantityText(value: unknown): string {
  const text = String(value);
  const parsed = parseQuantity(text);
  if ('error' in parsed) return text;
  const scale = parsed.format === 'BinarySI' ? 0 : ({ n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12 } as Record<string, number>)[text.replace(/[-+\d.]/g, '')] ?? 0;
  const amount = scale >= 0 ? parsed.nano / 10n ** BigInt(9 + scale) : (parsed.nano * 10n ** BigInt(-scale)) / 10n ** 9n;
  const [digits, exponent] = parsed.format === 'BinarySI' ? [amount, 0] : shortest(text.includes('.') ? parsed.nano : amount, text.includes('.') ? -9 : scale);
  return `resource.Quantity{i:resource.int64Amount{value:${digits}, scale:${exponent}}, d:resource.infDecAmount{Dec:(*inf.Dec)(nil)}, s:${goString(text.includes('.') ? '' : text)}, Format:${goString(parsed.format)}}`;
}

const LIMITED: Record<string, readonly string[]> = { Pod: ['cpu', 'memory', 'ephemeral-storage'], Container: ['cpu', 'memory', 'ephemeral-storage'], PersistentVolumeClaim: ['storage'] };

function limitTypeCauses(limit: Record<string, unknown>, at: string): StatusCause[] {
  const type = String(limit.type ?? '');
  const causes = qualifiedName(type).map((problem) => invalid(`${at}.type`, goString(type), problem));
  if (type !== '' && !type.includes('/') && LIMITED[type] === undefined) causes.push(invalid(`${at}.type`, goString(type), 'must be a standard limit type or fully qualified'));
  for (const key of ['max', 'min', ...(type === 'Pod' ? [] : ['default', 'defaultRequest'])]) {
    for (const name of Object.keys(record(limit[key]))) {
      if (name.includes('/') || LIMITED[type]?.includes(name) !== false || name.startsWith('hugepages-')) continue;
      const field = `${at}.${key}[${name}]`;
      causes.push(invalid(field, name, 'must be a standard resource type or fully qualified'), ...(type === 'Container' || type === 'Pod' ? [invalid(field, name, 'must be a standard resource for containers')] : []));
    }
  }
  if (type === 'Pod') for (const key of ['default', 'defaultRequest']) if (Object.keys(record(limit[key])).length > 0) causes.push(forbidden(`${at}.${key}`, "may not be specified when `type` is 'Pod'"));
  if (type === 'PersistentVolumeClaim' && record(limit.min).storage === undefined && record(limit.max).storage === undefined) causes.push(required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'));
  return causes;
}

/** How many times its request a limit may be: never less than it, nor more than the range itself allows. */
function ratioCauses(field: string, ratio: unknown, max: unknown, min: unknown): StatusCause[] {
  if (ratio === undefined) return [];
  const causes = quantityNano(ratio) < 1_000_000_000n ? [invalid(field, quantityText(ratio), `ratio ${String(ratio)} is less than 1`)] : [];
  if (max === undefined || min === undefined) return causes;
  const most = Number(quantityNano(max)) / Number(quantityNano(min));
  return Number(quantityNano(ratio)) / 1e9 > most ? [...causes, invalid(field, quantityText(ratio), `ratio ${String(ratio)} is greater than max/min = ${most.toFixed(6)}`)] : causes;
}

export function limitRangeCauses(range: KubeObject): StatusCause[] {
  const types = new Set<unknown>();
  return items(record(range.spec), 'limits').flatMap((limit, i) => {
    const at = `spec.limits[${i}]`;
    const causes = limitTypeCauses(limit, at);
    if (types.has(limit.type)) causes.push({ reason: 'FieldValueDuplicate', message: `Duplicate value: ${goString(limit.type ?? '')}`, field: `${at}.type` });
    types.add(limit.type);
    const [max, min, fallback, request, ratios] = [record(limit.max), record(limit.min), record(limit.default), record(limit.defaultRequest), record(limit.maxLimitRequestRatio)];
    const over = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined && quantityNano(a) > quantityNano(b);
    for (const name of new Set([...Object.keys(max), ...Object.keys(min), ...Object.keys(fallback), ...Object.keys(request), ...Object.keys(ratios)])) {
      const [top, bottom, own, asked] = [max[name], min[name], fallback[name], request[name]].map((v) => (v === undefined ? undefined : String(v)));
      if (over(bottom, top)) causes.push(invalid(`${at}.min[${name}]`, quantityText(bottom), `min value ${bottom ?? ''} is greater than max value ${top ?? ''}`));
      if (over(bottom, asked)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `min value ${bottom ?? ''} is greater than default request value ${asked ?? ''}`));
      if (over(asked, top)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `default request value ${asked ?? ''} is greater than max value ${top ?? ''}`));
      if (over(asked, own)) causes.push(invalid(`${at}.defaultRequest[${name}]`, quantityText(asked), `default request value ${asked ?? ''} is greater than default limit value ${own ?? ''}`));
      if (over(bottom, own)) causes.push(invalid(`${at}.default[${name}]`, quantityText(bottom), `min value ${bottom ?? ''} is greater than default value ${own ?? ''}`));
      if (over(own, top)) causes.push(invalid(`${at}.default[${name}]`, quantityText(top), `default value ${own ?? ''} is greater than max value ${top ?? ''}`));
      causes.push(...ratioCauses(`${at}.maxLimitRequestRatio[${name}]`, ratios[name], top, bottom));
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

const USAGES = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'];

/** After kubernetes 1.32 pkg/apis/certificates/validation/validation.go */
export function signingRequestCauses(request: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(request.spec);
  const causes: StatusCause[] = [];
  if (old === undefined) {
    const bytes = Buffer.from(String(spec.request ?? ''), 'base64');
    const shown = bytes.length === 0 ? '[]byte(nil)' : `[]byte{${[...bytes].map((b) => `0x${b.toString(16)}`).join(', ')}}`;
    if (!bytes.toString().includes('-----BEGIN CERTIFICATE REQUEST-----')) causes.push(invalid('spec.request', shown, 'PEM block type must be CERTIFICATE REQUEST'));
  }
  const usages: unknown[] = Array.isArray(spec.usages) ? spec.usages : [];
  if (usages.length === 0) causes.push(required('spec.usages'));
  usages.forEach((usage, i) => {
    if (!USAGES.includes(String(usage))) causes.push(unsupported(`spec.usages[${i}]`, usage, USAGES));
    if (usages.indexOf(usage) < i) causes.push(duplicate(`spec.usages[${i}]`, usage));
  });
  const signer = String(spec.signerName ?? '');
  if (signer === '') causes.push(required('spec.signerName'));
  else if (!/^[^/]+\/.+$/.test(signer)) causes.push(invalid('spec.signerName', goString(signer), "must be a fully qualified domain and path of the form 'example.com/signer-name'"));
  if (typeof spec.expirationSeconds === 'number' && spec.expirationSeconds < 600) causes.push(invalid('spec.expirationSeconds', String(spec.expirationSeconds), 'may not specify a duration less than 600 seconds (10 minutes)'));
  return causes;
}
