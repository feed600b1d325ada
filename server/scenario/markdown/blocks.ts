import { type CodeAction, readAction, takeActions } from './actions.ts';
import { isLanguage } from './languages.ts';

/** A piece of code between fences, wherever it stands. */
export interface Fence {
  kind: 'fence';
  language: string;
  /** Lines to mark, from 1. */
  marked: number[];
  action: CodeAction;
  code: string;
  /** Line of the opening fence, from 1. */
  line: number;
  /** What an author should mend, with the line. */
  flaws: { code: 'fence-unclosed' | 'fence-reopened' | 'action-misspelt' | 'page-dense'; line: number; message: string }[];
}

/** `<pre class="file" …>`: text for a file of the editor. */
export interface FileBlock {
  kind: 'file';
  file: string;
  target: string;
  marker: string;
  code: string;
  line: number;
  closed: boolean;
}

export type Block = Fence | FileBlock;

export interface PageBlocks {
  /** The page with every block replaced by a fence of one line, ```` ```<mark><index> ````, so that no block can swallow the page. */
  markdown: string;
  blocks: Block[];
  /** For each line of `markdown`, from 0: the line of the page, from 1. */
  lines: number[];
}

const OPENING = /^((?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*)(`{3,}|~{3,})([^`]*)$/;

/** `<pre class="file" …>` in a line: what stands before, its attributes, what follows. */
function fileOpening(line: string): [before: string, attributes: string, after: string] | undefined {
  for (let at = line.search(/<pre\b/i), tries = 0; at >= 0 && tries < 20; tries++) {
    const end = line.indexOf('>', at);
    if (end < 0 || end - at > 1000) return undefined;
    const attributes = line.slice(at + 4, end);
    if (/\bclass\s{0,9}=\s{0,9}["'“”]?\s{0,9}file\b/i.test(attributes)) return [line.slice(0, at), attributes, line.slice(end + 1)];
    const next = line.slice(end).search(/<pre\b/i);
    at = next < 0 ? -1 : end + next;
  }
  return undefined;
}

/**
 * Takes the blocks out of a page, line by line. Forgiving where Markdown is not: an action on the closing fence or at the
 * end of the last line of code, code on the opening line, content less indented than its fence, a fence opened within
 * another, a fence right under a line of HTML. Linear in the length of the page.
 */
export function takeBlocks(page: string, mark: string): PageBlocks {
  const source = page.split('\n');
  const out: string[] = [];
  const lines: number[] = [];
  const blocks: Block[] = [];
  let html = false;
  let commentUntil = -1;
  const lastCommentEnd = source.findLastIndex((line) => line.includes('-->'));

  const emit = (text: string, line: number) => {
    out.push(text);
    lines.push(line);
    // A block of HTML goes on until an empty line.
    if (text.trim() === '') html = false;
    else if (/^[ \t>]*<[/a-z!?]/i.test(text)) html = true;
  };
  const place = (prefix: string, block: Block) => {
    const quotes = prefix.replace(/[^>\t ]/g, ' ');
    // Only a line of its own begins a block: not right under HTML, and with no text behind it.
    if (html) emit(quotes.trimEnd(), block.line);
    emit(`${prefix}\`\`\`${mark}${blocks.length}`, block.line);
    emit(`${quotes}\`\`\``, block.line);
    html = false;
    blocks.push(block);
  };

  for (let i = 0; i < source.length; i++) {
    const line = source[i] ?? '';
    if (i <= commentUntil) {
      emit(line, i + 1);
      continue;
    }
    const comment = line.indexOf('<!--');
    if (comment >= 0 && lastCommentEnd > i && !line.includes('-->', comment + 4)) {
      commentUntil = i + 1;
      while (!(source[commentUntil] ?? '-->').includes('-->')) commentUntil += 1;
    }
    const opening = line.includes('```') || line.includes('~~~') ? OPENING.exec(line) : null;
    if (opening !== null) {
      const taken = takeFence(source, i, opening);
      place(taken.prefix, taken.fence);
      if (taken.rest !== '') emit(taken.prefix.replace(/[^>\t ]/g, ' ') + taken.rest, taken.next);
      i = taken.next - 1;
      // The line that closed it opened the next one.
      if (taken.again !== undefined) {
        source[taken.next - 1] = taken.again;
        i -= 1;
      }
      continue;
    }
    const file = line.includes('<pre') || line.includes('<PRE') ? fileOpening(line) : undefined;
    if (file !== undefined) {
      const [before, attributes, after] = file;
      const taken = takeFile(source, i, attributes, after);
      const indent = /^[ \t>]*$/.test(before) ? before : '';
      if (indent === '' && before.trim() !== '') emit(before, i + 1);
      if (indent === '' && (out.at(-1) ?? '').trim() !== '') emit('', i + 1);
      place(indent, taken.block);
      if (taken.rest.trim() !== '') emit(taken.rest, taken.next);
      i = taken.next - 1;
      continue;
    }
    emit(line, i + 1);
  }
  putAsideDense(out, blocks, mark, lines);
  return { markdown: out.join('\n'), blocks, lines };
}

/** Blocks that stand where Markdown sees no block, as they were written. */
export function restoreBlocks(text: string, blocks: readonly Block[], mark: string): string {
  return text.replace(new RegExp(`\`\`\`${mark}(\\d+)\\n[ \\t>]*\`\`\``, 'g'), (_whole, index: string) => blocks[Number(index)]?.code ?? '');
}

/** Longer paragraphs are no text for people, and Markdown's time grows with their square: they are shown as they are. */
const DENSE = 40_000;

function putAsideDense(out: string[], blocks: Block[], mark: string, lines: readonly number[]): void {
  let start = 0;
  let length = 0;
  for (let i = 0; i <= out.length; i++) {
    const line = out[i];
    if (line !== undefined && line.trim() !== '') {
      if (length === 0) start = i;
      length += line.length + 1;
      continue;
    }
    if (length > DENSE) {
      const code = restoreBlocks(out.slice(start, i).join('\n'), blocks, mark);
      // A word of its own takes their place; the other lines are empty, so that lines keep their numbers.
      out.fill('', start, i);
      out[start] = `${mark}dense${blocks.length}`;
      blocks.push({ kind: 'fence', language: 'text', marked: [], action: { action: 'none' }, code: code.slice(0, 100_000), line: lines[start] ?? 1, flaws: [{ code: 'page-dense', line: lines[start] ?? 1, message: `${length} characters without an empty line are shown as they are` }] });
    }
    length = 0;
  }
}

/** How wide white space is, tabs at every fourth column. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += char === '\t' ? 4 - (width % 4) : 1;
  return width;
}

/** Takes up to `width` columns of white space off a line. */
function dedent(line: string, width: number): string {
  let at = 0;
  let column = 0;
  while (column < width && (line[at] === ' ' || line[at] === '\t')) {
    column += line[at] === '\t' ? 4 - (column % 4) : 1;
    at += 1;
  }
  return line.slice(at);
}

/** `next` is the first line, from 0, that is no part of it. */
function takeFence(source: readonly string[], start: number, opening: RegExpExecArray): { fence: Fence; prefix: string; next: number; rest: string; again?: string } {
  const [, prefix = '', marker = '```', rawInfo = ''] = opening;
  const depth = [...prefix].filter((char) => char === '>').length;
  const width = widthOf(prefix.slice(prefix.lastIndexOf('>') + 1).replace(/^ /, depth > 0 ? '' : ' '));
  const fence: Fence = { kind: 'fence', language: '', marked: [], action: { action: 'copy' }, code: '', line: start + 1, flaws: [] };
  const code: string[] = [];
  const codeOnOpening = readInfo(fence, rawInfo);
  if (codeOnOpening !== undefined) code.push(codeOnOpening);
  const char = marker[0] ?? '`';
  const closing = new RegExp(`^[ \\t]*${char === '~' ? '~' : '`'}{${marker.length},}[ \\t]*(.*)$`);
  const finish = (next: number, rest: string, again?: string) => {
    // Authors indent the fence and not the code: lines keep their indentation against one another.
    const first = codeOnOpening === undefined ? 0 : 1;
    const common = code.slice(first).reduce((least, line) => (line.trim() === '' ? least : Math.min(least, widthOf(/^[ \t]*/.exec(line)?.[0] ?? ''))), width);
    fence.code = code.map((line, index) => (index < first ? line : dedent(line, common))).join('\n');
    return { fence, prefix, next, rest, ...(again === undefined ? {} : { again }) };
  };

  for (let i = start + 1; i < source.length; i++) {
    let line = source[i] ?? '';
    if (depth > 0) {
      const quoted = new RegExp(`^[ \\t]*(?:>[ ]?[ \\t]{0,3}){${depth}}`).exec(line);
      if (quoted === null) return finish(i, '');
      line = line.slice(quoted[0].length);
    }
    if (!line.includes(marker)) {
      code.push(line);
      continue;
    }
    const rest = closing.exec(line)?.[1];
    if (rest !== undefined) {
      if (rest === '') return finish(i + 1, '');
      const after = takeActions(rest);
      if (after !== undefined) {
        apply(fence, after.read.action, after.flaw, i + 1);
        return finish(i + 1, rest.slice(after.length).trim());
      }
      if (/^\{\{[^{}]*\}\}\s*$/.test(rest)) {
        fence.flaws.push({ code: 'action-misspelt', line: i + 1, message: `${rest.trim().slice(0, 60)} is no action` });
        return finish(i + 1, '');
      }
      if (char === '`' && isLanguage(rest.trim()) && !/^(?:md|markdown)$/i.test(fence.language) && code.length > 0) {
        fence.flaws.push({ code: 'fence-reopened', line: i + 1, message: 'a block of code begins before the last one has ended' });
        return finish(i + 1, '', source[i] ?? '');
      }
      code.push(line);
      continue;
    }
    const atEnd = endOfCode(line, marker);
    if (atEnd !== undefined && (atEnd.after !== '' || codeOnOpening !== undefined)) {
      const after = takeActions(atEnd.after);
      if (after !== undefined || atEnd.after === '') {
        // Code both on the first and on the last line of the fence: what looked like a language was code, too.
        if (codeOnOpening === undefined && /\S\s+\S/.test(rawInfo) && !rawInfo.includes('{{')) {
          code.unshift(rawInfo.trim());
          fence.language = '';
        }
        code.push(atEnd.before);
        if (after !== undefined) apply(fence, after.read.action, after.flaw, i + 1);
        return finish(i + 1, after === undefined ? '' : atEnd.after.slice(after.length).trim());
      }
    }
    code.push(line);
  }
  fence.flaws.push({ code: 'fence-unclosed', line: start + 1, message: 'this block of code does not end' });
  return finish(source.length, '');
}

/** ``EOF```{{exec}}``: the fence at the end of the last line of code. */
function endOfCode(line: string, marker: string): { before: string; after: string } | undefined {
  const at = line.lastIndexOf(marker);
  const before = line.slice(0, at).replace(/`+$/, '');
  const after = line.slice(at + marker.length).trim();
  return before.trim() === '' || (after !== '' && !/^[{(]/.test(after)) ? undefined : { before, after };
}

function apply(fence: Fence, action: CodeAction, flaw: string | undefined, line: number): void {
  fence.action = action;
  if (flaw !== undefined) fence.flaws.push({ code: 'action-misspelt', line, message: flaw });
}

/** Reads `yaml{2,5-9} {{exec}}`; returns what is the first line of code where the author began it on the fence. */
function readInfo(fence: Fence, raw: string): string | undefined {
  let info = raw.trim();
  const at = info.indexOf('{{');
  if (at >= 0) {
    const end = info.indexOf('}}', at);
    const read = end < 0 ? undefined : readAction(info.slice(at + 2, end));
    if (read !== undefined) {
      apply(fence, read.action, read.flaw, fence.line);
      info = `${info.slice(0, at)}${info.slice(end + 2)}`.trim();
    }
  }
  const marks = /\{([\d,\s-]{1,200})\}\s*$/.exec(info);
  if (marks?.[1] !== undefined) {
    info = info.slice(0, marks.index).trim();
    for (const part of marks[1].split(',')) {
      const [from = 0, to = from] = part.split('-').map((number) => Number.parseInt(number, 10));
      if (Number.isNaN(from) || Number.isNaN(to)) continue;
      for (let line = Math.max(1, from); line <= Math.min(to, from + 1000); line++) fence.marked.push(line);
    }
  }
  const [word = ''] = (/^\{\.?([\w#+.-]+)[^}]*\}$/.exec(info)?.[1] ?? info).split(/\s+/);
  if (isLanguage(word) || info === word) {
    fence.language = /^[\w#+.-]*$/.test(word) ? word.toLowerCase() : '';
    return /^[\w#+.-]*$/.test(word) ? undefined : info;
  }
  return raw.trim();
}

function takeFile(source: readonly string[], start: number, attributes: string, first: string): { block: FileBlock; next: number; rest: string } {
  const value = (name: string) => new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|“([^”]*)”|([^\\s"'>]+))`, 'i').exec(attributes)?.slice(1).find((found) => found !== undefined) ?? '';
  const code: string[] = [];
  let rest = '';
  let closed = false;
  let next = source.length;
  for (let i = start; i < source.length; i++) {
    const line = i === start ? first : (source[i] ?? '');
    const end = line.toLowerCase().indexOf('</pre>');
    if (end < 0) {
      code.push(line);
      continue;
    }
    if (line.slice(0, end) !== '') code.push(line.slice(0, end));
    rest = line.slice(end + 6);
    closed = true;
    next = i + 1;
    break;
  }
  if (code[0] === '') code.shift();
  const target = value('data-target').toLowerCase();
  return { block: { kind: 'file', file: value('data-filename'), target: target === '' ? 'clipboard' : target, marker: value('data-marker'), code: unescapeHtml(code.join('\n')), line: start + 1, closed }, next, rest };
}

const ENTITIES: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'", nbsp: ' ' };

function unescapeHtml(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|#39|nbsp);/g, (whole, name: string) => ENTITIES[name] ?? whole);
}
