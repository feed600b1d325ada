import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

/** What a click in a page means. */
export interface PageActions {
  run(code: string, terminal: number | undefined, interrupt: boolean): void;
  copy(code: string): Promise<boolean>;
  openPort(port: number, path: string): void;
}

/** A page as the server rendered and sanitised it (the attributes are described in server/protocol/rest.ts). */
export function PageHtml({ html, actions }: { html: string; actions: PageActions }): JSX.Element {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const root = ref.current;
    if (root === null) return;
    root.innerHTML = html;
    enhance(root, actions);
  }, [html]);
  return <div ref={ref} class="prose" onClick={(event) => onLink(event, actions)} />;
}

const isRun = (action: string | undefined) => action === 'exec' || action === 'exec-interrupt';

/** Gives clickable code its buttons, tables and wide code a place to scroll, links a new tab. */
function enhance(root: HTMLElement, actions: PageActions): void {
  for (const code of root.querySelectorAll<HTMLElement>('[data-action]')) {
    const pre = code instanceof HTMLPreElement ? code : code.closest('pre');
    if (pre !== null) enhanceBlock(pre, code, actions);
    else enhanceInline(code, actions);
  }
  for (const pre of root.querySelectorAll('pre')) {
    pre.tabIndex = 0;
    pre.setAttribute('role', 'group');
    pre.setAttribute('aria-label', 'Code');
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
  for (const link of root.querySelectorAll<HTMLAnchorElement>('a[data-port]')) link.setAttribute('role', 'button');
}

function enhanceBlock(pre: HTMLPreElement, source: HTMLElement, actions: PageActions): void {
  const { action, code = '', terminal } = source.dataset;
  const wrap = document.createElement('div');
  wrap.className = ['block', isRun(action) ? 'runnable' : '', code.includes('\n') ? '' : 'one-line'].filter(Boolean).join(' ');
  pre.replaceWith(wrap);
  const tools = document.createElement('div');
  tools.className = 'block-tools';
  const number = terminal === undefined ? undefined : Number(terminal);
  if (isRun(action)) {
    const where = number !== undefined && number > 1 ? ` T${number}` : '';
    const label = `${action === 'exec-interrupt' ? 'Stop & run' : 'Run'}${where}`;
    const run = button('run', label, `${label}: ${firstLine(code)}`);
    run.addEventListener('click', () => {
      actions.run(code, number, action === 'exec-interrupt');
      wrap.classList.add('ran');
    });
    tools.append(run);
  }
  const copy = button('copy', 'Copy', `Copy: ${firstLine(code)}`);
  copy.addEventListener('click', () => void actions.copy(code).then((done) => flash(copy, done ? 'Copied' : 'Press Ctrl+C')));
  tools.append(copy);
  wrap.append(pre, tools);
}

function enhanceInline(code: HTMLElement, actions: PageActions): void {
  const { action, code: text = code.textContent ?? '', terminal } = code.dataset;
  const runs = isRun(action);
  code.tabIndex = 0;
  code.setAttribute('role', 'button');
  code.setAttribute('aria-label', `${runs ? 'Run' : 'Copy'}: ${text}`);
  code.title = runs ? 'Click to run' : 'Click to copy';
  const act = () => {
    if (runs) actions.run(text, terminal === undefined ? undefined : Number(terminal), action === 'exec-interrupt');
    else void actions.copy(text);
    code.classList.add('ran');
  };
  code.addEventListener('click', act);
  code.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    act();
  });
}

function onLink(event: MouseEvent, actions: PageActions): void {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null) return;
  const { port, path = '/' } = link.dataset;
  if (port !== undefined) {
    event.preventDefault();
    actions.openPort(Number(port), path);
    return;
  }
  const href = link.getAttribute('href') ?? '';
  if (!href.startsWith('#')) return;
  // The hash of the address names the page, so headings are jumped to by hand.
  event.preventDefault();
  const target = document.getElementById(href.slice(1)) ?? document.getElementById(`text-${href.slice(1)}`);
  target?.scrollIntoView({ block: 'start' });
}

function button(kind: 'run' | 'copy', label: string, description: string): HTMLButtonElement {
  const element = document.createElement('button');
  element.type = 'button';
  element.className = `tool tool-${kind}`;
  element.setAttribute('aria-label', description);
  const text = document.createElement('span');
  text.textContent = label;
  element.append(text);
  return element;
}

function flash(element: HTMLButtonElement, label: string): void {
  const text = element.querySelector('span');
  if (text === null) return;
  const before = element.dataset['label'] ?? text.textContent ?? '';
  element.dataset['label'] = before;
  text.textContent = label;
  element.addEventListener('blur', () => (text.textContent = before), { once: true });
  element.addEventListener('pointerleave', () => (text.textContent = before), { once: true });
}

function firstLine(code: string): string {
  const [first = ''] = code.trim().split('\n');
  return first.length > 80 ? `${first.slice(0, 79)}…` : first;
}
