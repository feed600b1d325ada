import { describe, expect, it } from 'vitest';
import { fillPlaceholders } from '../../../server/protocol/placeholders.ts';
import { seededIds } from '../../../server/lib/ids.ts';
import { renderMarkdown } from '../../../server/scenario/markdown/render.ts';
import { takeQuizzes } from '../../../server/scenario/markdown/quiz.ts';

const render = (text: string, file = 'step1.md') => renderMarkdown(text, { file, assetBase: '/a/', ids: seededIds() });
const inline = (action: string, code = 'ls', more = '') => `<p><code class="inline" data-action="${action}"${more} data-code="${code}">${code}</code></p>\n`;
const block = (action: string, code: string, language = 'text', more = '') => `<pre class="code" data-action="${action}"${more} data-code="${code}" data-language="${language}"><code>${code}</code></pre>\n`;

describe('every construct of the format: code', () => {
  it.each([
    ['{{execute}} after inline code', '`ls`{{execute}}', inline('exec')],
    ['{{exec}} after inline code', '`ls`{{exec}}', inline('exec')],
    ['{{Execute T3}} in another case', '`ls`{{Execute T3}}', inline('exec', 'ls', ' data-terminal="3"')],
    ['{{execute T1}} … T9', '`ls`{{execute T9}}', inline('exec', 'ls', ' data-terminal="9"')],
    ['{{execute HOST1}}', '`ls`{{execute HOST1}}', inline('exec', 'ls', ' data-host="host01"')],
    ['{{execute node01}}', '`ls`{{execute node01}}', inline('exec', 'ls', ' data-host="node01"')],
    ['{{exec interrupt}}', '`ls`{{exec interrupt}}', inline('exec-interrupt')],
    ['{{execute T1 interrupt}}', '`ls`{{execute T1 interrupt}}', inline('exec-interrupt', 'ls', ' data-terminal="1"')],
    ['{{interrupt execute}}', '`ls`{{interrupt execute}}', inline('exec-interrupt')],
    ['{{execute no-newline}}', '`i`{{execute no-newline}}', inline('exec-no-newline', 'i')],
    ['{{execute ctrl-seq}}', '`^ESC`{{execute ctrl-seq}}', inline('ctrl-seq', '^ESC')],
    ['{{copy}}', '`ls`{{copy}}', inline('copy')],
    ['{{open}}', '`app/main.py`{{open}}', inline('open', 'app/main.py')],
    ['{{}}', '`ls`{{}}', '<p><code class="inline">ls</code></p>\n'],
    ['no action', '`ls`', inline('copy')],
    ['a space before the action', '`ls` {{execute}}', inline('exec')],
    ['a one-line span of three backticks', '```ls```{{execute}}', inline('exec')],
    ['a span over several lines', '`a \\\n  b`{{execute}}', '<p><code class="inline" data-action="exec" data-code="a \\\n  b">a \\\n  b</code></p>\n'],
    ['a misspelt action {{exeute}}', '`ls`{{exeute}}', inline('copy')],
    ['a misspelt action {{€xecute}}', '`ls`{{€xecute}}', inline('copy')],
    ['a terminal alone {{T2}}', '`ls`{{T2}}', inline('copy')],
    ['one brace {exec}', '`ls`{exec}', inline('copy')],
    ['round ones ((exec))', '`ls`((exec))', inline('copy')],
    ['a second action behind it', '`ls`{{exec}}|skip{{sandbox}}', inline('exec')],
    ['an action on the closing fence', '```text\nls\n```{{exec}}', block('exec', 'ls')],
    ['an action after a space on the closing fence', '```text\nls\n``` {{execute}}', block('exec', 'ls')],
    ['a misspelt action on the closing fence', '```text\nls\n```{{nonsense}}', block('copy', 'ls')],
    ['an action on the opening fence', '```text {{execute}}\nls\n```', block('exec', 'ls')],
    ['an action at the end of the last line', '```text\na\nEOF```{{execute}}', block('exec', 'a\nEOF')],
    ['code that begins on the opening fence', '```curl -X PUT \\\n -d x```{{execute}}', '<pre class="code" data-action="exec" data-code="curl -X PUT \\\n -d x" data-language><code><span class="t-token-function">curl</span> <span class="t-token-string">-X</span> <span class="t-token-string">PUT</span> \\\n <span class="t-token-string">-d</span> <span class="t-token-string">x</span></code></pre>\n'],
    ['tildes', '~~~text\n```\n~~~{{copy}}', block('copy', '```')],
    ['four backticks', '````text\n```\n````', block('copy', '```')],
    ['a fence that does not end', 'a\n\n```text\nls', `<p>a</p>\n${block('copy', 'ls')}`],
    ['a fence that begins in another', '```text\na\n```text\nb\n```\nc', `${block('copy', 'a')}${block('copy', 'b')}<p>c</p>\n`],
    ['a fence right under HTML', '<details>\n<summary>S</summary>\n```text\nls\n```\n</details>', `<details>\n<summary>S</summary>\n${block('copy', 'ls')}</details>`],
    ['a fence in a list with code less indented', '- a\n    ```text\nls\n    ```{{exec}}\n- b', `<ul>\n<li>a${block('exec', 'ls')}</li>\n<li>b</li>\n</ul>\n`],
    ['code that is indented less than its fence keeps its own indentation', '- a\n    ```text\nb:\n  - c\n    ```', `<ul>\n<li>a${block('copy', 'b:\n  - c')}</li>\n</ul>\n`],
    ['a fence on the line of its list item', '1. ```text\n   ls\n   ```\n', `<ol>\n<li>\n${block('copy', 'ls')}</li>\n</ol>\n`],
    ['a fence in a quotation', '> ```text\n> ls\n> ```{{exec}}\n\nb', `<blockquote>\n${block('exec', 'ls')}</blockquote>\n<p>b</p>\n`],
    ['TABs in code', '```text\na\tb\n```', block('copy', 'a\tb')],
    ['a Go template in code', "```text\n{{range .items}}{{ .name }}{{end}}\n```{{exec}}", block('exec', '{{range .items}}{{ .name }}{{end}}')],
    ['a Go template behind code', '`a`{{ .Values.x }}', '<p><code class="inline" data-action="copy" data-code="a">a</code>{{ .Values.x }}</p>\n'],
    ['lines to mark {2-3}', '```text{2-3}\na\nb\nc\n```', '<pre class="code" data-action="copy" data-code="a\nb\nc" data-language="text"><code>a\n<span class="t-marked">b</span>\n<span class="t-marked">c</span></code></pre>\n'],
    ['an action in a table', '| a |\n|---|\n| `ls`{{exec}} |', '<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><code class="inline" data-action="exec" data-code="ls">ls</code></td>\n</tr>\n</tbody>\n</table>\n'],
    ['an action in a title', '## Run `ls`{{exec}}', '<h2>Run <code class="inline" data-action="exec" data-code="ls">ls</code></h2>\n'],
    ['a comment in a fence', '```text\n#!/bin/sh\n#x\n```', block('copy', '#!/bin/sh\n#x')],
  ])('%s', async (_name, text, html) => {
    expect(await render(text)).toBe(html);
  });
});

