import fc from 'fast-check';
import { parse, type DefaultTreeAdapterTypes } from 'parse5';
import { describe, expect, it } from 'vitest';
import { seededIds } from '../../../server/lib/ids.ts';
import { globMatcher } from '../../../server/scenario/glob.ts';
import { readJsonText } from '../../../server/scenario/json-text.ts';
import { renderMarkdown } from '../../../server/scenario/markdown/render.ts';
import { shellCommands } from '../../../server/scenario/shell-commands.ts';
import { scenarioOf } from './folder.ts';

type Node = DefaultTreeAdapterTypes.ChildNode;

const TAGS = new Set('a abbr b bdi bdo blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img input ins kbd li mark ol p pre q s samp small span strike strong sub summary sup table tbody td tfoot th thead tr tt u ul var wbr'.split(' '));
const ATTRIBUTES = /^(?:align|alt|checked|class|colspan|data-[a-z-]+|disabled|height|href|id|open|rel|rowspan|scope|span|src|start|target|title|type|width)$/;

/** What a browser would make of a page that could act, by the HTML standard's own parser. */
function dangers(html: string): string[] {
  const out: string[] = [];
  const visit = (node: Node) => {
    if ('attrs' in node) {
      if (!['html', 'head', 'body'].includes(node.tagName)) {
        if (!TAGS.has(node.tagName)) out.push(`<${node.tagName}>`);
        for (const { name, value } of node.attrs) {
          if (!ATTRIBUTES.test(name)) out.push(name);
          if (name === 'id' && !value.startsWith('text-')) out.push(`id=${value}`);
          if (name === 'href' && !/^(?:https?:|mailto:|#|\/a\/)/i.test(value)) out.push(`href=${value}`);
          if (name === 'src' && !/^(?:https?:|\/a\/|data:image\/(?:png|jpeg|gif|webp);base64,)/i.test(value)) out.push(`src=${value}`);
          if (name === 'type' && !['checkbox', '1', 'a', 'A', 'i', 'I'].includes(value) && node.tagName === 'input') out.push(`type=${value}`);
        }
      } else if (node.attrs.length > 0) out.push(`attributes of ${node.tagName}`);
    }
    if ('childNodes' in node) node.childNodes.forEach(visit);
  };
  parse(html).childNodes.forEach(visit);
  return out;
}

/** Pieces that Markdown, HTML and the format's own words are made of, so that any of their combinations is met. */
const piece = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.constantFrom(...'` `` ``` ~~~ {{ }} {{exec}} {{execute_T2}} {{}} {{TRAFFIC_HOST1_80}} [[HOST_IP]] [ ]( ) ![ * _ ** # > - 1. | \\ < > </ <!-- --> <![CDATA[ ]]> &lt; &#106; " \' = / \n \n\n \t : javascript: data:text/html, //evil.example on'.split(' '), ' ', '\r', '\0', '\u202e'),
  fc.constantFrom('<script>', '</script>', '<style>', '<svg onload=alert(1)>', '<math>', '<mtext>', '<img src=x onerror=alert(1)>', '<a href="javascript:alert(1)">', '<iframe srcdoc="<script>1</script>">', '<form action="//x">', '<base href="//x">', '<meta http-equiv=refresh>', '<link rel=stylesheet href=//x>', '<object data=x>', '<pre class="file" data-filename="x">', '</pre>', '<details ontoggle=alert(1) open>', '<p style="background:url(//x)">', '<title>', '<textarea>', '<noscript>', '<template>', '<xmp>', '<plaintext>', '<select>', '<table>', '<td>', '<input autofocus onfocus=x>', '<NAME>', '>>Q1: a<<\n(*) b\n', '[^1]: ', '> [!NOTE]\n', '- [ ] ', '<div data-action="exec" data-code="rm">', '[a](javascript:alert(1))', '[a](data:text/html,x)', '![a](data:image/svg+xml;base64,x)', '<a href=" &#106;avascript:x">', '<a href="java\nscript:x">'),
);
const page = fc.array(piece, { maxLength: 25 }).map((pieces) => pieces.join(''));

describe('whatever a page holds', () => {
  it('it renders to what can not act', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(page, async (text) => {
        expect(dangers(await renderMarkdown(text, { file: 'x/y.md', assetBase: '/a/', ids: seededIds() }))).toEqual([]);
      }),
      { numRuns: 700 },
    );
  });

  it.each([
    ['an event handler', '<b onclick=alert(1)>x</b>'],
    ['a handler on an unknown tag', '<x onclick=alert(1)>x</x>'],
    ['svg', '<svg><animate onbegin=alert(1) attributeName=x /></svg>'],
    ['math that changes its mind', '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>'],
    ['noscript that changes its mind', '<noscript><p title="</noscript><img src=x onerror=alert(1)>">'],
    ['a style that changes its mind', '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">'],
    ['a comment that ends early', '<!--><img src=x onerror=alert(1)>-->'],
    ['a refresh', '<meta http-equiv="refresh" content="0;url=javascript:alert(1)">'],
    ['a base', '<base href="https://evil.example/">'],
    ['a form that posts to the lab', '<form action="/api/sessions" method=post><button formaction="javascript:alert(1)">x</button></form>'],
    ['an address in letters of HTML', '<a href="&#106;&#97;vascript:alert(1)">x</a>'],
    ['an address with white space', '<a href="java\tscript:alert(1)">x</a>'],
    ['a document as a picture', '<img src="data:image/svg+xml;base64,PHN2Zz4=">'],
    ['an id of the page', '<a id="app" name="app"></a><div id="terminal">'],
    ['a forged action', '<pre data-action="exec" data-code="rm -rf ~">x</pre>'],
  ])('is harmless: %s', async (_name, text) => {
    const html = await renderMarkdown(text, { file: 'x.md', assetBase: '/a/', ids: seededIds() });
    expect([dangers(html), /data-action="exec"/.test(html)]).toEqual([[], false]);
  });

  it('runs no control characters', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), async (code) => {
        const html = await renderMarkdown(`\`\`\`text\n${code.replace(/[`~\r]/g, '')}\n\`\`\`{{exec}}`, { file: 'x.md', assetBase: '/a/', ids: seededIds() });
        const [, run = ''] = /data-code="([^"]*)"/.exec(html) ?? [];
        expect(run).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('whatever a file holds', () => {
  it('an index.json loads or says what is wrong', { timeout: 60_000 }, async () => {
    const keys = fc.constantFrom('title', 'details', 'intro', 'steps', 'finish', 'assets', 'host01', 'text', 'file', 'target', 'backend', 'imageid', 'environment', 'dashboards', '__proto__', 'constructor', 'toString');
    const { json } = fc.letrec((tie) => ({ json: fc.oneof({ maxDepth: 5 }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), fc.constantFrom('one.md', '../x', '/etc/passwd', '**', 'one.md\0'), fc.array(tie('json'), { maxLength: 3 }), fc.dictionary(keys, tie('json'), { maxKeys: 4 })) }));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(keys, json, { maxKeys: 5 }), async (index) => {
        const { scenario, codes } = await scenarioOf(index);
        expect(scenario !== undefined || codes.length > 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('JSON is read as JSON.parse reads it, where that does', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const read = readJsonText(text);
        const expected: unknown = JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value));
        if (!text.includes('__proto__')) expect(read).toMatchObject({ ok: true, value: expected });
      }),
    );
    fc.assert(fc.property(fc.string(), (text) => { readJsonText(text); }));
  });

  it('shell code is looked through, and patterns match without end neither', { timeout: 60_000 }, () => {
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => { shellCommands(text); }));
    fc.assert(fc.property(fc.string(), (text) => globMatcher('**')(text)));
    expect(globMatcher(`${'**/'.repeat(200)}z`)('a/'.repeat(500))).toBe(false);
  });
});
