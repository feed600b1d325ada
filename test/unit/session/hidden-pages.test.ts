import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CoursesView, ScenarioView, SessionView } from '../../../server/protocol/rest.ts';
import { FolderView } from '../../../server/protocol/workbench.ts';
import { type SmallLab, startSmallLab } from '../http/lab.ts';

/** In YAML, with hidden first and last pages, the step in two languages, and scripts that tell in which order they ran. */
const FILES: Record<string, string> = {
  'index.yaml': [
    'title: Hidden ends',
    'details:',
    '  intro: {text: intro.md, foreground: intro.sh}',
    '  steps:',
    '    - {title: One, text: one.md, foreground: one.sh}',
    '    - {title: Two, text: two.md, verify: verify.sh}',
    '  finish: {text: finish.md}',
    'environment: {hideintro: true, hidefinish: "true", exclusionPatterns: [./app/log/*, "*.tmp"], uimessage1: "\\e[32mWelcome\\e[m\\r\\n"}',
    'backend: {imageid: ubuntu}',
  ].join('\n'),
  'intro.md': 'Welcome.\n',
  'one.md': 'The step.\n',
  'one.fr.md': 'L’étape.\n',
  'two.md': 'The end.\n',
  'finish.md': 'Bye.\n',
  'intro.sh': 'sleep 0.3\necho "intro $$" >> /root/order\nFROM_INTRO=yes\n',
  'one.sh': 'echo "one $$ $FROM_INTRO" >> ~/order\n',
  // Without a sandbox, /root in a script is the session’s home.
  'verify.sh': 'grep -q intro /root/order && [ ! -e /root/nothing ] && cd "/root" && [ "$PWD" = "$HOME" ]\n',
};

let lab: SmallLab;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-hidden-'));
  await mkdir(join(folder, 'scenarios/small/first'), { recursive: true });
  for (const [name, text] of Object.entries(FILES)) await writeFile(join(folder, 'scenarios/small/first', name), text);
  lab = await startSmallLab({ sandbox: 'none', folder });
});
afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

describe('a scenario whose author hides the first and the last page', () => {
  it('shows neither, in whatever language', async () => {
    const view = async (language: string) => ScenarioView.parse((await lab.api('GET', `/scenarios/small%2Ffirst?language=${language}`)).body);
    const [english, french] = [await view('en'), await view('fr')];
    expect([english.pages.map((page) => [page.id, page.html.trim()]), english.languages, english.layout?.finishHidden]).toEqual([[['step1', '<p>The step.</p>'], ['step2', '<p>The end.</p>']], ['en', 'fr'], true]);
    expect(french.pages.map((page) => [page.html.trim(), page.language])).toEqual([['<p>L’étape.</p>', 'fr'], ['<p>The end.</p>', undefined]]);
  });

  it('leaves out of the editor’s tree what the author says, at any depth', async () => {
    const session = await lab.session();
    const home = join(lab.data, 'sessions', session.id, 'home');
    for (const name of ['app/log/1.txt', 'app/main.ts', 'app/deep/x.tmp', 'app/deep/kept', 'y.tmp']) {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await writeFile(join(home, name), '');
    }
    const names = async (path: string) => FolderView.parse((await lab.api('GET', `/sessions/${session.id}/files?path=${path}`)).body).entries.map(({ name }) => name).filter((name) => /^[a-z]/.test(name) && name !== 'order').sort();
    expect([await names('~'), await names('~/app'), await names('~/app/log'), await names('~/app/deep')]).toEqual([['app'], ['deep', 'log', 'main.ts'], [], ['kept']]);
    expect((await lab.api('GET', `/sessions/${session.id}/files/content?path=y.tmp`)).status).toBe(200);
  });

  it('begins with step 1, after the scripts of the introduction have run in the same shell', async () => {
    const session = await lab.session();
    expect(session.page).toBe('step1');
    const order = () => readFile(join(lab.data, 'sessions', session.id, 'home/order'), 'utf8').catch(() => '');
    await expect.poll(order, { timeout: 20_000 }).toMatch(/\none /);
    const [, shell] = /^intro (\d+)\n/.exec(await order()) ?? [];
    expect(await order()).toBe(`intro ${shell}\none ${shell} yes\n`);
  });

  it('is finished with its last step', async () => {
    const session = await lab.session();
    await lab.api('POST', `/sessions/${session.id}/steps/step2/open`);
    await lab.api('POST', `/sessions/${session.id}/steps/step2/check`);
    expect(SessionView.parse((await lab.api('GET', `/sessions/${session.id}`)).body).done).toEqual(expect.arrayContaining(['step1', 'step2']));
    const [course] = CoursesView.parse((await lab.api('GET', '/courses')).body).courses;
    expect(course?.items.map((item) => item.type === 'scenario' && item.finished)).toEqual([true]);
  });
});
