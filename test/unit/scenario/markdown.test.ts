import { describe, expect, it } from 'vitest';
import { seededIds } from '../../../server/lib/ids.ts';
import { parseAction, typeable } from '../../../server/scenario/markdown/actions.ts';
import { takeBlocks } from '../../../server/scenario/markdown/blocks.ts';
import { renderMarkdown } from '../../../server/scenario/markdown/render.ts';

const render = (text: string) => renderMarkdown(text, { file: 'step1/text.md', assetBase: '/api/scenarios/s/assets/', ids: seededIds() });

describe('an action behind a piece of code', () => {
  it.each([
    ['exec', { action: 'exec' }],
    ['Execute T3', { action: 'exec', terminal: 3 }],
    ['interrupt execute T2', { action: 'exec-interrupt', terminal: 2 }],
    ['execute interrupt T1', { action: 'exec-interrupt', terminal: 1 }],
    ['execute no-newline', { action: 'exec-no-newline' }],
    ['execute ctrl-seq', { action: 'ctrl-seq' }],
    ['execute HOST2', { action: 'exec', host: 'host02' }],
    ['execute node01', { action: 'exec', host: 'node01' }],
    ['execute "T1"', { action: 'exec', terminal: 1 }],
    ['execute postgres_terminal', { action: 'exec', terminalName: 'postgres_terminal' }],
    ['copy', { action: 'copy' }],
    ['copy T2', { action: 'copy', terminal: 2 }],
    ['open', { action: 'open' }],
    ['', { action: 'none' }],
    [' .Values.image ', undefined],
    ['TRAFFIC_HOST1_80', undefined],
    ['range .items', undefined],
    ['end', undefined],
    ['state', undefined],
    ['item', undefined],
  ])('reads {{%s}}', (text, expected) => {
    expect(parseAction(text)).toEqual(expected);
  });

  const blocks = (text: string) => takeBlocks(text, 'mark-').blocks.map((block) => (block.kind === 'fence' ? [block.language, block.action.action, block.code] : [block.file, block.target, block.code]));

  it('is read behind the closing fence', () => {
    expect(blocks('```bash\nls\n```{{exec}}\ntext')).toEqual([['bash', 'exec', 'ls']]);
  });

  it('is found at the end of the last code line', () => {
    expect(blocks('```\ncat <<EOF\nEOF```{{exec}}')).toEqual([['', 'exec', 'cat <<EOF\nEOF']]);
  });

  it('leaves a Go template inside a fence alone', () => {
    expect(blocks('```yaml\nimage: {{ .Values.image }}\n```')).toEqual([['yaml', 'copy', 'image: {{ .Values.image }}']]);
  });

  it('is typed without control characters and without marks that turn text around', () => {
    expect(typeable('ls\u001b[201~\u0007\n\techo \u202eabc')).toBe('ls[201~\n\techo abc');
  });
});

describe('a rendered page', () => {
  it('has the code to run beside the code to read', async () => {
    expect(await render('`ls -l`{{exec}}')).toBe('<p><code class="inline" data-action="exec" data-code="ls -l">ls -l</code></p>\n');
  });

  it('highlights with classes, since inline styles are not allowed', async () => {
    expect(await render('```json\n{"a": 1}\n```{{}}')).toBe(
      '<pre class="code" data-language="json"><code>{<span class="t-token-keyword">"a"</span><span class="t-token-punctuation">:</span> <span class="t-token-constant">1</span>}</code></pre>\n',
    );
  });

  it('links to ports of the session, with a path', async () => {
    expect(await render('[docs]({{TRAFFIC_HOST1_2746}}/apidocs)')).toBe('<p><a class="port" href="#" data-port="2746" data-path="/apidocs">docs</a></p>\n');
  });

  it('leaves a port alone that cannot be', async () => {
    expect(await render('{{TRAFFIC_HOST1_70000}}')).toBe('<p>{{TRAFFIC_HOST1_70000}}</p>\n');
  });

  it('finds images beside the Markdown file', async () => {
    expect(await render('![a](../assets/x.png)')).toBe('<p><img src="/api/scenarios/s/assets/assets/x.png" alt="a" /></p>\n');
  });

  it('shows what looks like a placeholder as text', async () => {
    expect(await render('use <NAME> here')).toContain('&lt;');
  });

  it.each([
    ['a script', '<script>alert(1)</script>', /<script/],
    ['an event handler', '<img src=x onerror=alert(1)>', /onerror/],
    ['a script as an address', '<a href="javascript:alert(1)">x</a>', /javascript:/],
    ['a style', '<style>@import url(//x)</style><p style="color:red">x</p>', /<style|style=/],
    ['a form', '<form action="/api"><input name="a"></form>', /<form|<input/],
    ['a frame', '<iframe srcdoc="<script>1</script>"></iframe>', /<iframe/],
    ['a forged action', '<pre data-action="exec" data-code="rm -rf ~">ls</pre>', /data-/],
    ['a document as an image', '<img src="data:text/html,x">', /data:text/],
  ])('makes %s inert', async (_name, text, forbidden) => {
    expect(await render(text)).not.toMatch(forbidden);
  });
});
