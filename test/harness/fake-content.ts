import type { CoursesView, PageView, ProviderView, ScenarioCard, ScenarioView } from '../../server/protocol/rest.ts';
import type { AuthorView } from '../../server/protocol/author.ts';

/** Canned courses and pages for the stand-in of the lab: every construct that a page may hold. */
export const USING_THE_API = 'argo-workflows/using-the-api';
export const EVERYTHING = 'format/everything';
export const IDE = 'format/ide';
export const SPLIT = 'format/split';

export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

export const block = (code: string, action = 'exec', more = '') =>
  `<pre class="code" data-action="${action}" ${more} data-code="${escapeHtml(code)}" data-language="bash"><code>${escapeHtml(code).replace(/^(\w+)/gm, '<span class="t-token-function">$1</span>')}</code></pre>`;
const inline = (code: string, action = 'exec', more = '') => `<code class="inline" data-action="${action}" ${more} data-code="${escapeHtml(code)}">${escapeHtml(code)}</code>`;
const file = (name: string, target: string, code: string, marker = '') =>
  `<pre class="file" data-file="${name}" data-target="${target}" ${marker === '' ? '' : `data-marker="${marker}"`} data-code="${escapeHtml(code)}"><code>${escapeHtml(code)}</code></pre>`;

const page = (id: string, title: string, html: string, more: Partial<PageView> = {}): PageView => ({ id, title, html, checks: [], checkable: false, hints: [], ...more });

const usingTheApi: ScenarioView = {
  id: USING_THE_API,
  title: 'Using the API',
  description: 'Everything the user interface does, it does through an API. Use it yourself.',
  course: { id: 'argo-workflows', title: 'Argo Workflows' },
  recording: true,
  pages: [
    page('intro', 'Welcome', `<p>In this scenario you talk to the <strong>Argo Server</strong> with nothing but <code>curl</code>.</p><ul><li>ask it who it is</li><li>get a token</li><li>create a workflow</li></ul>`),
    page(
      'step1',
      'Info endpoint',
      `<p>Forward the port, then ask the <em>info</em> endpoint:</p>${block('kubectl -n argo port-forward --address 0.0.0.0 svc/argo-server 2746:2746 > /dev/null &')}<p>Several lines at once:</p>${block("cat <<'EOF'\nhello\nworld\nEOF\nfor i in 1 2 3; do echo \"line $i\"; done")}<p>Type ${inline('echo inline')} or copy ${inline('ARGO_TOKEN', 'copy')}. Open the <a class="port" href="#" data-port="2746" data-path="/apidocs">API docs on port 2746</a>.</p>${block('top', 'exec', 'data-terminal="2"')}${block('echo again', 'exec-interrupt')}${block('{"links": null}', 'copy')}<h2 id="text-table">What it answers</h2><table><thead><tr><th>Status</th><th>Meaning</th></tr></thead><tbody><tr><td><code>200</code></td><td>fine</td></tr><tr><td>401</td><td>token not valid</td></tr></tbody></table><blockquote><p>The port-forward stays in the background.</p></blockquote>`,
      {
        checkable: true,
        checks: [
          { id: 'forward', title: 'Something answers on `localhost:2746`', live: true },
          { id: 'info', title: 'You asked `/api/v1/info`', live: false },
        ],
        hints: ['The first block forwards the port.'],
        solutionHtml: block('curl http://localhost:2746/api/v1/info'),
      },
    ),
    page('step2', 'Access token', '<p>Make a role, a service account and a token.</p>', { checkable: true, checks: [{ id: 'token', title: 'The token in `ARGO_TOKEN` may list workflows', live: false }] }),
    page('step3', 'Webhooks', '<p>Let an event start a workflow.</p>'),
  ],
};

const YAML = 'apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata:\n  generateName: hello-\nspec:\n  entrypoint: main # TODO\n';
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFElEQVR4nGNkaGBgYGBgYGBggAAABYwAhbDqBkAAAAAASUVORK5CYII=';

