import { describe, expect, it } from 'vitest';
import { ApiStatus } from '../../../server/cluster/api/status.ts';
import { type CheckContext, isRight, quizzesOf, validateCheck } from '../../../server/checks/index.ts';
import type { Page } from '../../../server/scenario/model.ts';
import { verdict } from './context.ts';

/** A cluster whose pods have printed this: `pod/container` → log. */
function printed(logs: Record<string, string>, namespace = 'default'): Partial<CheckContext> {
  const names = [...new Set(Object.keys(logs).map((key) => key.split('/')[0] ?? ''))];
  const pod = (name: string) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: Object.keys(logs).filter((key) => key.startsWith(`${name}/`)).map((key) => ({ name: key.split('/')[1] })) } });
  const client = {
    async get(_type: unknown, ns: string, name: string) {
      if (ns !== namespace || !names.includes(name)) throw new ApiStatus(404, 'NotFound', 'not found');
      return pod(name);
    },
    async list(_type: unknown, options: { namespace?: string }) {
      return { items: options.namespace === namespace ? names.map(pod) : [], metadata: { resourceVersion: '1' } };
    },
    async *logs(_ns: string, name: string, options: { container?: string }) {
      const text = logs[`${name}/${options.container ?? ''}`];
      if (text === 'waiting') throw new ApiStatus(400, 'BadRequest', 'container is waiting to start');
      for (const line of (text ?? '').split(/(?<=\n)/)) yield Buffer.from(line);
    },
  };
  return { client: client as unknown as CheckContext['client'] };
}

describe('a podLogs check', () => {
  it('passes when one of the pods has printed the text', async () => {
    expect(await verdict('podLogs', { selector: 'app=web', contains: 'ready' }, printed({ 'a/main': 'starting\n', 'b/main': 'starting\nready\n' }))).toMatchObject({ passed: true, expected: 'the log of a pod with app=web in namespace default has “ready”', observed: 'b/main printed it' });
  });
  it('shows what was printed instead', async () => {
    expect(await verdict('podLogs', { pod: 'a', contains: 'ready' }, printed({ 'a/main': 'one\ntwo\nthree\nfour\n' }))).toMatchObject({ passed: false, observed: 'a/main printed last: two\nthree\nfour', why: 'No log of pod a has “ready”.', next: 'Look at it: kubectl logs a' });
  });
  it('matches a pattern line by line, in the container that is named', async () => {
    expect(await verdict('podLogs', { pod: 'a', container: 'side', matches: '^GET /$' }, printed({ 'a/main': 'GET /\n', 'a/side': 'x\n' }))).toMatchObject({ passed: false, why: 'No log of pod a has a match of ^GET /$.' });
    expect(await verdict('podLogs', { pod: 'a', matches: '^GET /$' }, printed({ 'a/main': 'x\nGET /\n', 'a/side': 'x\n' }))).toMatchObject({ passed: true });
  });
  it('can demand that something was not printed', async () => {
    expect(await verdict('podLogs', { pod: 'a', contains: 'panic', absent: true }, printed({ 'a/main': 'panic: x\n' }))).toMatchObject({ passed: false, why: 'a/main printed “panic”, which it should not.' });
  });
  it('says that there is no such pod', async () => {
    expect(await verdict('podLogs', { pod: 'z', namespace: 'web', contains: 'x' }, printed({ 'a/main': 'x' }))).toMatchObject({ passed: false, why: 'There is no pod z in namespace web.' });
  });
  it('says why a container has no log', async () => {
    expect(await verdict('podLogs', { pod: 'a', contains: 'x' }, printed({ 'a/main': 'waiting' }))).toMatchObject({ passed: false, observed: 'container is waiting to start' });
  });
  it('reads a bounded part of a flood', async () => {
    const client = { ...printed({ 'a/main': '' }).client, async *logs() { for (;;) yield Buffer.alloc(64 * 1024, 'x'); } };
    expect(await verdict('podLogs', { pod: 'a', contains: 'ready' }, { client: client as unknown as CheckContext['client'] })).toMatchObject({ passed: false });
  });
  it('is refused without a pod or without a text', () => {
    expect(validateCheck('podLogs', { contains: 'x' })).toBe('give either pod or selector');
    expect(validateCheck('podLogs', { pod: 'a' })).toBe('give either contains or matches');
  });
});

