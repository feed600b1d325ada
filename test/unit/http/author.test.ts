import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuthorView, CoursesView, LabEvent, NearMissView, QuizVerdict, ScenarioView, SessionEvent, type SessionView } from '../../../server/protocol/rest.ts';
import { type SmallLab, startSmallLab } from './lab.ts';

const CHECKS = `variables: [COLOUR]
checks:
  - id: colour
    title: {en: COLOUR is blue, de: COLOUR ist blau}
    hints: [{en: Set it., de: Setz sie.}]
    variable: {name: COLOUR, matches: ^blue$, hint: COLOUR=blue}
    why: {en: COLOUR is not blue., de: COLOUR ist nicht blau.}
  - id: sky
    title: The sky
    hints: [Look up.]
    quiz: {question: What is blue?, answers: [the sky, sky]}
exercise:
  expectBefore: COLOUR is not blue.
  solution: COLOUR=blue
  nearMisses:
    - {title: another colour, run: COLOUR=red, expect: COLOUR is not blue.}
    - {title: wrongly expected, run: COLOUR=green, expect: The sky is not blue.}
`;
const QUIZ = `checks:
  - id: verb
    title: The verb
    quiz:
      question: {en: Which verb reads?, de: Welches Verb liest?}
      options: [get, create]
      answers: [1]
      why: It changes something.
`;
const INDEX = { title: 'First', details: { intro: { text: 'intro.md' }, steps: [{ title: 'One', text: 'one.md' }, { title: 'Two', text: 'two.md' }] }, backend: { imageid: 'ubuntu' } };

let lab: SmallLab;
let folder: string;
let session: SessionView;
const file = (name: string) => join(folder, 'scenarios', 'small', 'first', name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lab-author-'));
  for (const [name, text] of Object.entries({ 'index.json': JSON.stringify(INDEX), 'intro.md': '# Intro\n', 'one.md': '# One\n', 'two.md': '# Two\n\nAbout verbs.\n', 'one.checks.yaml': CHECKS, 'two.checks.yaml': QUIZ, 'recordings/a.cast': '{"version": 2, "width": 80, "height": 24}\n[0.1, "o", "hi"]\n' })) {
    await mkdir(dirname(file(name)), { recursive: true });
    await writeFile(file(name), text);
  }
  lab = await startSmallLab({ folder, watch: true });
  session = await lab.session();
}, 60_000);
afterAll(async () => {
  await lab.close();
  await rm(folder, { recursive: true, force: true });
});

/** Events of one of the two streams, as they come. */
function listen(path: string) {
  const controller = new AbortController();
  const events: unknown[] = [];
  const opened = fetch(`${lab.origin}/api${path}`, { headers: { cookie: lab.cookie }, signal: controller.signal });
  void (async () => {
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of (await opened).body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) if (block.startsWith('data: ')) events.push(JSON.parse(block.slice(6)));
    }
  })().catch(() => undefined);
  return { opened, events, stop: () => controller.abort() };
}
async function until<T>(ask: () => T | undefined): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const answer = ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('it did not happen in time');
}
const scenario = async (query = '') => ScenarioView.parse((await lab.api('GET', `/scenarios/small%2Ffirst${query}`)).body);

