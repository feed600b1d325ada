import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { spawn } from 'node-pty';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

/** The commands as an author calls them: processes with exit codes. */
const root = resolve(import.meta.dirname, '../../..');
const MAIN = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href, join(root, 'server/main.ts')];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'author-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function lab(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...MAIN, ...args], { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: '1' } });
  return { code: status, out: stdout, err: stderr };
}

const Report = z.object({ state: z.string(), scenarios: z.array(z.object({ id: z.string(), state: z.string(), reason: z.string().optional(), pages: z.array(z.object({ cases: z.array(z.object({ id: z.string(), state: z.string() })) })) })) });

describe('argo-lab new', () => {
  it.each(['exercise', 'tour'])('makes an %s that lint and test have nothing against', (kind) => {
    const course = join(folder, `${kind}-course`);
    expect(lab('new', 'first-steps', '--course', course, '--kind', kind)).toMatchObject({ code: 0, err: '' });
    expect(lab('lint', course, '--strict')).toMatchObject({ code: 0 });
    const { code, out } = lab('test', course, '--json');
    const report = Report.parse(JSON.parse(out));
    expect(report.scenarios.map(({ state }) => state)).toEqual(['passed']);
    expect(report.scenarios.flatMap(({ pages }) => pages.flatMap(({ cases }) => cases.map(({ id, state }) => `${id} ${state}`)))).toEqual(
      kind === 'tour' ? ['step1/blocks passed'] : ['intro/blocks passed', 'step1/blocks passed', 'step1/before passed', 'step1/solution-after-blocks passed', 'step1/solution-alone passed', 'step1/near-miss-1 passed', 'step1/near-miss-2 passed'],
    );
    expect(code).toBe(0);
  }, 120_000);

  it('overwrites nothing, and refuses names that can’t be used everywhere', async () => {
    await mkdir(join(folder, 'mine'), { recursive: true });
    await writeFile(join(folder, 'mine', 'note'), 'mine');
    expect(lab('new', 'mine')).toEqual({ code: 2, out: '', err: 'argo-lab: mine is there already\nChoose another name, or remove it first.\n' });
    expect(await readdir(join(folder, 'mine'))).toEqual(['note']);
    for (const name of ['../up', 'Upper', 'x'.repeat(64)]) expect(lab('new', name)).toMatchObject({ code: 2, out: '' });
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  }, 60_000);
});

describe('argo-lab test', () => {
  it('says what was called wrongly, and ends with 2', () => {
    for (const args of [['nowhere'], ['--repeat', '0'], ['--shard', '3/2'], ['--colour']]) {
      const { code, out, err } = lab('test', ...args);
      expect({ args, code, out, said: err !== '' }).toEqual({ args, code: 2, out: '', said: true });
    }
  }, 60_000);

  it('skips by name what this machine can’t give', async () => {
    const course = join(folder, 'needy');
    await mkdir(join(course, 'docker'), { recursive: true });
    await writeFile(join(course, 'docker', 'index.json'), JSON.stringify({ title: 'Images', details: { steps: [{ title: 'Build', text: 'build.md' }] }, backend: { imageid: 'ubuntu' } }));
    await writeFile(join(course, 'docker', 'build.md'), '# Build\n\n`docker build .`{{exec}}\n');
    const { code, out } = lab('test', course, '--json', '--cluster', 'none', '--out', join(folder, 'needy-report'));
    expect(Report.parse(JSON.parse(out)).scenarios).toEqual([{ id: 'needy/docker', state: 'skipped', reason: expect.stringContaining('There is no Docker in a session.'), pages: [] }]);
    expect(code).toBe(0);
    expect((await readFile(join(folder, 'needy-report', 'junit.xml'), 'utf8')).includes('<skipped message="There is no Docker in a session.')).toBe(true);
  }, 60_000);
});

