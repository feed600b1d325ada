import { describe, expect, it } from 'vitest';
import { leftOut } from '../../../server/scenario/editor-tree.ts';
import { greetingOf } from '../../../server/scenario/greeting.ts';
import { STEP, scenarioOf } from './folder.ts';

describe('environment.exclusionPatterns leaves out of the editor’s tree', () => {
  it.each([
    ['./go/*', 'go/pkg', true],
    ['./go/*', 'go/pkg/mod', true],
    ['./go/*', 'go', false],
    ['./go/*', 'src/go/pkg', false],
    ['./logs', 'logs/a', true],
    ['**/store/log/*', 'apps/store/log/production.log', true],
    ['**/store/log/*', 'store/log/x', true],
    ['*test', 'a/unit-test', true],
    ['*test', 'a/unit-test/one.ts', true],
    ['*test', 'a/tested', false],
    ['.*', 'a/.git', true],
    ['.*', 'a/git', false],
    ['/tmp/', 'tmp/x', true],
    ['', 'a', false],
  ])('%s: %s %s', (pattern, path, hidden) => {
    expect(leftOut([pattern])(path)).toBe(hidden);
  });

  it('answers for long paths and evil patterns at once', () => {
    expect(leftOut([`${'*a'.repeat(8)}b`, '*'.repeat(1000)])(`${'a'.repeat(4000)}/x`)).toBe(true);
  });
});

describe('environment.uimessage1 stands above the first prompt', () => {
  it.each([
    ['Hello', 'Hello\u001b[m\r\n'],
    ['\u001b[32mOne\r\nTwo\u001b[m\r\n', '\u001b[32mOne\r\nTwo\u001b[m\u001b[m\r\n'],
    ['\\033[36;1mWelcome\\e[0m', '\u001b[36;1mWelcome\u001b[0m\u001b[m\r\n'],
    ['a\u001b]0;title\u0007b\u001b[2Jc\u0007d\u001bce\u202ef', 'abcdef\u001b[m\r\n'],
    ['  \u001b[1m \n', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%j', (message, written) => {
    expect(greetingOf(message)).toBe(written);
  });
});

it('a scenario holds both as its author wrote them', async () => {
  const { scenario, codes } = await scenarioOf({ ...STEP, environment: { uimessage1: 'Hello', exclusionPatterns: ['./go/*'] } });
  expect({ greeting: scenario?.greeting, leftOut: scenario?.leftOutOfEditor, codes }).toEqual({ greeting: 'Hello\u001b[m\r\n', leftOut: ['./go/*'], codes: [] });
});

it('other types than texts are said and left alone', async () => {
  const { scenario, codes } = await scenarioOf({ ...STEP, environment: { uimessage1: ['Hello'], exclusionPatterns: './go/*' } });
  expect({ greeting: scenario?.greeting, leftOut: scenario?.leftOutOfEditor, codes }).toEqual({ greeting: undefined, leftOut: undefined, codes: ['field-type', 'field-type'] });
});