describe('every construct of the format: addresses', () => {
  const port = (number: number, path = '/', shown = `port ${number}`, more = '') => `<a class="port" href="#" data-port="${number}" data-path="${path}"${more}>${shown}</a>`;
  it.each([
    ['{{TRAFFIC_HOST1_80}} as a link', '[x]({{TRAFFIC_HOST1_80}})', `<p>${port(80, '/', 'x')}</p>\n`],
    ['with a path', '[x]({{TRAFFIC_HOST1_32000}}/k10/#/)', `<p>${port(32_000, '/k10/#/', 'x')}</p>\n`],
    ['with a query', '[x]({{TRAFFIC_HOST1_80}}?id=3)', `<p>${port(80, '/?id=3', 'x')}</p>\n`],
    ['on another machine', '[x]({{TRAFFIC_HOST2_80}})', `<p>${port(80, '/', 'x', ' data-host="2"')}</p>\n`],
    ['alone on a line', '{{TRAFFIC_HOST1_3000}}/login', `<p>${port(3000, '/login', 'port 3000/login')}</p>\n`],
    ['in HTML', '<a href="{{TRAFFIC_HOST1_80}}/y">x</a>', `<p>${port(80, '/y', 'x')}</p>\n`],
    ['as the text of a link', '[{{TRAFFIC_HOST1_80}}]({{TRAFFIC_HOST1_80}})', `<p>${port(80, '/', 'port 80')}</p>\n`],
    ['{{TRAFFIC_SELECTOR}}', '[ports]({{TRAFFIC_SELECTOR}})', '<p><a class="port-selector" href="#" data-selector="1">ports</a></p>\n'],
    ['[[HOST_SUBDOMAIN]] as a link', '[x](https://[[HOST_SUBDOMAIN]]-8080-[[KATACODA_HOST]].environments.katacoda.com/docs)', `<p>${port(8080, '/docs', 'x')}</p>\n`],
    ['[[CLIENT_SUBDOMAIN]] in text', 'see http://[[CLIENT_SUBDOMAIN]]-1811-[[KATACODA_HOST]].environments.katacoda.com/docs', `<p>see ${port(1811, '/docs', 'port 1811/docs')}</p>\n`],
    ['[[HOST_IP]]', 'at [[HOST_IP]]', '<p>at 127.0.0.1</p>\n'],
    ['a malformed one', '{{TRAFFIC_HOST1_3000/swagger}}', '<p>{{TRAFFIC_HOST1_3000/swagger}}</p>\n'],
    ['the letter of the documentation', '{{TRAFFIC_HOSTX_Y}}', '<p>{{TRAFFIC_HOSTX_Y}}</p>\n'],
    ["another host's own", '{{TRAFFIC_MAINAPP}}', '<p>{{TRAFFIC_MAINAPP}}</p>\n'],
    ['in code, where the page fills it', '`curl {{TRAFFIC_HOST1_80}}`{{exec}}', inline('exec', 'curl {{TRAFFIC_HOST1_80}}')],
  ])('%s', async (_name, text, html) => {
    expect(await render(text)).toBe(html);
  });

  const values = { portUrl: 'http://{port}-s1.localhost:8080' };
  it.each([
    ['curl {{TRAFFIC_HOST1_80}}/x', 'curl http://80-s1.localhost:8080/x'],
    ['{{TRAFFIC_SELECTOR}}', 'http://80-s1.localhost:8080'],
    ['https://[[HOST_SUBDOMAIN]]-8080-[[KATACODA_HOST]].environments.katacoda.com/', 'http://8080-s1.localhost:8080/'],
    ['[[HOST_SUBDOMAIN]]-80-[[KATACODA_HOST]].[[KATACODA_DOMAIN]]', '80-s1.localhost:8080'],
    ['https://[[HOST2_SUBDOMAIN]]-$PORT-[[KATACODA_HOST]].environments.katacoda.com', 'http://$PORT-s1.localhost:8080'],
    ['cd /home/scrapbook/tutorial/app && ls "/home/scrapbook/tutorial" /home/scrapbook/tutorials', 'cd /root/app && ls "/root" /home/scrapbook/tutorials'],
    ['ping [[HOST_IP]] [[HOST2_IP]]', 'ping 127.0.0.1 127.0.0.1'],
    ['if [[ -f x ]]; then echo {{ .a }} {{TRAFFIC_HOST1_99999}}; fi', 'if [[ -f x ]]; then echo {{ .a }} {{TRAFFIC_HOST1_99999}}; fi'],
  ])('is filled in a script: %s', (text, filled) => {
    expect(fillPlaceholders(text, values)).toBe(filled);
  });

  it.each([
    ['cd /root && ls /root/app "/root/a b" \'/root\'', 'cd /data/h && ls /data/h/app "/data/h/a b" \'/data/h\''],
    ['F=/root/x; cat </root/y >/root/z; (cd /root)', 'F=/data/h/x; cat </data/h/y >/data/h/z; (cd /data/h)'],
    ['cat /home/scrapbook/tutorial/a', 'cat /data/h/a'],
    ['curl -d @/root/body [ -f /root/x ]\n/root/run.sh', 'curl -d @/data/h/body [ -f /data/h/x ]\n/data/h/run.sh'],
    ['ls /var/root /rooted /root.bak $D/root ${D}/root ~/root http://x/root pod:/root/x', 'ls /var/root /rooted /root.bak $D/root ${D}/root ~/root http://x/root pod:/root/x'],
  ])('leads from /root to the home where that is another folder: %s', (text, filled) => {
    const kept = text.replace('/home/scrapbook/tutorial', '/root');
    expect([fillPlaceholders(text, { ...values, home: '/data/h' }), fillPlaceholders(text, { ...values, home: '/root' }), fillPlaceholders(text, values), fillPlaceholders(text, { ...values, home: '/data/my home' })]).toEqual([filled, kept, kept, kept]);
  });

  it.each([
    ['{{TRAFFIC_HOST1_80}} and /root', 'http://80-s1.localhost:8080 and /root'],
  ])('leaves /root alone in a sandbox: %s', (text, filled) => {
    expect(fillPlaceholders(text, values)).toBe(filled);
  });
});

