import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/lib/clock.ts';
import { systemIds } from '../../../server/lib/ids.ts';
import { NoSandbox } from '../../../server/sandbox/none.ts';
import { Terminals } from '../../../server/session/terminals.ts';
import { prepareTools } from '../../../server/session/tools.ts';
import { foregroundStarter, isForegroundLine } from '../../../server/terminal/foreground.ts';
import type { TerminalHub } from '../../../server/terminal/terminal.ts';

let folder: string;
let home: string;
let tools: string;
let sandbox: NoSandbox;
let terminals: Terminals;
let shell: TerminalHub;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-foreground-'));
  home = join(folder, 'home');
  tools = (await prepareTools(join(folder, 'tools'), { path: process.env['PATH'] ?? '', argoBundle: '/nowhere' })).folder;
  sandbox = new NoSandbox({ folder, tools }, 'no sandbox in this test');
  const place = await sandbox.open({ sessionId: `f${process.pid}`, home });
  terminals = new Terminals({ place, clock: systemClock, ids: systemIds, variables: [], onChange: () => {}, onPrompt: () => {} });
  shell = await terminals.open();
  await mkdir(join(home, 'foreground'));
}, 30_000);
afterAll(async () => {
  await sandbox.close();
  await terminals.closeAll();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;
/** Runs a script in the foreground, then looks around with `after`; what both wrote to the file `$OUT`. */
async function run(script: string, after = ''): Promise<string> {
  const name = `page${++count}`;
  const out = join(home, `${name}.out`);
  await writeFile(out, '');
  await writeFile(join(home, 'foreground', `.${name}.sh`), `OUT=${out}\n${script}\n`);
  await writeFile(join(home, 'foreground', name), foregroundStarter(tools, join(home, 'foreground', `.${name}.sh`)));
  expect(await shell.prompt(10_000)).toBe(true);
  await shell.run(`. ${join(home, 'foreground', name)}`, false);
  expect(await shell.prompt(10_000)).toBe(true);
  await shell.run(`{ ${after === '' ? ':' : after}; } >> $OUT 2>&1`, false);
  expect(await shell.prompt(10_000)).toBe(true);
  expect(shell.running).toBe(true);
  return (await readFile(out, 'utf8')).replace(/end\n$/, '');
}

describe('a foreground script', () => {
  it.each([
    ['leaves variables, also declared ones, functions, aliases and the folder', 'A=1; export B=2; declare C=3; f() { echo "f $1"; }; alias greet="echo hello"; cd /usr', 'echo "$A $B $C"; f x; eval greet; pwd', '1 2 3\nf x\nhello\n/usr\n'],
    ['ends at exit', 'echo one >> $OUT; exit 3; echo two >> $OUT', '', 'one\n'],
    ['ends at exit inside functions and loops', 'g() { while true; do exit 4; done; }; for i in 1 2; do g; echo no >> $OUT; done; echo no >> $OUT', '', ''],
    ['ends at exit after || and &&', '[ -f /nowhere ] || exit; echo no >> $OUT', '', ''],
    ['goes on after exit in a subshell or a substitution', '(exit 1); x=$(echo sub; exit 2); echo "$x $?" >> $OUT', '', 'sub 2\n'],
    ['ends where a command fails under set -e', 'set -e; echo one >> $OUT; false; echo two >> $OUT', 'false; echo "still here"', 'one\nstill here\n'],
    ['ends where a function fails under set -euo pipefail', 'set -euo pipefail; h() { false | true; echo no >> $OUT; }; h; echo no >> $OUT', 'echo "${-//[!eu]/}."', '.\n'],
    ['goes on under set -e where a failure is asked about', 'set -e; if false; then :; fi; false || true; ! true; k() { return 1; }; k || echo asked >> $OUT; while false; do :; done; echo on >> $OUT', '', 'asked\non\n'],
    ['goes on after set +e', 'set -e; set +e; false; echo on >> $OUT', '', 'on\n'],
    ['sets its own arguments', 'set -- a b; echo "$# $2" >> $OUT', '', '2 b\n'],
    ['runs a program that would replace the shell, and ends', 'exec sh -c "echo replaced >> $OUT; exit 5"; echo no >> $OUT', '', 'replaced\n'],
    ['redirects itself, and not the shell', 'exec >> $OUT 2>&1; echo inside', 'echo outside', 'inside\noutside\n'],
    ['runs its EXIT trap at its own end', 'trap "echo bye >> $OUT; exit 1" EXIT; echo one >> $OUT', '', 'one\nbye\n'],
    ['runs its ERR trap', 'trap "echo failed >> $OUT; exit 9" ERR; false; echo no >> $OUT', 'false; trap -p ERR INT EXIT', 'failed\n'],
    ['leaves no trap behind', 'trap "" INT TERM; trap "exit" HUP; trap - HUP; echo one >> $OUT', 'trap -p', 'one\n'],
    ['writes scripts that say set -e and exit into files', 'cat > $OUT.sh <<"E"\nset -e\nexit 7\nE\nbash $OUT.sh; echo "$?" >> $OUT', '', '7\n'],
    ['sources another file, whose exit ends both', 'echo "echo other >> $OUT; exit 1" > $OUT.sh; source $OUT.sh; echo no >> $OUT', '', 'other\n'],
    ['may be broken in its grammar', 'if then', 'echo alive', 'alive\n'],
    ['may use what is not set under set -u', 'set -u; echo "$NOT_SET_ANYWHERE"', 'echo "[$NOT_SET_ANYWHERE]"', '[]\n'],
  ])('%s', async (_what, script, after, out) => {
    expect(await run(script, after)).toBe(out);
  });

  it('is ended by Ctrl-C, and the shell is as before', async () => {
    const name = 'waiting';
    await writeFile(join(home, 'foreground', `.${name}.sh`), 'set -e\nwhile [ ! -f /nowhere ]; do sleep 0.1; done\n');
    await writeFile(join(home, 'foreground', name), foregroundStarter(tools, join(home, 'foreground', `.${name}.sh`)));
    await shell.run(`. ${join(home, 'foreground', name)}`, false);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await shell.run(`{ false; shopt extdebug; trap -p; } > ${home}/after 2>&1`, true);
    expect(await shell.prompt(10_000)).toBe(true);
    expect(await readFile(join(home, 'after'), 'utf8')).toBe('extdebug       \toff\n');
  });

  it('is not taken for what the learner did', () => {
    expect(terminals.history.commands.filter(({ command }) => command.includes('/foreground/'))).toEqual([]);
    expect([isForegroundLine('. /run/foreground/step1'), isForegroundLine('. /run/foreground/step1; ls'), isForegroundLine('. ./foreground')]).toEqual([true, false, false]);
  });
});
