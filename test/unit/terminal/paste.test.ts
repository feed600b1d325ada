import { describe, expect, it } from 'vitest';
import { cleanCode, typed } from '../../../server/terminal/paste.ts';

describe('typing a block of code', () => {
  it('pastes it whole where the shell supports that', () => {
    expect(typed('cat <<EOF\n\tx\nEOF\n', true)).toBe('\x1b[200~cat <<EOF\n\tx\nEOF\x1b[201~\r');
  });

  it('types line by line otherwise', () => {
    expect(typed('a\nb', false)).toBe('a\rb\r');
  });

  it('goes in without Enter where the text only types it', () => {
    expect([typed('echo half', true, false), typed('echo half', false, false)]).toEqual(['\x1b[200~echo half\x1b[201~', 'echo half']);
  });

  it('neutralises an end of paste inside the block', () => {
    expect(typed('echo a\x1b[201~\nrm -rf ~', true)).toBe('\x1b[200~echo a\nrm -rf ~\x1b[201~\r');
  });

  it('drops control characters, also those of the second set, and keeps everything else', () => {
    expect(cleanCode('a\x00\x03\x1b[31mb\x7f\x9bc\r\nd é 日本\n\n')).toBe('a[31mbc\nd é 日本');
  });
});
