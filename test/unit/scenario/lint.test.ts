import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { type Finding, RULES, formatFindings, lintFolders } from '../../../server/scenario/lint/index.ts';
import { HOSTILE, makeHostile, makeScenarios } from '../../harness/make-scenarios.ts';
import { type Files, withFiles } from './folder.ts';

const images = async () => (image: string) => image.startsWith('busybox');
const lint = (folder: string, offline = true) => lintFolders(['.'], folder, validateCheck, { offline, images });

const step = (more: object = {}, top: object = {}) => JSON.stringify({ title: 'T', details: { steps: [{ title: 'One', text: 'one.md', ...more }] }, backend: { imageid: 'ubuntu' }, ...top });
const exec = (code: string) => `\`\`\`bash\n${code}\n\`\`\`{{exec}}\n`;
const CHECK = 'checks:\n  - id: x\n    title: X\n    hints: [h]\n    variable: {name: X}\n';
const EXERCISE = 'exercise:\n  expectBefore: no\n  solution: X=1\n  nearMisses:\n    - {title: t, run: X=, expect: no}\n';
const SH = '#!/bin/bash\n';

/** One case a rule: the files of a scenario `s` (`one.md` is there), and where the finding is. */
const CASES: Record<string, { files: Files; at: string; prepare?: (folder: string) => Promise<void> | void }> = {
  'json-syntax': { files: { 's/index.json': '{"details": {} "backend": {}}' }, at: 's/index.json:1:16' },
  'json-too-deep': { files: { 's/index.json': '['.repeat(101) }, at: 's/index.json:1:102' },
  'json-trailing-comma': { files: { 's/index.json': step().replace(/}$/, ',}') }, at: `s/index.json:1:${step().length}` },
  'json-comment': { files: { 's/index.json': `// c\n${step()}` }, at: 's/index.json:1:1' },
  'json-duplicate-key': { files: { 's/index.json': step().replace('{', '{"title":"A",') }, at: 's/index.json:1:14' },
  'json-forbidden-key': { files: { 's/index.json': step().replace('{', '{"__proto__":1,') }, at: 's/index.json:1:2' },
  'field-type': { files: { 's/index.json': step({ text: 7 }) }, at: 's/index.json:1:56' },
  'key-unknown': { files: { 's/index.json': step({ verfy: 'x.sh' }) }, at: 's/index.json:1:65' },
  'key-misplaced': { files: { 's/index.json': step({}, { finish: { text: 'one.md' } }) }, at: 's/index.json:1:108' },
  'assets-object': { files: { 's/index.json': JSON.stringify({ title: 'T', details: { steps: [], assets: { host01: { file: 'a', target: '~' } } } }), 's/assets/a': 'x' }, at: 's/index.json:1:55' },
  'image-unknown': { files: { 's/index.json': step({}, { backend: { imageid: 'rhel8' } }) }, at: 's/index.json:1:89' },
  'layout-unknown': { files: { 's/index.json': step({}, { interface: { layout: 'wide' } }) }, at: 's/index.json:1:121' },
  'title-missing': { files: { 's/index.json': JSON.stringify({ details: { steps: [{ title: 'One', text: 'one.md' }] } }) }, at: 's/index.json:1:1' },
  'step-untitled': { files: { 's/index.json': step({ title: '' }) }, at: 's/index.json:1:34' },
  'index-not-scenario': { files: { 's/index.json': '{"title":"T"}', 'ok/index.json': step(), 'ok/one.md': 'x' }, at: 's/index.json:1:1' },
  'index-twice': { files: { 's/index.json': step(), 's/index.yaml': 'details: {}\n' }, at: 's/index.yaml' },
  'reference-missing': { files: { 's/index.json': step({ verify: 'gone.sh' }) }, at: 's/index.json:1:74' },
  'path-escapes': { files: { 's/index.json': step({ verify: '../../../etc/passwd' }) }, at: 's/index.json:1:74' },
  'link-loop': { files: { 's/index.json': step() }, prepare: (folder) => symlink('loop', join(folder, 's/loop')), at: 's/loop' },
  'file-not-regular': { files: { 's/index.json': step({ verify: 'pipe' }) }, prepare: (folder) => void execFileSync('mkfifo', [join(folder, 's/pipe')]), at: 's/index.json:1:74' },
  'file-too-large': { files: { 's/index.json': step({ verify: 'large.sh' }), 's/large.sh': 'a'.repeat(1_100_000) }, at: 's/index.json:1:74' },
  'file-unreadable': { files: { 's/index.json': step({ verify: 'loop.sh' }) }, prepare: async (folder) => { await mkdir(join(folder, 's/x')); await symlink('loop.sh', join(folder, 's/loop.sh')); }, at: '' },
  'file-binary': { files: { 's/index.json': step({ verify: 'x.sh' }), 's/x.sh': Buffer.from([1, 0, 2]) }, at: 's/index.json:1:74' },
  'file-encoding': { files: { 's/index.json': step(), 's/one.md': Buffer.from([0x61, 0xff, 0x0a]) }, at: 's/one.md:1:1' },
  'file-empty': { files: { 's/index.json': ' ' }, at: 's/index.json:1:1' },
  'too-many': { files: {}, at: '' },
  'structure-item-missing': { files: { 'structure.json': '{"items":[{"path":"s"},{"path":"gone"}]}', 's/index.json': step() }, at: 'structure.json:1:24' },
  'structure-loop': { files: { 'structure.json': '{"items":[{"path":"s"},{"path":"."}]}', 's/index.json': step() }, at: 'structure.json:1:24' },
  'structure-duplicate': { files: { 'structure.json': '{"items":[{"path":"s"},{"path":"s/"}]}', 's/index.json': step() }, at: 'structure.json:1:24' },
  'structure-unlisted': { files: { 'structure.json': '{"items":[]}', 's/index.json': step() }, at: 's/index.json:1:1' },
  'asset-missing': { files: { 's/index.json': JSON.stringify({ title: 'T', details: { assets: { host01: [{ file: 'a', target: '~' }] } } }) }, at: 's/index.json:1:53' },
  'asset-beside': { files: { 's/index.json': JSON.stringify({ title: 'T', details: { assets: { host01: [{ file: 'a', target: '~' }] } } }), 's/a': '' }, at: 's/index.json:1:53' },
  'asset-folder': { files: { 's/index.json': JSON.stringify({ title: 'T', details: { assets: { host01: [{ file: 'a', target: '~' }] } } }), 's/assets/a/b': '' }, at: 's/index.json:1:53' },
  'asset-unused': { files: { 's/index.json': step(), 's/assets/lonely.txt': 'x' }, at: 's/assets/lonely.txt:1:1' },
  'page-empty': { files: { 's/index.json': step(), 's/one.md': '\n' }, at: 's/one.md:1:1' },
  'page-dense': { files: { 's/index.json': step(), 's/one.md': `a\n\n${'b '.repeat(25_000)}` }, at: 's/one.md:3:1' },
  'fence-unclosed': { files: { 's/index.json': step(), 's/one.md': 'a\n\n```bash\nls\n' }, at: 's/one.md:3:1' },
  'fence-reopened': { files: { 's/index.json': step(), 's/one.md': '```bash\na\n```bash\nb\n```\n' }, at: 's/one.md:3:1' },
  'action-misspelt': { files: { 's/index.json': step(), 's/one.md': 'a\nand `ls`{{exeute}}\n' }, at: 's/one.md:2:6' },
  'placeholder-malformed': { files: { 's/index.json': step(), 's/one.md': 'a {{TRAFFIC_HOST1_3000/x}}\n' }, at: 's/one.md:1:3' },
  'port-never-opened': { files: { 's/index.json': step(), 's/one.md': 'a [x]({{TRAFFIC_HOST1_4711}})\n' }, at: 's/one.md:1:7' },
  'link-broken': { files: { 's/index.json': step(), 's/one.md': 'a\n\nthe [page](gone.md)\n' }, at: 's/one.md:3:6' },
  'picture-broken': { files: { 's/index.json': step(), 's/one.md': '![p](../img/gone.png)\n' }, at: 's/one.md:1:6' },
  'link-absolute': { files: { 's/index.json': step(), 's/one.md': '[x](/learn/y)\n' }, at: 's/one.md:1:2' },
  'html-removed': { files: { 's/index.json': step(), 's/one.md': 'a\n\n<form>x</form>\n' }, at: 's/one.md:3:1' },
  'file-block': { files: { 's/index.json': step(), 's/one.md': 'a\n\n<pre class="file" data-filename="a" data-target="insert">x</pre>\n' }, at: 's/one.md:3:1' },
  'quiz-malformed': { files: { 's/index.json': step(), 's/one.md': 'a\n\n>>Q1: b<<\n( ) c\n' }, at: 's/one.md:3:1' },
  'code-after-exit': { files: { 's/index.json': step(), 's/one.md': exec('true\nexit\nls') }, at: 's/one.md:3:1' },
  'translation-differs': { files: { 's/index.json': step(), 's/one.md': exec('ls'), 's/one.fr.md': `Ici.\n\n${exec('ls -l')}` }, at: 's/one.fr.md:4:1' },
  'code-prompt': { files: { 's/index.json': step(), 's/one.md': exec('ls\n$ ls') }, at: 's/one.md:3:1' },
  'code-quotes': { files: { 's/index.json': step(), 's/one.md': exec('echo “a”') }, at: 's/one.md:2:1' },
  secret: { files: { 's/index.json': step(), 's/one.md': `a\n\`export KEY=${'AKIA'}QWERTYUIOP123456\`\n` }, at: 's/one.md:2:13' },
  'needs-internet': { files: { 's/index.json': step(), 's/one.md': exec('ls\ncurl -O https://example.com/x') }, at: 's/one.md:3:1' },
  'needs-machine': { files: { 's/index.json': step(), 's/one.md': 'a\n`docker ps`{{execute}}\n' }, at: 's/one.md:2:1' },
  'image-not-here': { files: { 's/index.json': step(), 's/one.md': exec('kubectl run a --image=busybox\nkubectl run b --image=acme/x:1') }, at: 's/one.md:3:1' },
  'script-empty': { files: { 's/index.json': step({ background: 'b.sh' }), 's/b.sh': SH }, at: 's/b.sh:1:1' },
  'script-shebang': { files: { 's/index.json': step({ background: 'b.sh' }), 's/b.sh': 'ls\n' }, at: 's/b.sh:1:1' },
  'script-crlf': { files: { 's/index.json': step({ background: 'b.sh' }), 's/b.sh': '#!/bin/bash\r\nls\r\n' }, at: 's/b.sh:1:1' },
  'script-set-e': { files: { 's/index.json': step({ foreground: 'f.sh' }), 's/f.sh': `${SH}set -euo pipefail\nls\n` }, at: 's/f.sh:2:1' },
  'script-exit': { files: { 's/index.json': step({ foreground: 'f.sh' }), 's/f.sh': `${SH}ls\nexit 0\n` }, at: 's/f.sh:3:1' },
  'verify-always-passes': { files: { 's/index.json': step({ verify: 'v.sh' }), 's/v.sh': `${SH}if [ -f x ]; then\n  echo "done"\nfi\n` }, at: 's/v.sh:3:1' },
  'yaml-syntax': { files: { 's/index.json': step(), 's/one.checks.yaml': 'checks: [' }, at: 's/one.checks.yaml:1:10' },
  'check-invalid': { files: { 's/index.json': step(), 's/one.checks.yaml': CHECK.replace('variable', 'varaible') + EXERCISE }, at: 's/one.checks.yaml:5:15' },
  'check-duplicate': { files: { 's/index.json': step(), 's/one.checks.yaml': CHECK + CHECK.slice(8) + EXERCISE }, at: 's/one.checks.yaml:6:5' },
  'check-without-hint': { files: { 's/index.json': step(), 's/one.checks.yaml': CHECK.replace('    hints: [h]\n', '') + EXERCISE }, at: 's/one.checks.yaml:2:5' },
  'exercise-missing': { files: { 's/index.json': step(), 's/one.checks.yaml': CHECK }, at: 's/one.checks.yaml:1:1' },
  'near-miss-missing': { files: { 's/index.json': step(), 's/one.checks.yaml': CHECK + EXERCISE.replace(/ {2}nearMisses:[^]*/, '') }, at: 's/one.checks.yaml:1:1' },
  'exercise-without-check': { files: { 's/index.json': step({ answer: 'one.md' }) }, at: 's/index.json:1:34' },
  'nothing-found': { files: { 'a/readme.md': 'x' }, at: '.' },
};
/** Found only as a superuser can't, or with more files than a test should make. */
const UNTRIED = new Set(['file-unreadable', 'too-many']);

