import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import type { Page, Scenario } from '../../scenario/model.ts';

/** Where in the scenario's files something is asked for. */
export interface Mention {
  name: string;
  /** `token/text.md:15` */
  at: string;
  line: string;
}

/** What a scenario takes for granted of its cluster, as far as its files tell. */
export interface ScenarioNeeds {
  /** The namespace in which kubectl starts. */
  namespace: string;
  /** Namespaces that texts, scripts, checks and manifests name: the first mention of each. */
  namespaces: Mention[];
  /** What only somebody with rights over the whole cluster can do: the first mention of each. */
  clusterScope: Mention[];
  /** Whether Argo Workflows is used at all. */
  argo: boolean;
  /** Whether workflows keep artifacts, so that an object store is needed. */
  artifacts: boolean;
  /** Whether a check looks at what was sent to the Kubernetes API or the Argo Server. */
  requests: boolean;
}

export interface SourceText {
  /** Path within the scenario. */
  file: string;
  text: string;
}

const NAME = '([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)';
const END = '(?![\\w{<*-]|\\$[\\w{(])';

/** A namespace is named by any of these, in commands, manifests, addresses and users. */
const NAMESPACES: readonly RegExp[] = [
  new RegExp(`\\b(?:kubectl|argo|helm|k)\\b[^\\n|;]*?\\s(?:-n|--namespace)(?:=|\\s+)['"]?${NAME}${END}`, 'g'),
  new RegExp(`^\\s*["']?namespace["']?\\s*:\\s*["']?${NAME}["']?\\s*[,}]?\\s*(?:#.*)?$`, 'gm'),
  new RegExp(`[{,]\\s*"?namespace"?\\s*:\\s*"?${NAME}"?\\s*[,}]`, 'g'),
  new RegExp(`--serviceaccount[= ]${NAME}:`, 'g'),
  new RegExp(`system:serviceaccounts?:${NAME}(?::|\\b)`, 'g'),
  new RegExp(`/namespaces/${NAME}${END}`, 'g'),
  new RegExp(`/api/v1/(?:workflows|workflow-templates|cron-workflows|workflow-events|workflow-event-bindings|events|archived-workflows|event-sources|sensors)/${NAME}${END}`, 'g'),
  new RegExp(`\\b[a-z0-9-]+\\.${NAME}\\.svc\\b`, 'g'),
  new RegExp(`\\bARGO_NAMESPACE=['"]?${NAME}${END}`, 'g'),
];

const CLUSTER_KINDS = 'Namespace|ClusterRole|ClusterRoleBinding|CustomResourceDefinition|PersistentVolume|StorageClass|PriorityClass|ClusterWorkflowTemplate|MutatingWebhookConfiguration|ValidatingWebhookConfiguration|IngressClass|APIService|Node';
const CLUSTER_RESOURCES = 'nodes?|no|namespaces?|ns|pv|persistentvolumes?|crds?|customresourcedefinitions?|clusterroles?|clusterrolebindings?|storageclass(?:es)?|sc|priorityclass(?:es)?|clusterworkflowtemplates?|cwft|ingressclass(?:es)?|apiservices?';

/** Each with the words for what is needed; `$1` is what was found. */
const CLUSTER_SCOPE: readonly { pattern: RegExp; name: string }[] = [
  { pattern: new RegExp(`\\bkubectl\\s+(?:-\\S+\\s+)*(?:get|describe|create|delete|edit|patch|label|annotate|wait|top|taint|drain|cordon|uncordon)\\s+(?:-\\S+\\s+)*(${CLUSTER_RESOURCES})(?=[\\s/\`]|$)`, 'gm'), name: '$1' },
  { pattern: new RegExp(`^\\s*kind:\\s*(${CLUSTER_KINDS})\\s*$`, 'gm'), name: 'objects of kind $1' },
  { pattern: /\bkubectl\b[^\n|;]*\s(-A|--all-namespaces)\b/g, name: 'all namespaces ($1)' },
];

/** Artifacts in a manifest, logs that are kept, or the store by its names. */
const ARTIFACTS = /\bartifacts["']?\s*:|\b(?:outputs|inputs)\.artifacts\b|\barchiveLogs["']?\s*:\s*true|\bartifactRepositoryRef\b|\bmy-minio-cred\b|\bminio:9000\b/;

/** Reads every file of a scenario that a learner or a check meets. */
export async function readNeeds(scenario: Scenario): Promise<ScenarioNeeds> {
  const pages = [scenario.intro, ...scenario.steps, scenario.finish].filter((page) => page !== undefined);
  const files = new Set(pages.flatMap((page) => [page.text, page.foreground, page.background, page.verify].filter((file) => file !== undefined)));
  for (const { host, file } of scenario.assets) files.add(`assets/${host}/${file}`).add(`assets/${file}`);
  const texts: SourceText[] = [];
  for (const file of files) {
    // A pattern, a folder or a binary asset holds nothing to look for.
    const text = await readFile(join(scenario.folder, file), 'utf8').catch(() => undefined);
    if (text !== undefined && !text.includes('\0')) texts.push({ file, text });
  }
  return needsOf(scenario.namespace ?? 'default', [...texts, ...pages.flatMap(checksOf)]);
}

function checksOf(page: Page): SourceText[] {
  const name = (part: string) => `${page.id} (${part})`;
  return [
    ...page.checks.map((check) => ({ file: name(`check ${check.id}`), text: JSON.stringify({ [check.kind]: check.spec }, undefined, 1).replace(/\\\\([./])/g, '$1') })),
    ...(page.exercise === undefined ? [] : [{ file: name('solution'), text: page.exercise.solution }]),
  ];
}

/** Pure: what the texts ask for. `home` is the namespace that the scenario starts in. */
export function needsOf(home: string, texts: readonly SourceText[]): ScenarioNeeds {
  const namespaces = new Map<string, Mention>();
  const clusterScope = new Map<string, Mention>();
  const note = (found: Map<string, Mention>, name: string, source: SourceText, index: number) => {
    if (!found.has(name)) found.set(name, { name, ...place(source, index) });
  };
  for (const source of texts) {
    // A backslash joins lines; as long as before, so that places stay the same.
    const text = source.text.replace(/\\\n/g, '  ');
    for (const pattern of NAMESPACES) for (const match of text.matchAll(pattern)) note(namespaces, match[1] ?? '', source, match.index);
    for (const { pattern, name } of CLUSTER_SCOPE) for (const match of text.matchAll(pattern)) note(clusterScope, name.replace('$1', match[1] ?? ''), source, match.index);
  }
  const all = texts.map(({ text }) => text).join('\n');
  return {
    namespace: home,
    namespaces: [...namespaces.values()],
    clusterScope: [...clusterScope.values()],
    argo: /argoproj\.io|\bargo\b|:2746\b/.test(all),
    artifacts: ARTIFACTS.test(all),
    requests: /"request":/.test(all),
  };
}

function place({ file, text }: SourceText, index: number): Pick<Mention, 'at' | 'line'> {
  const start = index + (/^\s*/.exec(text.slice(index))?.[0].length ?? 0);
  const before = text.slice(0, start);
  const line = text.slice(before.lastIndexOf('\n') + 1).split('\n')[0] ?? '';
  return { at: file.includes('(') ? file : `${file}:${before.split('\n').length}`, line: line.trim().slice(0, 120) };
}
