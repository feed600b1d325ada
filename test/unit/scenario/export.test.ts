import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { seededIds } from '../../../server/lib/ids.ts';
import { exportHtml, exportMarkdown, exportZip } from '../../../server/scenario/export/index.ts';
import { plainMarkdown } from '../../../server/scenario/export/markdown.ts';
import { type Scenario, loadScenario } from '../../../server/scenario/index.ts';
import { withFiles } from './folder.ts';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const FILES = {
  's/index.json': '{"title":"T & U","description":"About it.","details":{"steps":[{"title":"One","text":"one/text.md","verify":"one/v.sh"},]},"backend":{"imageid":"ubuntu","namespace":"argo"}}',
  's/one/text.md': '## Part\n\nRun `ls`{{exec T2}} at [x]({{TRAFFIC_HOST1_80}}/a).\n\n```bash\npwd\n```{{exec interrupt}}\n\n![p](../img.png)\n\n>>Q1: Which?<<\n(*) a\n( ) b\n',
  's/one/v.sh': 'true\n',
  's/one/checks.yaml': 'checks:\n  - id: x\n    title: X\n    hints: [Look again.]\n    variable: {name: X}\nexercise:\n  expectBefore: no\n  solution: X=1\n  nearMisses:\n    - {title: t, run: X=, expect: no}\n',
  's/img.png': PIXEL,
};

const withScenario = <T>(run: (scenario: Scenario, folder: string) => Promise<T>) =>
  withFiles(FILES, async (folder) => {
    const { scenario } = await loadScenario(join(folder, 's'), 's', validateCheck, { root: folder });
    if (scenario === undefined) throw new Error('not loaded');
    return run(scenario, folder);
  });

describe('an export', () => {
  it('as Markdown has no actions left, and says what they were', () =>
    withScenario(async (scenario, folder) => {
      expect(await exportMarkdown(scenario, folder)).toBe(`# T & U

About it.

## One

#### Part

Run \`ls\` (in terminal 2) at [x](http://localhost:80/a).

\`\`\`bash
pwd
\`\`\`

_(press Ctrl+C first)_

![p](s/img.png)

**Which?**

- a) a
- b) b

<details><summary>Hints</summary>

- Look again.

</details>

<details><summary>Solution</summary>

\`\`\`bash
X=1
\`\`\`

</details>
`);
    }));

  it('as Markdown keeps blocks in lists and quotations where they are', () => {
    expect(plainMarkdown('1. a\n   ```text\n   b\n   ```{{exec}}\n\n> ```text\n> c\n> ```\n')).toBe('1. a\n   ```text\n   b\n   ```\n\n> ```text\n> c\n> ```\n');
  });

  it('as a page holds its pictures, runs nothing and fetches nothing', () =>
    withScenario(async (scenario) => {
      const html = await exportHtml(scenario, seededIds());
      expect([html.includes(`<img src="data:image/png;base64,${PIXEL.toString('base64')}"`), html.includes('<li>a) a</li>'), html.includes('<h1>T &amp; U</h1>')]).toEqual([true, true, true]);
      expect(html).not.toMatch(/<script|data-action|data-code|argo-lab-asset| on[a-z]+=/);
    }));

  it('as a zip is what other hosts take, always the same, and names what they don’t', () =>
    withScenario(async (scenario) => {
      const { data, left } = await exportZip(scenario, 's');
      const files = unzipSync(data);
      expect(Object.keys(files)).toEqual(['s/img.png', 's/index.json', 's/one/text.md', 's/one/v.sh']);
      expect(JSON.parse(Buffer.from(files['s/index.json'] ?? []).toString())).toEqual({ title: 'T & U', description: 'About it.', details: { steps: [{ title: 'One', text: 'one/text.md', verify: 'one/v.sh' }] }, backend: { imageid: 'ubuntu', namespace: 'argo' } });
      expect(left).toEqual(['step1: 1 check', 'step1: the solution and 1 near miss', 'step1: Killercoda shows questions as text', 'the namespace argo: set it in a background script with kubectl config set-context --current --namespace=argo']);
      expect((await exportZip(scenario, 's')).data).toEqual(data);
    }));
});
