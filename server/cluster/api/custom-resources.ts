import { z } from 'zod';
import { rfc3339 } from '../../lib/clock.ts';
import { isJsonObject } from '../../lib/json.ts';
import type { KubeObject } from '../store/object.ts';
import { type Converter, webhookConverter } from './conversion-webhook.ts';
import type { ApiCore } from './core.ts';
import { orderObject } from './metadata.ts';
import type { ResourceInfo, SubresourceInfo } from './scheme/resource-info.ts';

/** Serves what CustomResourceDefinitions define, and keeps their status. After kubernetes 1.32 apiextensions-apiserver. */

const CRDS = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];

const columnSchema = z.object({ name: z.string(), type: z.string(), jsonPath: z.string(), format: z.string().optional(), description: z.string().optional(), priority: z.number().optional() });
const versionSchema = z.object({
  name: z.string(),
  served: z.boolean(),
  storage: z.boolean(),
  deprecated: z.boolean().optional(),
  deprecationWarning: z.string().optional(),
  schema: z.object({ openAPIV3Schema: z.unknown().optional() }).optional(),
  subresources: z
    .object({ status: z.unknown().optional(), scale: z.object({ specReplicasPath: z.string(), statusReplicasPath: z.string(), labelSelectorPath: z.string().optional() }).optional() })
    .nullish(),
  additionalPrinterColumns: z.array(columnSchema).nullish(),
  selectableFields: z.array(z.object({ jsonPath: z.string() })).nullish(),
});
const namesSchema = z.object({ plural: z.string(), singular: z.string().optional(), kind: z.string(), listKind: z.string().optional(), shortNames: z.array(z.string()).nullish(), categories: z.array(z.string()).nullish() });
const conversionSchema = z.object({ strategy: z.string(), webhook: z.object({ clientConfig: z.record(z.string(), z.unknown()).optional(), conversionReviewVersions: z.array(z.string()).optional() }).nullish() });
const specSchema = z.object({ group: z.string(), scope: z.enum(['Namespaced', 'Cluster']), names: namesSchema, versions: z.array(versionSchema), conversion: conversionSchema.nullish() });
type Spec = z.infer<typeof specSchema>;
type Names = z.infer<typeof namesSchema>;

/** Follows the definitions in the store; the returned function ends that. What is stored already is served at once. */
export function serveCustomResources(core: ApiCore): () => void {
  const served = new Map<string, ResourceInfo[]>();

  const serve = (definition: KubeObject): void => {
    const spec = specSchema.safeParse(definition.spec);
    const { name } = definition.metadata;
    if (!spec.success) return;
    const taken = conflictOf(core, definition, spec.data);
    const next = taken === undefined ? resourcesOf(definition, spec.data, converterOf(core, spec.data)) : [];
    for (const old of served.get(name) ?? []) if (!next.some((info) => info.version === old.version)) core.scheme.unregister(old);
    for (const info of next) core.scheme.register(info);
    served.set(name, next);
    writeStatus(core, definition, spec.data, taken);
  };
  const withdraw = (definition: KubeObject): void => {
    const infos = served.get(definition.metadata.name) ?? [];
    served.delete(definition.metadata.name);
    const [first] = infos;
    // The objects go with their definition, told to whoever watches them.
    if (first !== undefined) for (const object of core.store.list(first)) core.store.delete(first, object.metadata.namespace, object.metadata.name);
    for (const info of infos) core.scheme.unregister(info);
  };

  for (const definition of core.store.list(CRDS)) serve(definition);
  return core.store.watch(CRDS, core.store.revision, (event) => {
    if (event.type === 'DELETED') withdraw(event.object);
    else if (event.type === 'ADDED' || event.previous === undefined || JSON.stringify(event.previous.spec) !== JSON.stringify(event.object.spec)) serve(event.object);
  });
}

/** The names as they are used, with what is derived from the kind. */
export function completeNames(names: Names): Record<string, unknown> {
  return {
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    ...(names.shortNames == null || names.shortNames.length === 0 ? {} : { shortNames: names.shortNames }),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    ...(names.categories == null || names.categories.length === 0 ? {} : { categories: names.categories }),
  };
}

function converterOf(core: ApiCore, { conversion }: Spec): Converter | undefined {
  if (conversion?.strategy !== 'Webhook') return undefined;
  return webhookConverter({ call: core.hooks.callWebhook, ids: core.ids, clientConfig: conversion.webhook?.clientConfig ?? {}, reviewVersions: conversion.webhook?.conversionReviewVersions ?? [] });
}

