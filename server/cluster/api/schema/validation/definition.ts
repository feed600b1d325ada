/** CustomResourceDefinitions. After kubernetes 1.32 apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go */
import type { KubeObject } from '../../../store/object.ts';
import { isRecord, sameJson, type JsonRecord } from '../../patch/json-values.ts';
import type { StatusCause } from '../../status.ts';
import { forbidden, goString, invalid, required, unsupported } from '../causes.ts';
import { items, record } from '../fill.ts';
import { schemaProblems } from './definition-schema.ts';
import { dns1035Label, dnsSubdomain } from './names.ts';
import { webhookClientCauses } from './webhook-client.ts';

export function definitionCauses(definition: KubeObject, old: KubeObject | undefined): StatusCause[] {
  const spec = record(definition.spec);
  const names = record(spec.names);
  const [group, plural] = [String(spec.group ?? ''), String(names.plural ?? '')];
  const causes: StatusCause[] = [];
  if (definition.metadata.name !== `${plural}.${group}`) causes.push(invalid('metadata.name', goString(definition.metadata.name), 'must be spec.names.plural+"."+spec.group'));
  if (group === '') causes.push(required('spec.group'));
  else if (dnsSubdomain(group).length > 0) causes.push(invalid('spec.group', goString(group), dnsSubdomain(group).join(',')));
  else if (!group.includes('.')) causes.push(invalid('spec.group', goString(group), 'should be a domain with at least one dot'));
  if (!['Cluster', 'Namespaced'].includes(String(spec.scope))) causes.push((spec.scope ?? '') === '' ? required('spec.scope') : unsupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  causes.push(...versionCauses(spec), ...nameCauses(names), ...sharedCauses(spec), ...conversionCauses(spec));
  const stored = record(definition.status).storedVersions;
  if (!Array.isArray(stored) || stored.length === 0) causes.push(invalid('status.storedVersions', '[]string(nil)', 'must have at least one stored version'));
  if (group.endsWith('.k8s.io') || group.endsWith('.kubernetes.io')) causes.push(...approvalCauses(definition));
  if (spec.preserveUnknownFields === true && old === undefined) causes.push(invalid('spec.preserveUnknownFields', 'true', 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'));
  if (old !== undefined) causes.push(...changeCauses(spec, record(old.spec), definition));
  return causes;
}

/** What all versions have alike is spoken of as one, at the top of the spec. */
function alike(versions: readonly JsonRecord[], key: string): boolean {
  return versions.every((version) => sameJson(version[key], versions[0]?.[key]));
}

function versionCauses(spec: JsonRecord): StatusCause[] {
  const versions = items(spec, 'versions');
  const causes: StatusCause[] = [];
  versions.forEach((version, i) => {
    if (!isRecord(record(version.schema).openAPIV3Schema)) causes.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required'));
  });
  versions.forEach((version, i) => {
    const at = `spec.versions[${i}]`;
    const problems = dns1035Label(String(version.name ?? ''));
    if (problems.length > 0) causes.push(invalid(`${at}.name`, goString(version.name ?? ''), problems.join(',')));
    const { schema } = version;
    if (!alike(versions, 'schema') && isRecord(record(schema).openAPIV3Schema)) causes.push(...schemaProblems(record(record(schema).openAPIV3Schema), `${at}.schema.openAPIV3Schema`));
    if (!alike(versions, 'subresources')) causes.push(...subresourceCauses(version, `${at}.subresources`));
    if (!alike(versions, 'additionalPrinterColumns')) causes.push(...columnCauses(version, `${at}.additionalPrinterColumns`));
  });
  const shown = `[]apiextensions.CustomResourceDefinitionVersion{${versions.map((v) => versionText(v, versions)).join(', ')}}`;
  if (new Set(versions.map((v) => v.name)).size < versions.length) causes.push(invalid('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter((v) => v.storage === true).length !== 1) causes.push(invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  const first = dns1035Label(String(versions[0]?.name ?? 'v1'));
  if (first.length > 0) causes.push(invalid('spec.version', goString(versions[0]?.name), first.join(',')));
  return causes;
}

/** A version as Go prints it in an error, as far as its schema and the like are kept elsewhere. */
function versionText(version: JsonRecord, versions: readonly JsonRecord[]): string {
  const pointer = (key: string, type: string): string => `(*apiextensions.${type})(${alike(versions, key) || version[key] === undefined ? 'nil' : '0xc000000000'})`;
  return `apiextensions.CustomResourceDefinitionVersion{Name:${goString(version.name ?? '')}, Served:${String(version.served === true)}, Storage:${String(version.storage === true)}, Deprecated:${String(version.deprecated === true)}, DeprecationWarning:(*string)(nil), Schema:${pointer('schema', 'CustomResourceValidation')}, Subresources:${pointer('subresources', 'CustomResourceSubresources')}, AdditionalPrinterColumns:[]apiextensions.CustomResourceColumnDefinition(nil), SelectableFields:[]apiextensions.SelectableField(nil)}`;
}

function nameCauses(names: JsonRecord): StatusCause[] {
  const causes: StatusCause[] = [];
  const keys = ['plural', 'singular', 'kind', 'listKind'] as const;
  for (const key of keys) if (String(names[key] ?? '') === '') causes.push(required(`spec.names.${key}`));
  for (const key of keys) {
    const value = String(names[key] ?? '');
    const mixed = key === 'kind' || key === 'listKind';
    const problems = value === '' ? [] : dns1035Label(mixed ? value.toLowerCase() : value);
    if (problems.length > 0) causes.push(invalid(`spec.names.${key}`, goString(value), `${mixed ? 'may have mixed case, but should otherwise match: ' : ''}${problems.join(',')}`));
  }
  for (const list of ['shortNames', 'categories']) {
    if (list === 'categories' && (names.kind ?? '') !== '' && names.kind === names.listKind) causes.push(invalid('spec.names.listKind', goString(names.listKind), 'kind and listKind may not be the same'));
    (Array.isArray(names[list]) ? names[list] : []).forEach((name: unknown, i: number) => {
      const problems = dns1035Label(String(name));
      if (problems.length > 0) causes.push(invalid(`spec.names.${list}[${i}]`, goString(name), problems.join(',')));
    });
  }
  return causes;
}

function sharedCauses(spec: JsonRecord): StatusCause[] {
  const versions = items(spec, 'versions');
  const [first] = versions;
  if (first === undefined) return [];
  const schema = record(first.schema).openAPIV3Schema;
  return [
    ...(alike(versions, 'schema') && isRecord(schema) ? schemaProblems(schema, 'spec.validation.openAPIV3Schema') : []),
    ...(alike(versions, 'subresources') ? subresourceCauses(first, 'spec.subresources') : []),
    ...(alike(versions, 'additionalPrinterColumns') ? columnCauses(first, 'spec.additionalPrinterColumns') : []),
  ];
}

/** `.spec.replicas`: names after dots and nothing else. */
function simplePathCauses(path: string, field: string): StatusCause[] {
  if (!path.startsWith('.')) return [invalid(field, goString(path), 'must be a simple json path starting with .')];
  return /^(\.[\w-]+|\['[^']+'\]|\[\d+\])+$/.test(path) ? [] : [invalid(field, goString(path), 'must be a simple json path with only dot-notation')];
}

function subresourceCauses(version: JsonRecord, at: string): StatusCause[] {
  const { scale } = record(version.subresources);
  if (!isRecord(scale)) return [];
  const causes: StatusCause[] = [];
  const check = (key: string, under: string[], say: string): void => {
    const path = String(scale[key] ?? '');
    const field = `${at}.scale.${key}`;
    if (path === '') {
      if (key !== 'labelSelectorPath') causes.push(required(field));
      return;
    }
    const problems = simplePathCauses(path, field);
    if (problems.length > 0) causes.push(...problems);
    else if (!under.some((start) => path.startsWith(start))) causes.push(invalid(field, goString(path), `should be a json path under ${say}`));
  };
  check('specReplicasPath', ['.spec.'], '.spec');
  check('statusReplicasPath', ['.status.'], '.status');
  check('labelSelectorPath', ['.spec.', '.status.'], 'either .spec or .status');
  return causes;
}

const COLUMN_TYPES = 'boolean,date,integer,number,string';
const COLUMN_FORMATS = 'byte,date,date-time,double,float,int32,int64,password';

function columnCauses(version: JsonRecord, at: string): StatusCause[] {
  return items(version, 'additionalPrinterColumns').flatMap((column, i) => {
    const field = `${at}[${i}]`;
    const causes: StatusCause[] = [];
    const [type, format, path] = [String(column.type ?? ''), String(column.format ?? ''), String(column.jsonPath ?? '')];
    if ((column.name ?? '') === '') causes.push(required(`${field}.name`));
    if (type === '') causes.push(required(`${field}.type`, `must be one of ${COLUMN_TYPES}`));
    else if (!COLUMN_TYPES.split(',').includes(type)) causes.push(invalid(`${field}.type`, goString(type), `must be one of ${COLUMN_TYPES}`));
    if (format !== '' && !COLUMN_FORMATS.split(',').includes(format)) causes.push(invalid(`${field}.format`, goString(format), `must be one of ${COLUMN_FORMATS}`));
    if (path === '') causes.push(required(`${field}.JSONPath`));
    else if (!path.startsWith('.')) causes.push(invalid(`${field}.JSONPath`, goString(path), 'must be a simple json path starting with .'));
    return causes;
  });
}

function conversionCauses(spec: JsonRecord): StatusCause[] {
  const conversion = record(spec.conversion);
  const { strategy } = conversion;
  if ((strategy ?? '') === '') return [required('spec.conversion.strategy')];
  if (strategy !== 'None' && strategy !== 'Webhook') return [unsupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const webhook = record(conversion.webhook);
  if (strategy === 'None') return isRecord(conversion.webhook) ? [forbidden('spec.conversion.webhookClientConfig', 'should not be set when strategy is not set to Webhook')] : [];
  const causes: StatusCause[] = [];
  if (spec.preserveUnknownFields === true) causes.push(invalid('spec.conversion.strategy', goString(strategy), 'must be None if spec.preserveUnknownFields is true'));
  if (!isRecord(webhook.clientConfig)) causes.push(required('spec.conversion.webhookClientConfig', 'required when strategy is set to Webhook'));
  else causes.push(...webhookClientCauses(webhook.clientConfig, 'spec.conversion.webhookClientConfig'));
  const versions: unknown[] = Array.isArray(webhook.conversionReviewVersions) ? webhook.conversionReviewVersions : [];
  if (versions.length === 0) causes.push(required('spec.conversion.conversionReviewVersions'));
  else if (!versions.some((version) => version === 'v1' || version === 'v1beta1')) causes.push(invalid('spec.conversion.conversionReviewVersions', goString(versions), 'must include at least one of v1, v1beta1'));
  return causes;
}

function approvalCauses(definition: KubeObject): StatusCause[] {
  const key = 'api-approved.kubernetes.io';
  const value = definition.metadata.annotations?.[key] ?? '';
  if (value === '') return [required(`metadata.annotations[${key}]`, 'protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111')];
  return value.startsWith('unapproved') || /^https?:\/\//.test(value) ? [] : [invalid(`metadata.annotations[${key}]`, goString(value), 'protected groups must have approval annotation "api-approved.kubernetes.io" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111')];
}

function changeCauses(spec: JsonRecord, old: JsonRecord, definition: KubeObject): StatusCause[] {
  const causes: StatusCause[] = [];
  if (old.scope !== spec.scope) causes.push(invalid('spec.scope', goString(spec.scope), 'field is immutable'));
  if (record(old.names).kind !== record(spec.names).kind) causes.push(invalid('spec.names.kind', goString(record(spec.names).kind), 'field is immutable'));
  if (old.group !== spec.group) causes.push(invalid('spec.group', goString(spec.group), 'field is immutable'));
  if (record(old.names).plural !== record(spec.names).plural) causes.push(invalid('spec.names.plural', goString(record(spec.names).plural), 'field is immutable'));
  // Objects may still be stored in such a version.
  const names = items(spec, 'versions').map((v) => v.name);
  const stored = record(definition.status).storedVersions;
  (Array.isArray(stored) ? stored : []).forEach((version, i) => {
    if (!names.includes(version)) causes.push(invalid(`status.storedVersions[${i}]`, goString(version), 'must appear in spec.versions'));
  });
  return causes;
}
