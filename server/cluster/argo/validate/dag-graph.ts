import type { ContinueOn, DagTask } from '../types/workflow.ts';

const OPERAND = /([a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+)|([a-zA-Z0-9][-a-zA-Z0-9]*)/g;
const RESULT = /[a-zA-Z0-9][-a-zA-Z0-9]*?\.[A-Z][a-zA-Z]+/g;

export const TASK_RESULTS = ['Succeeded', 'Failed', 'Errored', 'Skipped', 'Omitted', 'Daemoned', 'AnySucceeded', 'AllFailed'] as const;
const ITEM_RESULTS = new Set(['AnySucceeded', 'AllFailed']);

/** What a task waits for: the tasks by name (`items` when a condition speaks of its children), and the condition. */
export interface TaskDependencies {
  tasks: Map<string, 'task' | 'items'>;
  /** An expression over `task.Result`; empty when the task waits for nothing. */
  logic: string;
}

/** After argo-workflows v3.7.6 workflow/common/ancestry.go: a bare task name stands for its usual good ends. */
export function dependenciesOf(task: Pick<DagTask, 'depends' | 'dependencies'>, find: (name: string) => { continueOn?: ContinueOn } | undefined): TaskDependencies {
  const logic = task.depends !== undefined && task.depends !== '' ? task.depends : (task.dependencies ?? []).map((name) => goodEnds(name, find(name)?.continueOn)).join(' && ');
  const tasks = new Map<string, 'task' | 'items'>();
  const expanded = logic.replace(OPERAND, (text: string, withResult: string | undefined) => {
    if (withResult === undefined) {
      tasks.set(text, 'task');
      return goodEnds(text, find(text)?.continueOn);
    }
    const [name = '', result = ''] = withResult.split('.');
    if (ITEM_RESULTS.has(result)) tasks.set(name, 'items');
    else if (!tasks.has(name)) tasks.set(name, 'task');
    return text;
  });
  return { tasks, logic: expanded };
}

function goodEnds(name: string, continueOn: ContinueOn | undefined): string {
  const results = ['Succeeded', 'Skipped', 'Daemoned'];
  if (continueOn?.error === true) results.push('Errored');
  if (continueOn?.failed === true) results.push('Failed');
  return `(${results.map((result) => `${name}.${result}`).join(' || ')})`;
}

/** The message about the first result name in `depends` that does not exist. */
export function unknownTaskResult(task: DagTask): string | undefined {
  for (const [text] of (task.depends ?? '').matchAll(RESULT)) {
    const [name = '', result = ''] = text.split('.');
    if (!TASK_RESULTS.some((known) => known === result)) return `task result '${result}' for task '${name}' is invalid`;
  }
  return undefined;
}

/** Every task that a task waits for, directly or not, in the order of the tasks. */
export function ancestryOf(name: string, dependencies: (name: string) => Iterable<string>): string[] {
  const seen = new Set<string>();
  // Depth first, without a stack of calls: chains may be thousands of tasks long.
  const open = [name];
  for (let current = open.pop(); current !== undefined; current = open.pop()) {
    if (seen.has(current)) continue;
    seen.add(current);
    open.push(...[...dependencies(current)].reverse());
  }
  seen.delete(name);
  return [...seen];
}

/** Tasks in an order in which each comes after those it waits for; or the message why there is none. */
export function sortTasks(tasks: readonly { name: string; waitsFor: readonly string[] }[]): { order: string[] } | { problem: string } {
  const names = new Set<string>();
  for (const task of tasks) {
    if (names.has(task.name)) return { problem: `duplicated nodeName ${task.name}` };
    names.add(task.name);
  }
  const missing = tasks.flatMap((task) => task.waitsFor).find((name) => !names.has(name));
  if (missing !== undefined) return { problem: `invalid dependency ${missing}` };
  const open = new Map(tasks.map((task) => [task.name, task.waitsFor.length]));
  const followers = new Map<string, Map<string, number>>();
  for (const task of tasks) {
    for (const dependency of task.waitsFor) {
      const after = followers.get(dependency) ?? new Map<string, number>();
      followers.set(dependency, after.set(task.name, (after.get(task.name) ?? 0) + 1));
    }
  }
  const order = tasks.filter((task) => task.waitsFor.length === 0).map((task) => task.name);
  for (let i = 0; i < tasks.length; i++) {
    const current = order[i];
    if (current === undefined) return { problem: 'graph with cycle' };
    for (const [name, edges] of followers.get(current) ?? []) {
      const left = (open.get(name) ?? 0) - edges;
      open.set(name, left);
      if (left === 0) order.push(name);
    }
  }
  return { order };
}
