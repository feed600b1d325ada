import { rfc3339 } from '../../../../lib/clock.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { message, text } from '../route.ts';
import { dig } from '../structs.ts';
import { isActiveSuspendNode, nodesOf } from './shared.ts';

/** What `set`, `resume` and `stop` do to the suspend nodes that a selector finds. */
export interface SetValues {
  phase?: string;
  message?: string;
  outputs?: Record<string, string>;
}

type Requirement = { field: string; equal: boolean; value: string };

/** `a=b,c!=d` as fields.ParseSelector reads it. Throws on anything else. */
export function parseFieldSelector(selector: string): Requirement[] {
  return selector.split(',').flatMap((part): Requirement[] => {
    if (part === '') return [];
    const found = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
    if (found?.[1] === undefined || found[3] === undefined) throw new Error(`invalid selector: '${selector}'; can't understand '${part}'`);
    return [{ field: found[1], equal: found[2] !== '!=', value: found[3] }];
  });
}

/** The fields of a node that a nodeFieldSelector may ask for. After argo-workflows v3.7.6 workflow/util/util.go */
export function matchesNode(requirements: readonly Requirement[], node: JsonObject): boolean {
  const fields: Record<string, string> = { displayName: text(node, 'displayName'), templateName: text(node, 'templateName'), phase: text(node, 'phase'), name: text(node, 'name'), id: text(node, 'id') };
  const ref = message(node, 'templateRef');
  if (ref !== undefined) {
    fields['templateRef.name'] = text(ref, 'name');
    fields['templateRef.template'] = text(ref, 'template');
  }
  const parameters = message(node, 'inputs')?.['parameters'];
  for (const parameter of Array.isArray(parameters) ? parameters : []) {
    if (isJsonObject(parameter)) fields[`inputs.parameters.${text(parameter, 'name')}.value`] = text(parameter, 'value');
  }
  return requirements.every(({ field, equal, value }) => ((fields[field] ?? '') === value) === equal);
}

/** Changes the running suspend nodes that match, in place. Throws when there is nothing to change. */
export function setSuspendNodes(workflow: JsonObject, selector: string, values: SetValues, now: number): void {
  const requirements = parseFieldSelector(selector);
  let updated = false;
  for (const [, node] of nodesOf(workflow)) {
    if (!isActiveSuspendNode(node) || !matchesNode(requirements, node)) continue;
    if (values.phase !== undefined && values.phase !== '') {
      node['phase'] = values.phase;
      node['finishedAt'] = rfc3339(now);
      updated = true;
    }
    if (values.message !== undefined && values.message !== '') {
      node['message'] = values.message;
      updated = true;
    }
    if (values.outputs !== undefined && Object.keys(values.outputs).length > 0) {
      setOutputs(workflow, node, values.outputs);
      updated = true;
    }
  }
  if (!updated) throw new Error(`currently, set only targets suspend nodes: no suspend nodes matching nodeFieldSelector: ${selector}`);
}

function setOutputs(workflow: JsonObject, node: JsonObject, outputs: Record<string, string>): void {
  const own = message(node, 'outputs');
  if (own === undefined) throw new Error('cannot set output parameters because node is not expecting any raw parameters');
  const parameters = Array.isArray(own['parameters']) ? own['parameters'].filter(isJsonObject) : [];
  for (const [name, value] of Object.entries(outputs)) {
    const parameter = parameters.find((one) => one['name'] === name);
    if (parameter === undefined) throw new Error(`node is not expecting output parameter '${name}'`);
    if (message(message(parameter, 'valueFrom'), 'supplied') === undefined) throw new Error(`cannot set output parameter '${name}' because it does not use valueFrom.raw or it was already set`);
    parameter['value'] = value;
    delete parameter['valueFrom'];
    const globalName = text(parameter, 'globalName');
    if (globalName !== '') {
      const global = dig(workflow, 'status', 'outputs');
      const others = Array.isArray(global['parameters']) ? global['parameters'].filter((one) => !isJsonObject(one) || one['name'] !== globalName) : [];
      global['parameters'] = [...others, { name: globalName, value }];
    }
  }
}

/** Resumes everything that waits; true when something changed. Throws for an output without value. */
export function resumeAll(workflow: JsonObject, by: string | undefined, now: number): boolean {
  let changed = false;
  const spec = dig(workflow, 'spec');
  if (spec['suspend'] === true) {
    delete spec['suspend'];
    changed = true;
  }
  for (const [, node] of nodesOf(workflow)) {
    if (!isActiveSuspendNode(node)) continue;
    const parameters = message(node, 'outputs')?.['parameters'];
    for (const parameter of Array.isArray(parameters) ? parameters : []) {
      const from = isJsonObject(parameter) ? message(parameter, 'valueFrom') : undefined;
      if (!isJsonObject(parameter) || message(from, 'supplied') === undefined) continue;
      const fallback = from?.['default'];
      if (typeof fallback !== 'string') throw new Error(`raw output parameter '${text(parameter, 'name')}' has not been set and does not have a default value`);
      parameter['value'] = fallback;
      delete parameter['valueFrom'];
    }
    node['phase'] = 'Succeeded';
    const before = text(node, 'message');
    const note = by === undefined ? '' : `Resumed by: ${by}`;
    const all = [before, note].filter((part) => part !== '').join('; ');
    if (all !== '') node['message'] = all;
    node['finishedAt'] = rfc3339(now);
    changed = true;
  }
  return changed;
}
