import { goJson } from '../../../lib/json.ts';
import { isJsonObject } from '../../../lib/json.ts';
import type { Json } from '../../../lib/json.ts';
import type { ProgramContext } from '../../program.ts';
import { evalExpr, toPlainJson } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import type { Artifact, Outputs, Template } from '../types/workflow.ts';
import { locate } from './artifacts.ts';
import { driverFor } from './drivers.ts';

/** What a data template gives: the paths of its source, put through its steps. Throws with Argo's words. After argo-workflows v3.7.6 workflow/data/data.go */
export async function processData(template: Template, paths: (artifact: Artifact) => Promise<string[]>): Promise<Outputs> {
  const data = template.data;
  const source = isJsonObject(data?.['source']) ? data['source']['artifactPaths'] : undefined;
  if (!isJsonObject(source)) throw new Error('unable to process data template: unable to process data source: no valid source is used for data template');
  let value: unknown;
  try {
    value = await paths(normalize('Artifact', source) as unknown as Artifact);
  } catch (error) {
    throw new Error(`unable to process data template: unable to process data source: unable to source artifact paths: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const steps = Array.isArray(data?.['transformation']) ? data['transformation'] : [];
  for (const [i, step] of steps.entries()) {
    const expression = isJsonObject(step) && typeof step['expression'] === 'string' ? step['expression'] : '';
    if (expression === '') continue;
    try {
      value = toPlainJson(evalExpr(expression, { data: value }));
    } catch (error) {
      throw new Error(`unable to process data template: unable to process data transformation: error processing data step ${i}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
  return { result: goJson(value as Json) };
}

/** `argoexec data` */
export async function runData(context: ProgramContext, template: Template): Promise<Outputs> {
  return await processData(template, (artifact) => driverFor(context, locate(artifact, template.archiveLocation)).list());
}
