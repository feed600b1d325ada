import { goJson } from '../../../lib/json.ts';
import { normalize } from '../types/normal-form.ts';
import { decodeTemplate } from '../types/workflow.ts';
import type { Artifact, Parameter, Template } from '../types/workflow.ts';
import { hasLocationOrKey } from '../types/template.ts';
import { replaceTags, TemplateError } from './template.ts';
import type { Values } from './template.ts';

/** Where a template's inputs come from. */
export interface ArgumentSource {
  parameter(name: string): Parameter | undefined;
  artifact(name: string): Artifact | undefined;
}

/** Reads a ConfigMap's key; throws NotFoundError when there is none. */
export type ConfigMapReader = (name: string, key: string) => string;

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

export interface ProcessOptions {
  /** Validation does not insist on where artifacts lie. */
  validateOnly?: boolean;
  configMap?: ConfigMapReader;
}

/**
 * A template with its inputs filled from arguments (or defaults) and every tag replaced that can be.
 * Throws TemplateError: `inputs.parameters.x was not supplied`, …
 * After argo-workflows v3.7.6 workflow/common/util.go
 */
export function processArgs(template: Template, args: ArgumentSource, globals: Values, locals: Values, options: ProcessOptions = {}): Template {
  const inputs: Template['inputs'] = {};
  if (template.inputs.parameters !== undefined) inputs.parameters = template.inputs.parameters.map((input) => fillParameter(input, args, globals, options));
  if (template.inputs.artifacts !== undefined) inputs.artifacts = template.inputs.artifacts.map((input) => fillArtifact(input, args, options));
  return substitute({ ...template, inputs }, globals, locals);
}

function fillParameter(input: Parameter, args: ArgumentSource, globals: Values, options: ProcessOptions): Parameter {
  const parameter: Parameter = { ...input };
  if (parameter.value === undefined && parameter.default !== undefined) parameter.value = parameter.default;
  const argument = args.parameter(input.name);
  if (argument?.value !== undefined) {
    parameter.value = argument.value;
    delete parameter.valueFrom;
  } else if (argument !== undefined) {
    delete parameter.value;
    if (argument.valueFrom === undefined) delete parameter.valueFrom;
    else parameter.valueFrom = argument.valueFrom;
  }
  const reference = parameter.valueFrom?.configMapKeyRef;
  if (reference === undefined) {
    if (parameter.value === undefined) throw new TemplateError(`inputs.parameters.${input.name} was not supplied`);
    return parameter;
  }
  if (options.configMap === undefined) return parameter;
  try {
    parameter.value = options.configMap(replaceTags(reference.name ?? '', globals, false), replaceTags(reference.key, globals, false));
  } catch (error) {
    if (error instanceof NotFoundError && parameter.valueFrom?.default !== undefined) parameter.value = parameter.valueFrom.default;
    else throw new TemplateError(`unable to retrieve inputs.parameters.${input.name} from ConfigMap: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parameter;
}

function fillArtifact(input: Artifact, args: ArgumentSource, options: ProcessOptions): Artifact {
  const argument = args.artifact(input.name);
  if (input.optional !== true && !hasLocationOrKey(input)) {
    if (argument === undefined) throw new TemplateError(`inputs.artifacts.${input.name} was not supplied`);
    if (!hasLocationOrKey(argument) && options.validateOnly !== true) throw new TemplateError(`inputs.artifacts.${input.name} missing location information`);
  }
  if (argument === undefined) return input;
  const filled: Artifact = { ...argument };
  for (const field of ['path', 'mode', 'recurseMode'] as const) delete filled[field];
  return { ...filled, ...(input.path === undefined ? {} : { path: input.path }), ...(input.mode === undefined ? {} : { mode: input.mode }), ...(input.recurseMode === undefined ? {} : { recurseMode: input.recurseMode }) };
}

/** First what is known of the workflow and the node, then the template's own inputs: inputs may name the former. */
export function substitute(template: Template, globals: Values, locals: Values): Template {
  const values: Record<string, string> = { ...globals, ...locals };
  const first = replaceInJson(goJson(normalize('Template', template)), values);
  const known = decodeTemplate(JSON.parse(first));
  for (const input of known.inputs.parameters ?? []) if (input.value !== undefined) values[`inputs.parameters.${input.name}`] = input.value;
  values['inputs.parameters'] = goJson(known.inputs.parameters ?? null);
  for (const [side, artifacts] of [['inputs', known.inputs.artifacts], ['outputs', known.outputs.artifacts]] as const) {
    for (const artifact of artifacts ?? []) if (artifact.path !== undefined) values[`${side}.artifacts.${artifact.name}.path`] = artifact.path;
  }
  for (const output of known.outputs.parameters ?? []) {
    const path = output.valueFrom?.path;
    if (path !== undefined) values[`outputs.parameters.${output.name}.path`] = path;
  }
  return decodeTemplate(JSON.parse(replaceInJson(first, values)));
}

/** Replaces tags in a JSON document, leaving unknown ones; throws TemplateError when the result is no JSON. */
export function replaceInJson(json: string, values: Values, allowUnresolved = true): string {
  if (!json.includes('{{')) return json;
  const replaced = fixGoEscapes(replaceTags(json, values, allowUnresolved));
  parsed(replaced);
  return replaced;
}

/** As `replaceInJson` and JSON.parse, for a document that is filled many times: each time with more values, which go before. */
export function fillerOf(json: string, values: Values, allowUnresolved: boolean): (more: Values) => unknown {
  const all: Record<string, string> = { ...values };
  return (more) => {
    const hidden = Object.keys(more).map((key) => [key, Object.hasOwn(all, key) ? all[key] : undefined] as const);
    Object.assign(all, more);
    try {
      return parsed(fixGoEscapes(replaceTags(json, all, allowUnresolved)));
    } finally {
      for (const [key, value] of hidden) {
        if (value === undefined) delete all[key];
        else all[key] = value;
      }
    }
  };
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    throw new TemplateError('cannot finish template replacement because the result was invalid JSON');
  }
}

/** strconv.Quote may write `\a`, `\v` and `\x1b`, which JSON does not have; Argo fails there, we mend. */
function fixGoEscapes(text: string): string {
  if (!/\\[avx]/.test(text)) return text;
  return text.replace(/\\(\\|a|v|x([0-9a-f]{2}))/g, (whole, kind: string, hex: string | undefined) =>
    kind === '\\' ? whole : `\\u00${hex ?? (kind === 'a' ? '07' : '0b')}`,
  );
}
