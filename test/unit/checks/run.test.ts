import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkKinds, runChecks, validateCheck } from '../../../server/checks/index.ts';
import { demand, FieldRule } from '../../../server/checks/fields.ts';
import { compilePattern } from '../../../server/checks/pattern.ts';
import { ManualClock } from '../../../server/lib/clock.ts';
import { acceptedLanguages, wordsIn } from '../../../server/scenario/words.ts';
import { contextWith, verdict } from './context.ts';

describe('every kind of check', () => {
  it.each(checkKinds().map((kind) => [kind.name, kind] as const))('%s says what it asks, with an example that it accepts, and has a JSON Schema', (name, kind) => {
    const example: unknown = parse(kind.example);
    const spec = typeof example === 'object' && example !== null ? Object.entries(example) : [];
    expect(spec.map(([key]) => key)).toEqual([name]);
    expect(validateCheck(name, spec[0]?.[1])).toBeUndefined();
    expect(kind.description).toMatch(/^[A-Z].*[.?]/s);
    expect(z.toJSONSchema(kind.schema, { io: 'input', unrepresentable: 'any' })).toMatchObject({ $schema: expect.any(String) });
  });
});

describe('a check that misbehaves', () => {
  const file = { path: '~/a' };
  it('has failed when it throws, and the next one runs', async () => {
    const context = contextWith({ statFile: async (path) => { if (path === '~/a') throw new Error('the disk is gone'); return undefined; } });
    const one = (id: string, path: string) => ({ id, title: id, kind: 'file', spec: { path }, hints: [], live: false });
    const results = await runChecks([one('first', '~/a'), one('second', '~/b')], context);
    expect(results.map(({ id, passed, observed, why }) => ({ id, passed, observed, why }))).toEqual([
      { id: 'first', passed: false, observed: 'the disk is gone', why: 'The check itself could not be carried out.' },
      { id: 'second', passed: false, observed: 'it does not exist', why: 'There is no file ~/b.' },
    ]);
  });
  it('has failed when it does not end in time', async () => {
    const clock = new ManualClock();
    const hanging = verdict('podLogs', { pod: 'a', contains: 'x' }, { client: { get: () => new Promise(() => {}) } as never, sleep: async () => {} }, {}, clock);
    const watched = verdict('within', { seconds: 10, check: { file } }, { statFile: () => new Promise(() => {}) }, {}, clock);
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(30_000);
    expect(await hanging).toMatchObject({ passed: false, observed: 'no answer within 30 s', why: 'The check took too long and was ended.' });
    clock.advance(10_000);
    expect(await watched).toMatchObject({ passed: false, observed: 'no answer within 40 s' });
  });
  it('shows a flood as its beginning, without what a terminal would act upon', async () => {
    const flood = await verdict('file', { path: '~/a' }, { statFile: async () => { throw new Error('y'.repeat(1_000_000)); } });
    expect(flood.observed).toBe(`${'y'.repeat(4000)}…`);
    const coloured = await verdict('script', 'x.sh', { runScript: async () => ({ code: 1, stdout: '\u001b[31m✗\u001b[0m no \u001b]0;title\u0007pod\r\n', stderr: '', timedOut: false }) });
    expect(coloured.why).toBe('✗ no pod');
  });
  it('has failed when its pattern would need for ever', () => {
    expect(() => compilePattern('^(a+)+$').test(`${'a'.repeat(40)}!`)).toThrow('the pattern ^(a+)+$ takes longer than a second on this text');
    expect(() => compilePattern('a.*a.*a.*a.*b').test('a'.repeat(50_000))).toThrow('takes longer than a second');
    expect(compilePattern('^(a+)+$').test('aaa')).toBe(true);
    expect(compilePattern('(?i)^A.*C$').test('abc')).toBe(true);
  });
});

describe('words in several languages', () => {
  it.each([
    [['de'], 'Hallo'],
    [['de-AT', 'en'], 'Hallo'],
    [['fr', 'en'], 'Hello'],
    [['fr'], 'Hello'],
    [[], 'Hello'],
  ])('for readers of %j it is %s', (languages, text) => {
    expect(wordsIn({ en: 'Hello', de: 'Hallo' }, languages)).toBe(text);
  });
  it.each([
    ['de-DE,de;q=0.9,en;q=0.8', ['de-DE', 'de', 'en']],
    ['en;q=0.1, fr', ['fr', 'en']],
    ['*', []],
    ['en;q=0', []],
    [undefined, []],
    [';;;,,,\u0000', []],
  ])('a browser says %s', (header, languages) => {
    expect(acceptedLanguages(header)).toEqual(languages);
  });
  it('are chosen for title, hints, why and next, inside checks that combine others too', async () => {
    const words = { title: { en: 'A file', de: 'Eine Datei' }, hints: [{ en: 'Look.', de: 'Schau.' }, 'ls'] };
    const spec = [{ file: { path: '~/a' }, why: { en: 'No file.', de: 'Keine Datei.' }, next: 'touch ~/a' }];
    expect(await verdict('all', spec, { statFile: async () => undefined, languages: ['de'] }, { words })).toEqual({ id: 'c', title: 'Eine Datei', passed: false, expected: '~/a exists', observed: 'it does not exist', why: 'Keine Datei.', next: 'touch ~/a', hints: ['Schau.', 'ls'] });
  });
  it('replace a whole check’s own words', async () => {
    expect(await verdict('file', { path: '~/a' }, { statFile: async () => undefined }, { words: { title: 'T', hints: [], why: { de: 'Sie fehlt.' }, next: 'x' } })).toMatchObject({ why: 'Sie fehlt.', next: 'x', title: 'T' });
  });
});

it.each([
  ['podLogs', { pod: 'a', contain: 'x' }, '“contain” is no setting here: did you mean contains?; give either contains or matches'],
  ['resource', { resource: 'v1/pods', name: 'a', fields: [{ path: 'a', equal: 1 }] }, 'fields.0: “equal” is no setting here: did you mean equals?'],
  ['file', { path: 'a', flavour: 'x' }, '“flavour” is no setting here'],
  ['podLog', {}, 'there is no check of kind “podLog”; did you mean podLogs?'],
])('what is misspelt in a check is guessed: %s %j', (kind, spec, message) => {
  expect(validateCheck(kind, spec)).toContain(message);
});

it.each([
  [{ path: 'spec.month', matches: '^[1-9]$', what: 'the month is from 1 to 9' }, 'the month is from 1 to 9'],
  [{ path: 'metadata.generateName', equals: 'invoice-' }, 'its name begins with invoice-'],
  [{ path: 'spec.month', matches: '^[1-9]$' }, 'spec.month looks like ^[1-9]$'],
])('a field is asked for in words: %j', (rule, words) => {
  expect(demand(FieldRule.parse(rule))).toBe(words);
});
