import { parseDocument, stringify } from 'yaml';
import type { Tags } from 'yaml';
import { isJsonObject } from '../../../lib/json.ts';
import type { Holder } from '../types/resolve.ts';
import { mainContainersOf } from '../types/template.ts';
import type { Container, NodeStatus, Template } from '../types/workflow.ts';
import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import { rfc3339 } from '../../../lib/clock.ts';
import { taskNameOf } from './names.ts';
import { mustDurationOf } from './durations.ts';
import type { ExecuteOptions } from './observed.ts';
import type { Operation } from './operation.ts';
import { executorMain, podOf } from './pod-spec.ts';
import type { PodRequest } from './pod-spec.ts';
import { checkTimeout } from './limits.ts';

/** A container, script or data template: one pod. */
export function executePod(op: Operation, nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
  let node = op.nodes.named(nodeName);
  if (node === undefined) node = op.initExecutable(nodeName, 'Pod', scope, template, holder, 'Pending', options);
  else if (node.phase !== 'Pending') return node;
  if (template.data !== undefined) {
    createPod(op, node, template, (request) => [executorMain(request, ['data', goJson(normalize('Data', template.data))])], options, true);
  } else createPod(op, node, template, () => mainContainersOf(template), options, includesResult(op, nodeName, options));
  return node;
}

/** A pod of several containers, each of them a node. */
export function executeContainerSet(op: Operation, nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
  const node = op.nodes.named(nodeName) ?? op.initExecutable(nodeName, 'Pod', scope, template, holder, 'Pending', options);
  createPod(op, node, template, () => mainContainersOf(template), options, includesResult(op, nodeName, options));
  const set = template.containerSet?.containers ?? [];
  for (const { name } of set) {
    const child = `${nodeName}.${name}`;
    if (op.nodes.named(child) === undefined) op.initNode(child, 'Container', scope, holder, 'Pending', { boundaryId: node.id, nodeFlag: options.nodeFlag });
  }
  for (const { name, dependencies = [] } of set) {
    if (dependencies.length === 0) op.nodes.link(nodeName, `${nodeName}.${name}`);
    for (const dependency of dependencies) op.nodes.link(`${nodeName}.${dependency}`, `${nodeName}.${name}`);
  }
  return node;
}

export function executeResource(op: Operation, nodeName: string, scope: string, original: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
  let node = op.nodes.named(nodeName);
  if (node === undefined) node = op.initExecutable(nodeName, 'Pod', scope, original, holder, 'Pending', options);
  else if (node.phase !== 'Pending') return node;
  const resource = original.resource;
  if (resource === undefined) return node;
  const template = resource.setOwnerReference === true ? { ...original, resource: { ...resource, manifest: owned(resource.manifest ?? '', op) } } : original;
  createPod(op, node, template, (request) => [executorMain(request, ['resource', resource.action])], options, false);
  return node;
}

