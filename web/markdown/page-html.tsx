import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { BlockRun } from '../state/terminals-store.ts';
import { enhanceCode, enhanceFileBlock } from './code-tools.ts';
import { mountQuizzes } from './quiz.tsx';
import type { QuizOffer } from './quiz.tsx';

/** What a click in a page means. */
export interface PageActions {
  run(block: BlockRun): void;
  copy(code: string): Promise<boolean>;
  openPort(port: number, path: string): void;
  /** Lets the learner choose a port. */
  choosePort(): void;
  openFile(path: string): void;
  /** Puts a block into a file; answers whether it is saved. */
  putBlock(file: string, target: 'replace' | 'insert' | 'append' | 'prepend', code: string, marker: string | undefined): Promise<boolean>;
  /** Puts addresses in place of placeholders. */
  fillIn(text: string): string;
}

export interface PageHtmlProps {
  html: string;
  actions: PageActions;
  /** The addresses and the home of the session, empty until they are known: code that names them is drawn again then. */
  addresses: string;
  quizzes?: QuizOffer | undefined;
}

const HAS_PLACEHOLDERS = /\{\{TRAFFIC|\[\[|\/root\b/;

/** A page as the server rendered and sanitised it (the attributes are described in server/protocol/rest.ts). */
export function PageHtml({ html, actions, addresses, quizzes }: PageHtmlProps): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  const unmount = useRef<() => void>(() => undefined);
  useLayoutEffect(() => {
    const root = ref.current;
    if (root === null) return;
    // What the reader had unfolded stays so when an author changes the text under his eyes.
    const open = [...root.querySelectorAll('details')].map((details) => details.open);
    unmount.current();
    root.innerHTML = html;
    root.querySelectorAll('details').forEach((details, i) => (details.open ||= open[i] === true));
    enhance(root, actions);
    unmount.current = quizzes === undefined ? () => undefined : mountQuizzes(root, quizzes);
  }, [html, HAS_PLACEHOLDERS.test(html) ? addresses : '']);
  useEffect(() => () => unmount.current(), []);
  return <div ref={ref} class="prose" onClick={(event) => onLink(event, actions)} />;
}

/** Gives clickable code its buttons, tables and wide code a place to scroll, links a new tab. */
function enhance(root: HTMLElement, actions: PageActions): void {
  fillText(root, actions);
  for (const pre of root.querySelectorAll<HTMLPreElement>('pre[data-file], pre[data-target]')) enhanceFileBlock(pre, actions);
  for (const code of root.querySelectorAll<HTMLElement>('[data-action]')) enhanceCode(code, actions);
  for (const pre of root.querySelectorAll('pre')) {
    pre.tabIndex = 0;
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', 'Code');
    if (!(pre.textContent ?? '').trimEnd().includes('\n')) pre.classList.add('single');
  }
  for (const table of root.querySelectorAll('table')) {
    const wrap = document.createElement('div');
    wrap.className = 'table-wrap';
    wrap.tabIndex = 0;
    wrap.setAttribute('role', 'group');
    wrap.setAttribute('aria-label', 'Table');
    table.replaceWith(wrap);
    wrap.append(table);
  }
  for (const link of root.querySelectorAll<HTMLAnchorElement>('a[href^="http"]')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer';
  }
  for (const link of root.querySelectorAll<HTMLAnchorElement>('a[data-port], a[data-selector]')) link.setAttribute('role', 'button');
  for (const image of root.querySelectorAll('img')) {
    image.loading = 'lazy';
    image.decoding = 'async';
  }
  for (const box of root.querySelectorAll<HTMLInputElement>('li input[type=checkbox]')) {
    // A list of what is to be done, ticked by the author: it has the item's words as its name.
    box.setAttribute('aria-label', box.parentElement?.textContent?.trim() ?? 'Task');
  }
}

/** What the learner reads in code is what will be typed: with this session's addresses in it. */
function fillText(root: HTMLElement, actions: PageActions): void {
  for (const code of root.querySelectorAll('code')) {
    const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const before = node.nodeValue ?? '';
      const after = actions.fillIn(before);
      if (after !== before) node.nodeValue = after;
    }
  }
}

function onLink(event: MouseEvent, actions: PageActions): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null) return;
  const { port, path = '/', selector } = link.dataset;
  if (port !== undefined || selector !== undefined) {
    event.preventDefault();
    if (port === undefined) actions.choosePort();
    else actions.openPort(Number(port), path);
    return;
  }
  const href = link.getAttribute('href') ?? '';
  if (!href.startsWith('#')) return;
  // The hash of the address names the page, so headings are jumped to by hand.
  event.preventDefault();
  const id = decodeURIComponent(href.slice(1));
  const target = document.getElementById(id) ?? document.getElementById(`text-${id}`);
  target?.scrollIntoView({ block: 'start' });
}