describe('argo-lab test --bail', () => {
  const Bailed = Report.extend({ left: z.array(z.string()).optional() });
  let course: string;
  beforeAll(async () => {
    course = join(folder, 'stops');
    for (const [name, block] of [['1-fine', 'true'], ['2-fails', 'false'], ['3-long', 'sleep 30'], ['4-fine', 'true']] as const) {
      await mkdir(join(course, name), { recursive: true });
      await writeFile(join(course, name, 'index.json'), JSON.stringify({ title: name, details: { steps: [{ title: 'Step', text: 'step.md' }] }, backend: { imageid: 'ubuntu' } }));
      await writeFile(join(course, name, 'step.md'), `# Step\n\n\`${block}\`{{exec}}\n`);
    }
  });

  it('stops at the first scenario that fails, and names those that have not run', () => {
    const { code, out } = lab('test', course, '--cluster', 'none', '--bail', '--jobs', '1', '--json');
    const report = Bailed.parse(JSON.parse(out));
    expect({ code, state: report.state, ran: report.scenarios.map(({ id, state }) => `${id} ${state}`), left: report.left }).toEqual({ code: 1, state: 'failed', ran: ['stops/1-fine passed', 'stops/2-fails failed'], left: ['stops/3-long', 'stops/4-fine'] });
  }, 60_000);

  it('stops what runs beside it, too', () => {
    const began = performance.now();
    const { code, out } = lab('test', course, '--cluster', 'none', '--bail', '--jobs', '2', '--only', '2-fails', '--only', '3-long');
    expect(performance.now() - began).toBeLessThan(25_000);
    expect(code).toBe(1);
    expect(out).toContain('Scenarios: 0 passed, 1 failed\n');
    expect(out).toContain('Stopped at the first scenario that failed: one has not run.\n');
  }, 60_000);

  it('changes nothing where nothing fails', () => {
    const { code, out } = lab('test', course, '--cluster', 'none', '--bail', '--only', '1-fine', '--only', '4-fine', '--json');
    const report = Bailed.parse(JSON.parse(out));
    expect({ code, state: report.state, ran: report.scenarios.map(({ id }) => id), left: report.left }).toEqual({ code: 0, state: 'passed', ran: ['stops/1-fine', 'stops/4-fine'], left: undefined });
  }, 60_000);
});

