import { parseAllDocuments } from 'yaml';
import { ApiStatus } from '../../api/status.ts';
import { sleep } from '../../../lib/clock.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { PatchType, ResourceType } from '../../client.ts';
import type { ProgramContext } from '../../program.ts';
import type { KubeObject } from '../../store/object.ts';
import { parseApiVersion } from '../../store/object.ts';
import type { Outputs, Template } from '../types/workflow.ts';

/** How often a resource is looked at while its conditions are waited for. */
const POLL_MS = 250;
const CLUSTER_SCOPED = new Set(['Namespace', 'Node', 'PersistentVolume', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'ClusterWorkflowTemplate']);

/** The plural of a kind, as its authors form it. */
export function resourceOf(apiVersion: string, kind: string): ResourceType {
  const lower = kind.toLowerCase();
  const plural = lower === 'endpoints' ? lower : /(s|x|ch|sh)$/.test(lower) ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
  return { ...parseApiVersion(apiVersion), resource: plural };
}

/** Reads a dotted path with indexes and `#(k==v)`, as gjson does; undefined when it leads nowhere. */
export function valueAt(root: unknown, path: string): unknown {
  let value: unknown = root;
  for (const part of path.split(/\.(?![^(]*\))/)) {
    const filter = /^#\((\w+)==?"?([^")]*)"?\)$/.exec(part);
    if (filter !== null && Array.isArray(value)) value = value.find((item) => isJsonObject(item) && String(item[filter[1] ?? '']) === filter[2]) as unknown;
    else if (part === '#' && Array.isArray(value)) value = value.length;
    else if (Array.isArray(value)) value = value[Number(part)] as unknown;
    else if (isJsonObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

/** Whether an object meets a condition: label-selector syntax over paths. Throws for a condition that is none. */
export function meets(object: unknown, condition: string): boolean {
  return condition.split(/,(?![^(]*\))/).every((text) => {
    const term = text.trim();
    const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(term);
    if (set !== null) {
      const values = (set[3] ?? '').split(',').map((value) => value.trim());
      return values.includes(String(valueAt(object, set[1] ?? '') ?? '')) === (set[2] === 'in');
    }
    const compared = /^(.+?)\s*(==|!=|=|>|<)\s*(.*)$/.exec(term);
    if (compared === null) return term.startsWith('!') ? valueAt(object, term.slice(1)) === undefined : valueAt(object, term) !== undefined;
    const [, path = '', operator, wanted = ''] = compared;
    const found = valueAt(object, path);
    if (operator === '!=') return String(found ?? '') !== wanted;
    if (found === undefined || found === null) return false;
    if (operator === '>' || operator === '<') return operator === '>' ? Number(found) > Number(wanted) : Number(found) < Number(wanted);
    return String(found) === wanted;
  });
}

/** Carries out a resource template as kubectl would, as the pod's ServiceAccount; gives the exit code. Throws for failures. */
export async function runResource(context: ProgramContext, action: string, template: Template, report: (outputs: Outputs) => Promise<void>): Promise<number> {
  const resource = template.resource;
  if (resource === undefined) throw new Error('the template has no resource');
  const say = (message: string) => context.stderr(`time="${new Date(context.clock.now()).toISOString()}" level=info msg=${JSON.stringify(message)}\n`);
  const manifest = parseAllDocuments(resource.manifest ?? '')[0]?.toJS() as unknown;
  const flags = resource.flags ?? [];
  if ((resource.manifest ?? '') !== '') say('Loading manifest to /tmp/manifest.yaml');
  if (manifest === undefined || manifest === null) {
    say(`kubectl ${action} ${flags.join(' ')} -o ${action === 'delete' ? 'name' : 'json'}`);
    await flagsOnly(context, action, flags);
    return 0;
  }
  const strategy = resource.mergeStrategy ?? 'strategic';
  const file = action === 'patch' ? `patch --type ${strategy} --patch-file /tmp/manifest.yaml${flags.length > 0 ? ` ${flags.join(' ')}` : ' -f /tmp/manifest.yaml'}` : `${action}${flags.length > 0 ? ` ${flags.join(' ')}` : ''} -f /tmp/manifest.yaml`;
  say(`kubectl ${file} -o ${action === 'delete' ? 'name' : 'json'}`);
  const object = action === 'patch' && flags.length > 0 ? await patchByFlags(context, flags, manifest, strategy) : await attempt(context, action, manifest, strategy);
  const { name, namespace } = object.metadata;
  const { group, version } = parseApiVersion(object.apiVersion);
  if (action === 'delete') return 0;
  say(`Resource: ${namespace ?? ''}/${object.kind.toLowerCase()}.${group}/${name}. SelfLink: ${group === '' ? `api/${version}` : `apis/${group}/${version}`}/namespaces/${namespace ?? ''}/${resourceOf(object.apiVersion, object.kind).resource}/${name}`);
  const final = await waitFor(context, object, resource.successCondition ?? '', resource.failureCondition ?? '');
  const parameters = template.outputs.parameters ?? [];
  if (parameters.length === 0) say('No output parameters');
  else {
    say('Saving resource output parameters');
    await report({ parameters: parameters.map((parameter) => ({ ...parameter, value: outputOf(final, parameter.valueFrom?.jsonPath, parameter.valueFrom?.jqFilter) })) });
  }
  return 0;
}

/** `act` on a manifest's own kind; an unknown one is told in kubectl's words. */
async function attempt(context: ProgramContext, action: string, manifest: unknown, strategy: string): Promise<KubeObject> {
  if (!isJsonObject(manifest)) throw new Error('error: unable to decode "/tmp/manifest.yaml": the manifest is no object');
  try {
    return await act(context, action, manifest, strategy);
  } catch (error) {
    if (!(error instanceof ApiStatus) || !error.message.includes('could not find the requested resource')) throw error;
    const name = isJsonObject(manifest['metadata']) ? String(manifest['metadata']['name'] ?? '') : '';
    throw new Error(
      `no more retries error: resource mapping not found for name: ${JSON.stringify(name)} namespace: "" from "/tmp/manifest.yaml": no matches for kind ${JSON.stringify(manifest['kind'])} in version ${JSON.stringify(manifest['apiVersion'])}\nensure CRDs are installed first`,
    );
  }
}

/** `kubectl patch pod NAME`: the flags name the object. */
async function patchByFlags(context: ProgramContext, flags: string[], patch: unknown, strategy: string): Promise<KubeObject> {
  const [kind = '', name = ''] = flags.flatMap((flag) => flag.split(/[ /]/)).filter((word) => word !== '' && !word.startsWith('-'));
  const type = typeByWord(kind);
  return await context.client.patch(type, context.pod.metadata.namespace, name, { type: patchType(strategy), body: patch }, { fieldManager: 'kubectl-patch' });
}

const GROUPS: Record<string, string> = { deployment: 'apps/v1', statefulset: 'apps/v1', daemonset: 'apps/v1', replicaset: 'apps/v1', job: 'batch/v1', cronjob: 'batch/v1', workflow: 'argoproj.io/v1alpha1', workflowtemplate: 'argoproj.io/v1alpha1', ingress: 'networking.k8s.io/v1' };
const SHORT: Record<string, string> = { po: 'pod', cm: 'configmap', svc: 'service', deploy: 'deployment', sts: 'statefulset', sa: 'serviceaccount', wf: 'workflow', wftmpl: 'workflowtemplate', pvc: 'persistentvolumeclaim' };

/** What kubectl's words for a type stand for. */
function typeByWord(word: string): ResourceType {
  const lower = word.toLowerCase().split('.')[0] ?? '';
  const singular = SHORT[lower] ?? (lower.endsWith('s') && !lower.endsWith('ss') ? lower.slice(0, -1) : lower);
  return resourceOf(GROUPS[singular] ?? 'v1', singular);
}

function outputOf(object: KubeObject, jsonPath: string | undefined, jqFilter: string | undefined): string {
  const path = (jsonPath ?? '').replace(/^\{\.?/, '').replace(/\}$/, '') || (jqFilter ?? '').trim().replace(/^\./, '');
  const found = path === '' ? object : valueAt(object, path.replace(/\[(\d+)\]/g, '.$1'));
  return typeof found === 'string' ? found : JSON.stringify(found ?? (jqFilter === undefined ? '' : null));
}

/** `kubectl delete <kind> [name] [--selector x]`, without a manifest. */
async function flagsOnly(context: ProgramContext, action: string, flags: string[]): Promise<void> {
  const namespace = context.pod.metadata.namespace;
  const at = flags.findIndex((word) => word === '--selector' || word === '-l');
  const [kind = '', ...names] = flags.filter((word, i) => !word.startsWith('-') && (at < 0 || i !== at + 1)).flatMap((word) => word.split('/'));
  if (kind === '') throw new Error('Must provide at least one of flags or manifest.');
  const type = typeByWord(kind);
  if (action === 'get') {
    for (const name of names) await context.client.get(type, namespace, name);
    return;
  }
  if (action !== 'delete') throw new Error('Must provide at least one of flags or manifest.');
  for (const name of names) await context.client.delete(type, namespace, name);
  if (at < 0) return;
  const found = await context.client.list(type, { ...(namespace === undefined ? {} : { namespace }), labelSelector: flags[at + 1] ?? '' });
  for (const { metadata } of found.items) await context.client.delete(type, metadata.namespace, metadata.name);
}

async function act(context: ProgramContext, action: string, manifest: JsonObject, mergeStrategy: string): Promise<KubeObject> {
  const metadata = isJsonObject(manifest['metadata']) ? manifest['metadata'] : {};
  const kind = String(manifest['kind'] ?? '');
  const apiVersion = String(manifest['apiVersion'] ?? '');
  const type = resourceOf(apiVersion, kind);
  const own = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : context.pod.metadata.namespace;
  const namespace = CLUSTER_SCOPED.has(kind) ? undefined : own;
  const name = String(metadata['name'] ?? '');
  const object = { ...manifest, apiVersion, kind, metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) } } as KubeObject;
  if (name === '') delete (object.metadata as Partial<KubeObject['metadata']>).name;
  const manager = { fieldManager: action === 'apply' ? 'kubectl-client-side-apply' : `kubectl-${action}` };
  switch (action) {
    case 'get':
      return await context.client.get(type, namespace, name);
    case 'create':
      return await context.client.create(type, namespace, object, manager);
    case 'apply': {
      const found = name === '' ? undefined : await context.client.find(type, namespace, name);
      return found === undefined ? await context.client.create(type, namespace, object, manager) : await context.client.patch(type, namespace, name, { type: 'merge', body: manifest }, manager);
    }
    case 'replace': {
      const found = await context.client.get(type, namespace, name);
      return await context.client.update(type, { ...object, metadata: { ...object.metadata, resourceVersion: found.metadata.resourceVersion ?? '' } }, manager);
    }
    case 'patch':
      return await context.client.patch(type, namespace, name, { type: patchType(mergeStrategy), body: manifest }, manager);
    case 'delete':
      await context.client.delete(type, namespace, name);
      return object;
    default:
      throw new Error(`unknown action ${action}`);
  }
}

function patchType(strategy: string): PatchType {
  return strategy === 'json' || strategy === 'merge' ? strategy : 'strategic';
}

async function waitFor(context: ProgramContext, first: KubeObject, success: string, failure: string): Promise<KubeObject> {
  if (success === '' && failure === '') return first;
  const type = resourceOf(first.apiVersion, first.kind);
  for (let object = first; ; object = await context.client.get(type, first.metadata.namespace, first.metadata.name)) {
    if (failure !== '' && meets(object, failure)) throw new Error(`failure condition '${failure}' evaluated true`);
    if (success !== '' && meets(object, success)) return object;
    await sleep(context.clock, POLL_MS, context.signal);
  }
}