describe('every construct of the format: text', () => {
  it.each([
    ['a title without a space', '#Title', '<h1>Title</h1>\n'],
    ['carriage returns are taken away before; a line break stays one', 'a\nb', '<p>a\nb</p>\n'],
    ['a task list', '- [ ] a\n- [x] b', '<ul>\n<li class="task"><input type="checkbox" disabled /> a</li>\n<li class="task"><input type="checkbox" disabled checked /> b</li>\n</ul>\n'],
    ['an alert', '> [!WARNING]\n> hot', '<blockquote class="alert alert-warning">\n<p>hot</p>\n</blockquote>\n'],
    ['a footnote', 'a[^n]\n\n[^n]: b', '<p>a<sup class="footnote-ref"><a href="#text-fn-n">1</a></sup></p>\n<div class="footnotes"><ol><li id="text-fn-n">b</li></ol></div>\n'],
    ['struck text', '~~a~~', '<p><s>a</s></p>\n'],
    ['a comment', 'a\n\n<!-- ```{{exec}} -->\n\nb', '<p>a</p>\n\n<p>b</p>\n'],
    ['a comment as a link', '[//]: # (c)\n\na', '<p>a</p>\n'],
    ['keys and marks', '<kbd>Ctrl</kbd><br><sub>2</sub>', '<p><kbd>Ctrl</kbd><br /><sub>2</sub></p>\n'],
    ['a placeholder for the reader', 'kubectl -n <NAME> and <your-name>', '<p>kubectl -n &lt;NAME&gt; and &lt;your-name&gt;</p>\n'],
    ['placeholders that are tags elsewhere', 'a <title> <output> <input>', '<p>a &lt;title&gt; &lt;output&gt; &lt;input&gt;</p>\n'],
    ['a tag that would swallow the page', 'never <script> again', '<p>never &lt;script&gt; again</p>\n'],
    ['a picture beside the page', '![p](img/a.png)', '<p><img src="/a/step1/img/a.png" alt="p" /></p>\n'],
    ['a picture above the scenario', '![p](../../../images/a.png)', '<p><img src="/a/__up__/__up__/images/a.png" alt="p" /></p>\n'],
    ['a picture with the address of another host', '![p](/user/scenarios/x/assets/a.png)', '<p><img src="/a/assets/a.png" alt="p" /></p>\n'],
    ['a picture with a style', '<img src="./a.png" style="width: 300px; position:fixed">', '<img src="/a/step1/a.png" alt="" width="300" />'],
    ['a link elsewhere', '[x](http://example.com)', '<p><a href="http://example.com" target="_blank" rel="noopener noreferrer">x</a></p>\n'],
    ['a bare address', 'http://example.com/', '<p><a href="http://example.com/" target="_blank" rel="noopener noreferrer">http://example.com/</a></p>\n'],
    ['mail', '[x](mailto:a@b.c)', '<p><a href="mailto:a@b.c" target="_blank" rel="noopener noreferrer">x</a></p>\n'],
    ['a place in the page', '[x](#part)', '<p><a href="#text-part">x</a></p>\n'],
    ['a site-absolute link', '[x](/tutorials/y)', '<p><a>x</a></p>\n'],
    ['a film', '<iframe width="3" src="https://www.youtube.com/embed/abcdefghijk"></iframe>', '<a class="video" href="https://www.youtube.com/watch?v=abcdefghijk" target="_blank" rel="noopener noreferrer">Video: youtube.com/watch?v=abcdefghijk</a>'],
    ['a block for the editor', '<pre class="file" data-filename="a.txt" data-target="insert" data-marker="# TODO">a < b &amp; c\n</pre>', '<pre class="file" data-file="a.txt" data-target="insert" data-marker="# TODO" data-code="a &lt; b &amp; c"><code>a &lt; b &amp; c</code></pre>\n'],
    ['one in typographic quotes', '<pre class=”file” data-target=”clipboard”>x</pre>', '<pre class="file" data-file data-target="clipboard" data-code="x"><code>x</code></pre>\n'],
    ['a question', '>>Q1: Which?<<\n( ) a\n(*) b\n\nend', '<div class="quiz" data-quiz="q1"></div>\n<p>end</p>\n'],
  ])('%s', async (_name, text, html) => {
    expect(await render(text, 'step1/text.md')).toBe(html);
  });

  it('questions with one answer, several answers, a text and a part of it', () => {
    expect(takeQuizzes('>>Q1: A<<\n(*) a\n( ) b\n>>Q2: B <<\n[*] a\n[*] b\n[ ] c\n>>3. C<<\n=== x\n>>D<<\n=~= y', '').quizzes).toEqual([
      { id: 'q1', question: 'A', kind: 'radio', options: ['a', 'b'], answers: ['a'] },
      { id: 'q2', question: 'B', kind: 'checkbox', options: ['a', 'b', 'c'], answers: ['a', 'b'] },
      { id: 'q3', question: 'C', kind: 'text', options: [], answers: ['x'], match: 'exact' },
      { id: 'q4', question: 'D', kind: 'text', options: [], answers: ['y'], match: 'contains' },
    ]);
  });
});
