// Writes server/cluster/api/schema/data/{types,docs}.json: what Kubernetes' own types say about every served kind.
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
const text = (object) => Object.fromEntries(Object.entries(object).map(([k, v]) => [k, JSON.stringify(v)]));
writeFileSync(join(out, 'types.json'), `${JSON.stringify({ kinds: reflected.kinds, packages: text(packages) }, null, 0)}\n`);

/** The declarations' comments: `{Interface: [doc, {field: doc}, [required field, …]]}`. */
function docs(declarations) {
  const found = {};
  let comment = [];
  let inside;
  let open = false;
  for (const line of declarations.split('\n')) {
    const whole = /^\s*\/\*\* (.*) \*\/$/.exec(line);
    if (whole) comment = [whole[1]];
    else if (/^\s*\/\*\*$/.test(line)) [open, comment] = [true, []];
    else if (open && /^\s*\*\/$/.test(line)) open = false;
    else if (open) comment.push(line.replace(/^\s*\* ?/, ''));
    else if (/^export interface /.test(line)) {
      inside = [comment.join('\n'), {}, []];
      found[/^export interface (\w+)/.exec(line)[1]] = inside;
      comment = [];
    } else if (/^export (declare )?type /.test(line)) {
      found[/type (\w+)/.exec(line)[1]] = [comment.join('\n'), {}, []];
      comment = [];
    } else if (/^}/.test(line)) inside = undefined;
    else if (inside) {
      const field = /^ {4}"?([^"?:]+)"?(\?)?:/.exec(line);
      if (!field) continue;
      if (comment.length > 0) inside[1][field[1]] = comment.join('\n').replaceAll('*\\/', '*/');
      if (!field[2]) inside[2].push(field[1]);
      comment = [];
    }
  }
  return found;
}

const typesFolder = join(here, '..', 'node_modules', 'kubernetes-types');
const documented = {};
for (const pkg of Object.keys(packages)) {
  const file = join(typesFolder, `${pkg}.d.ts`);
  try {
    statSync(file);
  } catch {
    continue;
  }
  const all = docs(readFileSync(file, 'utf8'));
  const wanted = Object.fromEntries(Object.entries(all).filter(([name]) => packages[pkg].types[name] || pkg === 'meta/v1'));
  documented[pkg] = wanted;
}
documented['api/resource'] = docs(readFileSync(join(typesFolder, 'api', 'resource.d.ts'), 'utf8'));
writeFileSync(join(out, 'docs.json'), `${JSON.stringify(text(documented))}\n`);
for (const file of readdirSync(out)) process.stdout.write(`${file} ${statSync(join(out, file)).size} bytes\n`);
