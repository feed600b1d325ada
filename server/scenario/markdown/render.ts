import { posix } from 'node:path';
import createMarkdown, { type MarkdownIt, type RendererRule, type Token } from 'markdown-it';
import type { Ids } from '../../lib/ids.ts';
import { type CodeAction, liftFenceActions, parseAction, typeable } from './actions.ts';
import { escapeHtml, highlight } from './highlight.ts';
import { sanitize } from './sanitize.ts';

const TRAFFIC = /\{\{TRAFFIC_HOST\d+_(\d{1,5})\}\}/g;
/** Stands for a session's port between parsing and rendering; `.invalid` never resolves. */
const PORT_HOST = /^https?:\/\/port-(\d{1,5})\.argo-lab\.invalid(\/.*)?$/;

function isPort(text: string): boolean {
  const port = Number(text);
  return port >= 1 && port <= 65535;
}

export interface RenderOptions {
  /** Path of the Markdown file relative to the scenario's folder: images are relative to it. */
  file: string;
  /** `/api/scenarios/<id>/assets/`: where the page fetches images from. */
  assetBase: string;
  ids: Ids;
}

/**
 * Renders a page to sanitised HTML. Code that can be clicked carries `data-action`, `data-terminal` and `data-code`
 * (the text to type, placeholders such as {{TRAFFIC_HOST1_80}} still in it), ports carry `data-port` and `data-path`.
 */
export async function renderMarkdown(markdown: string, options: RenderOptions): Promise<string> {
  const mark = `m${options.ids.alphanumeric(16)}-`;
  const md = createParser(options);
  const tokens = md.parse(liftFenceActions(markdown.replace(/^(#{1,6})([^#\s])/gm, '$1 $2')), {});
  markAlerts(tokens);
  const fences = new Map<Token, string>();
  for (const token of tokens) {
    if (token.type === 'fence' || token.type === 'code_block') fences.set(token, await highlightFence(token));
    if (token.children) token.children = inlineActions(token.children, mark);
  }
  const attributes = (action: CodeAction, code: string) =>
    action.action === 'none' ? '' : ` ${mark}action="${action.action}" ${mark}terminal="${action.terminal}" ${mark}code="${escapeHtml(typeable(code))}"`;
  const renderFence: RendererRule = (list, index) => {
    const token = list[index];
    if (!token) return '';
    const { language, action } = fenceInfo(token.info);
    return `<pre class="code"${attributes(action, token.content.replace(/\n$/, ''))} ${mark}language="${escapeHtml(language)}"><code>${fences.get(token) ?? escapeHtml(token.content)}</code></pre>\n`;
  };
  md.renderer.rules['fence'] = renderFence;
  md.renderer.rules['code_block'] = renderFence;
  md.renderer.rules['code_inline'] = (list, index) => {
    const token = list[index];
    if (!token) return '';
    const raw: unknown = token.meta?.action;
    const action = typeof raw === 'string' ? parseAction(raw) : undefined;
    return `<code class="inline"${attributes(action ?? { action: 'copy', terminal: 1 }, token.content)}>${escapeHtml(token.content)}</code>`;
  };
  md.renderer.rules['link_open'] = (list, index, opts, _env, self) => {
    const token = list[index];
    const port = PORT_HOST.exec(String(token?.attrGet('href') ?? ''));
    if (!token || !port?.[1]) return self.renderToken(list, index, opts);
    return `<a class="port" href="#" ${mark}port="${port[1]}" ${mark}path="${escapeHtml(port[2] ?? '/')}">`;
  };
  return sanitize(md.renderer.render(tokens, md.options, {}), mark);
}

function createParser(options: RenderOptions): MarkdownIt {
  const md = createMarkdown({ html: true, linkify: false });
  const normalize = md.normalizeLink.bind(md);
  md.normalizeLink = (url) => normalize(url.replace(TRAFFIC, (whole: string, port: string) => (isPort(port) ? `https://port-${port}.argo-lab.invalid` : whole)));
  md.renderer.rules['image'] = (list, index) => {
    const token = list[index];
    const source = String(token?.attrGet('src') ?? '');
    const relative = !/^[a-z][a-z0-9+.-]*:|^\/\//i.test(source);
    const src = relative ? options.assetBase + posix.join(posix.dirname(options.file), decodeURI(source)).split('/').map(encodeURIComponent).join('/') : source;
    return `<img src="${escapeHtml(src)}" alt="${escapeHtml(token?.content ?? '')}">`;
  };
  return md;
}

/** `> [!NOTE]` at the start of a quotation makes it a box of that kind. */
function markAlerts(tokens: Token[]): void {
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'blockquote_open') continue;
    const first = tokens[index + 2]?.children?.[0];
    const kind = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]\s*$/.exec(first?.content ?? '')?.[1];
    if (first?.type !== 'text' || kind === undefined) continue;
    token.attrSet('class', `alert alert-${kind.toLowerCase()}`);
    first.content = '';
    const next = tokens[index + 2]?.children?.[1];
    if (next?.type === 'softbreak') next.type = 'text';
  }
}

function fenceInfo(info: string): { language: string; action: CodeAction } {
  const found = /\{\{([^{}]*)\}\}\s*$/.exec(info);
  const action = found?.[1] === undefined ? undefined : parseAction(found[1]);
  const language = /^[\w+-]*/.exec(info.trim())?.[0] ?? '';
  return { language, action: action ?? { action: 'copy', terminal: 1 } };
}

function highlightFence(token: Token): Promise<string> {
  return highlight(token.content.replace(/\n$/, ''), fenceInfo(token.info).language);
}

/** Attaches `{{…}}` to the inline code before it and turns bare port placeholders into links. */
function inlineActions(children: Token[], mark: string): Token[] {
  const out: Token[] = [];
  for (const [index, token] of children.entries()) {
    const previous = children[index - 1];
    if (token.type === 'text') {
      const found = previous?.type === 'code_inline' ? /^ ?\{\{([^{}]*)\}\}/.exec(token.content) : null;
      if (previous && found?.[1] !== undefined && parseAction(found[1]) !== undefined) {
        previous.meta = { action: found[1] };
        token.content = token.content.slice(found[0].length);
      }
      const pieces = token.content.split(TRAFFIC);
      if (pieces.length > 1) {
        token.type = 'html_inline';
        token.content = pieces.map((piece, i) => (i % 2 === 0 ? escapeHtml(piece) : isPort(piece) ? `<a class="port" href="#" ${mark}port="${piece}" ${mark}path="/">port ${piece}</a>` : `{{TRAFFIC_HOST1_${piece}}}`)).join('');
      }
    }
    out.push(token);
  }
  return out;
}
