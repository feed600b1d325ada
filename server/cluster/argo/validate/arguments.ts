import { hasLocationOrKey } from '../types/template.ts';
import type { Arguments } from '../types/workflow.ts';
import { namesProblem, parameterNameProblem } from './names.ts';
import { invalid } from './problem.ts';

/** Checks the arguments of a workflow, step or task. After argo-workflows v3.7.6 workflow/validate/validate.go */
export function validateArguments(prefix: string, args: Arguments, allowEmptyValues: boolean): void {
  for (const field of ['parameters', 'artifacts'] as const) {
    const problem = namesProblem(args[field], parameterNameProblem);
    if (problem !== undefined) invalid(`${prefix}${field}${problem}`);
  }
  for (const { name, value, valueFrom, enum: choices } of args.parameters ?? []) {
    const at = `${prefix}${name}`;
    if (valueFrom === undefined && value === undefined && !allowEmptyValues) invalid(`${at}.value or ${at}.valueFrom is required`);
    if (valueFrom !== undefined) {
      const known = valueFrom.configMapKeyRef !== undefined || (valueFrom.event ?? '') !== '' || valueFrom.supplied !== undefined;
      const foreign = [valueFrom.path, valueFrom.jsonPath, valueFrom.parameter, valueFrom.expression].some((text) => (text ?? '') !== '');
      if (!known || foreign) invalid(`${at}.valueFrom only allows: default, configMapKeyRef and supplied`);
    }
    if (choices !== undefined) {
      if (choices.length === 0) invalid(`${at}.enum should contain at least one value`);
      if (value === undefined) {
        if (allowEmptyValues) return;
        invalid(`${at}.value is required`);
      }
      if (!choices.includes(value)) invalid(`${at}.value should be present in ${at}.enum list`);
    }
  }
  for (const artifact of args.artifacts ?? []) {
    const from = artifact.from ?? '';
    if (from === '' && !hasLocationOrKey(artifact)) invalid(`${prefix}${artifact.name}.from, artifact location, or key is required`);
    if (from !== '' && (artifact.fromExpression ?? '') !== '') invalid(`${prefix}${artifact.name} shouldn't have both \`from\` and \`fromExpression\` in Artifact`);
  }
}
