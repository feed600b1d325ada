import { readFile, stat } from 'node:fs/promises';
import { contentType } from 'mime-types';
import type { Ids } from '../../lib/ids.ts';
import { assetFile } from '../assets.ts';
import { escapeHtml } from '../markdown/highlight.ts';
import { optionId } from '../markdown/quiz.ts';
import { renderMarkdown } from '../markdown/render.ts';
import type { Page, Scenario } from '../model.ts';
import { sectionsOf } from './markdown.ts';

const ASSETS = '/argo-lab-asset/';
/** Larger pictures are left out: the file is for reading. */
const MAX_PICTURE = 4 * 1024 * 1024;

const STYLE = `
:root{color-scheme:light dark;--text:#1b1f24;--quiet:#57606a;--back:#fff;--code:#f3f4f6;--line:#d0d7de;--link:#0b5cad;--keyword:#a3264f;--string:#12643a;--function:#6639a6;--constant:#0b5cad;--comment:#626b75}
@media (prefers-color-scheme:dark){:root{--text:#e6e8eb;--quiet:#9aa4af;--back:#14171b;--code:#1e2329;--line:#3a424c;--link:#7ab7ff;--keyword:#ff8fab;--string:#8fd6a8;--function:#c9a7ff;--constant:#8cc4ff;--comment:#98a2ad}}
body{margin:0 auto;max-width:46rem;padding:2rem 1.25rem 4rem;font:1rem/1.6 system-ui,sans-serif;color:var(--text);background:var(--back)}
h1{line-height:1.2}h2{margin-top:3rem;padding-top:1.5rem;border-top:1px solid var(--line)}
a{color:var(--link)}img{max-width:100%;height:auto}hr{border:0;border-top:1px solid var(--line)}
pre{overflow-x:auto;padding:.75rem 1rem;background:var(--code);border-radius:.375rem;line-height:1.45}code{font-family:ui-monospace,monospace;font-size:.9em}
:not(pre)>code{padding:.1em .3em;background:var(--code);border-radius:.25rem;white-space:pre-wrap}
table{border-collapse:collapse;display:block;overflow-x:auto}th,td{padding:.35rem .75rem;border:1px solid var(--line);text-align:left}
blockquote{margin:1rem 0;padding:.1rem 1rem;border-left:.25rem solid var(--line);color:var(--quiet)}blockquote.alert{color:inherit;background:var(--code)}
details{margin:1rem 0;padding:.5rem 1rem;border:1px solid var(--line);border-radius:.375rem}summary{cursor:pointer}
.note{color:var(--quiet)}.task{list-style:none}.t-marked{background:color-mix(in srgb,var(--link) 15%,transparent)}
.t-token-keyword{color:var(--keyword)}.t-token-string,.t-token-string-expression{color:var(--string)}.t-token-function{color:var(--function)}.t-token-constant,.t-token-parameter{color:var(--constant)}.t-token-comment{color:var(--comment)}
@media print{body{max-width:none}pre{white-space:pre-wrap}}`;

/** A scenario as one page for reading: pictures within, no script, nothing fetched. */
export async function exportHtml(scenario: Scenario, ids: Ids): Promise<string> {
  const pictures = new Map<string, string>();
  const render = async (text: string, file: string) => inlinePictures(scenario, await renderMarkdown(text, { file, assetBase: ASSETS, ids }), pictures);
  const parts: string[] = [];
  for (const { page, text, solution, answer } of await sectionsOf(scenario)) {
    const hints = page.checks.flatMap((check) => check.hints);
    parts.push(
      `<section>\n<h2>${escapeHtml(page.title)}</h2>\n${await withQuestions(await render(text, page.text), page, (markdown) => render(markdown, page.text))}`,
      ...(hints.length === 0 ? [] : [`<details><summary>Hints</summary><ul>${hints.map((hint) => `<li>${escapeHtml(hint)}</li>`).join('')}</ul></details>`]),
      ...(solution === undefined ? [] : [`<details><summary>Solution</summary>${await render(`\`\`\`\`bash\n${solution}\n\`\`\`\``, page.text)}</details>`]),
      ...(answer === undefined ? [] : [`<details><summary>Solution</summary>${await render(answer, page.answer ?? '')}</details>`]),
      '</section>',
    );
  }
  const title = escapeHtml(scenario.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data: https: http:">
<title>${title}</title>
<style>${STYLE}
</style>
</head>
<body>
<h1>${title}</h1>
<p>${escapeHtml(scenario.description)}</p>
${parts.join('\n')}
</body>
</html>
`;
}

/** Puts pictures of the repository into the page; links to its other files lose their address, links to ports say what they are. */
async function inlinePictures(scenario: Scenario, html: string, known: Map<string, string>): Promise<string> {
  for (const [, address = ''] of html.matchAll(/<img src="\/argo-lab-asset\/([^"]+)"/g)) {
    if (known.has(address)) continue;
    const file = await assetFile(scenario, address.split('/').map(decodeURIComponent).join('/'));
    const type = file === undefined ? false : contentType(file.split('/').pop() ?? '');
    const small = file !== undefined && (await stat(file)).size <= MAX_PICTURE;
    known.set(address, file !== undefined && small && typeof type === 'string' && type.startsWith('image/') ? `data:${type.replace(/;.*$/, '')};base64,${(await readFile(file)).toString('base64')}` : '');
  }
  return html
    .replace(/<img src="\/argo-lab-asset\/([^"]+)"/g, (_whole, address: string) => (known.get(address) === '' ? '<img' : `<img src="${known.get(address) ?? ''}"`))
    .replace(/ href="\/argo-lab-asset\/[^"]*"/g, '')
    .replace(/<a class="port(?:-selector)?" href="#"[^>]*>/g, '<a>')
    .replace(/ data-[a-z-]+(?:="[^"]*")?/g, (attribute) => (attribute.startsWith(' data-quiz') ? attribute : ''));
}

async function withQuestions(html: string, page: Page, render: (markdown: string) => Promise<string>): Promise<string> {
  let out = html;
  for (const quiz of page.quiz ?? []) {
    const options = await Promise.all(quiz.options.map(async (option, index) => `<li>${optionId(index)}) ${(await render(option)).replace(/^<p>|<\/p>\n?$/g, '')}</li>`));
    out = out.replace(`<div class="quiz" data-quiz="${quiz.id}"></div>`, `${await render(quiz.question)}${options.length === 0 ? '' : `<ul class="task">${options.join('')}</ul>`}`);
  }
  return out.replace(/ data-quiz="[^"]*"/g, '');
}
