import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { compareTranscript } from '../../../server/runner/compare.ts';
import type { CaseReport, Exchange, ScenarioReport } from '../../../server/runner/report.ts';
import type { Scenario } from '../../../server/scenario/model.ts';

const exchange = { page: 'step1', command: 'ls' } as Exchange;
const report = { id: 'c/s', state: 'passed', pages: [{ page: 'intro', cases: [] }, { page: 'step1', cases: [] }], solutions: [exchange] } as unknown as ScenarioReport;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compare-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['was recorded', undefined],
  ['was recorded but a page without a check', '\n'],
])('says on the first page with a solution that nothing %s, and passes', async (_what, transcript) => {
  if (transcript !== undefined) await writeFile(join(folder, 'transcript.jsonl'), transcript);
  const told: [string, CaseReport][] = [];
  const compared = await compareTranscript(report, { folder } as Scenario, folder, (page, one) => told.push([page, one]));
  const one: CaseReport = {
    id: 'step1/transcript',
    kind: 'transcript',
    title: 'has nothing recorded to compare with',
    state: 'passed',
    ms: 0,
    findings: [{ severity: 'warning', code: 'transcript-missing', message: 'There is no transcript.jsonl to compare with.', next: 'Record one: argo-lab record SCENARIO' }],
  };
  expect(told).toEqual([['step1', one]]);
  expect([compared.state, compared.pages.map((page) => page.cases)]).toEqual(['passed', [[], [one]]]);
});
