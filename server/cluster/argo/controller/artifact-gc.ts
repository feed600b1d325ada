import { isJsonObject } from '../../../lib/json.ts';
import type { JsonObject } from '../../../lib/json.ts';
import type { KubeObject } from '../../store/object.ts';
import { mergeOver } from '../defaults/merge.ts';
import { IMAGES } from '../install/workloads.ts';
import { hasLocation } from '../types/template.ts';
import type { Artifact, ArtifactLocation, NodeStatus } from '../types/workflow.ts';
import { locationIn } from './config.ts';
import { templateNameOf } from './handed-on.ts';
import { fnv1a32 } from './names.ts';
import type { Operation } from './operation.ts';
import { controllerReference, EXECUTOR_LOG_OPTIONS, MINIMAL_POD_SECURITY, MINIMAL_SECURITY } from './pod-parts.ts';
import { patchedPodSpec, secretsOf } from './pod-spec.ts';

/*
 * Artifacts whose workflow is over, or goes, are deleted by a pod for each ServiceAccount and metadata that they ask
 * for; what it has to delete is listed in a task. After argo-workflows v3.7.6 workflow/controller/artifact_gc.go
 */

export const GC_FINALIZER = 'workflows.argoproj.io/artifact-gc';
const POD_LABEL = 'workflows.argoproj.io/artifact-gc-pod';
const STRATEGY_ANNOTATION = 'workflows.argoproj.io/artifact-gc-strategy';
const NAMES: Record<string, string> = { OnWorkflowCompletion: 'wfcomp', OnWorkflowDeletion: 'wfdel' };

interface PodInfo {
  serviceAccount: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function strategyOf(op: Operation, artifact: Artifact): string {
  const own = text(artifact.artifactGC?.['strategy']);
  return own !== '' ? own : (op.spec.artifactGC?.strategy ?? '');
}

const isCollected = (strategy: string): boolean => strategy !== '' && strategy !== 'Never';

/** Holds a workflow back that has artifacts to delete: says so once, when it begins. */
export function addGcFinalizer(op: Operation): void {
  const { metadata, status } = op.workflow;
  status.artifactGCStatus ??= {};
  if (metadata.finalizers?.includes(GC_FINALIZER) === true || status.artifactGCStatus.notSpecified === true) return;
  const templates = [...(op.spec.templates ?? []), ...Object.values(status.storedTemplates ?? {})];
  const wanted = templates.some((template) => template.outputs.artifacts?.some((artifact) => isCollected(strategyOf(op, artifact))) === true);
  if (wanted) metadata.finalizers = [...(metadata.finalizers ?? []), GC_FINALIZER];
  else status.artifactGCStatus.notSpecified = true;
}

/** Goes on with the collection of a workflow that is over: begins what is due, takes over what is done. */
export function collectArtifacts(op: Operation): void {
  const { metadata, status } = op.workflow;
  if (metadata.finalizers?.includes(GC_FINALIZER) !== true) return;
  const gc = (status.artifactGCStatus ??= {});
  const deleted = metadata.deletionTimestamp !== undefined;
  for (const strategy of ['OnWorkflowCompletion', ...(deleted ? ['OnWorkflowDeletion'] : [])]) {
    if (gc.strategiesProcessed?.[strategy] === true) continue;
    begin(op, strategy);
    (gc.strategiesProcessed ??= {})[strategy] = true;
  }
  for (const [name, pod] of op.observed.pods) {
    if (pod.object.metadata.labels?.['workflows.argoproj.io/component'] !== 'artifact-gc' || gc.podsRecouped?.[name] === true) continue;
    if (pod.phase !== 'Succeeded' && pod.phase !== 'Failed') continue;
    takeOver(op, pod.object, pod.phase);
    (gc.podsRecouped ??= {})[name] = true;
  }
  const recouped = Object.values(gc.podsRecouped ?? {});
  const force = op.spec.artifactGC?.['forceFinalizerRemoval'] === true;
  if (force ? recouped.length > 0 && recouped.every(Boolean) && op.changes.collect.length === 0 : allDeleted(op)) metadata.finalizers = metadata.finalizers.filter((name) => name !== GC_FINALIZER);
}

function allDeleted(op: Operation): boolean {
  return op.nodes.all().every((node) => node.type !== 'Pod' || (node.outputs?.artifacts ?? []).every((artifact) => artifact.deleted === true || !isCollected(strategyOf(op, artifact))));
}

function podInfoOf(op: Operation, artifact: Artifact): PodInfo {
  const info: PodInfo = { serviceAccount: '', labels: {}, annotations: {} };
  for (const gc of [op.spec.artifactGC, artifact.artifactGC]) {
    if (gc === undefined) continue;
    info.serviceAccount = text(gc['serviceAccountName']) || info.serviceAccount;
    const own = isJsonObject(gc['podMetadata']) ? gc['podMetadata'] : {};
    for (const field of ['labels', 'annotations'] as const) {
      for (const [key, value] of Object.entries(isJsonObject(own[field]) ? own[field] : {})) info[field][key] = String(value);
    }
  }
  return info;
}

function podNameOf(op: Operation, strategy: string, info: PodInfo): string {
  const sorted = (map: Record<string, string>) => Object.keys(map).sort().map((key) => key + (map[key] ?? '')).join('');
  return `${op.workflow.metadata.name}-artgc-${NAMES[strategy] ?? ''}-${fnv1a32(info.serviceAccount + sorted(info.labels) + sorted(info.annotations))}`;
}

function begin(op: Operation, strategy: string): void {
  const groups = new Map<string, { info: PodInfo; artifacts: { node: NodeStatus; artifact: Artifact; archive: ArtifactLocation }[] }>();
  for (const node of op.nodes.all()) {
    if (node.type !== 'Pod') continue;
    for (const artifact of node.outputs?.artifacts ?? []) {
      if (artifact.deleted === true || strategyOf(op, artifact) !== strategy) continue;
      const info = podInfoOf(op, artifact);
      const name = podNameOf(op, strategy, info);
      const template = op.templateOf(node);
      if (template === undefined) throw new Error(`can't process Artifact GC Strategy ${strategy}: template name ${JSON.stringify(templateNameOf(node))} belonging to node ${node.id} not found`);
      const own = template.archiveLocation;
      const archive = own !== undefined && hasLocation(own) ? own : op.repository === undefined ? {} : locationIn(op.repository);
      const group = groups.get(name) ?? { info, artifacts: [] };
      group.artifacts.push({ node, artifact, archive });
      groups.set(name, group);
    }
  }
  for (const [name, { info, artifacts }] of groups) {
    const byNode: Record<string, { archiveLocation: ArtifactLocation; artifacts: Record<string, Artifact> }> = {};
    for (const { node, artifact, archive } of artifacts) (byNode[node.id] ??= { archiveLocation: archive, artifacts: {} }).artifacts[artifact.name] = artifact;
    const namespace = op.workflow.metadata.namespace ?? '';
    const task: KubeObject = {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'WorkflowArtifactGCTask',
      metadata: { name: `${name}-0`, namespace, labels: { [POD_LABEL]: String(fnv1a32(name)) }, ownerReferences: [controllerReference(op.workflow)] },
      spec: { artifactsByNode: byNode as unknown as JsonObject },
    };
    op.changes.collect.push({ task, pod: gcPod(op, name, strategy, info, artifacts.flatMap(({ artifact, archive }) => [archive, artifact])) });
  }
}

/** The pod that deletes; its owner, the task, is not made yet. */
function gcPod(op: Operation, name: string, strategy: string, info: PodInfo, locations: ArtifactLocation[]): KubeObject {
  const secrets = new Map<string, Set<string>>();
  for (const location of locations) for (const secret of secretsOf(location)) secrets.set(secret.name, (secrets.get(secret.name) ?? new Set()).add(secret.key));
  const spec: JsonObject = {
    volumes: [...secrets].map(([secret, keys]) => ({ name: secret, secret: { secretName: secret, items: [...keys].map((key) => ({ key, path: key })) } })),
    securityContext: MINIMAL_POD_SECURITY,
    containers: [
      {
        name: 'main',
        image: IMAGES.executor,
        args: ['artifact', 'delete', ...EXECUTOR_LOG_OPTIONS],
        env: [{ name: 'ARGO_ARTIFACT_POD_NAME', value: String(fnv1a32(name)) }],
        securityContext: { ...MINIMAL_SECURITY, readOnlyRootFilesystem: true },
        resources: { limits: { cpu: '100m', memory: '64Mi' }, requests: { cpu: '50m', memory: '32Mi' } },
        volumeMounts: [...secrets.keys()].map((secret) => ({ name: secret, readOnly: true, mountPath: `/argo/secret/${secret}` })),
      },
    ],
    automountServiceAccountToken: true,
    restartPolicy: 'Never',
    ...(info.serviceAccount === '' ? {} : { serviceAccountName: info.serviceAccount }),
  };
  const patch = text(op.spec.artifactGC?.['podSpecPatch']);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: op.workflow.metadata.namespace ?? '',
      labels: { 'workflows.argoproj.io/workflow': op.workflow.metadata.name, 'workflows.argoproj.io/component': 'artifact-gc', 'workflows.argoproj.io/completed': 'false', ...info.labels },
      annotations: { [STRATEGY_ANNOTATION]: strategy, ...info.annotations },
    },
    spec: patch === '' ? spec : mergeOver(patchedPodSpec(spec, patch), {}),
  };
}

