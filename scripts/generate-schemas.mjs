// Writes server/cluster/api/schema/data/types.json: what Kubernetes' own types say about every served kind. What they
// say in words is read at set-up from npm packages (setup/field-docs.mjs).
// Needs Go (the module proxy serves k8s.io/api and client-go, pinned in generate-schemas/go.mod); the result is
// committed, so that neither a build nor a start needs it. Run it when the emulated Kubernetes version changes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '..', 'server', 'cluster', 'api', 'schema', 'data');
const go = (...args) => execFileSync('go', args, { cwd: join(here, 'generate-schemas'), encoding: 'utf8', maxBuffer: 2 ** 26 });

const reflected = JSON.parse(go('run', '.'));
const clientGo = go('list', '-m', '-f', '{{.Dir}}', 'k8s.io/client-go').trim();
const source = readFileSync(join(clientGo, 'applyconfigurations', 'internal', 'internal.go'), 'utf8');
const merging = new Map(parse(source.slice(source.indexOf('YAMLObject(`') + 12, source.lastIndexOf('`'))).types.map((t) => [t.name, t]));

/** `k8s.io/api/core/v1` + `Pod` → `io.k8s.api.core.v1.Pod`, the name in OpenAPI documents. */
function openApiName(type) {
  const [domain, ...path] = type.package.split('/');
  return [...domain.split('.').reverse(), ...path, type.name].join('.');
}

/** How server-side apply merges a field: `set`, `atomic`, or the keys of an associative list (`a,b=default`). */
function merge(type) {
  if (type === undefined) return undefined;
  if (type.list) {
    if (type.list.elementRelationship !== 'associative') return undefined;
    if (!type.list.keys) return 'set';
    const element = merging.get(type.list.elementType.namedType);
    return type.list.keys
      .map((key) => {
        const fallback = element?.map?.fields?.find((f) => f.name === key)?.default;
        return fallback === undefined || fallback === '' ? key : `${key}=${fallback}`;
      })
      .join(',');
  }
  if (type.map) return type.map.elementRelationship === 'atomic' ? 'atomic' : undefined;
  return type.elementRelationship === 'atomic' ? 'atomic' : undefined;
}

const packages = {};
for (const [key, type] of Object.entries(reflected.types)) {
  const [pkg, name] = [key.slice(0, key.lastIndexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
  const known = merging.get(openApiName(type));
  const fields = type.fields.map(([json, code, number, flags, strategy, mergeKey]) => {
    const smd = merge(known?.map?.fields?.find((f) => f.name === json)?.type)
      ?? (json === 'conditions' && type.package.includes('apiextensions') ? 'type' : undefined);
    const row = [json, code, number, flags, strategy ?? 0, mergeKey ?? 0, smd ?? 0];
    while (row.at(-1) === 0) row.pop();
    return row;
  });
  (packages[pkg] ??= { openApi: openApiName(type).slice(0, -name.length - 1), types: {} }).types[name] =
    known?.map?.elementRelationship === 'atomic' ? [fields, 1] : [fields];
}
/** Go's source files of a folder, without tests. */
const goFiles = (folder) => readdirSync(folder).filter((name) => name.endsWith('.go') && !name.endsWith('_test.go')).map((name) => readFileSync(join(folder, name), 'utf8'));
const folderOf = (path) => go('list', '-f', '{{.Dir}}', path).trim();
/** Marked as an enumeration, but a server does not say so. */
const FREE = new Set(['ScopeType']);
const values = new Map();

/** The values of the string types that their declarations mark as enumerations: `{PullPolicy: ['Always', …]}`. */
function enumerations(sources) {
  const found = {};
  for (const source of sources) for (const [, name] of source.matchAll(/^\/\/ \+enum\n(?:\/\/.*\n)*type (\w+) string$/gm)) found[name] = new Set();
  for (const source of sources) {
    for (const [, constant, typed, plain, converted, inner] of source.matchAll(/^(?:const )?\s*(\w+)(?:\s+(\w+))?\s*=\s*(?:"([^"]*)"|(\w+)\(([^)]*)\))/gm)) {
      const value = plain ?? (inner?.startsWith('"') ? inner.slice(1, -1) : values.get(inner?.split('.').at(-1)));
      if (value === undefined) continue;
      values.set(constant, value);
      found[typed ?? converted]?.add(value);
    }
  }
  return Object.fromEntries(Object.entries(found).filter(([name, list]) => list.size > 0 && !FREE.has(name)).map(([name, list]) => [name, [...list].sort()]));
}

/** What fields are when nobody says: `{'ContainerPort.protocol': 'TCP'}`. */
function fallbacks(sources) {
  const found = {};
  let struct = '';
  let marked;
  for (const line of sources.flatMap((source) => source.split('\n'))) {
    struct = /^type (\w+) struct/.exec(line)?.[1] ?? struct;
    const [, marker] = /^\s*\/\/ \+default=(.+)$/.exec(line) ?? [];
    const [, json] = /`json:"([^",]+)/.exec(line) ?? [];
    if (marker !== undefined) marked = /^ref\((.*)\)$/.exec(marker)?.[1] ?? JSON.parse(marker);
    else if (json !== undefined) {
      if (marked !== undefined) found[`${struct}.${json}`] = values.get(marked) ?? marked;
      marked = undefined;
    }
  }
  return found;
}
const enums = {};
const defaults = {};
// Core first: others name its constants.
for (const path of [...new Set(Object.values(reflected.types).map((type) => type.package))].sort((a, b) => (a.includes('/core/') ? -1 : b.includes('/core/') ? 1 : 0))) {
  const sources = goFiles(folderOf(path));
  const pkg = path.split('/').slice(-2).join('/');
  const [listed, preset] = [enumerations(sources), fallbacks(sources)];
  if (Object.keys(listed).length > 0) enums[pkg] = listed;
  if (Object.keys(preset).length > 0) defaults[pkg] = preset;
}

const text = (object) => Object.fromEntries(Object.entries(object).map(([k, v]) => [k, JSON.stringify(v)]));
writeFileSync(join(out, 'types.json'), `${JSON.stringify({ kinds: reflected.kinds, packages: text(packages), enums, defaults }, null, 0)}\n`);
process.stdout.write(`types.json ${statSync(join(out, 'types.json')).size} bytes\n`);
