import { rfc3339 } from '../../../../lib/clock.ts';
import { isJsonObject, type JsonObject } from '../../../../lib/json.ts';
import { message, text, texts } from '../route.ts';
import { copy, dig, mapOf, metadataOf, nameOf } from '../structs.ts';
import { LABEL, overrideParameters, parseLabels } from './shared.ts';

/** A workflow that refers to a template. After argo-workflows v3.7.6 workflow/common/convert.go */
export function workflowFromTemplate(name: string, clusterScope: boolean): JsonObject {
  return {
    metadata: { generateName: `${name}-`, labels: { [`${LABEL}${clusterScope ? 'cluster-workflow-template' : 'workflow-template'}`]: name } },
    spec: { arguments: {}, workflowTemplateRef: clusterScope ? { name, clusterScope } : { name } },
  };
}

/** The workflow that a CronWorkflow would start now. After argo-workflows v3.7.6 workflow/common/convert.go */
export function workflowFromCron(cron: JsonObject, now: number): JsonObject {
  const spec = dig(cron, 'spec');
  const metadata = metadataOf(cron);
  const name = nameOf(cron);
  const labels: JsonObject = {};
  const annotations: JsonObject = { [`${LABEL}scheduled-time`]: rfc3339(now) };
  const instance = message(metadata, 'labels')?.[`${LABEL}controller-instanceid`];
  if (instance !== undefined) labels[`${LABEL}controller-instanceid`] = instance;
  labels[`${LABEL}cron-workflow`] = name;
  const extra = message(spec, 'workflowMetadata');
  Object.assign(labels, message(extra, 'labels'));
  Object.assign(annotations, message(extra, 'annotations'));
  const workflowSpec = spec['workflowSpec'];
  return {
    metadata: {
      generateName: `${name}-`,
      labels,
      annotations,
      ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'CronWorkflow', name, uid: text(metadata, 'uid'), controller: true, blockOwnerDeletion: true }],
    },
    spec: isJsonObject(workflowSpec) ? copy(workflowSpec) : {},
  };
}

/** Applies SubmitOpts to a workflow in place; throws an Error with the caller's mistake. After argo-workflows v3.7.6 workflow/util/util.go */
export function applySubmitOptions(workflow: JsonObject, options: JsonObject | undefined): void {
  if (options === undefined) return;
  const spec = dig(workflow, 'spec');
  const metadata = metadataOf(workflow);
  const entrypoint = text(options, 'entryPoint');
  if (entrypoint !== '') spec['entrypoint'] = entrypoint;
  const account = text(options, 'serviceAccount');
  if (account !== '') spec['serviceAccountName'] = account;
  const priorityClass = text(options, 'podPriorityClassName');
  if (priorityClass !== '') spec['podPriorityClassName'] = priorityClass;
  const labels = text(options, 'labels');
  if (labels !== '') {
    let parsed: Record<string, string>;
    try {
      parsed = parseLabels(labels);
    } catch (error) {
      throw new Error(`expected labels of the form: NAME1=VALUE2,NAME2=VALUE2. Received: ${labels}: ${error instanceof Error ? error.message : ''}`);
    }
    Object.assign(mapOf(workflow, 'labels'), parsed);
  }
  const annotations = text(options, 'annotations');
  if (annotations !== '') {
    let parsed: Record<string, string>;
    try {
      parsed = parseLabels(annotations);
    } catch (error) {
      // Argo prints the labels here, not the annotations.
      throw new Error(`expected Annotations of the form: NAME1=VALUE2,NAME2=VALUE2. Received: ${labels}: ${error instanceof Error ? error.message : ''}`);
    }
    Object.assign(mapOf(workflow, 'annotations'), parsed);
  }
  overrideParameters(workflow, texts(options, 'parameters'));
  const generateName = text(options, 'generateName');
  if (generateName !== '') metadata['generateName'] = generateName;
  const name = text(options, 'name');
  if (name !== '') metadata['name'] = name;
  const owner = message(options, 'ownerReference');
  if (owner !== undefined) {
    const owners = metadata['ownerReferences'];
    metadata['ownerReferences'] = [...(Array.isArray(owners) ? owners : []), owner];
  }
  const priority = options['priority'];
  if (typeof priority === 'number') spec['priority'] = priority;
}
