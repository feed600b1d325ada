import { describe, expect, it } from 'vitest';
import { seededIds } from '../../../server/lib/ids.ts';
import { blocksOf, TerminalChoice } from '../../../server/runner/blocks.ts';
import { renderMarkdown } from '../../../server/scenario/index.ts';

async function blocks(markdown: string, choice?: TerminalChoice) {
  return blocksOf(await renderMarkdown(markdown, { file: 'text.md', assetBase: '/', ids: seededIds() }), markdown, choice);
}

const plain = { terminal: 1, interrupt: false, newline: true, keys: false, expects: undefined };

describe('the blocks of a page', () => {
  it('are those that a click would run, each with its line', async () => {
    expect(await blocks('# Page\n\n```bash\nkubectl get pods\n```{{exec}}\n\nThen `ls -l | wc`{{exec}}, not `rm`{{}} or `cp`{{copy}}.\n\n```\nplain\n```\n')).toEqual([
      { ...plain, code: 'kubectl get pods', line: 4 },
      { ...plain, code: 'ls -l | wc', line: 7 },
    ]);
  });

  it('are also those that belong into a file, in their place among the others', async () => {
    const page = '`node app.js &`{{execute}}\n\n<pre class="file" data-filename="app.js" data-target="insert" data-marker="#here">a &lt; b\n</pre>\n\n<pre class="file" data-target="clipboard">copy me</pre>\n';
    expect(await blocks(page)).toEqual([
      { ...plain, code: 'node app.js &', line: 1 },
      { ...plain, code: 'a < b', terminal: 0, newline: false, line: 3, into: { file: 'app.js', target: 'insert', marker: '#here' } },
    ]);
  });

  it('keep what HTML would swallow', async () => {
    expect((await blocks('```\necho "<a & b>" \'c\' > x\n```{{exec}}'))[0]?.code).toBe('echo "<a & b>" \'c\' > x');
  });

  it('know their terminal, and go where the reader is where they name none', async () => {
    const choice = new TerminalChoice();
    expect((await blocks('`a`{{exec}} `b`{{exec T2}} `c`{{exec}} `d`{{exec T1 interrupt}}', choice)).map(({ code, terminal, interrupt }) => ({ code, terminal, interrupt }))).toEqual([
      { code: 'a', terminal: 1, interrupt: false },
      { code: 'b', terminal: 2, interrupt: false },
      { code: 'c', terminal: 2, interrupt: false },
      { code: 'd', terminal: 1, interrupt: true },
    ]);
    expect((await blocks('`e`{{exec}}', choice))[0]?.terminal).toBe(1);
  });

  it('may be keys, or text without Enter', async () => {
    expect(await blocks('`^C`{{execute ctrl-seq}} and `kubectl get `{{execute no-newline}}')).toMatchObject([
      { code: '^C', keys: true, newline: false },
      { newline: false, keys: false },
    ]);
  });

  it('reach ports as the session’s own shell does', async () => {
    expect((await blocks('`curl {{TRAFFIC_HOST1_8080}}/x`{{exec}}'))[0]?.code).toBe('curl http://localhost:8080/x');
  });

  it('say that they fail on purpose, to nobody but us', async () => {
    const markdown = 'Try it:\n\n<!-- argo-lab: exit 1 -->\n```bash\nfalse\n```{{exec}}\n\n<!-- argo-lab: exit any -->\n`maybe`{{exec}}\n\nfar away\n\n`true`{{exec}}';
    expect((await blocks(markdown)).map(({ code, expects }) => ({ code, expects }))).toEqual([
      { code: 'false', expects: 1 },
      { code: 'maybe', expects: 'any' },
      { code: 'true', expects: undefined },
    ]);
    expect(await renderMarkdown(markdown, { file: 'text.md', assetBase: '/', ids: seededIds() })).not.toContain('argo-lab:');
  });
});
