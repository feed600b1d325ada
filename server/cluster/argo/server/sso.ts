import { parse } from 'yaml';
import { isJsonObject, type JsonObject } from '../../../lib/json.ts';
import type { KubeClient } from '../../client.ts';

const core = (resource: string) => ({ group: '', version: 'v1', resource });

const at = (object: unknown, field: string): unknown => (isJsonObject(object) ? object[field] : undefined);
const text = (object: unknown, field: string): string => String(at(object, field) ?? '');

/** What the controller's ConfigMap says of single sign-on. */
async function settings(client: KubeClient, namespace: string): Promise<JsonObject> {
  const found = await client.get(core('configmaps'), namespace, 'workflow-controller-configmap');
  const data = found['data'];
  const own = at(data, 'sso');
  const given: unknown = own === undefined ? at(parse(text(data, 'config')), 'sso') : parse(String(own));
  return isJsonObject(given) ? given : {};
}

/**
 * Why a server that is told to sign people on (`--auth-mode=sso`) does not start: what its settings lack, or that no
 * provider of identities can be reached from here. After argo-workflows v3.7.6 server/auth/sso/sso.go
 */
export async function ssoProblem(client: KubeClient, namespace: string): Promise<string> {
  try {
    const sso = await settings(client, namespace);
    const issuer = text(sso, 'issuer');
    if (issuer === '') return 'issuer empty';
    for (const field of ['clientId', 'clientSecret'] as const) {
      const reference = sso[field];
      if (text(reference, 'name') === '' || text(reference, 'key') === '') return `${field === 'clientId' ? 'clientID' : field} empty`;
    }
    await client.get(core('secrets'), namespace, text(sso['clientSecret'], 'name'));
    return `Get "${issuer.replace(/\/$/, '')}/.well-known/openid-configuration": single sign-on needs a provider of identities outside, which this cluster does not ask`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
