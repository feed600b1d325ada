import { describe, expect, it } from 'vitest';
import { decodeFields, MarkParser } from '../../../server/terminal/marks.ts';

function parse(chunks: string[], nonce = 'n1') {
  const marks: string[][] = [];
  const parser = new MarkParser(nonce, (fields) => marks.push(fields));
  const output = chunks.map((chunk) => parser.push(Buffer.from(chunk)).toString()).join('');
  return { output, marks, parser };
}

describe('marks in a terminal', () => {
  it('are taken out of the output and handed over with their fields', () => {
    const { output, marks } = parse(['before\x1b]6973;n1;prompt;0;1;echo a\\sb\x07after']);
    expect(output).toBe('beforeafter');
    expect(marks).toEqual([['prompt', '0', '1', 'echo a;b']]);
  });

  it('are found wherever the output is cut', () => {
    const text = 'a\x1b[31mred\x1b]6973;n1;start\x07b\x1b]0;title\x07c';
    for (let cut = 0; cut <= text.length; cut++) {
      const { output, marks, parser } = parse([text.slice(0, cut), text.slice(cut)]);
      expect(output + parser.flush().toString()).toBe('a\x1b[31mredb\x1b]0;title\x07c');
      expect(marks).toEqual([['start']]);
    }
  });

  it('count only with the nonce of this terminal', () => {
    const forged = '\x1b]6973;n2;prompt;0\x07';
    const { output, marks } = parse([forged]);
    expect(output).toBe(forged);
    expect(marks).toEqual([]);
  });

  it('leave bytes alone that are no text', () => {
    const parser = new MarkParser('n1', () => undefined);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(Buffer.concat([parser.push(bytes), parser.flush()])).toEqual(bytes);
  });

  it('hold back an ESC at the end until it is clear what it begins', () => {
    const { output, parser } = parse(['x\x1b']);
    expect({ output, undecided: parser.undecided, rest: parser.flush().toString() }).toEqual({ output: 'x', undecided: true, rest: '\x1b' });
  });

  it('give up on a mark that never ends', () => {
    const { output } = parse([`\x1b]6973;n1;${'x'.repeat(300 * 1024)}`]);
    expect(output.length).toBeGreaterThan(300 * 1024);
  });

  it('tell whether bracketed paste is on, also across a cut', () => {
    const parser = new MarkParser('n1', () => undefined);
    const seen = ['\x1b[?20', '04h$ ', '\x1b[?2004l\r\n'].map((chunk) => {
      parser.push(Buffer.from(chunk));
      return parser.bracketedPaste;
    });
    expect(seen).toEqual([false, true, false]);
  });

  it('decode what the shell escaped', () => {
    expect(decodeFields('a\\\\sb;two\\nlines;\\s')).toEqual(['a\\sb', 'two\nlines', ';']);
  });
});
