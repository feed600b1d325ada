import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateCheck } from '../../server/checks/index.ts';
import { flatten } from '../../server/runner/select.ts';
import { findingText } from '../../server/runner/write-reports.ts';
import { loadCourses } from '../../server/scenario/index.ts';
import { openTestWorkshop, type TestWorkshop } from '../harness/workshop.ts';

/**
 * The course is proven as `argo-lab test scenarios --repeat 3` does (once where no CI runs it): every block runs, and for
 * each exercise its check fails before, with the expected reason; passes after the solution; fails for every near miss
 * with its own message; and no solution touches another step's check.
 */
const COURSE = resolve(import.meta.dirname, '../../scenarios');
const RUNS = process.env['CI'] === undefined ? 1 : 3;
/** For one run of one scenario on a machine that has other things to do. */
const PATIENCE_MS = 600_000;

const course = flatten(await loadCourses(COURSE, validateCheck));

let workshop: TestWorkshop;
let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'four-ways-'));
  workshop = await openTestWorkshop([COURSE]);
});
afterAll(async () => {
  await workshop?.close();
  await rm(out, { recursive: true, force: true });
}, 60_000);

describe('the course', () => {
  it.each(course.map((one) => [one.id, one] as const))(
    '%s holds in every run, each exercise four ways, and leaves a recording that any player takes',
    async (id, one) => {
      expect(one.type).toBe('scenario');
      if (one.type !== 'scenario') return;
      const report = await workshop.run({ only: [id], repeat: RUNS, out });
      const [outcome] = report.scenarios;
      const problems = outcome?.pages.flatMap((page) => page.cases.flatMap((proof) => proof.findings.map((finding) => `${proof.id} ${findingText(finding)}`)));
      expect(problems).toEqual([]);
      expect(report.scenarios.map(({ id: name, state, rounds }) => ({ name, state, rounds }))).toEqual([{ name: id, state: 'passed', rounds: RUNS }]);

      const exercises = one.scenario.steps.filter((step) => step.exercise !== undefined);
      const wanted = exercises.flatMap((step) => [`${step.id}/before`, `${step.id}/solution-alone`, ...(exercises.length > 1 ? [`${step.id}/others`] : []), ...(step.exercise?.nearMisses ?? []).map((_, index) => `${step.id}/near-miss-${index + 1}`)]);
      const proven = outcome?.pages.flatMap((page) => page.cases.map((proof) => proof.id).filter((name) => /\/(before|solution-alone|others|near-miss-\d+)$/.test(name)));
      expect(proven?.sort()).toEqual(wanted.sort());

      const [header = '', ...events] = (await readFile(join(out, `${id.replace('/', '.')}.cast`), 'utf8')).trimEnd().split('\n');
      expect(JSON.parse(header)).toEqual({ version: 2, width: 120, height: 30, timestamp: expect.any(Number), title: one.scenario.title, idle_time_limit: 2, env: { TERM: 'xterm-256color', SHELL: '/bin/bash' } });
      const parsed = events.map((line): [number, string, string] => JSON.parse(line));
      expect(parsed.length).toBeGreaterThan(5);
      expect(parsed.every(([seconds, code, data]) => Number.isFinite(seconds) && ['o', 'm'].includes(code) && typeof data === 'string')).toBe(true);
      expect(parsed.map(([seconds]) => seconds)).toEqual(parsed.map(([seconds]) => seconds).sort((a, b) => a - b));
    },
    RUNS * PATIENCE_MS,
  );
});
