import type { HighlighterCore } from 'shiki/core';

let highlighter: Promise<HighlighterCore> | undefined;

const NAMES: Record<string, string> = { sh: 'bash', shell: 'bash', console: 'bash', zsh: 'bash', '': 'bash', yml: 'yaml', js: 'javascript', py: 'python', docker: 'dockerfile' };
const PLAIN = new Set(['text', 'plain', 'plan', 'txt', 'none']);

async function load(): Promise<HighlighterCore> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }] = await Promise.all([import('shiki/core'), import('shiki/engine/javascript')]);
  return createHighlighterCore({
    themes: [createCssVariablesTheme({ name: 'lab', variablePrefix: '--t-', fontStyle: false })],
    langs: [import('shiki/langs/bash.mjs'), import('shiki/langs/yaml.mjs'), import('shiki/langs/json.mjs'), import('shiki/langs/python.mjs'), import('shiki/langs/javascript.mjs'), import('shiki/langs/dockerfile.mjs')],
    engine: createJavaScriptRegexEngine(),
  });
}

export function escapeHtml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/**
 * Code as HTML: `<span class="t-token-keyword">…`. Classes, not styles, because the page's content policy allows no
 * inline style. An unknown language is shown plain.
 */
export async function highlight(code: string, language: string): Promise<string> {
  const asked = language.toLowerCase();
  const name = NAMES[asked] ?? asked;
  if (PLAIN.has(asked)) return escapeHtml(code);
  highlighter ??= load();
  const shiki = await highlighter;
  if (!shiki.getLoadedLanguages().includes(name)) return escapeHtml(code);
  const lines = shiki.codeToTokensBase(code, { lang: name, theme: 'lab' });
  return lines
    .map((tokens) =>
      tokens
        .map((token) => {
          const kind = /var\(--t-([a-z-]+)\)/.exec(token.color ?? '')?.[1];
          const text = escapeHtml(token.content);
          return kind === undefined || kind === 'foreground' ? text : `<span class="t-${kind}">${text}</span>`;
        })
        .join(''),
    )
    .join('\n');
}
