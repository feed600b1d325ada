import { type Token } from 'markdown-it';
import { isPort } from '../../protocol/placeholders.ts';
import { type CodeAction, takeActions, typeable } from './actions.ts';
import { escapeHtml } from './highlight.ts';
import { showUnknownTags } from './html.ts';

const BARE = /(?:https?:\/\/)?\{\{TRAFFIC_HOST(\d{1,2})_(\d{1,5})\}\}((?:[/?#][^\s<>"'`)\]}]*)?)|\{\{(TRAFFIC_SELECTOR)\}\}/g;
const NOTE = /\[\^([\w-]{1,40})\]/g;

/** The attributes of clickable code. `mark` becomes `data-` when the page is clean. */
export function actionAttributes(action: CodeAction, code: string, mark: string): string {
  if (action.action === 'none' || code.trim() === '') return '';
  const more = [
    ...(action.terminal === undefined ? [] : [` ${mark}terminal="${action.terminal}"`]),
    ...(action.terminalName === undefined ? [] : [` ${mark}terminal-name="${escapeHtml(action.terminalName)}"`]),
    ...(action.host === undefined ? [] : [` ${mark}host="${escapeHtml(action.host)}"`]),
  ];
  return ` ${mark}action="${action.action}"${more.join('')} ${mark}code="${escapeHtml(typeable(code))}"`;
}

/** The action of a piece of inline code, from what stands behind it; takes that away. Undefined when nothing does. */
export function actionBehind(children: readonly Token[], index: number): { action: CodeAction; flaw?: string } | undefined {
  const next = children[index + 1];
  // On a line of its own it counts only when it is surely an action.
  const token = next?.type === 'softbreak' && /^\{\{\s*(?:exec|execute|copy)\b/.test(children[index + 2]?.content ?? '') ? children[index + 2] : next;
  if (token?.type !== 'text') return undefined;
  const taken = takeActions(token.content);
  if (taken === undefined) return undefined;
  token.content = token.content.slice(taken.length);
  return { action: taken.read.action, ...(taken.flaw === undefined ? {} : { flaw: taken.flaw }) };
}

export interface InlineOptions {
  mark: string;
  /** Numbers of footnotes by name. */
  notes: ReadonlyMap<string, number>;
}

/** Turns a paragraph's tokens into the lab's HTML: code with its action, addresses of ports, footnotes, unknown tags. */
export function renderInlineTokens(children: Token[], { mark, notes }: InlineOptions): Token[] {
  let links = 0;
  showSwallowing(children);
  for (const [index, token] of children.entries()) {
    if (token.type === 'link_open') links += 1;
    else if (token.type === 'link_close') links -= 1;
    else if (token.type === 'code_inline') {
      const found = actionBehind(children, index);
      const code = found === undefined ? token.content.replace(/\n/g, ' ') : token.content;
      become(token, `<code class="inline"${actionAttributes(found?.action ?? { action: 'copy' }, code, mark)}>${escapeHtml(code)}</code>`);
    } else if (token.type === 'text' && /\{\{TRAFFIC_|\[\^/.test(token.content)) {
      const inLink = links > 0;
      const html = pieces(token.content, BARE, ([whole, host = '1', port = '', path = '', selector]) => {
        if (selector !== undefined) return inLink ? 'ports' : `<a class="port-selector" href="#" ${mark}own="1" ${mark}selector="1">choose a port</a>`;
        if (!isPort(port)) return escapeHtml(whole);
        const shown = `port ${Number(port)}${escapeHtml(path)}`;
        const where = path.startsWith('/') ? path : `/${path}`;
        return inLink ? shown : `<a class="port" href="#" ${mark}own="1" ${mark}port="${Number(port)}" ${mark}path="${escapeHtml(where)}"${Number(host) === 1 ? '' : ` ${mark}host="${Number(host)}"`}>${shown}</a>`;
      }, (rest) => pieces(rest, NOTE, ([whole, name = '']) => {
        const number = notes.get(name);
        return number === undefined || inLink ? escapeHtml(whole) : `<sup class="footnote-ref"><a href="#fn-${escapeHtml(name)}">${number}</a></sup>`;
      }, escapeHtml));
      become(token, html);
    } else if (token.type === 'html_inline' && token.meta === null) token.content = showUnknownTags(token.content);
  }
  return children;
}

function become(token: Token, html: string): void {
  token.type = 'html_inline';
  token.content = html;
}

/** Tags that swallow what follows come in two tokens: one without its end is shown as text. */
function showSwallowing(children: Token[]): void {
  const rest = children.flatMap((token) => (token.type === 'html_inline' ? [token.content] : [])).join('').toLowerCase();
  for (const token of children) {
    if (token.type !== 'html_inline') continue;
    const tag = /^<\/?(script|style|svg|math|object|applet|template|noscript|noembed|noframes|xmp|plaintext|textarea|select|canvas|frameset)\b/i.exec(token.content)?.[1]?.toLowerCase();
    if (tag === undefined) continue;
    // Both ends are there: everything between goes.
    if (rest.includes(`<${tag}`) && rest.includes(`</${tag}`)) token.type = 'text_special';
    else token.type = 'text';
  }
  let inside: string | undefined;
  for (const token of children) {
    if (token.type === 'text_special') {
      const tag = /^<(\/?)([a-z]+)/i.exec(token.content);
      if (inside === undefined && tag?.[1] === '') inside = tag[2]?.toLowerCase();
      else if (tag?.[1] === '/' && tag[2]?.toLowerCase() === inside) inside = undefined;
      become(token, '');
    } else if (inside !== undefined) {
      token.children = null;
      if (token.type.endsWith('_open') || token.type.endsWith('_close')) continue;
      become(token, '');
    }
  }
}

function pieces(text: string, pattern: RegExp, found: (match: RegExpExecArray) => string, between: (text: string) => string): string {
  let out = '';
  let at = 0;
  for (const match of text.matchAll(pattern)) {
    out += between(text.slice(at, match.index)) + found(match);
    at = match.index + match[0].length;
  }
  return out + between(text.slice(at));
}
