import { ApiStatus } from '../../api/status.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { KubeClient, PatchType, ResourceType } from '../../client.ts';
import type { KubeObject } from '../../store/object.ts';
import { parseApiVersion } from '../../store/object.ts';

const CLUSTER_SCOPED = new Set(['Namespace', 'Node', 'PersistentVolume', 'ClusterRole', 'ClusterRoleBinding', 'CustomResourceDefinition', 'PriorityClass', 'StorageClass', 'ClusterWorkflowTemplate']);
const GROUPS: Record<string, string> = { deployment: 'apps/v1', statefulset: 'apps/v1', daemonset: 'apps/v1', replicaset: 'apps/v1', job: 'batch/v1', cronjob: 'batch/v1', workflow: 'argoproj.io/v1alpha1', workflowtemplate: 'argoproj.io/v1alpha1', cronworkflow: 'argoproj.io/v1alpha1', ingress: 'networking.k8s.io/v1', role: 'rbac.authorization.k8s.io/v1', rolebinding: 'rbac.authorization.k8s.io/v1' };
const SHORT: Record<string, string> = { po: 'pod', cm: 'configmap', svc: 'service', deploy: 'deployment', sts: 'statefulset', sa: 'serviceaccount', wf: 'workflow', wftmpl: 'workflowtemplate', cwf: 'cronworkflow', pvc: 'persistentvolumeclaim', rs: 'replicaset', ds: 'daemonset', cj: 'cronjob', ns: 'namespace', ing: 'ingress' };
/** Flags of kubectl that are followed by a value. */
const VALUED = new Set(['--selector', '-l', '-n', '--namespace', '--field-manager', '--timeout', '--grace-period', '--cascade', '--field-selector', '--patch', '-p', '--type', '--subresource', '--context']);
const MANIFEST = '"/tmp/manifest.yaml"';

/** The plural of a kind, as its authors form it. */
export function resourceOf(apiVersion: string, kind: string): ResourceType {
  const lower = kind.toLowerCase();
  const plural = lower === 'endpoints' ? lower : /(s|x|ch|sh)$/.test(lower) ? `${lower}es` : /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ies` : `${lower}s`;
  return { ...parseApiVersion(apiVersion), resource: plural };
}

/** What kubectl's words for a type stand for. */
function typeByWord(word: string): ResourceType {
  const lower = word.toLowerCase().split('.')[0] ?? '';
  const singular = SHORT[lower] ?? (lower.endsWith('ies') ? `${lower.slice(0, -3)}y` : lower.endsWith('s') && !lower.endsWith('ss') ? lower.slice(0, -1) : lower);
  return resourceOf(GROUPS[singular] ?? 'v1', singular);
}

interface Flags {
  words: string[];
  namespace: string | undefined;
  selector: string | undefined;
  ignoreNotFound: boolean;
  validate: boolean;
}

function parseFlags(flags: readonly string[]): Flags {
  const out: Flags = { words: [], namespace: undefined, selector: undefined, ignoreNotFound: false, validate: true };
  const all = flags.flatMap((flag) => flag.split(/\s+/)).filter((word) => word !== '');
  for (let i = 0; i < all.length; i++) {
    const word = all[i] ?? '';
    if (!word.startsWith('-')) {
      out.words.push(...word.split('/'));
      continue;
    }
    const [name = '', inline] = word.split(/=(.*)/s);
    const value = inline ?? (VALUED.has(name) ? (all[++i] ?? '') : 'true');
    if (name === '-n' || name === '--namespace') out.namespace = value;
    if (name === '-l' || name === '--selector') out.selector = value;
    if (name === '--ignore-not-found') out.ignoreNotFound = value !== 'false';
    if (name === '--validate') out.validate = value !== 'false' && value !== 'ignore';
  }
  return out;
}

/** kubectl's words for what the API refused; `doing` is `creating`, `deleting`, … */
function serverError(error: unknown, doing: string): unknown {
  if (!(error instanceof ApiStatus)) return error;
  if (error.reason === 'Invalid') return new Error(`The ${error.message.replace(/^(\w+)\.[\w.]+ /, '$1 ')}`, { cause: error });
  return new Error(`Error from server (${error.reason}): ${doing === '' ? '' : `error when ${doing} ${MANIFEST}: `}${error.message}`, { cause: error });
}

const DOING: Record<string, string> = { create: 'creating', apply: 'creating', replace: 'replacing', delete: 'deleting' };

export interface KubectlRequest {
  action: string;
  /** The manifest's documents; none when the flags name the object. */
  documents: unknown[];
  flags: readonly string[];
  mergeStrategy: string;
  namespace: string | undefined;
}

/** Does what `kubectl <action> …` does, as whoever the client speaks for; gives the object, or none for `delete`. Throws with kubectl's words. */
export async function kubectl(client: KubeClient, request: KubectlRequest): Promise<KubeObject | undefined> {
  const flags = parseFlags(request.flags);
  const namespace = flags.namespace ?? request.namespace;
  const [manifest] = request.documents;
  const isPatch = request.action === 'patch';
  if (request.documents.length === 0 || (isPatch && flags.words.length > 0 && (request.mergeStrategy === 'json' || !isJsonObject(manifest) || manifest['kind'] === undefined))) {
    return await byFlags(client, request, flags, namespace);
  }
  let last: KubeObject | undefined;
  for (const document of request.documents) {
    if (!isJsonObject(document)) throw new Error(`error: error parsing /tmp/manifest.yaml: error converting YAML to JSON: yaml: the manifest is no object`);
    try {
      last = await act(client, request.action, document, request.mergeStrategy, namespace, flags.validate);
    } catch (error) {
      if (error instanceof ApiStatus && error.message.includes('could not find the requested resource')) {
        const name = isJsonObject(document['metadata']) ? String(document['metadata']['name'] ?? '') : '';
        throw new Error(`error: resource mapping not found for name: ${JSON.stringify(name)} namespace: "" from ${MANIFEST}: no matches for kind ${JSON.stringify(document['kind'])} in version ${JSON.stringify(document['apiVersion'])}\nensure CRDs are installed first`, { cause: error });
      }
      if (error instanceof ApiStatus && error.code === 404 && request.action === 'delete') continue;
      throw serverError(error, DOING[request.action] ?? '');
    }
  }
  // Several objects are printed as a list, which has no name.
  return request.documents.length > 1 ? ({ apiVersion: 'v1', kind: 'List', metadata: { name: '' } } as KubeObject) : last;
}

async function byFlags(client: KubeClient, request: KubectlRequest, flags: Flags, namespace: string | undefined): Promise<KubeObject | undefined> {
  const [kind = '', ...names] = flags.words;
  if (kind === '') throw new Error('Must provide at least one of flags or manifest.');
  const type = typeByWord(kind);
  const [name = ''] = names;
  try {
    switch (request.action) {
      case 'get':
        return flags.ignoreNotFound ? await client.find(type, namespace, name) : await client.get(type, namespace, name);
      case 'patch':
        return await client.patch(type, namespace, name, { type: patchType(request.mergeStrategy), body: request.documents[0] }, { fieldManager: 'kubectl-patch' });
      case 'delete': {
        const found = flags.selector === undefined ? [] : (await client.list(type, { ...(namespace === undefined ? {} : { namespace }), labelSelector: flags.selector })).items;
        for (const target of [...names, ...found.map(({ metadata }) => metadata.name)]) {
          await client.delete(type, namespace, target, { propagationPolicy: 'Background' }).catch((error: unknown) => {
            if (!(error instanceof ApiStatus) || error.code !== 404) throw error;
          });
        }
        return undefined;
      }
      default:
        throw new Error('error: must specify one of -f and -k');
    }
  } catch (error) {
    if (error instanceof ApiStatus && error.message.includes('could not find the requested resource')) throw new Error(`error: the server doesn't have a resource type ${JSON.stringify(kind)}`, { cause: error });
    throw serverError(error, '');
  }
}

