import { signal } from '@preact/signals';
import type { MarkdownIt, Token } from 'markdown-it';
import { h } from 'preact';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { safeUrl } from '../state/links.ts';


/** Elements that a title or a description may have. Headings become paragraphs: they would upset the page's own. */
const ELEMENTS = new Set(['p', 'strong', 'em', 's', 'code', 'pre', 'ul', 'ol', 'li', 'blockquote', 'table', 'thead', 'tbody', 'tr', 'th', 'td', 'br', 'hr']);

const parser = signal<MarkdownIt | undefined>(undefined);
let asked = false;

function fetchParser(): void {
  if (asked) return;
  asked = true;
  void import('markdown-it').then(
    ({ default: createMarkdown }) => (parser.value = createMarkdown({ html: false, linkify: true, breaks: true })),
    () => (asked = false),
  );
}

/** A text without any marks needs nobody to read them. */
const isPlain = (text: string) => !/[*_`[\]<>#~|\\-]|:\/\/|^\s*\d+\./m.test(text);

/** Markdown of an annotation, made of elements one by one: no HTML of it comes onto the page. Within a link, `links` is false. */
export function MarkdownText({ text, inline = false, links = true }: { text: string; inline?: boolean; links?: boolean }): JSX.Element {
  const plain = isPlain(text);
  useEffect(() => {
    if (!plain) fetchParser();
  }, [plain]);
  const markdown = parser.value;
  if (plain || markdown === undefined) return inline ? <>{text}</> : <p>{text}</p>;
  const tokens = inline ? markdown.parseInline(text, {}) : markdown.parse(text, {});
  return <>{elements(tokens, links)}</>;
}

function elements(tokens: readonly Token[], links: boolean): ComponentChildren[] {
  const stack: { open: Token | undefined; children: ComponentChildren[] }[] = [{ open: undefined, children: [] }];
  const add = (child: ComponentChildren) => stack.at(-1)?.children.push(child);
  for (const token of tokens) {
    if (token.nesting === 1) {
      stack.push({ open: token, children: [] });
    } else if (token.nesting === -1) {
      const done = stack.length > 1 ? stack.pop() : undefined;
      if (done?.open !== undefined) add(wrap(done.open, done.children, links));
    } else {
      add(leaf(token, links));
    }
  }
  return stack[0]?.children ?? [];
}

function wrap(token: Token, children: ComponentChildren[], links: boolean): ComponentChildren {
  // Paragraphs of a list without empty lines between its items are not meant to be seen.
  if (token.hidden) return children;
  if (token.tag === 'a') {
    const url = links ? safeUrl(String(token.attrGet('href') ?? '')) : undefined;
    return url === undefined ? children : h('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, children);
  }
  if (/^h[1-6]$/.test(token.tag)) return h('p', null, h('strong', null, children));
  return ELEMENTS.has(token.tag) ? h(token.tag, null, children) : children;
}

function leaf(token: Token, links: boolean): ComponentChildren {
  if (token.children !== null && token.type !== 'image') return elements(token.children, links);
  switch (token.type) {
    case 'softbreak':
    case 'hardbreak':
      return h('br', null);
    case 'hr':
      return h('hr', null);
    case 'code_inline':
      return h('code', null, token.content);
    case 'code_block':
    case 'fence':
      return h('pre', null, token.content);
    default:
      return token.content;
  }
}
