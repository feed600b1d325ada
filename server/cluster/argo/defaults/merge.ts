import { isJsonObject } from '../../../lib/json.ts';
import type { Json, JsonObject } from '../../../lib/json.ts';
import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import { decodeTemplate, decodeWorkflowSpec } from '../types/workflow.ts';
import type { Template, WorkflowSpec } from '../types/workflow.ts';

/** Lists whose items are told apart by a field are merged item by item; all others are replaced. */
const MERGE_KEYS: Record<string, string> = {
  templates: 'name', parameters: 'name', artifacts: 'name', volumes: 'name', imagePullSecrets: 'name', hostAliases: 'ip', env: 'name',
  sidecars: 'name', initContainers: 'name', volumeMounts: 'mountPath', ports: 'containerPort', volumeDevices: 'devicePath',
};

/** `over` laid over `base`, as a strategic merge patch would. */
export function mergeOver(base: JsonObject, over: JsonObject): JsonObject {
  const out: JsonObject = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = out[key];
    if (isJsonObject(value) && isJsonObject(below)) out[key] = mergeOver(below, value);
    else if (Array.isArray(value) && Array.isArray(below) && MERGE_KEYS[key] !== undefined) out[key] = mergeLists(below, value, MERGE_KEYS[key]);
    else out[key] = value;
  }
  return out;
}

function mergeLists(base: Json[], over: Json[], key: string): Json[] {
  const out = [...base];
  for (const item of over) {
    const index = isJsonObject(item) ? out.findIndex((other) => isJsonObject(other) && other[key] === item[key]) : -1;
    const below = out[index];
    if (index < 0 || !isJsonObject(below) || !isJsonObject(item)) out.push(item);
    else out[index] = mergeOver(below, item);
  }
  return out;
}

const json = (struct: string, value: unknown): JsonObject => JSON.parse(goJson(normalize(struct, value))) as JsonObject;

/** A spec with what `defaults` has to say where it says nothing. Hooks are not merged into one another. After argo-workflows v3.7.6 workflow/util/merge.go */
export function specOver(spec: WorkflowSpec, defaults: WorkflowSpec | undefined): WorkflowSpec {
  if (defaults === undefined) return spec;
  const merged = decodeWorkflowSpec(mergeOver(json('WorkflowSpec', { ...defaults, hooks: undefined }), json('WorkflowSpec', spec)));
  const hooks = { ...defaults.hooks, ...spec.hooks };
  return Object.keys(hooks).length > 0 ? { ...merged, hooks } : merged;
}

/**
 * What is executed when a workflow names a template: its own spec over the template's over the defaults'.
 * A parameter's value comes whole from the first that has the parameter.
 */
export function joinSpecs(own: WorkflowSpec, template: WorkflowSpec, defaults: WorkflowSpec | undefined): WorkflowSpec {
  const joined = specOver(specOver(own, template), defaults);
  if (own.suspend === undefined) delete joined.suspend;
  else joined.suspend = own.suspend;
  const parameters = joined.arguments.parameters?.map((parameter) => {
    if (parameter.value === undefined && parameter.valueFrom === undefined && parameter.default === undefined) return parameter;
    const source = own.arguments.parameters?.find(({ name }) => name === parameter.name) ?? template.arguments.parameters?.find(({ name }) => name === parameter.name);
    return source ?? parameter;
  });
  return parameters === undefined ? joined : { ...joined, arguments: { ...joined.arguments, parameters } };
}

/** A template with the workflow's `templateDefaults` beneath it; its kind of work stays its own. */
export function templateOver(template: Template, defaults: Template | undefined): Template {
  if (defaults === undefined) return template;
  const kinds = ['container', 'containerSet', 'steps', 'dag', 'script', 'resource', 'data', 'suspend', 'http', 'plugin'] as const;
  const base = { ...defaults };
  for (const kind of kinds) if (template[kind] === undefined) delete base[kind];
  return decodeTemplate(mergeOver(json('Template', base), json('Template', template)));
}