describe('a lab that serves an author', () => {
  it('says so, and what there is to try', async () => {
    expect(CoursesView.parse((await lab.api('GET', '/courses')).body).author).toBe(true);
    expect({ session: session.author, scenario: (await scenario()).author }).toEqual({ session: true, scenario: true });
    const view = AuthorView.parse((await lab.api('GET', '/author/scenarios/small%2Ffirst')).body);
    expect({ ...view, findings: view.findings.map(({ file, code, page }) => ({ file, code, page })) }).toEqual({
      scenario: 'small/first',
      pages: [
        { id: 'intro', title: 'Introduction', solution: false, nearMisses: [] },
        { id: 'step1', title: 'One', solution: true, nearMisses: [{ title: 'another colour', expect: 'COLOUR is not blue.' }, { title: 'wrongly expected', expect: 'The sky is not blue.' }] },
        { id: 'step2', title: 'Two', solution: false, nearMisses: [] },
      ],
      findings: ['check-without-hint', 'exercise-missing'].map((code) => ({ file: 'small/first/two.checks.yaml', code, page: 'step2' })),
    });
    expect((await lab.api('GET', '/author/scenarios/nowhere')).status).toBe(404);
  }, 60_000);

  it('tries near misses, and tells those that are refused with other words', async () => {
    const tried = async (index: number) => NearMissView.parse((await lab.api('POST', `/sessions/${session.id}/author/near-miss`, { page: 'step1', index })).body);
    const first = await tried(0);
    expect({ asExpected: first.asExpected, passed: first.report.passed, why: first.report.results[0]?.why }).toEqual({ asExpected: true, passed: false, why: 'COLOUR is not blue.' });
    expect((await tried(1)).asExpected).toBe(false);
    expect((await lab.api('POST', `/sessions/${session.id}/author/near-miss`, { page: 'step1', index: 2 })).status).toBe(404);
  });

  it('types a solution, and says when the step is done', async () => {
    const stream = listen(`/sessions/${session.id}/events`);
    await stream.opened;
    expect((await lab.api('POST', `/sessions/${session.id}/author/solution`, { page: 'step1' })).status).toBe(202);
    await until(() => stream.events.map((event) => SessionEvent.parse(event)).find((event) => event.type === 'author' && event.progress.state === 'done'));
    stream.stop();
    expect((await lab.api('POST', `/sessions/${session.id}/author/solution`, { page: 'step2' })).status).toBe(400);
  });

  it('jumps to a step: clean, with what came before done', async () => {
    const stream = listen(`/sessions/${session.id}/events`);
    await stream.opened;
    const jump = async () => (await lab.api('POST', `/sessions/${session.id}/author/jump`, { page: 'step2' })).status;
    expect((await Promise.all([jump(), jump()])).sort()).toEqual([202, 409]);
    const end = await until(() => stream.events.map((event) => SessionEvent.parse(event)).find((event) => event.type === 'author' && event.progress.state !== 'running'));
    stream.stop();
    expect(end).toEqual({ type: 'author', progress: { task: 'jump', page: 'step2', state: 'done', message: 'Done.' } });
    expect((await lab.api('GET', `/sessions/${session.id}`)).body).toMatchObject({ page: 'step2', done: ['intro', 'step1'], state: 'ready' });
  });

  it('reloads a page whose file has changed, and leaves the terminal alone', async () => {
    const [own, all] = [listen(`/sessions/${session.id}/events`), listen('/events')];
    await Promise.all([own.opened, all.opened]);
    const before = (await lab.lab.manager.find(session.id))?.terminals?.first();
    await writeFile(file('two.md'), '# Two\n\nAbout nouns.\n');
    await until(() => own.events.map((event) => SessionEvent.parse(event)).find((event) => event.type === 'content' && event.scenario === 'small/first'));
    await until(() => all.events.map((event) => LabEvent.parse(event)).find((event) => event.scenario === 'small/first'));
    own.stop();
    all.stop();
    expect((await scenario()).pages[2]?.html).toContain('About nouns.');
    expect((await lab.lab.manager.find(session.id))?.terminals?.first()).toBe(before);
  });

  it('says what is wrong while a file can’t be read, again when it is wrong in another way, and that it is mended', async () => {
    const stream = listen(`/sessions/${session.id}/events`);
    await stream.opened;
    const contents = () => stream.events.map((event) => SessionEvent.parse(event)).flatMap((event) => (event.type === 'content' ? [event] : []));
    const errors = (at: number) => contents()[at]?.problems?.filter(({ severity }) => severity === 'error').map(({ file: name, line, code }) => [name, line, code]);
    const index = await readFile(file('index.json'), 'utf8');
    await writeFile(file('index.json'), '{\n "title": ');
    await until(() => contents()[0]);
    await writeFile(file('index.json'), '{\n\n "details": 3}');
    await until(() => contents()[1]);
    await writeFile(file('index.json'), index);
    await until(() => contents()[2]);
    stream.stop();
    expect([contents().map(({ broken }) => broken), errors(0), errors(1), errors(2)]).toEqual([[true, true, undefined], [['small/first/index.json', 2, 'json-syntax']], [['small/first/index.json', 3, 'field-type']], []]);
    expect((await lab.api('GET', `/sessions/${session.id}`)).body).toMatchObject({ state: 'ready' });
  });

  it('lets a running session ask by the checks as they are now', async () => {
    const stream = listen(`/sessions/${session.id}/events`);
    await stream.opened;
    await writeFile(file('one.checks.yaml'), CHECKS.replaceAll('^blue$', '^red$').replace('COLOUR is not blue., de', 'It is not red., de'));
    await until(() => stream.events.map((event) => SessionEvent.parse(event)).find((event) => event.type === 'content'));
    stream.stop();
    expect((await lab.api('POST', `/sessions/${session.id}/steps/step1/check?language=en`)).body).toMatchObject({ passed: false, results: [{ why: 'It is not red.' }, { id: 'sky', passed: true }] });
  });
});

