import { TemplateError } from '../expressions/index.ts';
import type { Artifact, Outputs, Template } from '../types/workflow.ts';
import type { Scope } from './scope.ts';

export const hasOutputs = (outputs: Outputs): boolean => outputs.result !== undefined || outputs.exitCode !== undefined || (outputs.parameters ?? []).length > 0 || (outputs.artifacts ?? []).length > 0;

/** The outputs of a steps or DAG template, taken from its nodes. Throws. */
export function outputsFromScope(template: Template, scope: Scope): Outputs | undefined {
  if (!hasOutputs(template.outputs)) return undefined;
  const outputs: Outputs = {};
  if ((template.outputs.parameters ?? []).length > 0) {
    outputs.parameters = (template.outputs.parameters ?? []).map(({ valueFrom, ...parameter }) => {
      if (valueFrom === undefined) throw new Error('output parameters must have a valueFrom specified');
      try {
        return { ...parameter, value: scope.parameter(valueFrom) };
      } catch (error) {
        if (valueFrom.default === undefined) throw error;
        return { ...parameter, value: valueFrom.default };
      }
    });
  }
  if ((template.outputs.artifacts ?? []).length > 0) {
    outputs.artifacts = (template.outputs.artifacts ?? []).flatMap((artifact): Artifact[] => {
      try {
        const found = scope.artifact(artifact);
        return found === undefined ? [] : [{ ...found, name: artifact.name }];
      } catch (error) {
        if (error instanceof TemplateError && error.message.includes('Unable to resolve') && artifact.optional === true) return [];
        throw new Error(`unable to resolve outputs from scope: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
  }
  return outputs;
}