function resourcesOf(definition: KubeObject, spec: Spec, converter: Converter | undefined): ResourceInfo[] {
  const { names, group, scope } = spec;
  const storageVersion = spec.versions.find((v) => v.storage)?.name ?? spec.versions[0]?.name ?? 'v1';
  return spec.versions
    .filter((version) => version.served)
    .map((version): ResourceInfo => {
      const subresources: SubresourceInfo[] = [];
      const own = { group, version: version.name };
      if (version.subresources?.status !== undefined) subresources.push({ name: 'status', verbs: ['get', 'patch', 'update'], kind: names.kind, ...own });
      const scale = version.subresources?.scale;
      if (scale !== undefined) subresources.push({ name: 'scale', verbs: ['get', 'patch', 'update'], kind: 'Scale', group: 'autoscaling', version: 'v1' });
      const { labelSelectorPath } = scale ?? {};
      const warning = version.deprecated === true ? (version.deprecationWarning ?? deprecation(spec, version.name)) : undefined;
      return {
        group,
        version: version.name,
        resource: names.plural,
        kind: names.kind,
        singular: names.singular ?? names.kind.toLowerCase(),
        listKind: names.listKind ?? `${names.kind}List`,
        namespaced: scope === 'Namespaced',
        verbs: VERBS,
        hasGeneration: true,
        ...(names.shortNames == null || names.shortNames.length === 0 ? {} : { shortNames: names.shortNames }),
        ...(names.categories == null || names.categories.length === 0 ? {} : { categories: names.categories }),
        ...(subresources.length === 0 ? {} : { subresources }),
        custom: {
          definition: definition.metadata.name,
          storageVersion,
          ...(version.schema?.openAPIV3Schema === undefined ? {} : { schema: version.schema.openAPIV3Schema }),
          ...(version.additionalPrinterColumns == null ? {} : { printerColumns: version.additionalPrinterColumns.map(column) }),
          ...(scale === undefined ? {} : { scale: { specReplicasPath: scale.specReplicasPath, statusReplicasPath: scale.statusReplicasPath, ...(labelSelectorPath === undefined ? {} : { labelSelectorPath }) } }),
          ...(version.selectableFields == null ? {} : { selectableFields: version.selectableFields.map((field) => field.jsonPath) }),
          ...(warning === undefined ? {} : { deprecationWarning: warning }),
          ...(converter === undefined ? {} : { converter }),
        },
      };
    });
}

function column(c: z.infer<typeof columnSchema>): NonNullable<NonNullable<ResourceInfo['custom']>['printerColumns']>[number] {
  const { name, type, jsonPath, format, description, priority } = c;
  return { name, type, jsonPath, ...(format === undefined ? {} : { format }), ...(description === undefined ? {} : { description }), ...(priority === undefined ? {} : { priority }) };
}

/** The warning of a deprecated version names a better one, where there is one. */
function deprecation(spec: Spec, version: string): string {
  const { group, names } = spec;
  const better = spec.versions.filter((v) => v.served && v.deprecated !== true).map((v) => v.name).find((name) => /^v\d+$/.test(name)) ?? spec.versions.find((v) => v.served && v.deprecated !== true)?.name;
  const text = `${group}/${version} ${names.kind} is deprecated`;
  return better === undefined ? text : `${text}; use ${group}/${better} ${names.kind}`;
}

/** Another definition of the same group that has one of the names. */
function conflictOf(core: ApiCore, definition: KubeObject, spec: Spec): { reason: string; message: string } | undefined {
  const own = spec.names;
  for (const other of core.store.list(CRDS)) {
    if (other.metadata.name === definition.metadata.name) continue;
    const parsed = specSchema.safeParse(other.spec);
    if (!parsed.success || parsed.data.group !== spec.group) continue;
    const { names } = parsed.data;
    const taken = [names.plural, names.singular ?? names.kind.toLowerCase(), ...(names.shortNames ?? [])];
    for (const [reason, name] of [['PluralConflict', own.plural], ['SingularConflict', own.singular ?? own.kind.toLowerCase()], ...(own.shortNames ?? []).map((n) => ['ShortNamesConflict', n])] as const) {
      if (taken.includes(name ?? '')) return { reason: reason ?? '', message: `"${name ?? ''}" is already in use` };
    }
    if (names.kind === own.kind) return { reason: 'KindConflict', message: `"${own.kind}" is already in use` };
  }
  return undefined;
}

function writeStatus(core: ApiCore, definition: KubeObject, spec: Spec, taken: { reason: string; message: string } | undefined): void {
  const current = core.store.get(CRDS, undefined, definition.metadata.name);
  if (current === undefined) return;
  const old = isJsonObject(current.status) ? current.status : {};
  const known = Array.isArray(old.conditions) ? old.conditions.filter(isJsonObject) : [];
  const condition = (type: string, status: string, reason: string, message: string): Record<string, unknown> => {
    const before = known.find((c) => c.type === type);
    const since = before?.status === status ? before.lastTransitionTime : rfc3339(core.clock.now());
    return { type, status, lastTransitionTime: since, reason, message };
  };
  const accepted = taken === undefined;
  const conditions = [
    accepted ? condition('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found') : condition('NamesAccepted', 'False', taken.reason, taken.message),
    accepted ? condition('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted') : condition('Established', 'False', 'NotAccepted', 'not all names are accepted'),
  ];
  const stored = Array.isArray(old.storedVersions) ? old.storedVersions : [];
  const storage = spec.versions.find((v) => v.storage)?.name;
  const storedVersions = storage === undefined || stored.includes(storage) ? stored : [...stored, storage];
  const status = { conditions, acceptedNames: accepted ? completeNames(spec.names) : (old.acceptedNames ?? { plural: '', kind: '' }), storedVersions };
  if (JSON.stringify(status) === JSON.stringify(current.status)) return;
  core.store.update(CRDS, orderObject({ ...current, status }));
}
