import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateCheck } from '../../server/checks/index.ts';
import { loadCourses } from '../../server/scenario/index.ts';
import { openTestLab, type TestLab, type TestSession } from '../harness/lab.ts';

/**
 * Each exercise is proven in a real session: its check fails before, with the expected reason; passes after the
 * solution; fails for every near miss with its own message; and leaves the other steps' checks as they were.
 */
const [course] = await loadCourses(join(import.meta.dirname, '../../scenarios'), validateCheck);
const scenarios = course?.items.flatMap((item) => (item.type === 'scenario' ? [item.scenario] : [])) ?? [];

let lab: TestLab;
beforeAll(async () => {
  lab = await openTestLab();
});
afterAll(() => lab?.close());

/** Whether the checks of each step pass, asked without opening the steps. */
async function verdicts(session: TestSession, ids: string[]): Promise<Record<string, boolean>> {
  const out: Record<string, boolean> = {};
  for (const id of ids) out[id] = (await session.check(id)).passed;
  return out;
}

describe.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (id, scenario) => {
  const ids = scenario.steps.map((step) => step.id);
  let session: TestSession;
  beforeAll(async () => {
    session = await lab.open(id);
  }, 60_000);
  afterAll(() => session?.end());

  /** A clean session in which the steps before `index` are solved. */
  async function before(index: number): Promise<void> {
    await session.reset();
    for (const step of scenario.steps.slice(0, index)) {
      await session.page(step.id);
      await session.run(step.exercise?.solution ?? '');
    }
    const step = scenario.steps[index];
    if (step) await session.page(step.id);
  }

  it.each(scenario.steps.map((step, index) => [step.title, step, index] as const))('“%s” fails before, and passes after its solution alone', async (_title, step, index) => {
    await before(index);
    const elsewhere = ids.filter((other) => other !== step.id && !(step.exercise?.undoes ?? []).includes(other));
    const early = await session.check(step.id);
    expect(early.passed).toBe(false);
    expect(early.results.find((result) => !result.passed)?.why).toBe(step.exercise?.expectBefore);
    const others = await verdicts(session, elsewhere);
    const printed = await session.run(step.exercise?.solution ?? '');
    const late = await session.check(step.id);
    expect(late.results.filter((result) => !result.passed).map((result) => ({ ...result, printed }))).toEqual([]);
    expect(await verdicts(session, elsewhere)).toEqual(others);
  }, 120_000);

  const misses = scenario.steps.flatMap((step, index) => (step.exercise?.nearMisses ?? []).map((miss) => [step.title, miss.title, step.id, index, miss] as const));
  it.each(misses)('“%s” is not passed when %s', async (_step, _title, stepId, index, miss) => {
    await before(index);
    await session.run(miss.script);
    const report = await session.check(stepId);
    expect(report.passed).toBe(false);
    const said = report.results.filter((result) => !result.passed).map((result) => result.why);
    expect(said.some((why) => why.includes(miss.expectMessage)), `expected “${miss.expectMessage}” among:\n${said.join('\n')}`).toBe(true);
  }, 120_000);
});
