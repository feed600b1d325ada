import { describe, expect, it } from 'vitest';
import type { FileState } from '../../../server/checks/index.ts';
import { validateCheck } from '../../../server/checks/index.ts';
import { verdict } from './context.ts';

/** A session in which these files lie. */
function files(all: Record<string, string | Partial<FileState>>) {
  return {
    statFile: async (path: string): Promise<FileState | undefined> => {
      const found = all[path];
      if (found === undefined) return undefined;
      const text = typeof found === 'string' ? found : '';
      return { type: 'file', link: false, size: text.length, mode: 0o644, modifiedAt: 0, ...(typeof found === 'string' ? {} : found) };
    },
    readFile: async (path: string) => {
      const found = all[path];
      return typeof found === 'string' ? found : undefined;
    },
  };
}

describe('a file check', () => {
  it('passes when the file is there', async () => {
    expect(await verdict('file', { path: '/tmp/done' }, files({ '/tmp/done': 'x' }))).toMatchObject({ passed: true, expected: '/tmp/done exists', observed: 'it is a file of 1 bytes' });
  });
  it('says that the file is missing', async () => {
    expect(await verdict('file', { path: '~/a' }, files({}))).toMatchObject({ passed: false, observed: 'it does not exist', why: 'There is no file ~/a.', next: 'Create it as this step shows.' });
  });
  it('says that a file which has to go is still there', async () => {
    expect(await verdict('file', { path: '~/a', exists: false }, files({ '~/a': { type: 'folder' } }))).toMatchObject({ passed: false, why: '~/a is still there.', next: 'Remove it: rm -r ~/a' });
  });
  it('tells a folder from a file', async () => {
    expect(await verdict('file', { path: '~/a', type: 'file' }, files({ '~/a': { type: 'folder' } }))).toMatchObject({ passed: false, why: '~/a is a folder, not a file.' });
  });
  it('takes a link for what it leads to, unless it asks for a link', async () => {
    const place = files({ '~/good': { link: true }, '~/bad': { type: 'link', link: true }, '~/plain': 'x' });
    expect(await verdict('file', { path: '~/good' }, place)).toMatchObject({ passed: true });
    expect(await verdict('file', { path: '~/good', type: 'link' }, place)).toMatchObject({ passed: true });
    expect(await verdict('file', { path: '~/bad' }, place)).toMatchObject({ passed: false, why: '~/bad is a link to what does not exist.' });
    expect(await verdict('file', { path: '~/plain', type: 'link' }, place)).toMatchObject({ passed: false, why: '~/plain is a file, not a link.' });
  });
  it('tells which permissions a file has', async () => {
    expect(await verdict('file', { path: '~/a', mode: '755' }, files({ '~/a': { mode: 0o640 } }))).toMatchObject({ passed: false, why: '~/a has the permissions 640 instead of 755.', next: 'Change them: chmod 755 ~/a' });
    expect(await verdict('file', { path: '~/a', executable: true }, files({ '~/a': { mode: 0o644 } }))).toMatchObject({ passed: false, why: '~/a may not be run as a program.', next: 'Change it: chmod +x ~/a' });
    expect(await verdict('file', { path: '~/a', executable: true, mode: '0755' }, files({ '~/a': { mode: 0o755 } }))).toMatchObject({ passed: true });
  });
  it('looks for a text, for a text that must be gone, and for the whole', async () => {
    const place = files({ '~/a': 'one\ntwo\n' });
    expect(await verdict('file', { path: '~/a', contains: 'two', lacks: 'three', equals: 'one\ntwo', matches: '^two$' }, place)).toMatchObject({ passed: true, observed: '8 characters' });
    expect(await verdict('file', { path: '~/a', contains: 'three' }, place)).toMatchObject({ passed: false, why: '~/a does not have “three”.', observed: 'it holds “one\ntwo\n”' });
    expect(await verdict('file', { path: '~/a', lacks: 'two' }, place)).toMatchObject({ passed: false, why: '~/a still has “two”.' });
    expect(await verdict('file', { path: '~/a', equals: 'one' }, place)).toMatchObject({ passed: false, why: '~/a differs from what it should hold.' });
  });
  it('looks into YAML and JSON, and is content with one document of several', async () => {
    const place = files({ '~/a.yaml': 'kind: Service\n---\nkind: Deployment\nspec: {replicas: 3}\n', '~/b.json': '{"n": [1, 2]}', '~/c.yaml': 'a: [1\n' });
    expect(await verdict('file', { path: '~/a.yaml', fields: [{ path: 'spec.replicas', equals: 3 }] }, place)).toMatchObject({ passed: true });
    expect(await verdict('file', { path: '~/b.json', fields: [{ path: 'n[1]', equals: 3 }] }, place)).toMatchObject({ passed: false, why: 'In ~/b.json, n[1] is 2.' });
    expect((await verdict('file', { path: '~/c.yaml', fields: [{ path: 'a', exists: true }] }, place)).why).toMatch(/^~\/c\.yaml is no YAML or JSON: /);
  });
  it('is no way to grow a small file to gigabytes', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((key, i) => `${key}: &${key} [${Array(10).fill(`*${'abcdef'[i]}`).join(',')}]`).join('\n')}\n`;
    expect(await verdict('file', { path: '~/a', fields: [{ path: 'z', exists: true }] }, files({ '~/a': bomb }))).toMatchObject({ passed: false, why: expect.stringContaining('no YAML or JSON') });
  });
  it('speaks in the words of the author', async () => {
    expect(await verdict('file', { path: '~/a', matches: '^93$', what: 'the temperature' }, files({ '~/a': '50' }))).toMatchObject({ expected: '~/a exists and holds the temperature', why: '~/a does not hold the temperature.' });
    expect((await verdict('file', { path: '~/a', hint: { en: 'Touch it.', de: 'Leg sie an.' } }, { ...files({}), languages: ['de-AT', 'en'] })).next).toBe('Leg sie an.');
  });
});

const ran = (command: string, exitCode = 0, cwd = '/root', at = 700) => ({ command, exitCode, at, cwd });
const shell = (...commands: ReturnType<typeof ran>[]) => ({ shell: { variables: {}, commands } });

describe('a command check', () => {
  it('passes when the command was run and ended as it should', async () => {
    expect(await verdict('command', { matches: '^make test', exitCode: 0 }, shell(ran('make test', 2), ran('make test')))).toMatchObject({ passed: true, observed: 'make test → 0' });
  });
  it('says that the command failed', async () => {
    expect(await verdict('command', { matches: '^make', exitCode: 0, what: 'the build' }, shell(ran('make', 2)))).toMatchObject({ passed: false, why: 'the build ended with code 2.' });
  });
  it('says what is wrong with the command that learners run instead', async () => {
    const spec = { matches: '^kubectl create', what: 'kubectl create', exitCode: 0, instead: [{ matches: '^kubectl apply', why: { en: 'It has no name to apply.', de: 'Es hat keinen Namen.' }, next: 'kubectl create -f x' }, { matches: '^argo', why: 'That was argo.' }] };
    expect(await verdict('command', spec, shell(ran('argo submit x'), ran('kubectl apply -f x', 1)))).toMatchObject({ passed: false, expected: 'you ran kubectl create, and it ended without an error (exit code 0)', observed: 'you ran kubectl apply -f x', why: 'It has no name to apply.', next: 'kubectl create -f x' });
    expect(await verdict('command', spec, shell(ran('argo submit x')))).toMatchObject({ why: 'That was argo.', next: 'Run it in the terminal.' });
    expect(await verdict('command', spec, shell(ran('kubectl apply -f x', 1), ran('kubectl create -f x', 2)))).toMatchObject({ why: 'kubectl create ended with code 2.' });
    expect(await verdict('command', spec, shell(ran('kubectl apply -f x', 1, '/root', 400)))).toMatchObject({ why: 'kubectl create has not been run yet.', next: 'Run it in the terminal: kubectl create' });
    expect(await verdict('command', { ...spec, what: 'the creation' }, shell())).toMatchObject({ next: 'Run it in the terminal.' });
  });
  it('says that the command was run in another folder', async () => {
    expect(await verdict('command', { matches: '^make', folder: '/app$' }, shell(ran('make')))).toMatchObject({ passed: false, why: '^make was run in /root, which is another folder.' });
  });
  it('does not count what was run before the step was opened', async () => {
    expect(await verdict('command', { matches: '^make' }, shell(ran('make', 0, '/root', 400)))).toMatchObject({ passed: false, why: '^make has not been run yet.' });
    expect(await verdict('command', { matches: '^make', sinceStep: false }, shell(ran('make', 0, '/root', 400)))).toMatchObject({ passed: true });
  });
  it('runs a line itself and looks at code and output', async () => {
    const answers = (code: number, stdout: string) => ({ runCommand: async () => ({ code, stdout, stderr: '', timedOut: false }) });
    expect(await verdict('command', { run: 'git status --porcelain', prints: '^$', what: 'a clean tree' }, answers(0, ''))).toMatchObject({ passed: true, expected: 'a clean tree ends with code 0 and prints what matches ^$', observed: 'code 0, and nothing printed' });
    expect(await verdict('command', { run: 'x', contains: 'ok' }, answers(0, 'not yet\n'))).toMatchObject({ passed: false, why: 'x did not print “ok”.', observed: 'code 0: not yet' });
    expect(await verdict('command', { run: 'x' }, answers(3, 'broken'))).toMatchObject({ passed: false, why: 'x ended with code 3.' });
  });
  it('says that its line took too long', async () => {
    expect(await verdict('command', { run: 'sleep 99', timeoutSeconds: 2 }, { runCommand: async () => ({ code: 124, stdout: '', stderr: '', timedOut: true }) })).toMatchObject({ passed: false, observed: 'it had not ended after 2 s', why: 'sleep 99 took too long.' });
  });
  it('asks one thing: what was typed, or what a line answers', () => {
    expect(validateCheck('command', { matches: 'a', run: 'b' })).toEqual(expect.any(String));
  });
});

describe('a history check', () => {
  it('counts how often something was typed', async () => {
    const twice = shell(ran('kubectl get pods'), ran('ls', 1), ran('kubectl get pods -w', 130));
    expect(await verdict('history', { matches: '^kubectl get pods', atLeast: 2 }, twice)).toMatchObject({ passed: true, observed: 'it was typed twice, last: kubectl get pods -w' });
    expect(await verdict('history', { matches: '^kubectl get pods', atLeast: 3 }, twice)).toMatchObject({ passed: false, why: '^kubectl get pods was typed twice instead of 3 times.' });
    expect(await verdict('history', { matches: '^kubectl get pods', atLeast: 1, atMost: 1 }, twice)).toMatchObject({ passed: false, why: '^kubectl get pods was typed twice, more often than once.' });
  });
  it('can demand that something was never typed', async () => {
    expect(await verdict('history', { matches: 'rm -rf', atLeast: 0, atMost: 0 }, shell(ran('ls')))).toMatchObject({ passed: true });
    expect(await verdict('history', { matches: 'rm -rf', atLeast: 0, atMost: 0, what: 'a deletion by force' }, shell(ran('rm -rf x')))).toMatchObject({ passed: false, why: 'a deletion by force was typed, which this step forbids.' });
  });
  it('can demand an order', async () => {
    expect(await verdict('history', { matches: '^git add', then: '^git commit' }, shell(ran('git commit'), ran('git add .')))).toMatchObject({ passed: false, why: '^git commit has not been typed after ^git add.' });
    expect(await verdict('history', { matches: '^git add', then: '^git commit' }, shell(ran('git add .'), ran('git commit')))).toMatchObject({ passed: true });
  });
  it('looks only at this step unless told otherwise', async () => {
    expect(await verdict('history', { matches: 'ls' }, shell(ran('ls', 0, '/', 400)))).toMatchObject({ passed: false, why: 'ls has not been typed yet.' });
    expect(await verdict('history', { matches: 'ls', sinceStep: false }, shell(ran('ls', 0, '/', 400)))).toMatchObject({ passed: true });
  });
  it('is refused where it could never pass', () => {
    expect(validateCheck('history', { matches: 'x', atLeast: 2, atMost: 1 })).toBe('atMost is below atLeast');
  });
});
