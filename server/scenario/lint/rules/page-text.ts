import { join, posix } from 'node:path';
import { isPort } from '../../../protocol/placeholders.ts';
import { actionBehind } from '../../markdown/inline.ts';
import { portLink } from '../../markdown/parse.ts';
import { SWALLOWED } from '../../markdown/html.ts';
import { locate, locateIn } from '../../source-file.ts';
import type { PageText, ScenarioContext } from '../context.ts';

/** A piece of a page's text with its place. */
interface Piece {
  kind: 'code' | 'link' | 'picture' | 'html';
  text: string;
  flaw?: string;
  line: number;
  column: number;
}

const EDITOR_TARGETS = new Set(['replace', 'insert', 'append', 'prepend', 'clipboard']);
const TRAFFIC = /\{\{\s*TRAFFIC_[^{}\n]{0,80}\}\}/g;
const REMOVED = new Set([...SWALLOWED, 'form', 'button', 'video', 'audio', 'embed', 'frame', 'meta', 'link', 'base']);

export async function pageText(context: ScenarioContext, entry: PageText): Promise<void> {
  const { say } = context;
  const { file, text, parsed, page } = entry;
  const at = (line: number, column = 1) => ({ file, line, column, page: page.id });
  if (text.trim() === '') {
    say('page-empty', at(1), 'the page is empty');
    return;
  }
  for (const block of parsed.blocks) {
    if (block.kind === 'fence') for (const flaw of block.flaws) say(flaw.code, at(flaw.line), flaw.message);
    else if (!block.closed) say('file-block', at(block.line), 'this <pre> does not end');
    else if (!EDITOR_TARGETS.has(block.target)) say('file-block', at(block.line), `there is no data-target “${block.target}”`);
    else if (block.target === 'insert' && block.marker === '') say('file-block', at(block.line), 'inserts, but has no data-marker that says where');
    else if (block.target !== 'clipboard' && block.file === '') say('file-block', at(block.line), 'names no data-filename');
  }
  for (const flaw of parsed.flaws) say('quiz-malformed', at(flaw.line), flaw.message);
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    if (!line.includes('TRAFFIC_') || line.length > 100_000) continue;
    for (const match of line.matchAll(TRAFFIC)) {
      const port = /^\{\{TRAFFIC_HOST\d{1,2}_(\d{1,5})\}\}$/.exec(match[0])?.[1];
      if (match[0] !== '{{TRAFFIC_SELECTOR}}' && (port === undefined || !isPort(port))) say('placeholder-malformed', at(index + 1, match.index + 1), `${match[0]} is no address of a port`);
    }
  }
  for (const piece of piecesOf(entry)) {
    if (piece.kind === 'code') {
      if (piece.flaw !== undefined) say('action-misspelt', at(piece.line, piece.column), piece.flaw);
    } else if (piece.kind === 'html') {
      const tag = /^<([a-z]+)/i.exec(piece.text)?.[1]?.toLowerCase() ?? '';
      if (REMOVED.has(tag) || (tag === 'iframe' && !/youtu/.test(piece.text))) say('html-removed', at(piece.line, piece.column), `<${tag}> is taken out of the page`);
    } else await reference(context, entry, piece);
  }
}

/** Links and pictures that point into the repository. */
async function reference({ scenario, say }: ScenarioContext, entry: PageText, piece: Piece): Promise<void> {
  const href = piece.text;
  if (href === '' || /^(?:[a-z][a-z0-9+.-]*:|\/\/|#|\{\{|\[\[)/i.test(href) || portLink(href) !== undefined) return;
  const at = { file: entry.file, line: piece.line, column: piece.column, page: entry.page.id };
  let path: string;
  try {
    path = decodeURIComponent(href.split(/[?#]/)[0] ?? '');
  } catch {
    path = href;
  }
  if (path === '' || path.includes('{{') || path.includes('\0')) return;
  const picture = piece.kind === 'picture';
  if (path.startsWith('/')) {
    const assets = path.lastIndexOf('/assets/');
    const found = picture && assets >= 0 ? (await locateIn(scenario, path.slice(assets + 1))).ok : false;
    if (!found) say(picture ? 'picture-broken' : 'link-absolute', at, picture ? `there is no ${path} here` : `“${path}” leads to nothing here`, picture ? 'warning' : undefined);
    return;
  }
  const found = await locate(scenario.root, join(scenario.folder, posix.dirname(entry.path), path));
  if (!found.ok) say(picture ? 'picture-broken' : 'link-broken', at, `“${path}” ${found.message}`);
}

/** A paragraph in which so many pieces can't be found again is not looked through any further. */
const MOST_MISSES = 50;

/** Inline code, links, pictures and HTML of a page, each with its place as near as Markdown tells. */
function piecesOf({ parsed }: PageText): Piece[] {
  const source = parsed.text.split('\n');
  const out: Piece[] = [];
  for (const token of parsed.tokens) {
    const first = token.map?.[0] ?? 0;
    if (token.type === 'html_block') {
      for (const match of token.content.matchAll(/<([a-z]{1,12})\b[^<>]{0,500}>?/gi)) addHtml(out, match[0], parsed.lines[first] ?? 1, 1);
      continue;
    }
    if (token.type !== 'inline' || token.children === null) continue;
    let line = first;
    let column = 0;
    let misses = 0;
    /** Moves to where a text stands, if it can be found further on in this paragraph. */
    const find = (text: string): { line: number; column: number } => {
      const needle = (text.split('\n')[0] ?? '').slice(0, 200);
      for (let at = line; needle !== '' && misses < MOST_MISSES && at < Math.min(token.map?.[1] ?? first + 1, line + 200); at++) {
        const found = (source[at] ?? '').indexOf(needle, at === line ? column : 0);
        if (found < 0) continue;
        [line, column] = [at, found + needle.length];
        return { line: parsed.lines[at] ?? at + 1, column: found + 1 };
      }
      misses += 1;
      return { line: parsed.lines[line] ?? line + 1, column: 1 };
    };
    const { children } = token;
    for (const [index, child] of children.entries()) {
      if (child.type === 'code_inline') {
        const place = find(child.content);
        const found = actionBehind(children, index);
        out.push({ kind: 'code', text: child.content, ...place, ...(found?.flaw === undefined ? {} : { flaw: found.flaw }) });
      } else if (child.type === 'link_open' || child.type === 'image') {
        const href = String(child.attrGet(child.type === 'image' ? 'src' : 'href') ?? '');
        out.push({ kind: child.type === 'image' ? 'picture' : 'link', text: href, ...find(child.type === 'image' ? href : (children[index + 1]?.content ?? '')) });
      } else if (child.type === 'html_inline') {
        const place = find(child.content);
        addHtml(out, child.content, place.line, place.column);
      }
    }
  }
  return out;
}

function addHtml(out: Piece[], html: string, line: number, column: number): void {
  out.push({ kind: 'html', text: html, line, column });
  const [, tag = '', name = '', quoted, plain] = /^<(img|a)\b[^<>]{0,400}?\b(src|href)\s*=\s*(?:["']([^"'<>]{0,400})["']|([^\s"'<>]{1,400}))/i.exec(html) ?? [];
  if (tag !== '' && (tag.toLowerCase() === 'img') === (name.toLowerCase() === 'src')) out.push({ kind: tag.toLowerCase() === 'img' ? 'picture' : 'link', text: quoted ?? plain ?? '', line, column });
}
