import { goJson } from '../../../lib/json.ts';
import { formatGoLayout, NotFoundError, STRFTIME } from '../expressions/index.ts';
import type { ConfigMapReader } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import type { Workflow, WorkflowSpec } from '../types/workflow.ts';

/**
 * What `{{workflow.…}}` stands for. Throws when a parameter has no value.
 * After argo-workflows v3.7.6 workflow/controller/operator.go setGlobalParameters
 */
export function globalParameters(workflow: Workflow, spec: WorkflowSpec, configMap: ConfigMapReader): Record<string, string> {
  const { metadata, status } = workflow;
  const created = Date.parse(metadata.creationTimestamp ?? '') || 0;
  const globals: Record<string, string> = {
    'workflow.name': metadata.name ?? '',
    'workflow.namespace': metadata.namespace ?? '',
    'workflow.mainEntrypoint': spec.entrypoint ?? '',
    'workflow.serviceAccountName': spec.serviceAccountName ?? '',
    'workflow.uid': metadata.uid ?? '',
    'workflow.creationTimestamp': metadata.creationTimestamp ?? '',
    'workflow.creationTimestamp.s': String(Math.floor(created / 1000)),
    'workflow.creationTimestamp.RFC3339': metadata.creationTimestamp ?? '',
  };
  for (const [letter, layout] of Object.entries(STRFTIME)) globals[`workflow.creationTimestamp.${letter}`] = formatGoLayout(created, layout);
  const scheduled = metadata.annotations?.['workflows.argoproj.io/scheduled-time'];
  if (scheduled !== undefined) globals['workflow.scheduledTime'] = scheduled;
  if (spec.priority !== undefined) globals['workflow.priority'] = String(spec.priority);
  const all = goJson(normalize('Arguments', spec.arguments)['parameters'] ?? null);
  globals['workflow.parameters'] = all;
  globals['workflow.parameters.json'] = all;
  for (const parameter of spec.arguments.parameters ?? []) {
    const key = `workflow.parameters.${parameter.name}`;
    const reference = parameter.valueFrom?.configMapKeyRef;
    if (parameter.value !== undefined) globals[key] = parameter.value;
    else if (reference !== undefined) {
      try {
        globals[key] = configMap(reference.name ?? '', reference.key);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
        if (parameter.valueFrom?.default === undefined) {
          throw new Error(`failed to set global parameter ${parameter.name} from configmap with name ${reference.name ?? ''} and key ${reference.key}: ${error.message}`);
        }
        globals[key] = parameter.valueFrom.default;
      }
    } else throw new Error(`either value or valueFrom must be specified in order to set global parameter ${parameter.name}`);
  }
  for (const output of status.outputs?.parameters ?? []) if (output.value !== undefined) globals[`workflow.outputs.parameters.${output.name}`] = output.value;
  const extra = spec.workflowMetadata;
  for (const kind of ['annotations', 'labels'] as const) {
    const own = metadata[kind];
    const text = own === undefined ? 'null' : goJson(Object.fromEntries(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1))));
    globals[`workflow.${kind}`] = text;
    globals[`workflow.${kind}.json`] = text;
    for (const [key, value] of [...Object.entries(own ?? {}), ...Object.entries(extra?.[kind] ?? {})]) {
      if (kind === 'labels' && extra?.labelsFrom?.[key] !== undefined) continue;
      globals[`workflow.${kind}.${key}`] = value;
    }
  }
  return globals;
}
