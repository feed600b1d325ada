import { pagesOf } from '../../load-scenario.ts';
import type { ScenarioContext } from '../context.ts';

/** Checks that teach: each with a hint, a solution that proves it, and near misses. */
export function exercises(context: ScenarioContext): void {
  const { scenario, index, indexFile, prefix, say } = context;
  for (const page of pagesOf(scenario)) {
    const step = /^step(\d+)$/.exec(page.id)?.[1];
    const path = step === undefined ? index.path[page.id === 'intro' ? 'intro' : 'finish'] : [...index.path.steps, Number(step) - 1];
    const here = { file: indexFile, ...index.json.place(path), page: page.id };
    if (page.checks.length === 0) {
      if (page.verify === undefined && page.answer !== undefined) say('exercise-without-check', here, `${page.title || page.id} has an answer but nothing that checks what the learner did`);
      continue;
    }
    const file = page.checksFile === undefined ? indexFile : `${prefix}${page.checksFile}`;
    const at = { file, line: 1, column: 1, page: page.id };
    const ids = new Set<string>();
    for (const check of page.checks) {
      if (ids.has(check.id)) say('check-duplicate', { ...at, ...check.at }, `there are two checks with the id ${check.id}`);
      ids.add(check.id);
      if (check.hints.length === 0 && !saysNext(check.spec)) say('check-without-hint', { ...at, ...check.at }, `the check ${check.id} has no hint`);
    }
    if (page.exercise === undefined) say('exercise-missing', at, 'nothing proves that the checks fail before and pass after');
    else if (page.exercise.nearMisses.length === 0) say('near-miss-missing', at, 'nothing proves that the checks tell right from nearly right');
  }
}

/** Whether a check's own settings tell what to do next: `hint` of its kind, `next` of one of those that it combines. */
function saysNext(spec: unknown, depth = 0): boolean {
  if (typeof spec !== 'object' || spec === null || depth > 6) return false;
  return Object.entries(spec).some(([key, value]) => ((key === 'hint' || key === 'next') && typeof value === 'string' && value !== '') || saysNext(value, depth + 1));
}
