import { join } from 'node:path';
import { fillPlaceholders } from '../protocol/placeholders.ts';
import type { BlockTarget } from '../protocol/workbench.ts';
import type { Page, Scenario } from '../scenario/model.ts';
import { readText } from '../scenario/source-file.ts';

/** A piece of a page that a reader would click to have it typed. */
export interface Block {
  code: string;
  /** 1 for the first terminal; where the author names none, the one that was used last. */
  terminal: number;
  /** Presses Ctrl-C first. */
  interrupt: boolean;
  /** False: typed without Enter. */
  newline: boolean;
  /** `^C`, `^D`, `^ESC`: keys instead of text. */
  keys: boolean;
  /** The line of the Markdown file, from 1, on which the code begins. */
  line: number;
  /** What its author expects of it: an exit code, or `any`. */
  expects: number | 'any' | undefined;
  /** A block of the editor's: put into this file instead of being typed. */
  into?: { file: string; target: BlockTarget; marker?: string };
}

const PUTS: ReadonlySet<string> = new Set<BlockTarget>(['replace', 'insert', 'append', 'prepend']);
const isPut = (target: string): target is BlockTarget => PUTS.has(target);

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

function decode(text: string): string {
  return text.replace(/&(?:#(\d+)|#x([0-9a-f]+)|([a-z]+));/gi, (whole, decimal?: string, hex?: string, name?: string) => {
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    return ENTITIES[name?.toLowerCase() ?? ''] ?? whole;
  });
}

/**
 * The blocks of a page in the order of its text, taken from the HTML that a learner's page shows: what runs here is what
 * a click would run. Placeholders of ports become addresses as the session's own shell reaches them.
 */
export function blocksOf(html: string, markdown: string, desk: TerminalChoice = new TerminalChoice()): Block[] {
  const lines = markdown.replace(/\r\n?/g, '\n').split('\n');
  const blocks: Block[] = [];
  let from = 0;
  for (const tag of html.matchAll(/<(?:pre|code)\b([^>]*)>/g)) {
    const attributes = new Map([...(tag[1] ?? '').matchAll(/([a-z-]+)="([^"]*)"/g)].map((match) => [match[1] ?? '', decode(match[2] ?? '')]));
    const action = attributes.get('data-action') ?? '';
    const code = attributes.get('data-code') ?? '';
    const [file = '', target = 'replace', marker] = [attributes.get('data-file'), attributes.get('data-target'), attributes.get('data-marker')];
    if (file !== '' && isPut(target)) {
      const named = lines.findIndex((text, at) => at >= from && text.includes('data-filename') && text.includes(file));
      const line = named < 0 ? from : named;
      from = line;
      blocks.push({ code: fillPlaceholders(code, { portUrl: 'http://localhost:{port}' }), terminal: 0, interrupt: false, newline: false, keys: false, line: line + 1, expects: undefined, into: { file, target, ...(marker === undefined ? {} : { marker }) } });
      continue;
    }
    if (!/^(exec|ctrl-seq)/.test(action) || code.trim() === '') continue;
    const line = lineOf(lines, code, from);
    if (line !== undefined) from = line;
    blocks.push({
      // Addresses as the session's own shell reaches them.
      code: fillPlaceholders(code, { portUrl: 'http://localhost:{port}' }),
      terminal: desk.of(attributes.get('data-terminal'), attributes.get('data-terminal-name')),
      interrupt: action.includes('interrupt'),
      newline: !action.includes('no-newline') && action !== 'ctrl-seq',
      keys: action === 'ctrl-seq',
      line: (line ?? from) + 1,
      expects: expectationAbove(lines, line),
    });
  }
  return blocks;
}

/** Terminals that have a name of their own come behind those with a number that scenarios use. */
const FIRST_NAMED = 5;

/** Which terminal a click goes to: that of the block, else the one that shows. */
export class TerminalChoice {
  #shown = 1;
  readonly #named = new Map<string, number>();

  of(number: string | undefined, name: string | undefined): number {
    if (name !== undefined) {
      this.#shown = this.#named.get(name) ?? FIRST_NAMED + this.#named.size;
      this.#named.set(name, this.#shown);
    } else if (number !== undefined) this.#shown = Math.max(1, Number(number) || 1);
    return this.#shown;
  }
}

/** Reads the page's text beside what was rendered of it. */
export async function markdownOf(scenario: Scenario, page: Page): Promise<string> {
  return page.text === '' ? '' : ((await readText(join(scenario.folder, page.text))) ?? '');
}

/** Where the code stands at or below `from`; it may be indented there, in a list or a quotation. */
function lineOf(lines: readonly string[], code: string, from: number): number | undefined {
  const wanted = code.split('\n').map((line) => line.trim());
  const first = wanted.findIndex((line) => line !== '');
  const words = wanted[first] ?? '';
  for (let at = from; at < lines.length; at++) {
    if (!lines[at]?.includes(words)) continue;
    const rest = wanted.slice(first);
    if (rest.every((line, i) => lines[at + i]?.includes(line) === true)) return at - first;
  }
  return undefined;
}

/** `<!-- argo-lab: exit 1 -->` above the block, within the lines that belong to it. */
function expectationAbove(lines: readonly string[], line: number | undefined): number | 'any' | undefined {
  if (line === undefined) return undefined;
  for (let at = line; at >= Math.max(0, line - 3); at--) {
    const found = /<!--\s*argo-lab:\s*exit\s+(\d{1,3}|[a-z]+)\s*-->/.exec(lines[at] ?? '')?.[1];
    if (found !== undefined) return found === 'any' ? 'any' : Number(found);
  }
  return undefined;
}
