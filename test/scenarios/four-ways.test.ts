import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../server/runner/outcome.ts';
import { findingText } from '../../server/runner/write-reports.ts';
import { openTestWorkshop, type TestWorkshop } from '../harness/workshop.ts';

/**
 * The course is proven as `argo-lab test scenarios --repeat 3` does (once where no CI runs it): every block runs, and for each exercise its check
 * fails before, with the expected reason; passes after the solution; fails for every near miss with its own message; and
 * no solution touches another step's check.
 */
const COURSE = resolve(import.meta.dirname, '../../scenarios');

const RUNS = process.env['CI'] === undefined ? 1 : 3;

let workshop: TestWorkshop;
let out: string;
let report: RunReport;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'four-ways-'));
  workshop = await openTestWorkshop([COURSE]);
  report = await workshop.run({ repeat: RUNS, out });
}, RUNS * 600_000);
afterAll(async () => {
  await workshop?.close();
  await rm(out, { recursive: true, force: true });
});

describe('the course', () => {
  it('holds in every run', () => {
    const problems = report.scenarios.flatMap((outcome) => outcome.pages.flatMap((page) => page.cases.flatMap((one) => one.findings.map((finding) => `${outcome.id} ${one.id} ${findingText(finding)}`))));
    expect(problems).toEqual([]);
    expect(report.scenarios.map(({ id, state }) => ({ id, state }))).toEqual(report.scenarios.map(({ id }) => ({ id, state: 'passed' })));
    expect(report.state).toBe('passed');
  });

  it('is proven four ways: each exercise before, after, with every near miss, and beside the others', async () => {
    const courses = await workshop.workshop.content.courses();
    const scenarios = courses.flatMap((course) => course.items.flatMap((item) => (item.type === 'scenario' ? [item.scenario] : [])));
    const wanted = scenarios.map((scenario) => ({
      id: scenario.id,
      proofs: scenario.steps.flatMap((step) => (step.exercise === undefined ? [] : [`${step.id}/before`, `${step.id}/solution-alone`, `${step.id}/others`, ...step.exercise.nearMisses.map((_, index) => `${step.id}/near-miss-${index + 1}`)])).sort(),
    }));
    const proven = report.scenarios.map((outcome) => ({ id: outcome.id, proofs: outcome.pages.flatMap((page) => page.cases.filter((one) => /\/(before|solution-alone|others|near-miss-\d+)$/.test(one.id)).map((one) => one.id)).sort() }));
    expect(proven).toEqual(wanted.map(({ id, proofs }) => ({ id, proofs: proofs.length <= 3 ? proofs.filter((proof) => !proof.endsWith('/others')) : proofs })));
    expect(proven.flatMap(({ proofs }) => proofs).length).toBeGreaterThan(40);
  });

  it('leaves a recording of each scenario that any player takes', async () => {
    for (const outcome of report.scenarios) {
      const [header, ...events] = (await readFile(join(out, `${outcome.id.replace('/', '.')}.cast`), 'utf8')).trimEnd().split('\n');
      expect(JSON.parse(header ?? '')).toEqual({ version: 2, width: 120, height: 30, timestamp: expect.any(Number), title: outcome.title, idle_time_limit: 2, env: { TERM: 'xterm-256color', SHELL: '/bin/bash' } });
      const parsed = events.map((line): [number, string, string] => JSON.parse(line));
      expect(parsed.length).toBeGreaterThan(10);
      expect(parsed.every(([seconds, code, data]) => Number.isFinite(seconds) && ['o', 'm'].includes(code) && typeof data === 'string')).toBe(true);
      expect(parsed.map(([seconds]) => seconds)).toEqual(parsed.map(([seconds]) => seconds).sort((a, b) => a - b));
    }
  });
});
