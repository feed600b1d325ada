import { createHash } from 'node:crypto';
import { apiVersionOf } from '../store/object.ts';
import type { ResourceInfo, SubresourceInfo } from './scheme/resource-info.ts';
import type { Scheme } from './scheme/scheme.ts';

/** The documents by which clients learn what is served. */

interface Group {
  name: string;
  versions: { version: string; resources: ResourceInfo[] }[];
}

/** Groups in the order of the registry, custom ones by name behind the built-in ones; versions with the preferred one first. */
export function groupsOf(scheme: Scheme): Group[] {
  const groups = new Map<string, Group>();
  const custom = new Set<string>();
  for (const info of scheme.all()) {
    if (info.custom !== undefined && !groups.has(info.group)) custom.add(info.group);
    let group = groups.get(info.group);
    if (group === undefined) groups.set(info.group, (group = { name: info.group, versions: [] }));
    let version = group.versions.find((v) => v.version === info.version);
    if (version === undefined) group.versions.push((version = { version: info.version, resources: [] }));
    version.resources.push(info);
  }
  const all = [...groups.values()];
  for (const group of all) {
    if (!custom.has(group.name)) continue;
    group.versions.sort((a, b) => compareVersions(a.version, b.version));
    for (const { resources } of group.versions) resources.sort((a, b) => (a.resource < b.resource ? -1 : 1));
  }
  const extra = all.filter((group) => custom.has(group.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...all.filter((group) => !custom.has(group.name)), ...extra];
}

/** v2 before v1, v1 before v1beta1 before v1alpha1, anything else behind, by name. After apimachinery pkg/version/helpers.go */
export function compareVersions(a: string, b: string): number {
  const parse = (v: string): [number, number, number] | undefined => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(v);
    return match === null ? undefined : [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
  };
  const [x, y] = [parse(a), parse(b)];
  if (x === undefined || y === undefined) return x === y ? (a < b ? -1 : 1) : x === undefined ? 1 : -1;
  return y[0] - x[0] || y[1] - x[1] || y[2] - x[2];
}

/** `/api` (core) or `/apis` (the rest) as one document. */
export function aggregatedDiscovery(scheme: Scheme, core: boolean, version: 'v2' | 'v2beta1'): unknown {
  const items = groupsOf(scheme)
    .filter((group) => (group.name === '') === core)
    .map((group) => ({
      metadata: { ...(core ? {} : { name: group.name }), creationTimestamp: null },
      versions: group.versions.map((v) => ({ version: v.version, resources: v.resources.map(discoveredResource), freshness: 'Current' })),
    }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function discoveredResource(info: ResourceInfo): unknown {
  const kindOf = (sub?: SubresourceInfo) => {
    const own = info.custom === undefined ? { group: '', version: '' } : { group: info.group, version: info.version };
    return { group: sub?.group ?? own.group, version: sub?.version ?? own.version, kind: sub?.kind ?? info.kind };
  };
  return {
    resource: info.resource,
    responseKind: kindOf(),
    scope: info.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: info.singular,
    verbs: info.verbs,
    ...(info.shortNames === undefined || info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
    ...(info.categories === undefined || info.categories.length === 0 ? {} : { categories: info.categories }),
    ...(info.subresources === undefined || info.subresources.length === 0 ? {} : { subresources: info.subresources.map((sub) => ({ subresource: sub.name, responseKind: kindOf(sub), verbs: sub.verbs })) }),
  };
}

/** `/api` in its classic form. */
export function apiVersions(serverAddress: string): unknown {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }] };
}

function groupDocument(group: Group): Record<string, unknown> {
  const versions = group.versions.map(({ version }) => ({ groupVersion: apiVersionOf({ group: group.name, version }), version }));
  return { name: group.name, versions, preferredVersion: versions[0] };
}

/** `/apis` in its classic form. */
export function apiGroupList(scheme: Scheme): unknown {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupsOf(scheme).filter((group) => group.name !== '').map(groupDocument) };
}

/** `/apis/<group>`; undefined when there is no such group. */
export function apiGroup(scheme: Scheme, name: string): unknown {
  const group = groupsOf(scheme).find((g) => g.name === name && name !== '');
  return group === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) };
}

/** `/api/v1` or `/apis/<group>/<version>`; undefined when nothing is served there. */
export function apiResourceList(scheme: Scheme, groupName: string, version: string): unknown {
  const found = groupsOf(scheme).find((g) => g.name === groupName)?.versions.find((v) => v.version === version);
  if (found === undefined) return undefined;
  const resources = found.resources.flatMap((info) => {
    const stored = info.verbs.includes('list') && info.resource !== 'componentstatuses';
    const main = {
      name: info.resource,
      singularName: info.singular,
      namespaced: info.namespaced,
      kind: info.kind,
      verbs: info.verbs,
      ...(info.shortNames === undefined || info.shortNames.length === 0 ? {} : { shortNames: info.shortNames }),
      ...(info.categories === undefined || info.categories.length === 0 ? {} : { categories: info.categories }),
      ...(stored ? { storageVersionHash: storageVersionHash(info) } : {}),
    };
    const subs = (info.subresources ?? []).map((sub) => ({
      name: `${info.resource}/${sub.name}`,
      singularName: '',
      namespaced: info.namespaced,
      ...(sub.group === undefined ? {} : { group: sub.group, version: sub.version }),
      kind: sub.kind,
      verbs: sub.verbs,
    }));
    return [main, ...subs];
  });
  return { kind: 'APIResourceList', ...(groupName === '' ? {} : { apiVersion: 'v1' }), groupVersion: apiVersionOf({ group: groupName, version }), resources };
}

function storageVersionHash(info: ResourceInfo): string {
  const version = info.custom?.storageVersion ?? info.version;
  return createHash('sha256').update(`${info.group}/${version}/${info.kind}`).digest().subarray(0, 8).toString('base64');
}