const page = (over: Partial<Page>): Page => ({ id: 'step1', title: 'One', text: 'a.md', checks: [], ...over });
const written = { question: { en: 'Which verb?', de: 'Welches Verb?' }, options: ['get', 'list', 'watch'], answers: [1, 3], why: 'Two of them read one object.' };
const asked = page({ checks: [{ id: 'verb', title: 'Verb', kind: 'quiz', spec: written, hints: [], live: false }], quiz: [{ id: 'q1', question: 'Port?', kind: 'text', options: [], answers: ['2746'], match: 'contains' }] });

describe('the quizzes of a page', () => {
  it('are those of its text, and those that its checks ask, in the language of the learner', () => {
    expect(quizzesOf(asked, ['de'])).toEqual([
      { id: 'q1', kind: 'text', question: 'Port?', options: [], answers: ['2746'], match: 'contains' },
      { id: 'verb', kind: 'checkbox', question: 'Welches Verb?', options: [{ id: 'a', text: 'get' }, { id: 'b', text: 'list' }, { id: 'c', text: 'watch' }], answers: ['a', 'c'], match: 'exact', why: 'Two of them read one object.' },
    ]);
  });
  it.each([
    [['a', 'c'], true],
    [['c', 'a', 'a'], true],
    [['a'], false],
    [['a', 'b', 'c'], false],
    [[], false],
  ])('want every right option and no other: %j is right: %s', (given, right) => {
    const question = quizzesOf(asked, []).at(1);
    expect(question && isRight(question, given)).toBe(right);
  });
  it.each([
    ['exact', ' kube-system ', true],
    ['exact', 'KUBE-SYSTEM', true],
    ['exact', 'in kube-system', false],
    ['contains', 'in kube-system!', true],
    ['contains', 'default', false],
  ] as const)('compare a text: %s, “%s”: %s', (match, text, right) => {
    expect(isRight({ id: 'q', kind: 'text', question: '', options: [], answers: ['kube-system'], match }, [text])).toBe(right);
  });
});

describe('a quiz check', () => {
  const quizzes = quizzesOf(asked, []);
  it('asks for what is not answered', async () => {
    expect(await verdict('quiz', {}, { quizzes })).toMatchObject({ passed: false, expected: '2 questions are answered rightly', observed: '0 of 2 answered', why: '“Port?” is not answered yet.' });
  });
  it('says in the words of the author why an answer is wrong, and never which one is right', async () => {
    expect(await verdict('quiz', written, { quizzes, quizAnswers: { verb: ['b'] } })).toMatchObject({ passed: false, why: 'Two of them read one object.', observed: '0 of 1 are right' });
  });
  it('passes when all are right', async () => {
    expect(await verdict('quiz', {}, { quizzes, quizAnswers: { q1: ['port 2746'], verb: ['c', 'a'] } })).toMatchObject({ passed: true, observed: 'all 2 are right' });
    expect(await verdict('quiz', { questions: ['q1'] }, { quizzes, quizAnswers: { q1: ['2746'] } })).toMatchObject({ passed: true, observed: 'the answer is right' });
  });
  it('is refused when an answer names no option', () => {
    expect(validateCheck('quiz', { question: 'x', options: ['a', 'b'], answers: [3] })).toEqual(expect.any(String));
    expect(validateCheck('quiz', { question: 'x', options: ['a', 'b'], answers: ['a'] })).toEqual(expect.any(String));
  });
});
