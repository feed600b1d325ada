/** Where webhooks are called: of admission and of conversion alike. After kubernetes 1.32 apiserver/pkg/util/webhook/validation.go */
import { isRecord, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { goString, invalid, required } from '../causes.ts';
import { dnsSubdomain } from './names.ts';

const FORM = '; desired format: https://host[/path]';

export function webhookClientCauses(client: JsonRecord, at: string): StatusCause[] {
  if (isRecord(client.service) === (client.url !== undefined)) return [required(at, 'exactly one of url or service is required')];
  return isRecord(client.service) ? serviceCauses(client.service, `${at}.service`) : urlCauses(String(client.url), `${at}.url`);
}

function urlCauses(text: string, at: string): StatusCause[] {
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  const [, authority = '', tail = ''] = /^(?:\/\/([^/?#]*))?(.*)$/s.exec(rest) ?? [];
  const user = authority.includes('@') ? authority.slice(0, authority.lastIndexOf('@')) : '';
  const host = authority.slice(authority.lastIndexOf('@') + 1);
  const causes: StatusCause[] = [];
  if (scheme.toLowerCase() !== 'https') causes.push(invalid(at, goString(scheme.toLowerCase()), `'https' is the only allowed URL scheme${FORM}`));
  if (host === '') causes.push(invalid(at, '""', `host must be specified${FORM}`));
  if (user !== '') causes.push(invalid(at, goString(user), 'user information is not permitted in the URL'));
  const [beforeFragment = '', fragment = ''] = tail.split('#');
  if (fragment !== '') causes.push(invalid(at, goString(fragment), 'fragments are not permitted in the URL'));
  const query = beforeFragment.split('?')[1] ?? '';
  if (query !== '') causes.push(invalid(at, goString(query), 'query parameters are not permitted in the URL'));
  return causes;
}

function serviceCauses(service: JsonRecord, at: string): StatusCause[] {
  const causes: StatusCause[] = [];
  // The API server hands name and namespace over in the other order.
  if ((service.namespace ?? '') === '') causes.push(required(`${at}.name`, 'service name is required'));
  if ((service.name ?? '') === '') causes.push(required(`${at}.namespace`, 'service namespace is required'));
  const port = Number(service.port ?? 443);
  if (port < 1 || port > 65535) causes.push(invalid(`${at}.port`, String(port), 'port is not valid: must be between 1 and 65535, inclusive'));
  const path = String(service.path ?? '');
  if (path === '' || path === '/') return causes;
  const fail = (text: string): void => void causes.push(invalid(`${at}.path`, goString(path), text));
  if (path === '//') fail('segment[0] may not be empty');
  else {
    if (!path.startsWith('/')) fail("must start with a '/'");
    path.slice(1).replace(/\/$/, '').split('/').forEach((step, i) => {
      if (step === '') fail(`segment[${i}] may not be empty`);
      else for (const problem of dnsSubdomain(step)) fail(`segment[${i}]: ${problem}`);
    });
  }
  return causes;
}