const everything: ScenarioView = {
  id: EVERYTHING,
  title: 'Everything a page may hold',
  description: 'Quizzes, files, alerts, footnotes, tables.',
  course: { id: 'format', title: 'The format' },
  languages: ['en', 'de'],
  author: true,
  layout: { kind: 'terminal', dashboards: [{ name: 'Argo UI', port: 2746, path: '/workflows' }], terminals: [{ name: 'logs' }] },
  pages: [
    page('intro', 'Questions', '<p>Three questions about workflows.</p><div data-quiz="q1"></div><p>And one more:</p><div data-quiz="q2"></div><div data-quiz="q3"></div>', {
      quizzes: [
        { id: 'q1', kind: 'radio', questionHtml: 'Which field names the <em>first</em> template?', options: [{ id: 'a', html: '<code>entrypoint</code>' }, { id: 'b', html: '<code>main</code>' }, { id: 'c', html: '<code>start</code>' }] },
        { id: 'q2', kind: 'checkbox', questionHtml: 'Which of these are kinds of Argo?', options: [{ id: 'a', html: 'Workflow' }, { id: 'b', html: 'CronWorkflow' }, { id: 'c', html: 'Deployment' }] },
        { id: 'q3', kind: 'text', questionHtml: 'Which command lists workflows?', options: [] },
      ],
    }),
    page(
      'step1',
      'Files',
      `<p>Write a workflow:</p>${file('workflow.yaml', 'replace', YAML)}<p>Say what is first:</p>${file('workflow.yaml', 'insert', 'entrypoint: hello', 'entrypoint: main # TODO')}${file('workflow.yaml', 'append', '  # the end')}${file('', 'clipboard', 'only to copy')}<p>Look at it in ${inline('workflow.yaml', 'open')}, type ${inline('echo half ', 'exec-no-newline')}, press ${inline('^C', 'ctrl-seq')}. Look in ${inline('echo from logs', 'exec', 'data-terminal-name="logs"')}. Open <a href="#" data-selector="1">a port</a>. The address is <code>{{TRAFFIC_HOST1_8080}}</code>.</p>`,
      { checkable: true, checks: [{ id: 'file', title: 'There is a `workflow.yaml`', live: true }], answerHtml: `<p>The answer of the author.</p>`, creditsHtml: '<p>With thanks to the <a href="https://example.org">authors</a>.</p>' },
    ),
    page(
      'step2',
      'Prose',
      `<blockquote class="alert alert-note"><p>A note to remember.</p></blockquote><blockquote class="alert alert-tip"><p>A tip.</p></blockquote><blockquote class="alert alert-important"><p>Important.</p></blockquote><blockquote class="alert alert-warning"><p>A warning.</p></blockquote><blockquote class="alert alert-caution"><p>Caution.</p></blockquote><pre class="code" data-action="copy" data-code="a: 1" data-language="yaml"><code>apiVersion: v1\n<span class="t-marked">kind: Pod</span>\nmetadata:\n<span class="t-marked">  name: a-very-long-name-that-does-not-fit-into-the-width-of-a-narrow-column-of-text-on-a-page</span>\nspec: {}</code></pre><ul><li class="task"><input type="checkbox" disabled checked> read this</li><li class="task"><input type="checkbox" disabled> do that</li></ul><details><summary>Look inside</summary><p>Something hidden.</p>${block('echo inside')}</details><table><thead><tr><th align="left">Verb</th><th align="right">Count</th></tr></thead><tbody><tr><td>get</td><td align="right">7975</td></tr><tr><td>apply</td><td align="right">2864</td></tr><tr><td>create</td><td align="right">1477</td></tr></tbody></table><p>An image: <img src="${PIXEL}" alt="four pixels" width="120" height="60"></p><p>See the note<sup class="footnote-ref"><a href="#text-fn1" id="text-fnref1">[1]</a></sup>.</p><p><kbd>Ctrl</kbd>+<kbd>C</kbd>, <del>gone</del>, H<sub>2</sub>O, ${inline('kubectl get pods \\\n  -n argo')}</p><hr><section class="footnotes"><ol><li id="text-fn1"><p>The note. <a href="#text-fnref1" class="footnote-backref">↩</a></p></li></ol></section>`,
    ),
  ],
};

const small = (id: string, title: string, layout: NonNullable<ScenarioView['layout']>): ScenarioView => ({
  id,
  title,
  description: title,
  course: { id: 'format', title: 'The format' },
  layout,
  pages: [page('intro', title, `<p>Look at the right.</p>${block('echo hello')}`), page('step1', 'More', '<p>More.</p>')],
});

export const scenarios: Readonly<Record<string, ScenarioView>> = {
  [USING_THE_API]: usingTheApi,
  [EVERYTHING]: everything,
  [IDE]: small(IDE, 'With an editor', { kind: 'ide', dashboards: [], terminals: [] }),
  [SPLIT]: small(SPLIT, 'Two terminals', { kind: 'terminal-terminal', dashboards: [], terminals: [] }),
};

const EMBEDDED: ProviderView = { id: 'embedded', title: 'the embedded cluster', available: true, default: true };
export const providers: Readonly<Record<'none' | 'available' | 'missing', ProviderView[]>> = {
  none: [EMBEDDED],
  available: [EMBEDDED, { id: 'kind', title: 'kind', available: true, default: false }],
  missing: [EMBEDDED, { id: 'kind', title: 'kind', available: false, default: false, reason: 'Docker is not running.', next: 'Start it with `systemctl start docker`.' }],
};