async function act(client: KubeClient, action: string, manifest: JsonObject, mergeStrategy: string, fallback: string | undefined, validate: boolean): Promise<KubeObject | undefined> {
  const metadata = isJsonObject(manifest['metadata']) ? manifest['metadata'] : {};
  const kind = String(manifest['kind'] ?? '');
  const apiVersion = String(manifest['apiVersion'] ?? '');
  const type = resourceOf(apiVersion, kind);
  const own = typeof metadata['namespace'] === 'string' ? metadata['namespace'] : fallback;
  const namespace = CLUSTER_SCOPED.has(kind) ? undefined : own;
  const name = String(metadata['name'] ?? '');
  const object = { ...manifest, apiVersion, kind, metadata: { ...metadata, name, ...(namespace === undefined ? {} : { namespace }) } } as KubeObject;
  if (name === '') delete (object.metadata as Partial<KubeObject['metadata']>).name;
  const options = { fieldManager: action === 'apply' ? 'kubectl-client-side-apply' : `kubectl-${action}`, ...(validate ? { fieldValidation: 'Strict' as const } : { fieldValidation: 'Ignore' as const }) };
  switch (action) {
    case 'get':
      return await client.get(type, namespace, name);
    case 'create':
      return await client.create(type, namespace, object, options);
    case 'apply': {
      const found = name === '' ? undefined : await client.find(type, namespace, name);
      return found === undefined ? await client.create(type, namespace, object, options) : await client.patch(type, namespace, name, { type: type.group.includes('.') && !type.group.endsWith('.k8s.io') ? 'merge' : 'strategic', body: manifest }, options);
    }
    case 'replace': {
      const found = await client.get(type, namespace, name);
      return await client.update(type, { ...object, metadata: { ...object.metadata, resourceVersion: found.metadata.resourceVersion ?? '' } }, options);
    }
    case 'patch':
      return await client.patch(type, namespace, name, { type: patchType(mergeStrategy), body: manifest }, options);
    case 'delete':
      await client.delete(type, namespace, name, { propagationPolicy: 'Background' });
      return undefined;
    default:
      throw new Error(`error: unknown command ${JSON.stringify(action)} for "kubectl"`);
  }
}

function patchType(strategy: string): PatchType {
  return strategy === 'json' || strategy === 'merge' ? strategy : 'strategic';
}