describe('a page in several languages', () => {
  it('speaks the one that is asked for', async () => {
    const german = await scenario('?language=de');
    expect({ languages: german.languages, check: german.pages[1]?.checks[0]?.title, hints: german.pages[1]?.hints }).toEqual({ languages: ['en', 'de'], check: 'COLOUR ist blau', hints: ['Setz sie.', 'Look up.'] });
    expect((await lab.api('POST', `/sessions/${session.id}/steps/step1/check?language=de`)).body).toMatchObject({ results: [{ title: 'COLOUR ist blau', why: 'COLOUR ist nicht blau.', hints: ['Setz sie.'] }, { id: 'sky' }] });
  });
});

describe('a quiz', () => {
  const answer = (answers: string[], quiz = 'verb') => lab.api('POST', `/sessions/${session.id}/steps/step2/quiz`, { quiz, answers });
  it('shows its question and options, and never the answer', async () => {
    const page = (await scenario('?language=de')).pages[2];
    expect(page?.html).toContain('<div data-quiz="verb"></div>');
    expect(page?.quizzes?.map(({ id, kind, options }) => ({ id, kind, options: options.map((option) => [option.id, option.html.replace(/<\/?p>|\n/g, '')]) }))).toEqual([{ id: 'verb', kind: 'radio', options: [['a', 'get'], ['b', 'create']] }]);
    expect(page?.quizzes?.[0]?.questionHtml).toContain('Welches Verb liest?');
    expect(JSON.stringify(page)).not.toContain('answers');
  });
  it('says whether an answer is right; the page’s check looks at the last one', async () => {
    expect(QuizVerdict.parse((await answer(['b'])).body)).toEqual({ quiz: 'verb', correct: false, message: 'It changes something.' });
    expect((await lab.api('POST', `/sessions/${session.id}/steps/step2/check`)).body).toMatchObject({ passed: false, results: [{ why: 'It changes something.' }] });
    expect(QuizVerdict.parse((await answer(['a'])).body)).toEqual({ quiz: 'verb', correct: true });
    expect((await lab.api('POST', `/sessions/${session.id}/steps/step2/check`)).body).toMatchObject({ passed: true });
  });
  it('refuses what is no answer', async () => {
    expect([(await answer(['z'])).status, (await answer(['a', 'b'])).status, (await answer(['a'], 'other')).status, (await answer(Array(1000).fill('a'))).status]).toEqual([400, 400, 404, 400]);
  });
});

describe('a recording of a scenario', () => {
  it('is offered and sent as it is', async () => {
    expect((await scenario()).recording).toBe(true);
    const sent = await lab.raw({ path: '/api/scenarios/small%2Ffirst/recording', headers: { cookie: lab.cookie } });
    expect({ status: sent.status, type: sent.headers['content-type'], first: JSON.parse(sent.body.split('\n')[0] ?? '') }).toEqual({ status: 200, type: 'application/x-asciicast', first: { version: 2, width: 80, height: 24 } });
  });
});

describe('terminals by number and name', () => {
  it('opens the third one once', async () => {
    const open = () => lab.api('POST', `/sessions/${session.id}/terminals`, { id: '3' });
    expect(await open()).toEqual({ status: 201, body: { id: '3', name: 'Terminal 3', running: true } });
    expect(await open()).toEqual({ status: 200, body: { id: '3', name: 'Terminal 3', running: true } });
  });
});