const card = (id: string, title: string, more: Partial<ScenarioCard> = {}): ScenarioCard => ({ type: 'scenario', id, title, description: `What ${title} is about.`, difficulty: 'beginner', time: '10 minutes', steps: 2, done: [], finished: false, ...more });

export interface CoursesOptions {
  session?: { id: string; scenario: string } | undefined;
  done: string[];
  providers?: ProviderView[];
  author?: boolean;
  /** Courses of 25 scenarios each beside the others. */
  many?: number;
}

export function courses(options: CoursesOptions): CoursesView {
  const open = (id: string) => (options.session?.scenario === id ? { session: options.session.id } : {});
  const format = [
    card(EVERYTHING, everything.title, { ...open(EVERYTHING), recording: true }),
    card(IDE, 'With an editor', open(IDE)),
    card(SPLIT, 'Two terminals', open(SPLIT)),
    card('format/docker', 'Building images', {
      needs: [
        { id: 'docker', title: 'Docker', met: false, message: 'step 2 runs `docker build`, and no Docker answers here.', next: 'Install Docker, then start argo-lab again.' },
        { id: 'helm', title: 'Helm', met: true },
      ],
      problems: [{ file: 'scenarios/format/docker/index.json', line: 9, field: 'backend.imageid', message: 'the image “crunchydata” is not known: Ubuntu is used instead', severity: 'warning' }],
    }),
  ];
  const many = Array.from({ length: options.many ?? 0 }, (_, c) => ({
    id: `many-${c}`,
    title: `Course ${c + 1}`,
    description: '',
    items: Array.from({ length: 25 }, (_unused, s) => (s === 24 && c === 0 ? { type: 'broken' as const, id: `many-${c}/s${s}`, title: `s${s}`, problems: [{ file: `many-${c}/s${s}/index.json`, line: 1, message: 'the file is empty', severity: 'error' as const }] } : card(`many-${c}/s${s}`, `Scenario ${c + 1}.${s + 1}`))),
  }));
  return {
    notice: 'bubblewrap is missing on this machine: sessions run without a sandbox.',
    ...(options.providers === undefined ? {} : { providers: options.providers }),
    ...(options.author === true ? { author: true } : {}),
    courses: [
      {
        id: 'argo-workflows',
        title: 'Argo Workflows',
        description: 'The API of Argo Workflows, from the first request to tokens that can do exactly one thing.',
        items: [
          card(USING_THE_API, usingTheApi.title, { description: usingTheApi.description, time: '30 minutes', steps: 3, done: options.done, recording: true, ...open(USING_THE_API) }),
          card('argo-workflows/access-tokens', 'Access tokens in depth', { description: 'Least privilege, tokens from Secrets, and how to take them back.', difficulty: 'intermediate', time: '20 minutes', steps: 5, done: ['step1', 'step2', 'step3', 'step4', 'step5'], finished: true }),
          { type: 'broken', id: 'argo-workflows/broken', title: 'broken', problems: [{ file: 'scenarios/argo-workflows/broken/index.json', line: 12, column: 7, field: 'details.steps[1].text', message: 'no such file: step2/text.md', severity: 'error' }] },
        ],
      },
      { id: 'format', title: 'The format', description: '', items: format },
      ...many,
    ],
  };
}

export const author: AuthorView = {
  scenario: EVERYTHING,
  pages: [
    { id: 'intro', title: 'Questions', solution: false, nearMisses: [] },
    { id: 'step1', title: 'Files', solution: true, nearMisses: [{ title: 'writes the file into another folder', expect: 'There is no workflow.yaml' }, { title: 'writes an empty file', expect: 'workflow.yaml is empty' }] },
    { id: 'step2', title: 'Prose', solution: false, nearMisses: [] },
  ],
  findings: [
    { file: 'format/everything/step1.md', line: 12, column: 3, code: 'check-without-hint', severity: 'warning', message: 'the check `file` has no hint', mend: 'Add `hints:` below it in checks.yaml.', page: 'step1' },
    { file: 'format/everything/index.json', line: 4, code: 'missing-reference', severity: 'error', message: 'no such file: finish.md' },
  ],
};

/** A recording with two parts, 4 seconds long. */
export const recording = `${JSON.stringify({ version: 2, width: 60, height: 12, title: 'Using the API', idle_time_limit: 2 })}\n${[
  [0.1, 'm', 'Welcome'],
  [0.2, 'o', 'learner@lab:~$ '],
  [0.5, 'o', 'echo one\r\none\r\nlearner@lab:~$ '],
  [2.0, 'm', 'Info endpoint'],
  [2.2, 'o', 'echo two\r\n\u001b[32mtwo\u001b[0m\r\n'],
  [90, 'o', 'learner@lab:~$ '],
]
  .map((event) => JSON.stringify(event))
  .join('\n')}\n`;
