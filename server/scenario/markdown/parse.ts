import createMarkdown, { type MarkdownIt, type StateInline, type Token } from 'markdown-it';
import { isPort } from '../../protocol/placeholders.ts';
import type { Quiz } from '../model.ts';
import { type Block, takeBlocks } from './blocks.ts';
import { takeQuizzes } from './quiz.ts';

/** A page taken apart: Markdown's tokens, and what Markdown knows nothing of. */
export interface ParsedPage {
  tokens: Token[];
  /** What the tokens were read from: the page without its blocks. */
  text: string;
  blocks: Block[];
  quizzes: Quiz[];
  /** By name, in the order of the page. */
  footnotes: Map<string, string>;
  /** For each line that the tokens count from 0: the line of the page, from 1. */
  lines: number[];
  /** Pictures that the page itself holds, base64: where one stood, `<mark>data0`. */
  data: string[];
  /** What an author should mend about questions. */
  flaws: { line: number; message: string }[];
}

const TRAFFIC_LINK = /^(?:https?:\/\/)?\{\{TRAFFIC_HOST(\d{1,2})_(\d{1,5})\}\}(.*)$/s;
const KATACODA_URL = /(?:https?:)?\/\/\[\[(HOST\d{0,2}|CLIENT)_SUBDOMAIN\]\]-(\d{1,5})-\[\[KATACODA_HOST\]\](?:\.environments\.katacoda\.com|\.\[\[KATACODA_DOMAIN\]\])?/g;
/** Stands for a session's port while Markdown is parsed; `.invalid` never resolves. */
const PORT_HOST = /^https?:\/\/port-(\d{1,5})-host(\d{1,2})\.argo-lab\.invalid(.*)$/s;
const SELECTOR_HOST = 'https://ports.argo-lab.invalid';

export const markdown: MarkdownIt = createParser();

function createParser(): MarkdownIt {
  const md = createMarkdown({ html: true, linkify: true });
  // Only what begins with a scheme: `step1.sh` is no address.
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  md.inline.ruler.at('backticks', codeSpan);
  const normalize = md.normalizeLink.bind(md);
  md.normalizeLink = (url) => {
    if (url === '{{TRAFFIC_SELECTOR}}') return SELECTOR_HOST;
    const [, host, port, rest = ''] = TRAFFIC_LINK.exec(url) ?? [];
    try {
      return normalize(host !== undefined && port !== undefined && isPort(port) ? `https://port-${Number(port)}-host${Number(host)}.argo-lab.invalid${rest}` : url);
    } catch {
      return '';
    }
  };
  return md;
}

/** Where the code spans of a text may end: by the length of the run of backticks, positions in order. */
const runs = new WeakMap<StateInline, Map<number, number[]>>();

/** As Markdown has it, but what stands in a span keeps its line breaks: commands over several lines are run as they are. */
function codeSpan(state: StateInline, silent: boolean): boolean {
  if (state.src[state.pos] !== '`') return false;
  let end = state.pos;
  while (end < state.posMax && state.src[end] === '`') end += 1;
  const length = end - state.pos;
  let known = runs.get(state);
  if (known === undefined) {
    known = new Map();
    for (const run of state.src.matchAll(/`+/g)) {
      const list = known.get(run[0].length);
      if (list === undefined) known.set(run[0].length, [run.index]);
      else list.push(run.index);
    }
    runs.set(state, known);
  }
  const close = firstAtLeast(known.get(length) ?? [], end);
  if (close === undefined || close + length > state.posMax) {
    if (!silent) state.pending += '`'.repeat(length);
    state.pos = end;
    return true;
  }
  if (!silent) {
    const content = state.src.slice(end, close);
    const token = state.push('code_inline', 'code', 0);
    token.markup = '`'.repeat(length);
    token.content = /^\s.*\S.*\s$/s.test(content) ? content.slice(1, -1) : content;
  }
  state.pos = close + length;
  return true;
}

function firstAtLeast(sorted: readonly number[], least: number): number | undefined {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < least) low = middle + 1;
    else high = middle;
  }
  return sorted[low];
}

/** Katacoda's addresses as Killercoda writes them, where the port is a plain number. */
export function canonicalAddresses(text: string): string {
  if (!text.includes('[[')) return text;
  return text
    .replace(KATACODA_URL, (whole, host: string, port: string) => (isPort(port) ? `{{TRAFFIC_HOST${host.replace(/\D/g, '') || '1'}_${Number(port)}}}` : whole))
    .replace(/\[\[HOST\d{0,2}_IP\]\]/g, '127.0.0.1');
}

/** A link to a port: which, on which machine, and what follows. */
export interface PortLink {
  port: number;
  host: number;
  path: string;
}

/** What an address means that was written with a placeholder; undefined for any other address. */
export function portLink(href: string): PortLink | 'selector' | undefined {
  if (href === '{{TRAFFIC_SELECTOR}}' || href === SELECTOR_HOST) return 'selector';
  const marked = PORT_HOST.exec(href);
  const written = marked === null ? TRAFFIC_LINK.exec(canonicalAddresses(href)) : null;
  const port = marked?.[1] ?? written?.[2];
  if (port === undefined || !isPort(port)) return undefined;
  const rest = marked?.[3] ?? written?.[3] ?? '';
  return { port: Number(port), host: Number(marked?.[2] ?? written?.[1]), path: rest.startsWith('/') ? rest : rest.startsWith('?') || rest.startsWith('#') ? `/${rest}` : '/' };
}

/** Parses a page. `mark` is a word that can't be in it: blocks and questions are put aside under it. */
export function parsePage(page: string, mark: string): ParsedPage {
  const data: string[] = [];
  const light = page.includes(';base64,')
    ? page.replace(/(data:image\/(?:png|jpeg|gif|webp);base64,)([A-Za-z0-9+/=]{1000,})/g, (_whole, head: string, body: string) => {
        data.push(body);
        return `${head}${mark}data${data.length - 1}`;
      })
    : page;
  const quiz = takeQuizzes(canonicalAddresses(light), `${mark}quiz`);
  const taken = takeBlocks(quiz.markdown, mark);
  const footnotes = new Map<string, string>();
  const text = taken.markdown
    // Titles without a space are meant as titles; `#!` and `#1` are not.
    .replace(/^(#{1,6})(?=[^#\s!\d])/gm, '$1 ')
    .replace(/^\[\^([\w-]{1,40})\]:[ \t]+(.*)$/gm, (_whole, name: string, note: string) => {
      footnotes.set(name, note);
      return '';
    });
  return { tokens: markdown.parse(text, {}), text, blocks: taken.blocks, quizzes: quiz.quizzes, footnotes, lines: taken.lines, data, flaws: quiz.flaws };
}
