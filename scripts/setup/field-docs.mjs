import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { root } from './paths.mjs';
import { step } from './progress.mjs';

const data = join(root, 'server', 'cluster', 'api', 'schema', 'data');
const file = join(data, 'docs.json');
const types = join(data, 'types.json');

/**
 * Writes docs.json beside types.json: what Kubernetes says about its own types and fields, read from npm packages that
 * carry it. `{package: '{"Type": [description, {field: description}, [required field, …]]}'}`
 */
export async function ensureFieldDocs() {
  const sources = [types, join(root, 'package-lock.json'), join(root, 'scripts', 'setup', 'field-docs.mjs')];
  if (existsSync(file) && sources.every((source) => statSync(source).mtimeMs < statSync(file).mtimeMs)) return;
  await step("reading Kubernetes' field descriptions", () => {
    const { packages } = JSON.parse(readFileSync(types, 'utf8'));
    const documented = {};
    for (const [pkg, text] of Object.entries(packages)) documented[pkg] = documentedTypes(pkg, Object.keys(JSON.parse(text).types));
    documented['api/resource'] = declarations(join(packageFolder('kubernetes-types'), 'api', 'resource.d.ts'));
    documented['meta/v1'] = { ...declarations(join(packageFolder('kubernetes-types'), 'meta', 'v1.d.ts')), ...documented['meta/v1'] };
    const port = modelOf('core', 'v1', 'HTTPGetAction')[1].port;
    documented['util/intstr'] = { IntOrString: [port, {}, []] };
    mkdirSync(data, { recursive: true });
    writeFileSync(`${file}.part`, `${JSON.stringify(Object.fromEntries(Object.entries(documented).map(([pkg, found]) => [pkg, JSON.stringify(found)])))}\n`);
    renameSync(`${file}.part`, file);
  });
}

function packageFolder(name) {
  let folder = dirname(createRequire(join(root, 'package.json')).resolve(name === 'kubernetes-types' ? `${name}/package.json` : name));
  while (!existsSync(join(folder, 'package.json')) || !folder.endsWith(name)) folder = dirname(folder);
  return folder;
}

/**
 * The client's models are of the emulated version, but have lost the ends of lines and what is said of fields that are
 * objects; the declarations of kubernetes-types are older and have both. Where both say the same, the latter's form is
 * taken.
 */
function documentedTypes(pkg, names) {
  const [group, version] = pkg.split('/');
  const formed = declarations(join(packageFolder('kubernetes-types'), `${pkg}.d.ts`));
  const found = {};
  for (const name of names) {
    const model = modelOf(group, version, name) ?? formed[name];
    if (model === undefined) continue;
    const [description, fields, required] = model;
    const [otherDescription, otherFields] = formed[name] ?? ['', {}];
    const best = (text, other) => (other !== undefined && (flat(other) === flat(text) || ofLeaf(text)) ? other : text);
    const better = Object.entries(fields).map(([field, text]) => [field, best(text, otherFields[field])]);
    found[name] = [best(description, otherDescription), { ...otherFields, ...Object.fromEntries(better) }, required];
  }
  return found;
}

/** In the client's models a field of one of these types has the type's own description. */
const ofLeaf = (text) => /^(IntOrString|MicroTime) is /.test(text);

const flat = (text) => text.replace(/\s+/g, ' ').trim();
const capital = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Names that several groups have carry the group in front. */
function modelOf(group, version, name) {
  const folder = join(packageFolder('@kubernetes/client-node'), 'dist', 'gen', 'models');
  for (const model of [`${capital(group)}${capital(version)}${name}`, `${capital(version)}${name}`]) {
    const declared = declarations(join(folder, `${model}.d.ts`))[model];
    if (declared !== undefined) return declared;
  }
  return undefined;
}

const parsed = new Map();

/** The comments of a file of declarations: `{Name: [description, {field: description}, [required field, …]]}`; empty without the file. */
function declarations(path) {
  if (!parsed.has(path)) parsed.set(path, existsSync(path) ? readDeclarations(readFileSync(path, 'utf8')) : {});
  return parsed.get(path);
}

function readDeclarations(text) {
  const found = {};
  let comment = [];
  let inside;
  let open = false;
  for (const line of text.split('\n')) {
    const whole = /^\s*\/\*\* (.*) \*\/$/.exec(line);
    const named = /^export (?:interface|(?:declare )?class|(?:declare )?type) (\w+)/.exec(line);
    if (whole) comment = [whole[1]];
    else if (/^\s*\/\*\*$/.test(line)) [open, comment] = [true, []];
    else if (open && /^\s*\*\/$/.test(line)) open = false;
    else if (open) comment.push(line.replace(/^\s*\* ?/, ''));
    else if (named) {
      const described = [unescape(comment), {}, []];
      found[named[1]] = described;
      inside = / type /.test(line) ? undefined : described;
      comment = [];
    } else if (/^}/.test(line)) inside = undefined;
    else if (inside) {
      const field = /^ {4}(?:readonly )?["']?([^"'?: ]+)["']?(\?)?:/.exec(line);
      if (!field) {
        comment = [];
        continue;
      }
      // In the client's models a word that TypeScript keeps for itself begins with an underscore.
      const name = field[1].replace(/^_/, '').replace(/^x_kubernetes_.*/, (dashed) => dashed.replaceAll('_', '-'));
      if (comment.length > 0) inside[1][name] = unescape(comment);
      if (!field[2]) inside[2].push(name);
      comment = [];
    }
  }
  return found;
}

const unescape = (lines) => lines.join('\n').replaceAll('*\\/', '*/').replace(/\\(['"`\\])/g, '$1');