const placeOf = ({ file, line, column }: Finding) => (line === undefined ? file : `${file}:${line}:${column ?? 1}`);

describe('a rule', () => {
  it('has a case each', () => {
    expect(Object.keys(CASES).sort()).toEqual(RULES.map((rule) => rule.code).sort());
  });

  it.each(Object.entries(CASES).filter(([code]) => !UNTRIED.has(code)))('finds %s where it is, and nothing else', async (code, { files, at, prepare }) => {
    await withFiles({ ...(Object.keys(files).some((file) => file.startsWith('s/')) ? { 's/one.md': 'One.\n' } : {}), ...files }, async (folder) => {
      await prepare?.(folder);
      const { findings } = await lint(folder);
      expect(findings.map((finding) => [finding.code, placeOf(finding)])).toEqual([[code, at]]);
      expect([findings[0]?.severity, findings[0]?.mend !== '']).toEqual([code === 'field-type' ? 'error' : RULES.find((rule) => rule.code === code)?.severity, true]);
    });
  });

  it.each([
    ['`ls`{{exeute}}', '{{exeute}} is no action: did you mean {{execute}}?'],
    ['`ls`{{T2}}', '{{T2}} is no action by itself: write {{exec T2}}'],
    ['`ls`{exec}', '{exec} is no action: write {{exec}}'],
    ['```\nls\n```{{exec interupt}}', '{{exec interupt}} has the argument “interupt”: did you mean interrupt?'],
  ])('quotes what an author wrote: %j', async (page, message) => {
    await withFiles({ 's/index.json': step(), 's/one.md': page }, async (folder) => {
      expect((await lint(folder)).findings.map((finding) => finding.message)).toEqual([message]);
    });
  });

  it.each([
    ['an image of the catalogue', exec('kubectl run a --image=busybox:1.36')],
    ['a port that the text opens', '[x]({{TRAFFIC_HOST1_4711}})\n\n' + exec('python3 -m http.server 4711')],
    ['a Go template', '`a`{{ .Values.x }}\n\n' + exec("kubectl get pods -o go-template='{{range .items}}{{end}}'")],
    ['a link beside the page', '[x](one.md)'],
    ['an example key of the documentation', `\`${'AKIA'}IOSFODNN7EXAMPLE\``],
    ['exit as the last line', exec('ls\nexit')],
    ['bash’s own brackets', exec('[[ -f x ]] && echo yes')],
    ['a cluster address', exec('curl http://web.default.svc.cluster.local/ && curl localhost:8080')],
  ])('leaves %s alone', (_name, page) =>
    withFiles({ 's/index.json': step(), 's/one.md': `Text.\n\n${page}\n` }, async (folder) => {
      expect((await lint(folder)).findings).toEqual([]);
    }));

  it('about what a session lacks is not asked of other clusters', () =>
    withFiles({ 's/index.json': step(), 's/one.md': exec('curl -O https://example.com/x\ndocker ps') }, async (folder) => {
      expect((await lint(folder, false)).findings).toEqual([]);
    }));
});

