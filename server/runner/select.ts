import { join } from 'node:path';
import { needViews } from '../scenario/needs.ts';
import type { Course, Need, Problem, Scenario } from '../scenario/model.ts';

/** A scenario of the run, or one that could not be loaded. */
export type Selected = { type: 'scenario'; id: string; scenario: Scenario } | { type: 'broken'; id: string; title: string; problems: Problem[] };

/** All scenarios of the courses in their order, each once. */
export function flatten(courses: readonly Course[]): Selected[] {
  const found = new Map<string, Selected>();
  const walk = (course: Course): void => {
    for (const item of course.items) {
      if (item.type === 'course') walk(item.course);
      else if (item.type === 'broken') found.set(item.id, { type: 'broken', id: item.id, title: item.title, problems: item.problems });
      else found.set(item.scenario.id, { type: 'scenario', id: item.scenario.id, scenario: item.scenario });
    }
  };
  for (const course of courses) walk(course);
  return [...found.values()];
}

/** `2/3`: the second of three parts; every scenario is in exactly one of them. Undefined when it is no such thing. */
export function parseShard(text: string): { index: number; count: number } | undefined {
  const match = /^(\d{1,4})\/(\d{1,4})$/.exec(text);
  const [index, count] = [Number(match?.[1]), Number(match?.[2])];
  return match !== null && index >= 1 && index <= count ? { index, count } : undefined;
}

/** Those whose id fits a pattern (`*` is anything; without one, a part of the id is enough), and that are in the shard. */
export function select(all: readonly Selected[], patterns: readonly string[], shard: { index: number; count: number } | undefined): Selected[] {
  const fits = (id: string) => patterns.length === 0 || patterns.some((pattern) => (pattern.includes('*') ? new RegExp(`^${pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(id) : id.includes(pattern)));
  return all.filter((one) => fits(one.id)).filter((_, index) => shard === undefined || index % shard.count === shard.index - 1);
}

/** Why a scenario can't be proven on this machine; undefined when it can. */
export function unmetNeed(scenario: Scenario, has: (need: Need) => boolean): string | undefined {
  const unmet = needViews(scenario.needs, has).filter((need) => !need.met);
  return unmet.length === 0 ? undefined : unmet.map((need) => need.message ?? need.title).join(' ');
}

/** Where a broken scenario's files lie, as far as its problems tell. */
export function fileOf(problem: Problem, folders: readonly string[]): string {
  const [folder] = folders;
  // Problems name files by the course's id first, which is the folder's own name where one folder was given.
  return folders.length === 1 && folder !== undefined ? join(folder, '..', problem.file) : problem.file;
}
