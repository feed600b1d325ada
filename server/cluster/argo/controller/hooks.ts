import { goJson } from '../../../lib/json.ts';
import { argoExprEnv, evalBool, replaceInJson } from '../expressions/index.ts';
import { normalize } from '../types/normal-form.ts';
import type { TemplateContext } from '../types/resolve.ts';
import type { Arguments, Invocation, LifecycleHook, NodeStatus, Outputs } from '../types/workflow.ts';
import { isFulfilled } from './nodes.ts';
import type { Operation } from './operation.ts';
import { Scope } from './scope.ts';

/** Where a step or task stands, for the hooks around it. */
export interface HookPlace {
  boundaryId: string;
  context: TemplateContext;
  /** `steps.a`, `tasks.a`. */
  prefix: string;
  scope: Scope;
}

export function exitHookOf(invocation: Pick<Invocation, 'onExit' | 'hooks'>, workflowArguments: Arguments): LifecycleHook | undefined {
  const own = invocation.hooks?.['exit'];
  if (own !== undefined) return own;
  return (invocation.onExit ?? '') === '' ? undefined : { template: invocation.onExit ?? '', arguments: workflowArguments };
}

/** Runs the hooks of a workflow; answers whether all that run have ended. After argo-workflows v3.7.6 workflow/controller/hooks.go */
export function runWorkflowHooks(op: Operation, context: TemplateContext): boolean {
  const root = op.workflow.metadata.name;
  return runHooks(op, op.spec.hooks, root, (hook, name) => {
    const node = op.execute(name, holderOf(hook), context, hook.arguments, { nodeFlag: { hooked: true } });
    if (op.nodes.named(name) !== undefined) op.nodes.link(root, name);
    return node;
  }, () => op.globals);
}

/** Runs the hooks of a step or task (but `exit`); answers whether all that run have ended. */
export function runHooksOf(op: Operation, invocation: Pick<Invocation, 'hooks'>, parent: NodeStatus, place: HookPlace): boolean {
  return runHooks(
    op,
    invocation.hooks,
    parent.name,
    (hook, name) => {
      const outputs = lastAttempt(op, parent)?.outputs ?? parent.outputs;
      const args = isEmpty(hook.arguments) || outputs === undefined ? hook.arguments : exitArguments(op, hook.arguments, outputs, place);
      const node = op.execute(name, holderOf(hook), place.context, args, { boundaryId: place.boundaryId, nodeFlag: { hooked: true } });
      if (op.nodes.named(name) !== undefined) op.nodes.link(parent.name, name);
      return node;
    },
    () => ({ ...op.globals, ...place.scope.texts() }),
  );
}

function runHooks(op: Operation, hooks: Invocation['hooks'], parentName: string, run: (hook: LifecycleHook, name: string) => NodeStatus | undefined, values: () => Record<string, string>): boolean {
  let allOver = true;
  for (const [name, hook] of Object.entries(hooks ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name === 'exit') continue;
    const nodeName = `${parentName}.hooks.${name}`;
    if ((hook.expression ?? '') === '') throw new Error(`Expression required for hook ${nodeName}`);
    // A hook that has begun goes on, whatever has become of its condition.
    if (op.nodes.named(nodeName) === undefined && !evalBool(hook.expression ?? '', argoExprEnv(values()))) continue;
    const node = run(hook, nodeName);
    if (node === undefined || !isFulfilled(node)) allOver = false;
  }
  return allOver;
}

const holderOf = (hook: LifecycleHook) => ({ ...(hook.template === undefined ? {} : { template: hook.template }), ...(hook.templateRef === undefined ? {} : { templateRef: hook.templateRef }) });
const isEmpty = (args: Arguments): boolean => (args.parameters ?? []).length === 0 && (args.artifacts ?? []).length === 0;

export function lastAttempt(op: Operation, node: NodeStatus): NodeStatus | undefined {
  if (node.type !== 'Retry' || node.memoizationStatus?.hit === true) return undefined;
  return op.nodes.attempts(node).at(-1);
}

/** Runs the exit handler of a step or task that has ended; answers whether nothing of it is left to wait for. */
export function exitHandlerDone(op: Operation, hook: LifecycleHook | undefined, parent: NodeStatus, place: HookPlace): boolean {
  if (hook === undefined || !op.mayRunDuringShutdown(true)) return true;
  if ((hook.expression ?? '') !== '' && !evalBool(hook.expression ?? '', argoExprEnv({ ...op.globals, ...place.scope.texts() }))) return true;
  const name = `${parent.name}.onExit`;
  const outputs = lastAttempt(op, parent)?.outputs ?? parent.outputs;
  const args = isEmpty(hook.arguments) ? hook.arguments : exitArguments(op, hook.arguments, outputs, place);
  const node = op.execute(name, holderOf(hook), place.context, args, { boundaryId: place.boundaryId, onExit: true, nodeFlag: { hooked: true } });
  if (op.nodes.named(name) !== undefined) op.nodes.link(parent.name, name);
  return node !== undefined && isFulfilled(node);
}

/** A handler's arguments may name the outputs of what has ended. */
function exitArguments(op: Operation, args: Arguments, outputs: Outputs | undefined, place: HookPlace): Arguments {
  place.scope.addOutputs(place.prefix, outputs);
  const json = replaceInJson(goJson(normalize('Arguments', args)), { ...op.globals, ...place.scope.texts() });
  const resolved = normalize('Arguments', JSON.parse(json)) as unknown as Arguments;
  resolved.artifacts = (resolved.artifacts ?? []).map((artifact) => {
    try {
      const found = place.scope.artifact(artifact);
      return found === undefined ? artifact : { ...found, name: artifact.name };
    } catch (error) {
      if (artifact.optional === true) return artifact;
      throw new Error(`unable to resolve references: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return resolved;
}
