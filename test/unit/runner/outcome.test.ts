import { parseDocument } from 'yaml';
import { describe, expect, it } from 'vitest';
import type { Block } from '../../../server/runner/blocks.ts';
import type { Exchange, Finding, ScenarioReport } from '../../../server/runner/report.ts';
import { differences } from '../../../server/runner/compare.ts';
import { judgeExchange } from '../../../server/runner/judge-block.ts';
import { combine, type RunReport } from '../../../server/runner/outcome.ts';
import { noStyle, summary } from '../../../server/runner/reporter.ts';
import { parseShard, select, type Selected } from '../../../server/runner/select.ts';
import { withSolution } from '../../../server/runner/recorder.ts';
import { withItem } from '../../../server/runner/new-scenario.ts';
import { fileNameOf, junitXml, transcriptText } from '../../../server/runner/write-reports.ts';

const finding: Finding = { severity: 'error', code: 'block-failed', message: '“a <b> & c” ended with exit code 1.', expected: 'exit code 0', observed: 'exit code 1', next: 'Mend it.', printed: 'no\u001b\u0000 such "thing"', file: 'c/step.md', line: 7 };

function round(number: number, failed: boolean): ScenarioReport {
  return { id: 'c/one', title: 'One', folder: '/c/one', provider: 'embedded', state: failed ? 'failed' : 'passed', ms: 1000, round: number, solutions: [], exchanges: [], pages: [{ page: 'step1', title: 'Step <1>', file: 'c/step.md', cases: [{ id: 'step1/blocks', kind: 'blocks', title: 'its block runs', state: failed ? 'failed' : 'passed', ms: 10, findings: failed ? [finding] : [] }] }] };
}

const exchange: Exchange = { page: 'step1', part: 'block', terminal: 1, command: 'sleep 1\n', exitCode: 0, output: 'x\n', ms: 1, ended: 'itself' };
const block: Block = { code: '', terminal: 1, interrupt: false, newline: true, keys: false, line: 1, expects: undefined };

describe('several runs as one', () => {
  it('pass when every run passes, and fail with what was found when every run fails', () => {
    expect(combine([round(1, false), round(2, false)])).toMatchObject({ state: 'passed', rounds: 2, ms: 2000 });
    expect(combine([round(1, true), round(2, true)]).pages[0]?.cases[0]?.findings).toEqual([finding]);
  });

  it('are flaky when some fail', () => {
    const outcome = combine([round(1, false), round(2, true), round(3, true)]);
    expect(outcome.state).toBe('failed');
    expect(outcome.pages[0]?.cases[0]?.findings.map(({ code, message }) => ({ code, message }))).toEqual([
      { code: 'flaky', message: 'It is flaky: it failed in 2 of 3 runs (run 2, 3).' },
      { code: 'block-failed', message: finding.message },
    ]);
  });
});