describe('argo-lab record', () => {
  let scenario: string;
  beforeAll(async () => {
    scenario = join(folder, 'recorded', 'files');
    await mkdir(join(scenario, 'step'), { recursive: true });
    await writeFile(join(scenario, 'index.json'), JSON.stringify({ title: 'Files', details: { intro: { title: 'Hello', text: 'intro.md' }, steps: [{ title: 'A file', text: 'step/text.md' }] }, backend: { imageid: 'ubuntu' } }));
    await writeFile(join(scenario, 'intro.md'), '# Hello\n');
    await writeFile(join(scenario, 'step', 'text.md'), '# A file\n\nWrite yes into answer.txt.\n');
    await writeFile(join(scenario, 'step', 'checks.yaml'), '# by hand\nchecks:\n  - id: answer\n    title: The file says yes\n    hints: [echo]\n    file: {path: ~/answer.txt, contains: "yes"} # in the home\n');
  });

  it('takes what an author types at a terminal, and what is answered', async () => {
    const pty = spawn(process.execPath, [...MAIN, 'record', scenario, '--cluster', 'none'], { cols: 100, rows: 30, cwd: folder, env: { ...process.env, TERM: 'xterm-256color' } });
    let screen = '';
    pty.onData((data) => {
      screen += data;
    });
    const ended = new Promise<number>((done) => pty.onExit(({ exitCode }) => done(exitCode)));
    /** Waits until this stands on the screen, beyond what stood there before. */
    let seen = 0;
    const sees = async (text: string) => {
      const deadline = Date.now() + 60_000;
      for (;;) {
        const at = screen.indexOf(text, seen);
        if (at !== -1) {
          seen = at + text.length;
          return;
        }
        if (Date.now() > deadline) throw new Error(`“${text}” does not show:\n${screen.slice(-3000)}`);
        await new Promise((wake) => setTimeout(wake, 20));
      }
    };
    const prompt = async () => {
      await sees('$ ');
      // The prompt is drawn a moment before the shell reads.
      await new Promise((wake) => setTimeout(wake, 100));
    };
    await sees('Hello (intro.md): nothing is checked here');
    await sees('Ctrl-]');
    await prompt();
    pty.write('next\r');
    await sees('A file (step/text.md)');
    await prompt();
    pty.write('lss\r');
    await sees('command not found');
    await prompt();
    pty.write('echo no > answer.txt\r');
    await prompt();
    pty.write('next\r');
    await sees('The page is not solved yet');
    await prompt();
    pty.write('undo\r');
    await sees('Forgotten, though not undone in the cluster: echo no > answer.txt');
    await prompt();
    pty.write('echo yes > answer.txt\r');
    await prompt();
    pty.write('cat answer.txt\r');
    await sees('yes\r');
    await prompt();
    // The menu, while a program runs.
    pty.write('\u001d');
    await sees('its first letter?');
    pty.write('c');
    await sees('✓ The file says yes');
    await prompt();
    pty.write('next\r');
    await sees('That was the last page.');
    await sees('Prove it:');
    expect(await ended).toBe(0);
    expect(await readFile(join(scenario, 'step', 'checks.yaml'), 'utf8')).toBe('# by hand\nchecks:\n  - id: answer\n    title: The file says yes\n    hints: [ echo ]\n    file: { path: ~/answer.txt, contains: "yes" } # in the home\nexercise:\n  expectBefore: There is no file ~/answer.txt.\n  solution: |\n    echo yes > answer.txt\n    cat answer.txt\n');
    expect(await readFile(join(scenario, 'transcript.jsonl'), 'utf8')).toBe('{"page":"step1","command":"echo yes > answer.txt","exitCode":0,"output":""}\n{"page":"step1","command":"cat answer.txt","exitCode":0,"output":"yes"}\n');
  }, 120_000);

  it('proves what it recorded, and finds an answer that has changed', async () => {
    expect(lab('test', scenario, '--cluster', 'none', '--compare')).toMatchObject({ code: 0 });
    const changed = join(folder, 'changed');
    await cp(scenario, changed, { recursive: true });
    await writeFile(join(changed, 'transcript.jsonl'), (await readFile(join(changed, 'transcript.jsonl'), 'utf8')).replace('"output":"yes"', '"output":"yes, indeed"'));
    const { code, out } = lab('test', changed, '--cluster', 'none', '--compare');
    expect(code).toBe(1);
    expect(out).toContain('“cat answer.txt” answers differently than was recorded.\n  at: changed/transcript.jsonl:2\n  expected: yes, indeed\n  observed: yes\n');
  }, 120_000);

  it('types a file instead, and changes nothing when nothing comes of it', async () => {
    const before = await readFile(join(scenario, 'step', 'checks.yaml'), 'utf8');
    await writeFile(join(folder, 'lines'), 'skip\nskip\n');
    expect(lab('record', scenario, '--cluster', 'none', '--from', 'lines')).toMatchObject({ code: 1, out: expect.stringContaining('Nothing was recorded: nothing is changed.') });
    expect(await readFile(join(scenario, 'step', 'checks.yaml'), 'utf8')).toBe(before);
    await writeFile(join(folder, 'lines'), 'next\ncat > answer.txt <<E\nyes\nE\nnext\n');
    expect(lab('record', scenario, '--cluster', 'none', '--from', 'lines')).toMatchObject({ code: 0, err: '' });
    expect(await readFile(join(scenario, 'step', 'checks.yaml'), 'utf8')).toContain('  solution: |\n    cat > answer.txt <<E\n    yes\n    E\n');
  }, 120_000);

  it.skipIf(!existsSync('/usr/bin/asciinema') && spawnSync('asciinema', ['--version']).status !== 0)('makes a recording that asciinema plays (skipped where it is not installed)', () => {
    const { status, stdout } = spawnSync('asciinema', ['cat', join(scenario, 'recording.cast')], { encoding: 'utf8' });
    expect({ status, shows: stdout.includes('cat > answer.txt') }).toEqual({ status: 0, shows: true });
  });

  it('refuses what is no scenario, and to record without a terminal', () => {
    expect(lab('record', folder)).toMatchObject({ code: 2 });
    expect(lab('record', scenario)).toMatchObject({ code: 2, err: 'argo-lab: record needs a terminal to type into, or --from FILE with what to type\n' });
  }, 60_000);
});
