import { describe, expect, it } from 'vitest';
import { endOf } from '../../../server/runner/judge-block.ts';
import { sameAnswer } from '../../../server/runner/mask.ts';
import { plainText } from '../../../server/runner/plain-text.ts';
import { Slice } from '../../../server/runner/slice.ts';
import { keysOf } from '../../../server/runner/walker.ts';

describe('what a reader sees of a terminal’s output', () => {
  it.each([
    ['colours', '\u001b[01;34mbin\u001b[0m  lib\r\n', 'bin  lib\n'],
    ['titles and marks of shells', '\u001b]0;root@host\u0007$ \u001b]133;A\u001b\\ls', '$ ls'],
    ['paste mode', '\u001b[?2004l\rhello\r\n\u001b[?2004h', 'hello\n'],
    ['progress that is drawn over', '10%\r50%\r100%\r\ndone', '100%\ndone'],
    ['a shorter line over a longer one', 'downloading\rdone', 'doneloading'],
    ['what was corrected while typing', 'kubectll\b\b get', 'kubect get'],
    ['character sets and a bell', '\u001b(Bq\u0007\u000fx', 'qx'],
    ['words in any language', 'größer ✓ 日本\r\n', 'größer ✓ 日本\n'],
  ])('%s', (_name, output, seen) => {
    expect(plainText(output)).toBe(seen);
  });
});

describe('the part of the output that a command made', () => {
  const slice = (most: number, from = 0) => new Slice(most, from, (text) => text);

  it('lies between its start and the next prompt, however the bytes are cut', () => {
    const part = slice(1000, 100);
    part.push(90, Buffer.from('before....echo hi'));
    part.begin(107);
    part.push(107, Buffer.from('h'));
    part.push(108, Buffer.from('i\n$ '));
    part.end(110);
    expect(part.text()).toBe('hi\n');
  });

  it('keeps its beginning and its end when it is a flood', () => {
    const part = slice(20);
    part.begin(0);
    for (let i = 0; i < 100; i++) part.push(i * 10, Buffer.from(`line ${String(i).padStart(4, '0')}\n`));
    part.end(1000);
    expect(part.text()).toBe('line 0000\n\n[980 bytes left out]\nline 0099\n');
  });

  it('is all there is as long as it has not ended', () => {
    const part = slice(1000);
    part.push(0, Buffer.from('watching'));
    expect(part.text()).toBe('watching');
  });
});

describe('two answers are the same', () => {
  it.each([
    ['whatever names were made up', 'pod/web-7d4b9c6f5-x2k4q created\nhello-world-a1b2c', 'pod/web-5c8d7f9b6-m9z7w created\nhello-world-zzyyx'],
    ['whenever they were given', 'AGE\n12s\n"startedAt": "2026-01-02T03:04:05Z"', 'AGE\n3m\n"startedAt": "2027-11-12T13:14:15Z"'],
    ['whatever uid and version they have', '"uid":"0a1b2c3d-1111-2222-3333-444455556666","resourceVersion":"17"', '"uid":"ffffffff-1111-2222-3333-444455556666","resourceVersion":"99123"'],
    ['whatever process runs in the background', '[1] 4711\nready', '[2] 12\nready'],
  ])('%s', (_name, one, other) => {
    expect(sameAnswer(one, other)).toBe(true);
  });

  it.each([
    ['when a value differs', 'replicas: 3', 'replicas: 4'],
    ['when a line is missing', 'a\nb', 'a'],
    ['when a state differs', 'hello-a1b2c Succeeded', 'hello-a1b2c Failed'],
  ])('but not %s', (_name, one, other) => {
    expect(sameAnswer(one, other)).toBe(false);
  });
});

it('keys are written as ^C, ^D, ^ESC', () => {
  expect(keysOf('^C')).toBe('\u0003');
  expect(keysOf('^ESC:wq^ENTER')).toBe('\u001b:wq\r');
  expect(keysOf('^[')).toBe('\u001b');
  expect(keysOf('a^d')).toBe('a\u0004');
});

describe('the end of an output in a report', () => {
  const lines = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`).join('\n');
  it.each([
    ['short', 'one\ntwo\n', 'one\ntwo'],
    ['long', lines(1, 30), `…\n${lines(19, 30)}`],
    ['the same again and again', `${'y\n'.repeat(500)}end`, 'y\n(500 times)\nend'],
    ['the same three times', 'a\na\na\n', 'a\na\na'],
    ['nothing', ' \n\n', ''],
  ])('%s', (_, output, end) => {
    expect(endOf(output)).toBe(end);
  });
});
