import { readFileSync, writeFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../server/runner/report.ts';
import type { RunReport } from '../../server/runner/outcome.ts';
import { openTestWorkshop, type TestWorkshop } from '../harness/workshop.ts';

/** A copy of the course, broken on purpose in one way after another: the run has to say what is wrong, and only that. */
const COURSE = resolve(import.meta.dirname, '../../scenarios/argo-workflows');

let folder: string;
let workshop: TestWorkshop;

async function breakCopy(name: string, edits: Record<string, (text: string) => string>): Promise<void> {
  const copy = join(folder, name);
  await cp(join(COURSE, 'access-tokens'), copy, { recursive: true });
  // One step is enough, and two to see a leak between them.
  const index = JSON.parse(await readFile(join(copy, 'index.json'), 'utf8'));
  index.details.steps = index.details.steps.slice(0, name === 'leak' ? 2 : 1);
  await writeFile(join(copy, 'index.json'), JSON.stringify(index));
  for (const [file, edit] of Object.entries(edits)) {
    const before = await readFile(join(copy, file), 'utf8');
    const after = edit(before);
    expect(after, `${name}: ${file} was to be changed`).not.toBe(before);
    await writeFile(join(copy, file), after);
  }
}

const BREAKS: Record<string, Record<string, (text: string) => string>> = {
  'wrong-command': { 'role/checks.yaml': (text) => text.replace('solution: |\n    kubectl create role jenkins', 'solution: |\n    kubectl create rol jenkins') },
  'passes-early': { 'role/checks.yaml': (text) => text.replace(/checks:\n[\s\S]*\nexercise:/, 'checks:\n  - id: account\n    title: The service account default exists\n    resource: { resource: v1/serviceaccounts, name: default }\nexercise:') },
  'near-miss-passes': { 'role/checks.yaml': (text) => text.replace(/ *- \{ path: "rules\[\*\]\.verbs", excludes: .*\n/, '') },
  'near-miss-words': { 'role/checks.yaml': (text) => text.replace(/expect: rolebinding\/jenkins exists, but .*ClusterRole.*/, 'expect: The binding is too wide.') },
  leak: { 'role/checks.yaml': (text) => text.replace('    kubectl create sa jenkins\n    kubectl create rolebinding jenkins --role=jenkins --serviceaccount=argo:jenkins\n  nearMisses', '    kubectl create sa jenkins\n    kubectl create rolebinding jenkins --role=jenkins --serviceaccount=argo:jenkins\n    kubectl create secret generic leaked\n  nearMisses'), 'secret/checks.yaml': (text) => text.replace(/variables:[\s\S]*\nexercise:/, 'checks:\n  - id: leaked\n    title: A Secret was made\n    resource: { resource: v1/secrets, name: leaked }\nexercise:').replace(/expectBefore: .*/, 'expectBefore: There is no secret/leaked in namespace argo.').replace(/solution: \|[\s\S]*$/, 'solution: kubectl create secret generic leaked\n') },
  block: { 'role/text.md': (text) => text.replace('kubectl create sa jenkins', 'kubectl creat sa jenkins') },
};

let report: RunReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'broken-course-'));
  for (const [name, edits] of Object.entries(BREAKS)) await breakCopy(name, edits);
  workshop = await openTestWorkshop([folder]);
  report = await workshop.run({ from: folder });
}, 600_000);
afterAll(async () => {
  await workshop?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The errors of one broken copy, by case. */
function errors(name: string): Record<string, Partial<Finding>[]> {
  const outcome = report.scenarios.find((one) => one.id.endsWith(`/${name}`));
  const out: Record<string, Partial<Finding>[]> = {};
  for (const page of outcome?.pages ?? []) for (const one of page.cases) for (const finding of one.findings) if (finding.severity === 'error') out[one.id] = [...(out[one.id] ?? []), { code: finding.code, message: finding.message, ...(finding.line === undefined ? {} : { line: finding.line }) }];
  return out;
}

describe('a step that works by luck', () => {
  it('is found by running it again', async () => {
    const scenario = join(folder, 'luck', 'lucky');
    await mkdir(join(scenario, 'assets'), { recursive: true });
    await writeFile(join(scenario, 'index.json'), JSON.stringify({ title: 'Lucky', details: { steps: [{ title: 'Toss', text: 'toss.md' }], assets: { host01: [{ file: 'coin', target: '~/' }] } }, backend: { imageid: 'ubuntu' } }));
    await writeFile(join(scenario, 'toss.md'), '# Toss\n\n`grep heads coin`{{exec}}\n');
    await writeFile(join(scenario, 'assets', 'coin'), 'heads\n');
    const lucky = await openTestWorkshop([join(folder, 'luck')]);
    try {
      const found = await lucky.run({ repeat: 3, from: folder }, (event) => {
        // Every other run sees the other side.
        if (event.type === 'scenario-ended') writeFileSync(join(scenario, 'assets', 'coin'), event.report.round === 1 ? 'tails\n' : 'heads\n');
      });
      const [toss] = found.scenarios[0]?.pages[0]?.cases ?? [];
      expect(found.state).toBe('failed');
      expect(toss?.findings.map(({ code, message, file }) => ({ code, message, file }))).toEqual([
        { code: 'flaky', message: 'It is flaky: it failed in 1 of 3 runs (run 2).', file: 'luck/lucky/toss.md' },
        { code: 'block-failed', message: '“grep heads coin” ended with exit code 1.', file: 'luck/lucky/toss.md' },
      ]);
    } finally {
      await lucky.close();
    }
  }, 60_000);
});

/** The line, from 1, on which these words stand in a file of a copy. */
function lineOf(name: string, file: string, words: string): number {
  const at = readFileSync(join(folder, name, file), 'utf8').split('\n').findIndex((line) => line.includes(words));
  if (at === -1) throw new Error(`${file} of ${name} has no ${words}`);
  return at + 1;
}

describe('a broken copy of the course fails', () => {
  it('where the solution has a wrong command, also for the step that builds upon it', () => {
    expect(errors('wrong-command')['step1/solution-alone']).toEqual([{ code: 'solution-fails', message: 'The check “The role jenkins may list and update workflows, and nothing else” fails after its solution.', line: lineOf('wrong-command', 'role/checks.yaml', 'exercise:') }]);
    expect(report.scenarios.find((one) => one.id.endsWith('/wrong-command'))?.state).toBe('failed');
  });

  it('where a check passes before anything was done', () => {
    expect(errors('passes-early')['step1/before']).toEqual([{ code: 'check-passes-early', message: 'The check passes before anything was done.', line: lineOf('passes-early', 'role/checks.yaml', 'exercise:') }]);
  });

  it('where a near miss passes', () => {
    expect(errors('near-miss-passes')).toEqual({ 'step1/near-miss-2': [{ code: 'near-miss-passes', message: 'The near miss “the role may delete as well” passes.', line: lineOf('near-miss-passes', 'role/checks.yaml', 'the role may delete as well') }] });
  });

  it('where a near miss is told something else than its author expects', () => {
    expect(errors('near-miss-words')).toEqual({ 'step1/near-miss-3': [{ code: 'near-miss-message', message: 'The near miss “the account is bound to a wide cluster role” fails, but nothing says what its author expects.', line: lineOf('near-miss-words', 'role/checks.yaml', 'bound to a wide cluster role') }] });
  });

  it('where a solution passes another step’s check', () => {
    expect(errors('leak')).toMatchObject({ 'step1/others': [{ code: 'leak-passes', message: 'The solution of step1 also passes the check of step2.' }], 'step2/before': [{ code: 'check-passes-early' }] });
  });

  it('where a block fails, with the line on which its command stands', () => {
    expect(errors('block')).toEqual({ 'step1/blocks': [{ code: 'block-failed', message: '“kubectl creat sa jenkins” ended with exit code 1.', line: lineOf('block', 'role/text.md', 'kubectl creat sa') }] });
  });
});