// Go's YAML reads and quotes by version 1.1, where yes and on are booleans; what looks like a time stays a text.
const GO_YAML = { version: '1.1', compat: 'yaml-1.1', customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp') } as const;

/** The manifest with the workflow as its owner, keys in order as Go's YAML has them. */
function owned(manifest: string, op: Operation): string {
  const value: unknown = parseDocument(manifest, GO_YAML).toJS();
  if (!isJsonObject(value)) throw new Error('error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type map[string]interface {}');
  const metadata = isJsonObject(value['metadata']) ? value['metadata'] : {};
  const { name, uid = '' } = op.workflow.metadata;
  const owners = Array.isArray(metadata['ownerReferences']) ? metadata['ownerReferences'] : [];
  const reference = { apiVersion: 'argoproj.io/v1alpha1', blockOwnerDeletion: true, controller: true, kind: 'Workflow', name, uid };
  return stringify({ ...value, metadata: { ...metadata, ownerReferences: [...owners, reference] } }, { ...GO_YAML, sortMapEntries: true, indentSeq: false, lineWidth: 0 });
}

/** Whether the step's or task's `outputs.result` is asked for anywhere in the template around it. */
function includesResult(op: Operation, nodeName: string, options: ExecuteOptions): boolean {
  const around = op.boundaryTemplate(options.boundaryId);
  if (around === undefined) return false;
  const name = taskNameOf(nodeName).replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const kind = around.dag === undefined ? 'steps' : 'tasks';
  const json = op.jsonOf(around);
  return new RegExp(`${kind}\\.${name}\\.outputs\\.result`).test(json) || new RegExp(`${kind}\\[(?:'|\\\\?")${name}(?:'|\\\\?")\\]\\.outputs.result`).test(json);
}

/** A node that waits for a person, or for some time. */
export function executeSuspend(op: Operation, nodeName: string, scope: string, template: Template, holder: Holder, options: ExecuteOptions): NodeStatus | undefined {
  let node = op.nodes.named(nodeName);
  if (node === undefined) {
    node = op.initExecutable(nodeName, 'Suspend', scope, template, holder, 'Pending', options);
    offerChoices(node);
  }
  const text = template.suspend?.duration ?? '';
  if (text !== '') {
    const end = Date.parse(node.startedAt ?? op.nowText) + mustDurationOf(text);
    if (op.now > end) {
      for (const parameter of node.outputs?.parameters ?? []) {
        if (parameter.value !== undefined) continue;
        if (parameter.valueFrom?.default === undefined) throw new Error(`raw output parameter '${parameter.name}' has not been set and does not have a default value`);
        parameter.value = parameter.valueFrom.default;
        delete parameter.valueFrom;
      }
      return op.mark(node, 'Succeeded');
    }
    op.requeueAt(end + 1);
  }
  if (op.deadline !== undefined) op.requeueAt(op.deadline + 1);
  return op.mark(node, 'Running');
}

/** An input may itself say which values may be chosen. */
function offerChoices(node: NodeStatus): void {
  for (const parameter of node.inputs?.parameters ?? []) {
    try {
      const value: unknown = JSON.parse(parameter.value ?? '');
      if (!isJsonObject(value) || !Array.isArray(value['enum']) || value['enum'].length === 0) continue;
      parameter.enum = value['enum'].map(String);
      parameter.default ??= parameter.enum[0] ?? '';
    } catch {
      // Any other text is just a value.
    }
  }
}

/** Asks for the node's pod unless there is one. Throws when it cannot be made. */
function createPod(op: Operation, node: NodeStatus, template: Template, containers: (request: PodRequest) => Container[], options: ExecuteOptions, includeScriptOutput: boolean): void {
  if (op.observed.pods.has(node.id) || op.asked.has(node.name)) return;
  const onExit = options.onExit === true;
  if (!op.mayRunDuringShutdown(onExit)) {
    op.mark(node, 'Failed', `workflow shutdown with strategy: ${op.shutdown ?? ''}`);
    return;
  }
  const failed = op.observed.podErrors.get(node.name);
  if (failed !== undefined) throw new Error(failed);
  let seconds = template.activeDeadlineSeconds === undefined ? undefined : Number(template.activeDeadlineSeconds);
  if (seconds !== undefined && !Number.isInteger(seconds)) throw new Error(`value '${String(template.activeDeadlineSeconds)}' cannot be resolved to an int`);
  if (op.deadline !== undefined && !onExit) {
    const left = Math.trunc((op.deadline - op.now) / 1000);
    if (left <= 0) return;
    seconds = seconds === undefined ? left : Math.min(left, seconds);
  }
  const timeout = checkTimeout(op, template, node);
  if (timeout !== undefined) {
    const left = Math.trunc((timeout - op.now) / 1000);
    if (left <= 1) throw new Error(`${node.name} exceeded its deadline`);
    seconds = seconds === undefined ? left : Math.min(left, seconds);
  }
  const request: PodRequest = {
    workflow: op.workflow,
    spec: op.spec,
    globals: op.globals,
    repository: op.repository,
    config: op.observed.config,
    volumes: op.volumes,
    nodeName: node.name,
    nodeId: node.id,
    template,
    boundary: op.boundaryTemplate(node.boundaryID),
    containers: [],
    includeScriptOutput,
    onExit,
    deadline: options.executionDeadline === undefined ? undefined : rfc3339(options.executionDeadline),
    activeDeadlineSeconds: seconds,
    imageCommand: (image) => op.observed.imageCommand(image),
  };
  op.asked.add(node.name);
  op.changes.createPods.push({ nodeName: node.name, pod: podOf({ ...request, containers: containers(request) }) });
  op.activePods++;
}
