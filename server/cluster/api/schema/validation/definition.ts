/** CustomResourceDefinitions. After kubernetes 1.32 apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { dns1035Label, dnsSubdomain } from './names.ts';
import { nameCauses } from './pod.ts';

export function definitionCauses(definition: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(definition.spec);
  const names = record(spec.names);
  const [group, plural] = [String(spec.group ?? ''), String(names.plural ?? '')];
  const causes: StatusCause[] = [];
  if (definition.metadata.name !== `${plural}.${group}`) causes.push(invalid('metadata.name', goString(definition.metadata.name), 'must be spec.names.plural+"."+spec.group'));
  if (group === '') causes.push(required('spec.group'));
  else {
    causes.push(...nameCauses('spec.group', group, dnsSubdomain));
    if (!group.includes('.')) causes.push(invalid('spec.group', goString(group), 'should be a domain with at least one dot'));
  }
  if (!['Cluster', 'Namespaced'].includes(String(spec.scope))) causes.push((spec.scope ?? '') === '' ? required('spec.scope') : unsupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  const versions = items(spec, 'versions');
  const storage = versions.filter((v) => v.storage === true).length;
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    causes.push(...nameCauses(`${at}.name`, version.name, dns1035Label));
    const schema = record(version.schema).openAPIV3Schema;
    if (!isRecord(schema)) causes.push(required(`${at}.schema.openAPIV3Schema`, 'schemas are required'));
    else if ((schema.type ?? '') === '') causes.push(required(`${at}.schema.openAPIV3Schema.type`, 'must not be empty at the root'));
    else if (schema.type !== 'object') causes.push(invalid(`${at}.schema.openAPIV3Schema.type`, goString(schema.type), 'must be object at the root'));
  });
  if (storage !== 1) causes.push(invalid('spec.versions', '[]apiextensions.CustomResourceDefinitionVersion{…}', 'must have exactly one version marked as storage version'));
  for (const [key, value] of [['plural', plural], ['singular', names.singular], ['kind', String(names.kind ?? '').toLowerCase()], ['listKind', String(names.listKind ?? '').toLowerCase()]] as const) {
    if ((value ?? '') === '') causes.push(required(`spec.names.${key}`));
    else causes.push(...nameCauses(`spec.names.${key}`, value, dns1035Label));
  }
  if (old !== undefined) {
    const before = record(old.spec);
    if (before.scope !== spec.scope) causes.push(invalid('spec.scope', goString(spec.scope), 'field is immutable'));
    if (record(before.names).kind !== names.kind) causes.push(invalid('spec.names.kind', goString(names.kind), 'field is immutable'));
  }
  return causes;
}