describe('the reports', () => {
  const report: RunReport = { version: 1, state: 'failed', provider: 'embedded', repeat: 1, ms: 2500, scenarios: [combine([round(1, true)]), { ...combine([round(1, false)]), id: 'c/two', state: 'skipped', reason: 'There is no Docker.', pages: [] }] };

  it('are JUnit XML that holds whatever a program printed', () => {
    expect(junitXml(report)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="argo-lab" tests="2" failures="1" errors="0" skipped="1" time="2.500">
  <testsuite name="c/one" tests="1" failures="1" errors="0" skipped="0" time="1.000">
    <properties><property name="cluster" value="embedded"/><property name="runs" value="1"/></properties>
    <testcase classname="c/one.step1" name="Step &lt;1&gt;: its block runs" file="c/step.md" time="0.010">
      <failure type="block-failed" message="“a &lt;b&gt; &amp; c” ended with exit code 1.">“a &lt;b&gt; &amp; c” ended with exit code 1.&#10;at: c/step.md:7&#10;expected: exit code 0&#10;observed: exit code 1&#10;next: Mend it.&#10;printed: no such &quot;thing&quot;</failure>
    </testcase>
  </testsuite>
  <testsuite name="c/two" tests="1" failures="0" errors="0" skipped="1" time="1.000">
    <properties><property name="cluster" value="embedded"/><property name="runs" value="1"/></properties>
    <testcase classname="c/two" name="One" time="0"><skipped message="There is no Docker."/></testcase>
  </testsuite>
</testsuites>
`);
  });

  it('tell a person each failure with all that is known, then the numbers', () => {
    expect(summary(report, noStyle)).toBe(`
✗ c/one › Step <1> › its block runs
  “a <b> & c” ended with exit code 1.
  at: c/step.md:7
  expected: exit code 0
  observed: exit code 1
  next: Mend it.
  printed: no\u001b\u0000 such "thing"

skipped c/two: There is no Docker.
Scenarios: 0 passed, 1 failed, 1 skipped
Proofs:    0 held, 1 failed
Cluster:   embedded, 2.5 s
`);
  });

  it('have a transcript that reads like a terminal', () => {
    const outcome = { ...combine([round(1, false)]), exchanges: [exchange, { ...exchange, terminal: 2, command: 'cat <<E\nE', output: '', exitCode: 2 }, { ...exchange, part: 'solution' as const, ended: 'running' as const }] };
    expect(transcriptText(outcome)).toBe('# One (c/one)\n\n## Step <1>\n\n$ sleep 1\n> \nx\nT2$ cat <<E\n> E\n[exit code 2]\n\n## Step <1> — solution\n\n$ sleep 1\n> \nx\n[running]\n');
  });

  it('lie in files whose names no scenario can choose freely', () => {
    expect(['a/b', '../../etc/passwd', 'ü b', ''].map(fileNameOf)).toEqual(['a.b', 'etc.passwd', '__b', 'scenario']);
  });
});

describe('what runs', () => {
  const all = ['a/one', 'a/two', 'b/one', 'b/three'].map((id): Selected => ({ type: 'broken', id, title: id, problems: [] }));
  const ids = (list: Selected[]) => list.map(({ id }) => id);

  it('is chosen by part of the id, or by a pattern', () => {
    expect(ids(select(all, ['one'], undefined))).toEqual(['a/one', 'b/one']);
    expect(ids(select(all, ['a/*', '*three'], undefined))).toEqual(['a/one', 'a/two', 'b/three']);
    expect(ids(select(all, ['a.one'], undefined))).toEqual([]);
  });

  it('is in exactly one shard', () => {
    expect([1, 2, 3].flatMap((index) => ids(select(all, [], { index, count: 3 }))).sort()).toEqual(ids(all).sort());
    expect([parseShard('1/3'), parseShard('3/3'), parseShard('0/3'), parseShard('4/3'), parseShard('1'), parseShard('a/b')]).toEqual([{ index: 1, count: 3 }, { index: 3, count: 3 }, undefined, undefined, undefined, undefined]);
  });
});

describe('a block', () => {
  const codes = (one: Partial<Exchange>, of: Partial<Block> = {}, last = true) => judgeExchange({ ...exchange, ...one }, { ...block, ...of }, last, 1000).map(({ code }) => code);

  it('is fine when it ends with 0, or as the comment above it says', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ exitCode: 1 }, { expects: 1 })).toEqual([]);
    expect(codes({ exitCode: 7 }, { expects: 'any' })).toEqual([]);
    expect(codes({ exitCode: 0 }, { expects: 1 }, false)).toEqual([]);
    expect(codes({ ended: 'running' })).toEqual([]);
  });

  it('is not when it ends otherwise, not at all, or with the shell', () => {
    expect(codes({ exitCode: 127 })).toEqual(['block-failed']);
    expect(codes({ exitCode: 0 }, { expects: 1 })).toEqual(['block-should-fail']);
    expect(codes({ ended: 'interrupted' })).toEqual(['block-did-not-end']);
    expect(codes({ ended: 'shell-ended', command: 'set -e; false' })).toEqual(['shell-ended']);
    expect(codes({ ended: 'shell-ended', command: 'exit' })).toEqual([]);
  });
});

describe('a recorded transcript', () => {
  const line = (command: string, output: string, exitCode = 0) => ({ page: 'step1', command, output, exitCode, at: 1 });
  const ran = (command: string, output: string, exitCode = 0): Exchange => ({ ...exchange, part: 'solution', command, output, exitCode });

  it('is held against the commands in their order, a paste of several as one', () => {
    expect(differences([line('a\n\n# why\nb', 'one\ntwo'), line('c', 'made web-a1b2c')], [ran('a', 'one\n'), ran('b', 'two\n'), ran('c', 'made web-z9y8x')])).toEqual([]);
  });

  it('differs in what was answered, in how it ended, in what was run', () => {
    const codes = (run: Exchange[]) => differences([line('a', 'one')], run).map(({ code }) => code);
    expect(codes([ran('a', 'two')])).toEqual(['transcript-differs']);
    expect(codes([ran('a', 'one', 1)])).toEqual(['transcript-exit-code']);
    expect(codes([ran('b', 'one')])).toEqual(['transcript-command']);
    expect(codes([])).toEqual(['transcript-command']);
  });
});

describe('a recording', () => {
  const page = { id: 'step1', title: 'Do it', text: 'step1/text.md', checks: [], verify: 'step1/verify.sh' };

  it('puts the solution into checks.yaml and leaves all else as it was', () => {
    const before = '# mine\nchecks:\n  - {id: a, title: A, file: {path: x}} # short\nexercise:\n  expectBefore: not yet\n  solution: old\n  # keep me\n  nearMisses: []\n';
    expect(withSolution(before, { page, solution: 'kubectl get pods\necho "a: b"\n', lines: [], expectBefore: 'other' })).toBe('# mine\nchecks:\n  - { id: a, title: A, file: { path: x } } # short\nexercise:\n  expectBefore: not yet\n  solution: |\n    kubectl get pods\n    echo "a: b"\n  # keep me\n  nearMisses: []\n');
  });

  it('makes one of a verify script', () => {
    expect(parseDocument(withSolution(undefined, { page, solution: 'touch x\n', lines: [], expectBefore: 'x is missing' })).toJS()).toEqual({ checks: [{ id: 'verify', title: 'Do it', script: 'step1/verify.sh' }], exercise: { expectBefore: 'x is missing', solution: 'touch x\n' } });
  });
});

describe('a new scenario in structure.json', () => {
  const add = (text: string) => withItem(text, 'new', { ...JSON.parse(text), items: [...JSON.parse(text).items, { path: 'new' }] });

  it('is one line more, written as the others are', () => {
    expect(add('{\n  "title": "T",\n  "items": [\n    { "path": "a" }\n  ]\n}\n')).toBe('{\n  "title": "T",\n  "items": [\n    { "path": "a" },\n    { "path": "new" }\n  ]\n}\n');
    expect(JSON.parse(add('{"items":[]}'))).toEqual({ items: [{ path: 'new' }] });
    expect(JSON.parse(add('{"items":[{"path":"a]"}], "title": "x"}'))).toEqual({ items: [{ path: 'a]' }, { path: 'new' }], title: 'x' });
  });
});
