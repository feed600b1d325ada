import type { NodeStatus } from '../api/shapes.ts';
import { fieldsAt, isFields, listAt } from './edit.ts';
import type { Fields } from './edit.ts';

export const PLANNED = 'Planned';
/** More nodes than these are not drawn: templates that use one another twice grow without end. */
const NODES = 2000;
const LOOPS = ['withItems', 'withParam', 'withSequence'];

/** A part of the plan: where it begins, and what the next part hangs on. */
interface Part {
  first: string;
  leaves: string[];
}

/**
 * What a workflow with this spec would run, as far as its templates say it beforehand: a loop stands for all of its
 * items, and a template that uses itself is not looked into once more.
 */
export function planGraph(name: string, spec: Fields): Record<string, NodeStatus> {
  const nodes: Record<string, NodeStatus> = {};
  let count = 0;
  const templates = new Map(listAt(spec, ['templates']).flatMap((template) => (isFields(template) ? [[text(template, 'name'), template] as const] : [])));

  const add = (id: string, displayName: string, type: string, more: Partial<NodeStatus> = {}): string => {
    count += 1;
    nodes[id] = { id, name: id, displayName, type, phase: PLANNED, children: [], ...more };
    return id;
  };
  const link = (from: readonly string[], to: string) => {
    for (const id of from) nodes[id]?.children?.push(to);
  };
  const full = () => count >= NODES;

  /** One use of a template: by a step, a task or the workflow itself. */
  const use = (caller: Fields, id: string, displayName: string, above: readonly Fields[]): Part => {
    const inline = fieldsAt(caller, ['inline']);
    const ref = fieldsAt(caller, ['templateRef']);
    const template = text(ref, 'template') === '' ? (Object.keys(inline).length > 0 ? inline : templates.get(text(caller, 'template'))) : undefined;
    const named = text(ref, 'template') === '' ? { templateName: text(caller, 'template') } : { templateRef: { name: text(ref, 'name'), template: text(ref, 'template') } };
    const outer: string[] = [];
    const wrap = (suffix: string, type: string) => {
      const group = add(`${id}${suffix}`, displayName, type, named);
      link(outer.slice(-1), group);
      outer.push(group);
    };
    if (LOOPS.some((loop) => caller[loop] !== undefined)) wrap('(each)', 'TaskGroup');
    if (template?.['retryStrategy'] !== undefined) wrap('(retry)', 'Retry');
    const inner = run(template, id, outer.length === 0 ? displayName : `${displayName}(0)`, named, above);
    link(outer.slice(-1), inner.first);
    return { first: outer[0] ?? inner.first, leaves: inner.leaves };
  };

  const run = (template: Fields | undefined, id: string, displayName: string, named: Partial<NodeStatus>, above: readonly Fields[]): Part => {
    const steps = listAt(template, ['steps']);
    const tasks = listAt(template, ['dag', 'tasks']).filter(isFields);
    if (template === undefined || above.includes(template) || full() || steps.length + tasks.length === 0) {
      const leaf = add(id, displayName, typeOf(template), named);
      return { first: leaf, leaves: [leaf] };
    }
    const inside = [...above, template];
    if (steps.length > 0) {
      let leaves = [add(id, displayName, 'Steps', named)];
      for (const [i, group] of steps.entries()) {
        const head = add(`${id}[${i}]`, `[${i}]`, 'StepGroup');
        link(leaves, head);
        const parts = (Array.isArray(group) ? group : [group]).filter(isFields).map((step) => use(step, `${head}.${text(step, 'name')}`, text(step, 'name'), inside));
        for (const part of parts) link([head], part.first);
        leaves = parts.length === 0 ? [head] : parts.flatMap((part) => part.leaves);
      }
      return { first: id, leaves };
    }
    add(id, displayName, 'DAG', named);
    const parts = new Map(tasks.map((task) => [text(task, 'name'), use(task, `${id}.${text(task, 'name')}`, text(task, 'name'), inside)]));
    const waitedFor = new Set<string>();
    for (const task of tasks) {
      const part = parts.get(text(task, 'name'));
      if (part === undefined) continue;
      const before = dependencies(task).filter((other) => parts.has(other) && other !== text(task, 'name'));
      for (const other of before) {
        waitedFor.add(other);
        link(parts.get(other)?.leaves ?? [], part.first);
      }
      if (before.length === 0) link([id], part.first);
    }
    return { first: id, leaves: [...parts].flatMap(([task, part]) => (waitedFor.has(task) ? [] : part.leaves)) };
  };

  const entrypoint = text(spec, 'entrypoint');
  if (entrypoint !== '') use({ template: entrypoint }, name, name, []);
  const onExit = text(spec, 'onExit');
  if (onExit !== '') use({ template: onExit }, `${name}.onExit`, `${name}.onExit`, []);
  for (const node of Object.values(nodes)) node.children = [...new Set(node.children)];
  return nodes;
}

function text(fields: Fields, name: string): string {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
}

/** The tasks that `depends` speaks of, or those that are listed. */
function dependencies(task: Fields): string[] {
  const listed = listAt(task, ['dependencies']).filter((name) => typeof name === 'string');
  return listed.length > 0 ? listed : [...text(task, 'depends').matchAll(/([\w-]+)(?:\.\w+)?/g)].map((match) => match[1] ?? '');
}

function typeOf(template: Fields | undefined): string {
  if (template === undefined) return 'Pod';
  const kinds: readonly (readonly [string, string])[] = [
    ['suspend', 'Suspend'],
    ['http', 'HTTP'],
    ['plugin', 'Plugin'],
    ['steps', 'Steps'],
    ['dag', 'DAG'],
  ];
  return kinds.find(([field]) => template[field] !== undefined)?.[1] ?? 'Pod';
}
