// Writes server/cluster/argo/server/grpc/messages.json: the protobuf numbers of the messages that the Argo Server's
// gRPC services speak, and the services' methods. Needs Go (the module proxy serves argo-workflows, pinned below); the
// result is committed, so that neither a build nor a start needs it. Run it when the emulated Argo version changes.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ARGO = 'github.com/argoproj/argo-workflows/v3@v3.7.6';
const APIMACHINERY = 'k8s.io/apimachinery@v0.32.2';
const out = join(dirname(fileURLToPath(import.meta.url)), '..', 'server', 'cluster', 'argo', 'server', 'grpc', 'messages.json');

/** The folder of a module's source. */
function moduleFolder(module) {
  return JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' })).Dir;
}

const argo = moduleFolder(ARGO);
const files = ['pkg/apis/workflow/v1alpha1/generated.proto', ...readdirSync(join(argo, 'pkg/apiclient'), { recursive: true }).filter((file) => file.endsWith('.proto')).map((file) => `pkg/apiclient/${file}`)].map((file) => join(argo, file));
const meta = join(moduleFolder(APIMACHINERY), 'pkg/apis/meta/v1/generated.proto');

const PACKAGES = {
  'github.com.argoproj.argo_workflows.v3.pkg.apis.workflow.v1alpha1': 'argo',
  'k8s.io.api.core.v1': 'core/v1',
  'k8s.io.api.policy.v1': 'policy/v1',
  'k8s.io.apimachinery.pkg.apis.meta.v1': 'meta/v1',
};
const SCALARS = { string: 's', bool: 'b', int32: 'i', int64: 'l', uint64: 'l', uint32: 'i', double: 'f', bytes: 'y' };
/** What of Kubernetes' own is not among the types of stored objects. */
const OPTIONS = new Set(['ListOptions', 'GetOptions']);
/** Messages whose JSON is what their bytes hold. */
const RAW = new Set(['argo.Item', 'argo.Amount', 'argo.Object', 'argo.Plugin']);
/** Messages whose JSON is the list they wrap. */
const LISTS = new Set(['argo.ParallelSteps']);
/** Fields whose JSON name is not their protobuf name. */
const RENAMED = { 'argo.CronWorkflowSpec.workflowMeta': 'workflowMetadata', 'argo.SubmitOpts.entrypoint': 'entryPoint' };
const EVENTS_PREFIX = 'github.com.argoproj.argo_events.';

function refOf(name, pkg) {
  if (!name.includes('.')) return `${pkg}.${name}`;
  const dot = name.lastIndexOf('.');
  const owner = PACKAGES[name.slice(0, dot)];
  if (owner === undefined) throw new Error(`which package is ${name}?`);
  return `${owner === 'meta/v1' && OPTIONS.has(name.slice(dot + 1)) ? 'options' : owner}.${name.slice(dot + 1)}`;
}

function codeOf(name, pkg, messages) {
  if (SCALARS[name] !== undefined) return SCALARS[name];
  if (name.endsWith('.intstr.IntOrString')) return 'X';
  if (/\.meta\.v1\.(Micro)?Time$/.test(name)) return 'T';
  if (name === 'google.protobuf.Struct' || name.startsWith(EVENTS_PREFIX)) return 'R';
  const ref = refOf(name, pkg);
  if (RAW.has(ref)) return 'R';
  if (LISTS.has(ref)) return `[]@argo.${messages.get(ref.slice(5))[0].type}`;
  return `@${ref}`;
}

/** The messages and services of one file; comments and options carry nothing here. */
function read(file) {
  const text = readFileSync(file, 'utf8').replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
  const pkg = /^package ([\w.]+);/m.exec(text)[1];
  const messages = new Map();
  for (const [, name, body] of text.matchAll(/^message (\w+) \{([\s\S]*?)^\}/gm)) {
    const fields = [...body.matchAll(/(optional |repeated )?(map<\s*string\s*,\s*([\w.]+)\s*>|[\w.]+)\s+(\w+)\s*=\s*(\d+)/g)];
    messages.set(name, fields.map(([, label = '', type, mapped, field, number]) => ({ name: field, type, mapped, number: Number(number), repeated: label.startsWith('repeated') })));
  }
  const services = [...text.matchAll(/^service (\w+) \{([\s\S]*?)^\}/gm)].map(([, name, body]) => [name, [...body.matchAll(/rpc (\w+)\s*\(\s*([\w.]+)\s*\)\s*returns\s*\(\s*(stream )?([\w.]+)\s*\)/g)]]);
  return { pkg, messages, services };
}

/** Embedded structs: fields of the message, but of the parent in JSON. Go's tags say which. */
const inlined = new Set();
for (const file of readdirSync(join(argo, 'pkg/apis/workflow/v1alpha1')).filter((name) => name.endsWith('.go') && !name.startsWith('generated') && !name.startsWith('zz'))) {
  let struct = '';
  for (const line of readFileSync(join(argo, 'pkg/apis/workflow/v1alpha1', file), 'utf8').split('\n')) {
    struct = /^type (\w+) struct/.exec(line)?.[1] ?? struct;
    const number = /`json:",inline" protobuf:"bytes,(\d+)/.exec(line)?.[1];
    if (number !== undefined) inlined.add(`${struct} ${number}`);
  }
}

// Everything counts as a pointer: what a message says is kept, and the table of Go structs decides what is printed.
const types = {};
const services = {};
for (const file of [...files, meta]) {
  const { pkg, messages, services: own } = read(file);
  const short = file === meta ? 'options' : (PACKAGES[pkg] ?? pkg);
  for (const [name, fields] of messages) {
    if ((file === meta && !OPTIONS.has(name)) || RAW.has(`${short}.${name}`) || LISTS.has(`${short}.${name}`)) continue;
    types[short] ??= {};
    types[short][name] = fields.map((field) => {
      const code = field.mapped === undefined ? codeOf(field.type, short, messages) : `{}${codeOf(field.mapped, short, messages)}`;
      return [RENAMED[`${short}.${name}.${field.name}`] ?? field.name, field.repeated ? `[]${code}` : code, field.number, inlined.has(`${name} ${field.number}`) && short === 'argo' ? 'on' : 'op'];
    });
  }
  for (const [service, methods] of own) {
    services[`${pkg}.${service}`] = Object.fromEntries(methods.map(([, rpc, input, stream, output]) => [rpc, [codeOf(input, short, messages), codeOf(output, short, messages), stream === undefined ? 0 : 1]]));
  }
}
const line = (value) => JSON.stringify(value);
const packages = Object.entries(types).map(([name, structs]) => `  ${line(name)}: {\n${Object.entries(structs).map(([struct, fields]) => `    ${line(struct)}: ${line(fields)}`).join(',\n')}\n  }`);
writeFileSync(out, `{"packages": {\n${packages.join(',\n')}\n},\n"services": {\n${Object.entries(services).map(([name, methods]) => `  ${line(name)}: ${line(methods)}`).join(',\n')}\n}}\n`);
process.stdout.write(`${Object.values(types).map((all) => Object.keys(all).length).join(' + ')} messages, ${Object.keys(services).length} services\n`);
