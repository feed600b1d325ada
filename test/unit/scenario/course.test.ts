import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { loadCourses } from '../../../server/scenario/index.ts';

describe('the course that comes with the lab', async () => {
  const [course] = await loadCourses(join(import.meta.dirname, '../../../scenarios'), validateCheck);
  const scenarios = course?.items.flatMap((item) => (item.type === 'scenario' ? [item.scenario] : [])) ?? [];

  it('loads without a problem', () => {
    expect(course?.items.map((item) => (item.type === 'scenario' ? item.scenario.problems : item))).toEqual(course?.items.map(() => []));
    expect(scenarios.map((scenario) => scenario.id)).toEqual(expect.arrayContaining(['argo-workflows/using-the-api', 'argo-workflows/access-tokens']));
  });

  it.each(scenarios.flatMap((scenario) => scenario.steps.map((step) => [`${scenario.id} ${step.id}`, step] as const)))('has a check with a solution and at least two near misses: %s', (_name, step) => {
    expect(step.checks.length).toBeGreaterThan(0);
    expect(step.exercise?.solution).toBeTruthy();
    expect(step.exercise?.nearMisses.length).toBeGreaterThanOrEqual(2);
  });
});
