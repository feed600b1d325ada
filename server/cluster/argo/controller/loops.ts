import type { Json } from '../../../lib/json.ts';
import { goJson, isJsonObject } from '../../../lib/json.ts';
import { fillerOf, shouldExecute } from '../expressions/index.ts';
import { unmarshal } from '../types/go-json.ts';
import { normalize } from '../types/normal-form.ts';
import { formatInteger } from './go-format.ts';
import type { Invocation, Sequence } from '../types/workflow.ts';

export const isLoop = (invocation: Invocation): boolean => (invocation.withItems ?? []).length > 0 || (invocation.withParam ?? '') !== '' || invocation.withSequence !== undefined;

/**
 * A loop's members, each a copy of the step or task with `{{item}}` replaced and a name of its own.
 * After argo-workflows v3.7.6 workflow/controller/steps.go, operator.go
 */
export function expandLoop<T extends Invocation>(struct: 'WorkflowStep' | 'DAGTask', invocation: T, decode: (value: unknown) => T, values: Record<string, string>): T[] {
  const items = itemsOf(invocation);
  const template = { ...invocation };
  delete template.withItems;
  delete template.withParam;
  delete template.withSequence;
  const json = goJson(normalize(struct, template));
  // A condition that is false whatever the item lets unknown tags be.
  const fill = fillerOf(json, values, !mayRun(invocation.when));
  return items.map((item, index) => {
    const { named, description } = itemValues(item);
    const member = decode(fill(named));
    member.name = `${invocation.name ?? ''}(${index}:${description.replace(/[()]/g, '')})`;
    if (invocation.template !== undefined) member.template = invocation.template;
    return member;
  });
}

function mayRun(when: string | undefined): boolean {
  try {
    return shouldExecute(when);
  } catch {
    return true;
  }
}

function itemsOf(invocation: Invocation): Json[] {
  if ((invocation.withItems ?? []).length > 0) return invocation.withItems ?? [];
  const tolerant = <T>(make: () => T, otherwise: T): T => {
    try {
      return make();
    } catch (error) {
      if (mayRun(invocation.when)) throw error;
      return otherwise;
    }
  };
  if (invocation.withSequence !== undefined) return tolerant(() => sequence(invocation.withSequence ?? {}), []);
  const text = invocation.withParam ?? '';
  return tolerant(() => {
    let list: unknown;
    try {
      unmarshal(text);
      list = JSON.parse(keepNumbers(text));
    } catch (error) {
      throw new Error(`withParam value could not be parsed as a JSON list: ${text.trim()}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (list === null) return [];
    if (!Array.isArray(list)) throw new Error(`withParam value could not be parsed as a JSON list: ${text.trim()}: json: cannot unmarshal ${jsonKind(list)} into Go value of type []v1alpha1.Item`);
    checkMembers('withParam', list.length);
    return list as Json[];
  }, []);
}

const jsonKind = (value: unknown): string => (typeof value === 'boolean' ? 'bool' : typeof value);

/** Stands before a number that JavaScript would write in another way: items keep theirs as they were written. */
const AS_WRITTEN = '\u0001#';

function keepNumbers(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) => (token.startsWith('"') || JSON.stringify(Number(token)) === token ? token : JSON.stringify(`${AS_WRITTEN}${token}`)));
}

const written = (json: string): string => json.replaceAll(/"\\u0001#([^"]*)"/g, '$1');

function itemValues(item: Json): { named: Record<string, string>; description: string } {
  if (Array.isArray(item)) return { named: { item: written(JSON.stringify(item)) }, description: `[${item.map(itemText).join(' ')}]` };
  if (isJsonObject(item)) {
    const keys = Object.keys(item).sort();
    const named: Record<string, string> = { item: written(goJson(Object.fromEntries(keys.map((key) => [key, item[key]])))) };
    for (const key of keys) named[`item.${key}`] = itemText(item[key] ?? null);
    return { named, description: keys.map((key) => `${key}:${itemText(item[key] ?? null)}`).sort().join(',') };
  }
  // What is nothing counts as a list of nothing.
  if (item === null) return { named: { item: 'null' }, description: '[]' };
  return { named: { item: itemText(item) }, description: itemText(item) };
}

/** An item as Argo shows it: JSON without the quotes of a text (escapes stay). */
function itemText(item: Json): string {
  const json = written(JSON.stringify(item));
  return typeof item === 'string' && json.startsWith('"') ? json.slice(1, -1) : json;
}

/** A loop has so many members at most. Argo has no limit of its own, but more than these no workflow could keep. */
const MAX_MEMBERS = 20_000;

function checkMembers(kind: string, count: number): void {
  if (count > MAX_MEMBERS) throw new Error(`${kind} would make ${count} members, more than the ${MAX_MEMBERS} that this cluster makes`);
}

function sequence(spec: Sequence): Json[] {
  const number = (value: number | string): number => {
    if (!/^[+-]?\d+$/.test(String(value))) throw new Error(`strconv.Atoi: parsing ${JSON.stringify(String(value))}: invalid syntax`);
    return Number(value);
  };
  const start = spec.start === undefined ? 0 : number(spec.start);
  let end: number;
  if (spec.end !== undefined) end = number(spec.end);
  else if (spec.count !== undefined) {
    const count = number(spec.count);
    if (count === 0) return [];
    end = start + count - 1;
  } else throw new Error('neither end nor count was specified in withSequence');
  const step = start <= end ? 1 : -1;
  checkMembers('withSequence', Math.abs(end - start) + 1);
  return Array.from({ length: Math.abs(end - start) + 1 }, (_, i) => formatInteger((spec.format ?? '') === '' ? '%d' : (spec.format ?? ''), start + i * step));
}
