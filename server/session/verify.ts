import type { CheckContext, CheckResult } from '../checks/check.ts';

export const VERIFY_TITLE = 'Check this step';

/** A check script may take this long. */
const LIMIT_MS = 60_000;
/** Its output that is shown. */
const SHOWN = 2000;

/**
 * Whether a script says by the word `done` alone that the step is done: it prints that under some condition, and has no
 * other way to fail. Its exit code is 0 either way then.
 */
export function saysDone(script: string): boolean {
  const code = withoutText(script);
  const prints = /(?:^|[\s;&|({])(?:echo|printf)\s+(?:-[neE]+\s+)*(["']?)done(?:\\n)?\1\s*(?=$|[;)}&|#>])/im.test(code);
  const fails = /(?:^|[\s;&|({])(?:exit|return)\s+(?!0\b)\S/m.test(code) || /(?:^|[;&|]\s*|\s)set\s+(?:-\w*e\w*|-o\s+errexit|-\w+\s+-?\w*e\w*)/m.test(code) || /(?:^|[;&|]\s*|\bthen\s+|\belse\s+)false\b/m.test(code);
  return prints && !fails;
}

/** A script without comments and without the text of its heredocs. */
function withoutText(script: string): string {
  const out: string[] = [];
  let end: string | undefined;
  for (const line of script.replace(/\r\n?/g, '\n').split('\n')) {
    if (end !== undefined) {
      if (line.replace(/^\t+/, '') === end) end = undefined;
      continue;
    }
    const code = line.replace(/(^|\s)#.*$/, '$1');
    out.push(code);
    end = /<<-?\s*(["']?)([A-Za-z_]\w*)\1/.exec(code)?.[2];
  }
  return out.join('\n');
}

/** Killercoda's own way: the script's exit code decides; for scripts of the older dialect, the word `done` in their output as well. What it prints is the reason. */
export async function verify(path: string, script: string, context: CheckContext): Promise<CheckResult> {
  const result = await context.runScript(path, LIMIT_MS);
  const output = `${result.stdout}${result.stderr}`.trim();
  const wantsDone = saysDone(script);
  const done = !wantsDone || /^\s*["']?done["']?\s*$/im.test(result.stdout);
  const passed = result.code === 0 && !result.timedOut && done;
  const silent = wantsDone ? 'The check script did not print “done”, which is how it says that the step is done.' : 'The step is not done yet.';
  return {
    id: 'verify',
    title: VERIFY_TITLE,
    passed,
    expected: wantsDone ? 'The check script of this step succeeds and prints “done”.' : 'The check script of this step succeeds.',
    observed: result.timedOut ? `It took longer than a minute and was ended.${output === '' ? '' : `\n${output}`}` : `It ended with exit code ${result.code}.${output === '' ? '' : `\n${output}`}`,
    why: passed ? '' : result.timedOut ? 'The check took too long and was ended.' : output === '' ? silent : shown(output),
    next: passed ? '' : 'Read the step again, do what it asks for, then check once more.',
    hints: [],
  };
}

/** The end of the output, where the reason stands, without colours. */
function shown(output: string): string {
  // eslint-disable-next-line no-control-regex
  const clean = output.replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, '').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '').trim();
  return clean.length > SHOWN ? `…${clean.slice(-SHOWN)}` : clean;
}
