import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../../server/runner/outcome.ts';
import { openTestWorkshop, type TestWorkshop } from '../../harness/workshop.ts';

/** Scenarios that misbehave, run with little patience: each costs its time limit, and the next one runs. */
const LIMIT_MS = 5000;
const MARK = `mean-${process.pid}`;

let folder: string;
let workshop: TestWorkshop;
let report: RunReport;

async function scenario(name: string, files: Record<string, string>, step: object, more: object = {}): Promise<void> {
  for (const [file, text] of Object.entries({ ...files, 'index.json': JSON.stringify({ title: name, details: { ...more, steps: [{ title: name, text: 'step.md', ...step }] }, backend: { imageid: 'ubuntu' } }) })) {
    await mkdir(dirname(join(folder, name, file)), { recursive: true });
    await writeFile(join(folder, name, file), text);
  }
}

const blocks = (...list: string[]) => ({ 'step.md': `# Step\n\n${list.map((block) => (block.startsWith('`') ? block : `\`${block}\`{{exec}}`)).join('\n\n')}\n` });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mean-'));
  await scenario('deaf', blocks(`trap '' INT QUIT TERM HUP; while :; do sleep 1; done # ${MARK}`, 'echo "still there"'), {});
  await scenario('reads', blocks('read answer', 'cat', 'echo "still there"'), {});
  await scenario('flood', blocks('yes', '`echo quiet`{{exec interrupt}}', 'head -c 2000000 /dev/urandom | base64'), {});
  await scenario('half', blocks('echo "no end', 'echo "still there"'), {});
  await scenario('leaves', blocks('exit', 'echo "a new shell"'), {});
  await scenario('servers', blocks('python3 -m http.server 18080', '`curl -s localhost:18080 | head -c 9`{{exec T2}}', '`echo stopped`{{exec T1 interrupt}}', '`python3 -q`{{exec}}', '`print(6 * 7)`{{exec}}', '`exit()`{{exec}}', '`less /etc/passwd`{{exec}}', '`q`{{execute no-newline}}', '`echo done`{{exec}}'), {});
  await scenario('scripts', { ...blocks('echo "still there"'), 'bg.sh': `sleep 1000 # ${MARK}`, 'fg.sh': 'while :; do sleep 1; done' }, { background: 'bg.sh', foreground: 'fg.sh' });
  await scenario('verify', { ...blocks('true'), 'verify.sh': `read x; while :; do :; done # ${MARK}` }, { verify: 'verify.sh' });
  await scenario('forks', blocks('bomb() { bomb | bomb & }; bomb'), {});
  await scenario('throws', { ...blocks('true'), 'step.checks.yaml': 'checks:\n  - id: a\n    title: A\n    file: {path: ../../../etc/shadow}\nexercise:\n  expectBefore: nothing\n  solution: "true"\n' }, {});
  await writeFile(join(folder, 'deaf', '..', 'zz-note.txt'), '');
  await mkdir(join(folder, 'broken'));
  await writeFile(join(folder, 'broken', 'index.json'), '{"title": ');
  await scenario('well', blocks('echo fine'), {});
  workshop = await openTestWorkshop([folder], 'auto', 'none');
  report = await workshop.run({ limitMs: LIMIT_MS, from: folder });
}, 240_000);
afterAll(async () => {
  await workshop?.close();
  await rm(folder, { recursive: true, force: true });
});

function outcome(name: string) {
  const found = report.scenarios.find((one) => one.id.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`${name} was not run`);
  return found;
}
const errors = (name: string) => outcome(name).pages.flatMap((page) => page.cases.flatMap((one) => one.findings.filter((finding) => finding.severity === 'error').map(({ code, line }) => (line === undefined ? code : `${code} at line ${line}`))));
const typed = (name: string) => outcome(name).exchanges.map(({ terminal, command, ended, exitCode, output }) => ({ terminal, command, ended, exitCode, output: output.trim() }));

describe('a scenario that misbehaves fails, and the run goes on', () => {
  it('when a command ignores every signal: its terminal goes, and a new one comes', () => {
    expect(errors('deaf')).toEqual(['block-did-not-end at line 3']);
    expect(typed('deaf').map(({ ended, output }) => [ended, output.includes('still there')])).toEqual([['killed', false], ['itself', true]]);
  });

  it('when commands wait for somebody to type', () => {
    expect(errors('reads')).toEqual(['block-did-not-end at line 3']);
    expect(typed('reads').map(({ ended, output }) => [ended, output])).toEqual([['interrupted', '^C'], ['running', ''], ['running', 'echo "still there"\r\necho "still there"'.replaceAll('\r', '')]]);
  });

  it('when output floods the terminal, of which only the ends are kept', () => {
    expect(errors('flood')).toEqual([]);
    expect(typed('flood').map(({ ended }) => ended)).toEqual(['running', 'itself', 'itself']);
    expect(JSON.stringify(outcome('flood')).length).toBeLessThan(400_000);
  });

  it('when a block is only half a command', () => {
    expect(errors('half')).toEqual(['block-syntax at line 3']);
    expect(typed('half').map(({ output }) => output)).toEqual(['still there']);
  });

  it('when scripts never end', () => {
    expect(errors('scripts')).toEqual(['script-did-not-end', 'script-did-not-end']);
    expect(typed('scripts').at(-1)?.output).toBe('still there');
  });

  it('when a verify script never ends', () => {
    expect(errors('verify')).toEqual(['too-slow']);
  });

  it('when a check can’t be carried out', () => {
    expect(outcome('throws').state).toBe('failed');
    expect(errors('throws')[0]).toMatch(/^wrong-reason-before/);
  });

  it('when a file can’t be read', () => {
    expect(outcome('broken')).toMatchObject({ state: 'broken', pages: [{ cases: [{ title: 'its files can be read', findings: [{ file: 'broken/index.json', severity: 'error' }] }] }] });
  });

  it('and a well-behaved one still passes, though another forked without end', () => {
    expect(outcome('well').state).toBe('passed');
    expect(report.state).toBe('failed');
  });

  it('with no process of theirs left', () => {
    const left = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(MARK);
      } catch {
        return false;
      }
    });
    expect(left).toEqual([]);
  });
});

describe('what a reader does is understood', () => {
  it('a shell that is left is replaced', () => {
    expect(errors('leaves')).toEqual([]);
    expect(typed('leaves').map(({ ended, output }) => [ended, output])).toEqual([['shell-ended', 'exit'], ['itself', 'a new shell']]);
  });

  it('servers run on beside another terminal, pagers and shells within the shell take what is typed', () => {
    expect(errors('servers')).toEqual([]);
    expect(typed('servers').map(({ terminal, command, ended }) => [terminal, command, ended])).toEqual([
      [1, 'python3 -m http.server 18080', 'running'],
      [2, 'curl -s localhost:18080 | head -c 9', 'itself'],
      [1, 'echo stopped', 'itself'],
      [1, 'python3 -q', 'running'],
      [1, 'print(6 * 7)', 'running'],
      [1, 'exit()', 'itself'],
      [1, 'less /etc/passwd', 'running'],
      [1, 'q', 'itself'],
      [1, 'echo done', 'itself'],
    ]);
    expect(typed('servers')[1]?.output).toBe('<!DOCTYPE');
    expect(typed('servers')[4]?.output).toContain('42');
  });
});