describe('our own course', () => {
  it('has no findings', async () => {
    const { findings } = await lintFolders(['scenarios'], join(import.meta.dirname, '../../..'), validateCheck, { offline: true });
    expect(findings).toEqual([]);
  });
});

describe('what nobody should write', () => {
  const EXPECTED: Record<(typeof HOSTILE)[number], string[]> = {
    'huge-index': ['file-too-large'],
    'deep-index': ['json-too-deep'],
    'proto-keys': ['json-forbidden-key'],
    'yaml-bomb': ['yaml-syntax'],
    'deep-yaml': ['yaml-syntax'],
    dots: ['path-escapes'],
    'link-out': ['path-escapes'],
    'link-loop': ['link-loop', 'link-loop'],
    'pipe-page': ['file-not-regular'],
    'pipe-asset': ['asset-unused', 'file-not-regular'],
    'pipe-index': ['file-not-regular'],
    device: ['path-escapes'],
    binary: ['file-binary'],
    'invalid-utf8': ['file-encoding'],
    'huge-page': ['file-too-large'],
    'regex-bait': ['page-dense', 'page-dense', 'page-dense', 'fence-unclosed'],
    'folder-page': ['file-not-regular'],
    'empty-index': ['file-empty'],
    'no-json': ['json-syntax'],
  };

  it('is one clear finding each, and the rest goes on', { timeout: 60_000 }, () =>
    withFiles({}, async (folder) => {
      await makeHostile(folder);
      const { findings, scenarios } = await lint(folder);
      expect(Object.fromEntries(HOSTILE.map((name) => [name, findings.filter((finding) => finding.file.startsWith(`${name}/`)).map((finding) => finding.code)]))).toEqual(EXPECTED);
      expect([scenarios, findings.filter((finding) => finding.file.startsWith('good/'))]).toEqual([HOSTILE.length + 1, []]);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    }));
});

