import { nodeIdOf, podNameOf } from '../../controller/names.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { text } from '../route.ts';
import { dig } from '../structs.ts';

export const LABEL = 'workflows.argoproj.io/';

/** The five random characters that Argo itself appends to a name. */
export const SUFFIX_LENGTH = 5;

export function nodesOf(workflow: JsonObject): [string, JsonObject][] {
  const nodes = dig(workflow, 'status')['nodes'];
  if (!isJsonObject(nodes)) return [];
  return Object.entries(nodes).flatMap(([id, node]) => (isJsonObject(node) ? [[id, node] satisfies [string, JsonObject]] : []));
}

export function phaseOf(workflow: JsonObject): string {
  const status = workflow['status'];
  return isJsonObject(status) ? text(status, 'phase') : '';
}

export function isActiveSuspendNode(node: JsonObject): boolean {
  return node['type'] === 'Suspend' && node['phase'] === 'Running';
}

export function isCompleted(workflow: JsonObject): boolean {
  const labels = dig(workflow, 'metadata')['labels'];
  return isJsonObject(labels) && labels[`${LABEL}completed`] === 'true';
}

/** The pod's name of a node (form v2, or v1 where the annotation says so). After argo-workflows v3.7.6 workflow/util/pod_name.go */
export function podName(workflow: JsonObject, node: JsonObject): string {
  const name = text(dig(workflow, 'metadata'), 'name');
  const nodeName = text(node, 'name');
  const annotations = dig(workflow, 'metadata')['annotations'];
  if (isJsonObject(annotations) && annotations[`${LABEL}pod-name-format`] === 'v1') return nodeIdOf(name, nodeName);
  const ref = node['templateRef'];
  const template = text(node, 'templateName') !== '' ? text(node, 'templateName') : isJsonObject(ref) ? text(ref, 'template') : '';
  return podNameOf(name, nodeName, template);
}

/** `NAME=VALUE` parameters in front, then those of the workflow that they don't replace. */
export function overrideParameters(workflow: JsonObject, given: readonly string[]): void {
  if (given.length === 0) return;
  const args = dig(workflow, 'spec', 'arguments');
  const added: JsonObject[] = [];
  const passed = new Set<string>();
  for (const one of given) {
    const equals = one.indexOf('=');
    if (equals < 0) throw new Error(`expected parameter of the form: NAME=VALUE. Received: ${one}`);
    const name = one.slice(0, equals);
    added.push({ name, value: one.slice(equals + 1) });
    passed.add(name);
  }
  const old = Array.isArray(args['parameters']) ? args['parameters'] : [];
  args['parameters'] = [...added, ...old.filter((parameter) => !isJsonObject(parameter) || !passed.has(text(parameter, 'name')))];
}

/** `a=b,c=d` as a map. After argo-workflows v3.7.6 util/cmd/cmd.go */
export function parseLabels(spec: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const part of spec.split(',')) {
    const pieces = part.split('=');
    const [key, value] = pieces;
    if (pieces.length !== 2 || key === undefined || value === undefined || key === '') throw new Error(`unexpected label spec: ${part}`);
    labels[key] = value;
  }
  return labels;
}
