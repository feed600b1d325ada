import { unmarshal } from '../types/go-json.ts';
import { argoExprEnv, evalExpr, goValue, replaceTags, resolveVariable, TemplateError } from '../expressions/index.ts';
import { keyOf } from '../types/template.ts';
import type { Artifact, NodeStatus, Outputs, Template, ValueFrom } from '../types/workflow.ts';

/** What tags of a steps or DAG template stand for: texts, and artifacts. After argo-workflows v3.7.6 workflow/controller/scope.go */
export class Scope {
  readonly #values = new Map<string, string | Artifact>();

  constructor(template?: Template) {
    for (const parameter of template?.inputs.parameters ?? []) this.#values.set(`inputs.parameters.${parameter.name}`, parameter.value ?? '');
    for (const artifact of template?.inputs.artifacts ?? []) this.#values.set(`inputs.artifacts.${artifact.name}`, artifact);
  }

  set(key: string, value: string | Artifact): void {
    this.#values.set(key, value);
  }

  /** The texts alone. */
  texts(): Record<string, string> {
    const out: Record<string, string> = {};
    for (const [key, value] of this.#values) if (typeof value === 'string') out[key] = value;
    return out;
  }

  /** Adds what `steps.x` or `tasks.x` has to say. */
  addNode(prefix: string, node: NodeStatus): void {
    this.set(`${prefix}.id`, node.id);
    if (node.startedAt !== null) this.set(`${prefix}.startedAt`, node.startedAt);
    if (node.finishedAt !== null) this.set(`${prefix}.finishedAt`, node.finishedAt);
    if ((node.podIP ?? '') !== '') this.set(`${prefix}.ip`, node.podIP ?? '');
    this.set(`${prefix}.status`, node.phase);
    if ((node.hostNodeName ?? '') !== '') this.set(`${prefix}.hostNodeName`, node.hostNodeName ?? '');
    this.addOutputs(prefix, node.outputs);
  }

  addOutputs(prefix: string, outputs: Outputs | undefined): void {
    if (outputs === undefined) return;
    if (prefix !== 'workflow' && outputs.result !== undefined) this.set(`${prefix}.outputs.result`, outputs.result);
    if (prefix !== 'workflow' && outputs.exitCode !== undefined) this.set(`${prefix}.exitCode`, outputs.exitCode);
    for (const parameter of outputs.parameters ?? []) if (parameter.value !== undefined) this.set(`${prefix}.outputs.parameters.${parameter.name}`, parameter.value);
    for (const artifact of outputs.artifacts ?? []) this.set(`${prefix}.outputs.artifacts.${artifact.name}`, artifact);
  }

  /** The outputs of a loop's members together, as JSON lists; `members` in the order of the items. */
  addAggregate(prefix: string, members: readonly NodeStatus[]): void {
    const plain = members.filter((node) => node.nodeFlag?.hooked !== true && node.nodeFlag?.retried !== true);
    if (members.length === 0) return;
    const sorted = [...plain].sort((a, b) => loopIndex(a.name) - loopIndex(b.name)).filter((node) => node.outputs !== undefined && node.phase === 'Succeeded');
    const lists: Record<string, string>[] = [];
    const byName = new Map<string, string[]>();
    const results: unknown[] = [];
    for (const { outputs } of sorted) {
      if ((outputs?.parameters ?? []).length > 0) {
        const values: Record<string, string> = {};
        for (const parameter of [...(outputs?.parameters ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1))) {
          values[parameter.name] = parameter.value ?? '';
          byName.set(parameter.name, [...(byName.get(parameter.name) ?? []), parameter.value ?? '']);
        }
        lists.push(values);
      }
      if (outputs?.result !== undefined) results.push(resultItem(outputs.result));
    }
    this.set(`${prefix}.outputs.result`, JSON.stringify(results));
    this.set(`${prefix}.outputs.parameters`, JSON.stringify(lists));
    for (const [name, values] of byName) this.set(`${prefix}.outputs.parameters.${name}`, aggregated(values));
  }

  /** What an output parameter's `valueFrom` gives. Throws. */
  parameter(from: ValueFrom | undefined): string {
    if (from?.expression !== undefined && from.expression !== '') return goValue(evalExpr(from.expression, argoExprEnv(Object.fromEntries(this.#values))));
    if (from?.parameter === undefined || from.parameter === '') return '';
    return goValue(resolveVariable(from.parameter, Object.fromEntries(this.#values)));
  }

  /** The artifact that `from` or `fromExpression` names; undefined when neither is set. Throws TemplateError `Unable to resolve…`. */
  artifact(artifact: Artifact): Artifact | undefined {
    let found: unknown;
    if ((artifact.fromExpression ?? '') !== '') found = evalExpr(artifact.fromExpression ?? '', argoExprEnv(Object.fromEntries(this.#values)));
    else if ((artifact.from ?? '') !== '') found = resolveVariable(artifact.from ?? '', Object.fromEntries(this.#values));
    else return undefined;
    if (!isArtifact(found)) throw new TemplateError(`Variable {{${artifact.from ?? artifact.fromExpression ?? ''}}} is not an artifact`);
    if ((artifact.subPath ?? '') === '') return { ...found };
    const subPath = replaceTags(artifact.subPath ?? '', this.texts(), true);
    const key = `${keyOf(found) ?? ''}/${subPath}`.replace(/\/+/g, '/');
    return found.s3 === undefined ? { ...found } : { ...found, s3: { ...found.s3, key } };
  }
}

function isArtifact(value: unknown): value is Artifact {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

/** `a(3:x)` → 3. */
export function loopIndex(name: string): number {
  return Number.parseInt(name.slice(name.lastIndexOf('(') + 1), 10) || 0;
}

/** Results that are JSON go into the list as they are. */
function resultItem(result: string): unknown {
  return unmarshal(result);
}

/** Lists and maps stay what they are when all are such; else every value is a text. */
function aggregated(values: readonly string[]): string {
  try {
    const parsed = values.map((value) => JSON.parse(value) as unknown);
    if (parsed.every((value) => typeof value === 'object' && value !== null)) return JSON.stringify(parsed);
  } catch {
    // Some are plain texts.
  }
  return JSON.stringify(values);
}
