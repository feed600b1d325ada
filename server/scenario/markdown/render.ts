import { posix } from 'node:path';
import createMarkdown, { type Token } from 'markdown-it';
import type { Ids } from '../../lib/ids.ts';
import { UP } from '../assets.ts';
import { typeable } from './actions.ts';
import { type Block, restoreBlocks } from './blocks.ts';
import { escapeHtml, highlight } from './highlight.ts';
import { showUnknownTags } from './html.ts';
import { actionAttributes, renderInlineTokens } from './inline.ts';
import { markdown, parsePage } from './parse.ts';
import { sanitize } from './sanitize.ts';

export interface RenderOptions {
  /** Path of the Markdown file relative to the scenario's folder: images are relative to it. */
  file: string;
  /** `/api/scenarios/<id>/assets/`: where the page fetches images from. */
  assetBase: string;
  ids: Ids;
}

/**
 * Renders a page to sanitised HTML. Code that can be clicked carries `data-action`, `data-code` (the text to type,
 * placeholders such as {{TRAFFIC_HOST1_80}} still in it) and, where the page names one, `data-terminal`; ports carry
 * `data-port` and `data-path`. All of it is described in protocol/rest.ts. Never throws, whatever the page.
 */
export async function renderMarkdown(text: string, options: RenderOptions): Promise<string> {
  const mark = `m${options.ids.alphanumeric(16)}-`;
  const page = parsePage(text, mark);
  const notes = new Map([...page.footnotes.keys()].map((name, index) => [name, index + 1]));
  const code = new Map<string, string>();
  for (const [index, block] of page.blocks.entries()) code.set(`${mark}${index}`, await renderBlock(block, mark));
  const inline = { mark, notes };
  markAlerts(page.tokens);
  markTasks(page.tokens, mark);
  for (const token of page.tokens) {
    if (token.children) token.children = renderInlineTokens(token.children, inline);
    if (token.type === 'fence') become(token, code.get(token.info.trim()) ?? '');
    else if (token.type === 'code_block') {
      const only = new RegExp(`^\`\`\`(${mark}\\d+)\\n\`\`\`$`).exec(token.content.trim())?.[1];
      become(token, only === undefined ? await renderIndented(restoreBlocks(token.content, page.blocks, mark), mark) : (code.get(only) ?? ''));
    } else if (token.type === 'html_block') token.content = showUnknownTags(restoreBlocks(token.content, page.blocks.map((block) => ({ ...block, code: escapeHtml(block.code) })), mark));
  }
  const body = markdown.renderer
    .render(page.tokens, { ...markdown.options }, {})
    .replace(new RegExp(`(?:<p>)?${mark}dense(\\d+)(?:</p>)?`, 'g'), (_whole, index: string) => code.get(`${mark}${index}`) ?? '')
    .replace(new RegExp(`${mark}data(\\d+)`, 'g'), (_whole, index: string) => page.data[Number(index)] ?? '')
    .replace(new RegExp(`(?:<p>)?${mark}quiz(q\\d+)(?:</p>)?`, 'g'), (_whole, id: string) => `<div class="quiz" ${mark}quiz="${id}"></div>`);
  const foot = renderFootnotes(page.footnotes, inline);
  return sanitize(body + foot, { mark, resource: (source) => resourceAddress(source, options) });
}

async function renderBlock(block: Block, mark: string): Promise<string> {
  if (block.kind === 'file') {
    const extension = /\.([a-z]+)$/i.exec(block.file)?.[1] ?? 'text';
    const target = ['replace', 'insert', 'append', 'prepend'].includes(block.target) && block.file !== '' ? block.target : 'clipboard';
    const marker = block.marker === '' ? '' : ` ${mark}marker="${escapeHtml(block.marker)}"`;
    return `<pre class="file" ${mark}file="${escapeHtml(block.file)}" ${mark}target="${target}"${marker} ${mark}code="${escapeHtml(typeable(block.code))}"><code>${await highlight(block.code, extension)}</code></pre>\n`;
  }
  return `<pre class="code"${actionAttributes(block.action, block.code, mark)} ${mark}language="${escapeHtml(block.language)}"><code>${await highlight(block.code, block.language, block.marked)}</code></pre>\n`;
}

async function renderIndented(content: string, mark: string): Promise<string> {
  const code = content.replace(/\n$/, '');
  return `<pre class="code"${actionAttributes({ action: 'copy' }, code, mark)} ${mark}language=""><code>${await highlight(code, '')}</code></pre>\n`;
}

function become(token: Token, html: string): void {
  token.type = 'html_block';
  token.content = html;
}

/** `> [!NOTE]` at the start of a quotation makes it a box of that kind. */
function markAlerts(tokens: readonly Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'blockquote_open') continue;
    const first = tokens[index + 2]?.children?.[0];
    const kind = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$/i.exec(first?.content ?? '')?.[1];
    if (first?.type !== 'text' || kind === undefined) continue;
    token.attrSet('class', `alert alert-${kind.toLowerCase()}`);
    first.content = '';
    const next = tokens[index + 2]?.children?.[1];
    if (next?.type === 'softbreak') next.type = 'text';
  }
}

/** `- [ ] …` and `- [x] …` are boxes, ticked or not. */
function markTasks(tokens: readonly Token[], mark: string): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'list_item_open' || tokens[index + 2]?.type !== 'inline') continue;
    const children = tokens[index + 2]?.children ?? [];
    const [first] = children;
    const box = first?.type === 'text' ? /^\[([ xX])\]\s/.exec(first.content) : null;
    if (first === undefined || box === null) continue;
    token.attrSet('class', 'task');
    first.content = first.content.slice(box[0].length);
    const input = new createMarkdown.Token('html_inline', '', 0);
    input.content = `<input type="checkbox" ${mark}task="1"${box[1] === ' ' ? '' : ' checked'}> `;
    input.meta = { own: true };
    children.unshift(input);
  }
}

function renderFootnotes(footnotes: ReadonlyMap<string, string>, inline: Parameters<typeof renderInlineTokens>[1]): string {
  if (footnotes.size === 0) return '';
  const items = [...footnotes].map(([name, text]) => {
    const tokens = markdown.parseInline(text, {});
    for (const token of tokens) if (token.children) token.children = renderInlineTokens(token.children, inline);
    return `<li id="fn-${escapeHtml(name)}">${markdown.renderer.render(tokens, { ...markdown.options }, {})}</li>`;
  });
  return `<div class="footnotes"><ol>${items.join('')}</ol></div>\n`;
}

/**
 * The address under which the lab serves a file that a page names. Folders above the scenario's are `__up__`; Katacoda's
 * `/user/scenarios/name/assets/x` is looked for in the scenario's own assets.
 */
function resourceAddress(source: string, options: RenderOptions): string | undefined {
  let path: string;
  const [bare = ''] = source.split(/[?#]/);
  try {
    path = decodeURIComponent(bare);
  } catch {
    path = bare;
  }
  if (path.includes('\0') || path.includes('\\')) return undefined;
  if (path.startsWith('/')) {
    const at = path.lastIndexOf('/assets/');
    if (at < 0) return undefined;
    path = path.slice(at + 1);
  } else path = posix.join(posix.dirname(options.file), path);
  const parts = posix.normalize(path).split('/').filter(Boolean);
  return options.assetBase + parts.map((part) => (part === '..' ? UP : encodeURIComponent(part))).join('/');
}
