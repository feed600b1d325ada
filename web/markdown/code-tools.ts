import { isMainHost } from '../state/terminals-store.ts';
import type { BlockRun } from '../state/terminals-store.ts';
import type { PageActions } from './page-html.tsx';

/** A longer line would be cut off where its buttons stand beside it. */
const SHORT = 36;

/** What can be done with a piece of code: its words on the page. */
interface Offer {
  /** `Run`; undefined where it can only be copied. */
  label: string | undefined;
  title: string;
  act(): void;
}

const RUNS: Record<string, { label: string; title: string; how: Partial<BlockRun> }> = {
  exec: { label: 'Run', title: 'Click to run', how: {} },
  'exec-interrupt': { label: 'Stop & run', title: 'Click to stop what runs, and run this', how: { interrupt: true } },
  'exec-no-newline': { label: 'Type', title: 'Click to type this, without Enter', how: { newline: false } },
  'ctrl-seq': { label: 'Press', title: 'Click to press these keys in the terminal', how: { keys: true } },
};

function offerOf(source: HTMLElement, actions: PageActions): Offer {
  const { action = 'copy', code = source.textContent ?? '', terminal, terminalName, newline, host } = source.dataset;
  const run = RUNS[action];
  if (run !== undefined) {
    const block: BlockRun = { code, ...run.how, ...(newline === 'no' ? { newline: false } : {}), ...(terminal === undefined ? {} : { terminal: Number(terminal) }), ...(terminalName === undefined ? {} : { terminalName }), ...(host === undefined ? {} : { host }) };
    const where = terminalName ?? (terminal !== undefined && Number(terminal) > 1 ? `T${terminal}` : undefined);
    // A session is one machine: the text says which of several it means, and the learner goes there.
    const on = host === undefined || isMainHost(host) ? '' : ` on ${host}`;
    return { label: `${run.label}${where === undefined ? '' : ` ${terminalName === undefined ? '' : 'in '}${where}`}${on}`, title: run.title, act: () => actions.run(block) };
  }
  if (action === 'open') return { label: 'Open', title: 'Click to open in the editor', act: () => actions.openFile(code) };
  return { label: undefined, title: 'Click to copy', act: () => void actions.copy(code) };
}

/** A block gets its buttons below or beside it, a piece of inline code becomes a button itself. */
export function enhanceCode(source: HTMLElement, actions: PageActions): void {
  const pre = source instanceof HTMLPreElement ? source : source.closest('pre');
  const offer = offerOf(source, actions);
  if (pre === null) enhanceInline(source, offer);
  else enhanceBlock(pre, source, offer, actions);
}

function enhanceBlock(pre: HTMLPreElement, source: HTMLElement, offer: Offer, actions: PageActions): void {
  const code = source.dataset['code'] ?? pre.textContent ?? '';
  const { wrap, tools } = frame(pre, code, offer.label !== undefined);
  if (offer.label !== undefined) {
    const run = button('run', offer.label, `${offer.label}: ${firstLine(code)}`);
    run.addEventListener('click', () => {
      offer.act();
      wrap.classList.add('ran');
    });
    tools.append(run);
  }
  tools.append(copyButton(code, actions));
}

function enhanceInline(code: HTMLElement, offer: Offer): void {
  const text = code.dataset['code'] ?? code.textContent ?? '';
  code.tabIndex = 0;
  code.setAttribute('role', 'button');
  code.setAttribute('aria-label', `${offer.label ?? 'Copy'}: ${text}`);
  code.title = offer.title;
  const act = () => {
    offer.act();
    code.classList.add('ran');
  };
  code.addEventListener('click', act);
  code.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    act();
  });
}

const PUTS = { replace: 'Save to', insert: 'Insert into', append: 'Append to', prepend: 'Put before' } as const;
type Put = keyof typeof PUTS;

function isPut(target: string): target is Put {
  return Object.hasOwn(PUTS, target);
}

/** A block that belongs into a file: named above, with a button that puts it there. */
export function enhanceFileBlock(pre: HTMLPreElement, actions: PageActions): void {
  const { file = '', target = 'replace', marker, code = pre.textContent ?? '' } = pre.dataset;
  const puts = file !== '' && isPut(target);
  const { wrap, tools } = frame(pre, `${code}\n`, puts);
  if (file !== '') {
    const head = document.createElement('p');
    head.className = 'block-file';
    head.textContent = file;
    wrap.prepend(head);
  }
  if (puts) {
    const save = button('save', `${PUTS[target]} ${file.slice(file.lastIndexOf('/') + 1)}`, `${PUTS[target]} ${file}: ${firstLine(code)}`);
    save.addEventListener('click', () => {
      void actions.putBlock(file, target, actions.fillIn(code), marker).then((saved) => {
        if (!saved) return;
        wrap.classList.add('ran');
        flash(save, 'Saved');
      });
    });
    tools.append(save);
  }
  tools.append(copyButton(code, actions));
}

function frame(pre: HTMLPreElement, code: string, runnable: boolean): { wrap: HTMLElement; tools: HTMLElement } {
  const wrap = document.createElement('div');
  const single = !code.includes('\n');
  wrap.className = ['block', runnable ? 'runnable' : '', single ? 'single' : '', single && code.length <= SHORT ? 'one-line' : ''].filter(Boolean).join(' ');
  if (single) keepWords(pre);
  pre.replaceWith(wrap);
  const tools = document.createElement('div');
  tools.className = 'block-tools';
  wrap.append(pre, tools);
  return { wrap, tools };
}

/** A command that needs two lines is broken between words, never within `--all-namespaces`, where the browser sees hyphens. */
function keepWords(pre: HTMLPreElement): void {
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) if (node instanceof Text && node.data.includes('-')) texts.push(node);
  for (const text of texts) {
    const parts = text.data.split(/(\S*-\S*)/).map((part, i) => {
      if (i % 2 === 0) return part;
      const word = document.createElement('span');
      word.className = 'word';
      word.textContent = part;
      return word;
    });
    text.replaceWith(...parts);
  }
}

function copyButton(code: string, actions: PageActions): HTMLButtonElement {
  const copy = button('copy', 'Copy', `Copy: ${firstLine(code)}`);
  copy.addEventListener('click', () => void actions.copy(code).then((done) => flash(copy, done ? 'Copied' : 'Press Ctrl+C')));
  return copy;
}

function button(kind: 'run' | 'copy' | 'save', label: string, description: string): HTMLButtonElement {
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
