import { describe, expect, it } from 'vitest';
import { OutputLog } from '../../../server/terminal/output-log.ts';
import { Screen } from '../../../server/terminal/screen.ts';

describe('the output log', () => {
  it('returns the bytes from any offset it still keeps', () => {
    const log = new OutputLog(10);
    for (const text of ['abcde', 'fghij', 'klm']) log.push(Buffer.from(text));
    expect({ start: log.start, end: log.end }).toEqual({ start: 5, end: 13 });
    expect(Buffer.concat(log.from(7) ?? []).toString()).toBe('hijklm');
    expect(log.from(13)).toEqual([]);
    expect(log.from(4)).toBeUndefined();
    expect(log.from(14)).toBeUndefined();
  });
});

describe('the screen', () => {
  it('is given as text that draws it again, with the offset it stands for', async () => {
    const screen = new Screen(20, 5);
    screen.push(Buffer.from('hello \x1b[1mworld\x1b[0m\r\n$ '));
    const first = await screen.snapshot();
    const copy = new Screen(20, 5);
    copy.push(Buffer.from(first.data));
    expect({ offset: first.offset, columns: first.columns, rows: first.rows, same: (await copy.snapshot()).data === first.data }).toEqual({ offset: 23, columns: 20, rows: 5, same: true });
  });

  it('keeps characters whole that are cut between chunks', async () => {
    const screen = new Screen(20, 5);
    const bytes = Buffer.from('日本語');
    screen.push(bytes.subarray(0, 4));
    screen.push(bytes.subarray(4));
    expect((await screen.snapshot()).data).toBe('日本語');
  });

  it('is the same for a flood as if every byte had been parsed', async () => {
    const lines = Array.from({ length: 200_000 }, (_, i) => `line ${i}\r\n`);
    const lazy = new Screen(80, 24);
    const exact = new Screen(80, 24);
    const last = lines.slice(-3000).join('');
    for (let i = 0; i < lines.length; i += 1000) lazy.push(Buffer.from(lines.slice(i, i + 1000).join('')));
    exact.push(Buffer.from(last));
    const [a, b] = [await lazy.snapshot(), await exact.snapshot()];
    expect(a.data).toBe(b.data);
    expect(a.offset).toBe(lines.join('').length);
  });

  it('drops nothing that holds escape sequences', async () => {
    const screen = new Screen(80, 24);
    screen.push(Buffer.from('\x1b[?1049h\x1b[31m'));
    for (let i = 0; i < 100; i++) screen.push(Buffer.from(`${'y\r\n'.repeat(4000)}`));
    expect((await screen.snapshot()).data).toContain('\x1b[?1049h');
  });
});