function takeOver(op: Operation, pod: KubeObject, phase: string): void {
  const strategy = pod.metadata.annotations?.[STRATEGY_ANNOTATION] ?? '';
  const report = (message: string, event = message): void => {
    const conditions = (op.workflow.status.conditions ??= []);
    const known = conditions.find(({ type }) => type === 'ArtifactGCError');
    if (known === undefined) conditions.push({ type: 'ArtifactGCError', status: 'True', message });
    else known.message = message;
    if (event !== '') op.event('Warning', 'ArtifactGCFailed', event);
  };
  if (phase === 'Failed') report(`Artifact Garbage Collection failed for strategy ${strategy}, pod ${pod.metadata.name} exited with non-zero exit code: check pod logs for more information`);
  const label = String(fnv1a32(pod.metadata.name));
  for (const task of op.observed.gcTasks.values()) {
    if (task.metadata.labels?.[POD_LABEL] !== label) continue;
    let failed = false;
    const status = isJsonObject(task['status']) ? task['status'] : {};
    for (const [id, entry] of Object.entries(isJsonObject(status['artifactResultsByNode']) ? status['artifactResultsByNode'] : {})) {
      const results = isJsonObject(entry) && isJsonObject(entry['artifactResults']) ? entry['artifactResults'] : {};
      for (const artifact of op.nodes.get(id)?.outputs?.artifacts ?? []) {
        const result = results[artifact.name];
        if (!isJsonObject(result)) continue;
        if (result['success'] === true) artifact.deleted = true;
        const error = text(result['error']);
        if (error === '') continue;
        report(`${error} (artifactGCTask: ${task.metadata.name})`, failed ? '' : `Artifact Garbage Collection failed for strategy ${strategy}, err:${error}`);
        failed = true;
      }
    }
    if (!failed && phase === 'Succeeded') op.changes.deleteGcTasks.push(task.metadata.name);
  }
}
