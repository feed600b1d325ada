import { describe, expect, it } from 'vitest';
import { fieldsAt, listAt, readObject, setInText, valueAt, withValue } from '../../../server/cluster/argo/ui/state/edit.ts';
import { scheduleWords } from '../../../server/cluster/argo/ui/state/cron-words.ts';

const message = (work: () => unknown) => {
  try {
    work();
    return 'fine';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

const TEXT = `# mine
metadata:
  name: hello # its name
  labels:
    a: "1"
spec:
  arguments:
    parameters:
      - name: message
        enum: [x, y]
      - name: other
        value: 5
`;

describe('an object that is edited by a form', () => {
  it('keeps the comments and the order of what is not touched', () => {
    expect(setInText(TEXT, 'yaml', ['metadata', 'labels', 'team/b'], 'c: d')).toBe(TEXT.replace('    a: "1"\n', '    a: "1"\n    team/b: "c: d"\n'));
    expect(setInText(TEXT, 'yaml', ['spec', 'arguments', 'parameters', 0, 'value'], 'x')).toBe(TEXT.replace('        enum: [x, y]\n', '        enum: [x, y]\n        value: x\n'));
  });

  it('loses what is taken away, and what that leaves empty', () => {
    expect(setInText(TEXT, 'yaml', ['metadata', 'labels', 'a'], undefined)).toBe(TEXT.replace('  labels:\n    a: "1"\n', ''));
    const once = setInText(TEXT, 'yaml', ['spec', 'arguments', 'parameters', 0], undefined);
    expect(readObject(once)['spec']).toEqual({ arguments: { parameters: [{ name: 'other', value: 5 }] } });
    expect(readObject(setInText(once, 'yaml', ['spec', 'arguments', 'parameters', 0], undefined))).toEqual({ metadata: { name: 'hello', labels: { a: '1' } } });
  });

  it('takes in values below fields that are written without one', () => {
    expect(setInText('metadata:\nspec:\n', 'yaml', ['spec', 'arguments', 'parameters', 0], { name: 'a' })).toBe('metadata:\nspec:\n  arguments:\n    parameters:\n      - name: a\n');
  });

  it('is written anew where it has anchors on the way, and as JSON where it is JSON', () => {
    expect(setInText('a: &x {b: 1}\nc: *x\n', 'yaml', ['c', 'b'], 2)).toBe('a:\n  b: 1\nc:\n  b: 2\n');
    expect(setInText('{"a": 1}', 'json', ['b'], 'c')).toBe('{\n  "a": 1,\n  "b": "c"\n}');
  });

  it('is refused where it is no object', () => {
    expect(['', '- a', 'text', '5', 'a: [', 'a: 1\n---\nb: 2'].map((text) => message(() => readObject(text)).split('\n')[0])).toEqual([
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is empty.',
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is a list.',
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is a piece of text.',
      'The text must be one object, with fields such as “metadata:” and “spec:”; it is a number.',
      'Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:',
      'The text has several documents, divided by “---”: only one object can be taken at a time.',
    ]);
  });

  it('is read without what every object has from birth', () => {
    expect([valueAt({}, ['constructor']), fieldsAt({ a: 'x' }, ['a']), listAt({ a: {} }, ['a']), withValue({}, ['a', 0, 'b'], 1)]).toEqual([undefined, {}, [], { a: [{ b: 1 }] }]);
  });

  it('does not blow up with its aliases', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghi'.split('').map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)].join('\n');
    expect(message(() => readObject(bomb))).toBe('Excessive alias count indicates a resource exhaustion attack');
  });
});

describe('a schedule in words', () => {
  it('says when it is due', () => {
    expect(['* * * * *', '*/5 * * * *', '0 3 * * 1-5', '@hourly', '@every 5m', 'TZ=Europe/Berlin 0 3 * * *'].map((schedule) => scheduleWords(schedule))).toEqual(
      ['Every minute', 'Every 5 minutes', 'At 03:00 AM, Monday through Friday', 'Every hour', '', 'At 03:00 AM'].map((words) => ({ words, problem: undefined })),
    );
  });

  it('says what is wrong with it', () => {
    expect(scheduleWords('0 0 0 3 * *')).toEqual({ words: '', problem: 'cron schedules must consist of 5 values only' });
    expect(['', 'every day', '61 * * * *'].map((schedule) => scheduleWords(schedule).problem === undefined)).toEqual([false, false, false]);
    expect(scheduleWords('0 3 * * *', 'Europe/Nowhere').problem).toContain('Europe/Nowhere');
  });
});
