import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A course in the older dialect, with what only a page can do: an editor, quizzes, terminals, a dashboard, keys. */
const FILES: Record<string, string> = {
  'editing/index.json': JSON.stringify({
    title: 'Editing',
    description: 'An editor beside a terminal.',
    details: {
      intro: { title: 'Questions', text: 'intro.md' },
      steps: [
        { title: 'Files', text: 'step1.md', verify: 'verify1.sh', answer: 'answer1.md' },
        { title: 'Prose', text: 'step2.md' },
      ],
      assets: { host01: [{ file: 'app.yaml', target: '/root/app' }] },
    },
    environment: { uilayout: 'editor-terminal', uieditorpath: '/root/app', showdashboard: true, dashboards: [{ name: 'Web', port: 8000 }], terminals: [{ name: 'db', command: 'echo this is db' }] },
    backend: { imageid: 'ubuntu' },
  }),
  'editing/assets/app.yaml': 'kind: Pod # TODO\n',
  'editing/intro.md': '>>Q1: Which field names the first template?<<\n(*) entrypoint\n( ) main\n\n>>Q2: Which are kinds of Argo?<<\n[*] Workflow\n[*] CronWorkflow\n[ ] Deployment\n\n>>Q3: Which command lists workflows?<<\n=== argo list\n',
  'editing/step1.md':
    'Write it:\n\n<pre class="file" data-filename="app.yaml" data-target="replace">apiVersion: v1\nkind: Pod # TODO\n</pre>\n\n<pre class="file" data-filename="app.yaml" data-target="insert" data-marker="# TODO"># a pod</pre>\n\nOpen `app.yaml`{{open}}, run `cd app && python3 -m http.server 8000`{{execute T3}}, and look at [the web]({{TRAFFIC_HOST1_8000}}/).\n\nType `echo half`{{execute no-newline}}, run `sleep 1000`{{execute}} and press `^C`{{execute ctrl-seq}}.\n',
  'editing/answer1.md': 'It is all in `app.yaml`.\n',
  'editing/verify1.sh': '#!/bin/bash\ngrep -q "# a pod" /root/app/app.yaml || { echo "app.yaml names no pod"; exit 1; }\n',
  'editing/step2.md': '> [!WARNING]\n> Mind the gap.\n\n```yaml{2}\nkind: Pod\nmetadata: {}\n```\n\n- [x] read\n\nA note[^1].\n\n[^1]: At the end.\n',
  'containers/index.json': JSON.stringify({ title: 'Containers', description: 'Needs what is not here.', details: { steps: [{ title: 'Run', text: 'a.md' }] }, backend: { imageid: 'crunchydata' } }),
  'containers/a.md': 'Run `docker run nginx`{{exec}}.\n',
  'torn/index.json': '{\n  "title": "Torn",\n  "details": {\n',
};

export function writeKatacodaCourse(folder: string): void {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
