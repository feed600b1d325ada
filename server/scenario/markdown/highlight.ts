import type { HighlighterCore } from 'shiki/core';
import { LANGUAGES } from './languages.ts';

let highlighter: Promise<HighlighterCore> | undefined;

/** Longer code is shown plain: colours are not worth the time. */
const MAX_CODE = 40_000;
const MAX_LINE = 1000;

/** Grammars by the highlighter's name for them, each loaded when a page first asks for it. */
const GRAMMARS: Readonly<Record<string, () => Promise<{ default: Parameters<HighlighterCore['loadLanguage']>[0] }>>> = {
  bash: () => import('shiki/langs/bash.mjs'),
  yaml: () => import('shiki/langs/yaml.mjs'),
  json: () => import('shiki/langs/json.mjs'),
  python: () => import('shiki/langs/python.mjs'),
  javascript: () => import('shiki/langs/javascript.mjs'),
  dockerfile: () => import('shiki/langs/dockerfile.mjs'),
  sql: () => import('shiki/langs/sql.mjs'),
  go: () => import('shiki/langs/go.mjs'),
  java: () => import('shiki/langs/java.mjs'),
  ini: () => import('shiki/langs/ini.mjs'),
  toml: () => import('shiki/langs/toml.mjs'),
  hcl: () => import('shiki/langs/hcl.mjs'),
  xml: () => import('shiki/langs/xml.mjs'),
  diff: () => import('shiki/langs/diff.mjs'),
};
/** Near enough. */
const SIMILAR: Readonly<Record<string, string>> = { typescript: 'javascript', html: 'xml' };

async function load(): Promise<HighlighterCore> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] = await Promise.all([import('shiki/core'), import('shiki/engine/javascript')]);
  return createHighlighterCore({ themes: [createCssVariablesTheme({ name: 'lab', variablePrefix: '--t-', fontStyle: false })], langs: [], engine: createJavaScriptRegexEngine({ forgiving: true }) });
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/**
 * Code as HTML: `<span class="t-token-keyword">…`. Classes, not styles, because the page's content policy allows no
 * inline style. An unknown language is shown plain, none is taken for the shell. `marked` lines, from 1, are wrapped in
 * `<span class="t-marked">`.
 */
export async function highlight(code: string, language: string, marked: readonly number[] = []): Promise<string> {
  const lines = await coloured(code, language.toLowerCase()).catch(() => escapeHtml(code).split('\n'));
  if (marked.length === 0) return lines.join('\n');
  const chosen = new Set(marked);
  return lines.map((line, index) => (chosen.has(index + 1) ? `<span class="t-marked">${line}</span>` : line)).join('\n');
}

async function coloured(code: string, asked: string): Promise<string[]> {
  const known = asked === '' ? 'bash' : Object.hasOwn(LANGUAGES, asked) ? (LANGUAGES[asked] ?? '') : '';
  const name = Object.hasOwn(SIMILAR, known) ? (SIMILAR[known] ?? '') : known;
  const grammar = Object.hasOwn(GRAMMARS, name) ? GRAMMARS[name] : undefined;
  if (grammar === undefined || code.length > MAX_CODE) return escapeHtml(code).split('\n');
  highlighter ??= load();
  const shiki = await highlighter;
  if (!shiki.getLoadedLanguages().includes(name)) await shiki.loadLanguage((await grammar()).default);
  const lines = shiki.codeToTokensBase(code, { lang: name, theme: 'lab', tokenizeMaxLineLength: MAX_LINE, tokenizeTimeLimit: 2000 });
  return lines.map((tokens) =>
    tokens
      .map((token) => {
        const kind = /var\(--t-([a-z-]+)\)/.exec(token.color ?? '')?.[1];
        const text = escapeHtml(token.content);
        return kind === undefined || kind === 'foreground' ? text : `<span class="t-${kind}">${text}</span>`;
      })
      .join(''),
  );
}
