import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { isRight, quizzesOf } from '../../../server/checks/quiz.ts';
import { layoutView } from '../../../server/scenario/layout.ts';
import { loadScenario, shownPages } from '../../../server/scenario/load.ts';
import type { Page } from '../../../server/scenario/model.ts';
import { localised, pageLanguages, translationFor } from '../../../server/scenario/translations.ts';
import { STEP, scenarioOf, withFiles } from './folder.ts';

const stepOf = async (files: Record<string, string>, index: unknown = STEP): Promise<Page> => {
  const { scenario } = await scenarioOf(index, files);
  const [step] = scenario?.steps ?? [];
  if (step === undefined) throw new Error('no step');
  return step;
};

describe('the name of a localised page', () => {
  it.each([
    ['step1.fr.md', { stem: 'step1', language: 'fr' }],
    ['step1_fr.md', { stem: 'step1', language: 'fr' }],
    ['step1_pt_BR.md', { stem: 'step1', language: 'pt-BR' }],
    ['step1.zh-hans.md', { stem: 'step1', language: 'zh-Hans' }],
    ['step_to_fr.md', { stem: 'step_to', language: 'fr' }],
    ['step1.md', undefined],
    ['set_up.md', undefined],
    ['step1_zz.md', undefined],
    ['fr.md', undefined],
    ['step1-fr.md', undefined],
  ])('%s', (name, said) => {
    expect(localised(name)).toEqual(said);
  });
});

describe('a page in several languages', () => {
  it('is the page that the index names, and what lies beside it', async () => {
    expect((await stepOf({ 'one.fr.md': 'Un.', 'one_de.md': 'Eins.', 'one_zz.md': 'x', 'other.fr.md': 'x' })).translations).toEqual({ fr: { text: 'one.fr.md' }, de: { text: 'one_de.md' } });
  });

  it('is one language where the index names the other file as a page of its own', async () => {
    const both = { details: { steps: [{ title: 'One', text: 'one.md' }, { title: 'Un', text: 'one.fr.md' }] } };
    expect((await stepOf({ 'one.fr.md': 'Un.' }, both)).translations).toBeUndefined();
  });

  it('has its answer in them, too', async () => {
    const index = { details: { steps: [{ title: 'One', text: 'one.md', answer: 'answer.md' }] } };
    expect((await stepOf({ 'one.fr.md': 'Un.', 'answer.md': 'So.', 'answer.fr.md': 'Ainsi.' }, index)).translations).toEqual({ fr: { text: 'one.fr.md', answer: 'answer.fr.md' } });
  });

  it.each([
    [['fr'], 'one.fr.md'],
    [['fr-CA', 'en'], 'one.fr.md'],
    // Who reads English before French gets the page itself, which is in no language by its name.
    [['en-US', 'en', 'fr'], undefined],
    [['es', 'de'], 'one_de.md'],
    [['es'], undefined],
    [[], undefined],
  ])('gives who reads %j the right one', async (languages, text) => {
    expect(translationFor(await stepOf({ 'one.fr.md': 'Un.', 'one_de.md': 'Eins.' }), languages)?.text).toBe(text);
  });

  it('is in a language that is not known where its translation is into English', async () => {
    const page = await stepOf({ 'one.en.md': 'One.' });
    expect([translationFor(page, ['en'])?.text, translationFor(page, ['de'])?.text, translationFor(page, ['und', 'en'])?.text]).toEqual(['one.en.md', undefined, undefined]);
    expect(pageLanguages({ steps: [page] })).toEqual(['und', 'en']);
  });

  it('knows its own language where its name says it', async () => {
    const page = await stepOf({ 'one_es.md': 'Uno.', 'one_fr.md': 'Un.' }, { details: { steps: [{ title: 'One', text: 'one_es.md' }] } });
    expect([page.language, pageLanguages({ steps: [page] }), translationFor(page, ['es', 'fr'])?.text]).toEqual(['es', ['es', 'fr'], undefined]);
  });

  it('asks its questions in them; which answer is right is the page’s own to say', async () => {
    const page = await stepOf({ 'one.md': '>>Q1: Which?<<\n(*) a dog\n( ) a cat\n\n>>Q2: Type it<<\n=== dog\n', 'one.fr.md': '>>Q1: Lequel ?<<\n( ) un chien\n(*) un chat\n\n>>Q2: Tapez<<\n=== chien\n' });
    const [one, two] = quizzesOf(page, ['fr']);
    expect([one?.question, one?.options, one?.answers]).toEqual(['Lequel ?', [{ id: 'a', text: 'un chien' }, { id: 'b', text: 'un chat' }], ['a']]);
    expect(two === undefined ? [] : [isRight(two, ['chien']), isRight(two, ['dog']), isRight(two, ['chat'])]).toEqual([true, true, false]);
    expect(quizzesOf(page, ['en'])[0]?.question).toBe('Which?');
  });

  it('is not there where the other file leads out of the repository', () =>
    withFiles({ 's/index.json': JSON.stringify(STEP), 's/one.md': 'One.', 'secret.fr.md': 'x' }, async (folder) => {
      const { symlink } = await import('node:fs/promises');
      await symlink('../secret.fr.md', join(folder, 's/one.fr.md'));
      const { scenario } = await loadScenario(join(folder, 's'), 's', validateCheck, { root: join(folder, 's') });
      expect(scenario?.steps[0]?.translations).toBeUndefined();
    }));
});

describe('the pages that are shown', () => {
  const index = (environment: object, steps = STEP.details.steps) => ({ details: { intro: { text: 'one.md' }, steps, finish: { text: 'one.md' } }, environment });
  it.each([
    [{}, ['intro', 'step1', 'finish']],
    [{ hideintro: true }, ['step1', 'finish']],
    [{ hidefinish: 'true' }, ['intro', 'step1']],
    [{ hideintro: true, hidefinish: true }, ['step1']],
    [{ hideintro: false, hidefinish: 'false' }, ['intro', 'step1', 'finish']],
  ])('%j', async (environment, shown) => {
    const { scenario } = await scenarioOf(index(environment));
    expect(scenario === undefined ? [] : shownPages(scenario).map((page) => page.id)).toEqual(shown);
  });

  it('are all of them where nothing else would be left', async () => {
    const { scenario } = await scenarioOf(index({ hideintro: true, hidefinish: true }, []));
    expect(scenario === undefined ? [] : shownPages(scenario).map((page) => page.id)).toEqual(['intro', 'finish']);
  });
});

it.each([
  [{ environment: { hideHiddenFiles: true } }, true],
  [{ environment: { hideHiddenFiles: 'true' } }, true],
  [{ interface: { hideHiddenFiles: true } }, true],
  [{}, undefined],
])('files that begin with a dot are left out of the editor’s tree: %j', async (keys, hidden) => {
  const { scenario } = await scenarioOf({ ...STEP, ...keys });
  expect(scenario === undefined ? 'broken' : layoutView(scenario).dotFilesHidden).toBe(hidden);
});