describe('many scenarios', () => {
  it('are linted in one go', { timeout: 60_000 }, () =>
    withFiles({}, async (folder) => {
      await makeScenarios(folder, 60);
      const { scenarios, findings } = await lint(folder);
      expect([scenarios, findings.filter((finding) => finding.severity === 'error')]).toEqual([60, []]);
    }));
});

describe('the report', () => {
  const finding: Finding = { file: 's/a b.md', line: 3, column: 6, code: 'link-broken', severity: 'error', message: 'x: 100%\nno', mend: 'Mend it.' };
  const result = { findings: [finding, { ...finding, line: 4, code: 'script-shebang', severity: 'info' as const, mend: '' }], scenarios: 2, courses: 1 };

  it('is for people', () => {
    expect(formatFindings(result, 'pretty', { took: 1234 })).toBe('s/a b.md\n  3:6     error    x: 100%\uFFFDno  link-broken\n          → Mend it.\n  4:6     info     x: 100%\uFFFDno  script-shebang\n\n2 scenarios: 1 error, 0 warnings, 1 note (1.2 s)\n');
    expect(formatFindings({ findings: [], scenarios: 1, courses: 0 }, 'pretty', { took: 40 })).toBe('1 scenario: no findings (0.0 s)\n');
  });

  it('is for GitHub', () => {
    expect(formatFindings(result, 'github', { took: 0 })).toBe('::error file=s/a b.md,line=3,col=6,title=link-broken::x: 100%25%0Ano Mend it.\n::notice file=s/a b.md,line=4,col=6,title=script-shebang::x: 100%25%0Ano\n');
  });

  it('is JSON', () => {
    expect(JSON.parse(formatFindings(result, 'json', { took: 0 }))).toEqual({ scenarios: 2, courses: 1, errors: 1, warnings: 0, infos: 1, findings: result.findings });
  });

  it('is SARIF', () => {
    expect(JSON.parse(formatFindings(result, 'sarif', { took: 0 }))).toMatchObject({ version: '2.1.0', runs: [{ tool: { driver: { name: 'argo-lab' } }, results: [{ ruleId: 'link-broken', level: 'error', locations: [{ physicalLocation: { artifactLocation: { uri: 's/a%20b.md' }, region: { startLine: 3, startColumn: 6 } } }] }, { ruleId: 'script-shebang', level: 'note' }] }] });
  });
});
