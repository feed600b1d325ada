import { describe, expect, it } from 'vitest';
import { octalMode } from '../../../server/session/file-mode.ts';
import { saysDone, verify } from '../../../server/session/verify.ts';
import { contextWith } from '../checks/context.ts';

describe('a check script that says by the word done alone that the step is done', () => {
  it.each([
    ['prints it inside an if', 'if [ -f x ]; then\n  echo "done"\nfi', true],
    ['prints it after &&', '[ -f x ] && echo done', true],
    ['prints it on one line', "if test -f x; then echo 'done'; else echo no; fi", true],
    ['prints it without a newline', 'grep -q a b && echo -n "done"', true],
    ['uses printf', 'grep -q a b && printf "done\\n"', true],
    ['ends with 0 in both cases', 'if x; then echo done; exit 0; fi\nexit 0', true],
    ['fails by an exit code as well', 'if [ -f x ]; then echo done; else exit 1; fi', false],
    ['fails by a variable exit code', 'x; code=$?; [ $code = 0 ] && echo done; exit $code', false],
    ['stops at the first failure', 'set -e\nkubectl get pod x\necho done', false],
    ['stops at the first failure, said at length', 'set -o errexit\nx\necho done', false],
    ['ends with false', 'if x; then echo done; else false; fi', false],
    ['prints nothing', '[ -f x ]', false],
    ['prints another word', 'echo "all done, well"', false],
    ['has it in a comment', '# echo done\n[ -f x ]', false],
    ['writes it into another script', 'cat > x.sh <<EOF\necho done\nEOF\n[ -x x.sh ]', false],
    ['ends a loop', 'while read -r line; do :; done < x', false],
    ['is empty', '', false],
  ])('%s', (_what, script, says) => {
    expect(saysDone(script)).toBe(says);
  });

  it('is believed only when it says so', async () => {
    const run = (stdout: string, code = 0) => verify('v.sh', '[ -f x ] && echo done; true', contextWith({ runScript: async () => ({ code, stdout, stderr: '', timedOut: false }) }));
    expect(await run('done\n')).toMatchObject({ passed: true });
    expect(await run('  Done \n')).toMatchObject({ passed: true });
    expect(await run('checked\ndone\n')).toMatchObject({ passed: true });
    expect(await run('not done\n')).toMatchObject({ passed: false, why: 'not done' });
    expect(await run('')).toMatchObject({ passed: false, why: 'The check script did not print “done”, which is how it says that the step is done.' });
    expect(await run('done\n', 1)).toMatchObject({ passed: false });
  });
});

describe('a check script', () => {
  const run = (over: Partial<{ code: number; stdout: string; stderr: string; timedOut: boolean }>) => verify('v.sh', '[ -f x ]', contextWith({ runScript: async () => ({ code: 1, stdout: '', stderr: '', timedOut: false, ...over }) }));
  it('passes with exit code 0, whatever it says', async () => {
    expect(await run({ code: 0, stderr: 'warning' })).toMatchObject({ passed: true, why: '', next: '' });
  });
  it('says in its own words why the step is not done, without colours', async () => {
    expect((await run({ stdout: '\u001b[1;31m✗ no pod\u001b[0m\r\n', stderr: 'look again\n' })).why).toBe('✗ no pod\nlook again');
  });
  it('is shown by its end when it floods', async () => {
    const { why } = await run({ stdout: `${'x'.repeat(60_000)}\nthe reason` });
    expect({ length: why.length, end: why.slice(-10), begin: why.slice(0, 1) }).toEqual({ length: 2001, end: 'the reason', begin: '…' });
  });
  it('has failed when it does not end, and says so', async () => {
    expect(await run({ code: 124, timedOut: true, stdout: 'waiting' })).toMatchObject({ passed: false, why: 'The check took too long and was ended.', observed: 'It took longer than a minute and was ended.\nwaiting' });
  });
});

describe('the permissions of an asset', () => {
  it.each([
    [undefined, 0o644],
    ['+x', 0o755],
    ['+rwx', 0o755],
    ['+w', 0o644],
    ['+rww', 0o644],
    ['+wr', 0o644],
    ['a+rwx', 0o777],
    ['u+x,go-r', 0o700],
    ['u=rw,g=,o=', 0o600],
    ['o+w', 0o646],
    ['+X', 0o644],
    ['644', 0o644],
    ['4755', 0o4755],
    ['7', 0o7],
    ['rw', 0o644],
    ['x', 0o644],
    ['', 0o644],
    ['nonsense', 0o644],
    ['9', 0o644],
  ])('%j', (text, mode) => {
    expect(octalMode(text)).toBe(mode);
  });
});
