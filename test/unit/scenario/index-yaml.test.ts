import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { validateCheck } from '../../../server/checks/index.ts';
import { exportZip } from '../../../server/scenario/export/index.ts';
import { loadCourses, loadScenario } from '../../../server/scenario/index.ts';
import { lintFolders } from '../../../server/scenario/lint/index.ts';
import { withFiles } from './folder.ts';

const YAML = 'title: In YAML\ndetails:\n  steps:\n    - title: One\n      text: one.md\n      verify: verify.sh\nbackend:\n  imageid: ubuntu\n';
const items = (folder: string) => loadCourses(folder, validateCheck).then((courses) => courses.flatMap((course) => course.items.map((item) => (item.type === 'scenario' ? [item.scenario.id, item.scenario.title, item.scenario.steps.length] : item.type === 'broken' ? [item.id, ...item.problems.map(({ file, line, column, code }) => `${file}:${line ?? '-'}:${column ?? '-'} ${code}`)] : [item.course.id]))));
const codes = (folder: string) => lintFolders([folder], folder, validateCheck, { offline: false }).then(({ findings }) => findings.map(({ file, line, code }) => `${file}:${line ?? '-'} ${code}`));

describe('an index in YAML', () => {
  it.each(['index.yaml', 'index.yml', 'Index.YAML'])('%s is read as index.json is', (name) =>
    withFiles({ [`c/s/${name}`]: YAML, 'c/s/one.md': 'One.\n', 'c/s/verify.sh': 'true\n' }, async (folder) => {
      expect(await items(folder)).toEqual([['c/s', 'In YAML', 1]]);
      const { scenario } = await loadScenario(join(folder, 'c/s'), 's', validateCheck, { root: folder });
      expect(scenario?.steps).toEqual([{ id: 'step1', title: 'One', text: 'one.md', verify: 'verify.sh', checks: [] }]);
    }));

  it('has what is wrong with it named by line and column', () =>
    withFiles({ 'c/a/index.yaml': 'details:\n  steps:\n    - text: [7\n', 'c/b/index.yaml': 'details:\n  steps:\n    - title: One\n      text: 7\n', 'c/d/index.yaml': YAML, 'c/d/verify.sh': 'true\n' }, async (folder) => {
      expect(await items(folder)).toEqual([
        ['c/a', 'c/a/index.yaml:4:1 yaml-syntax'],
        ['c/b', 'c/b/index.yaml:4:13 field-type'],
        ['c/d', 'c/d/index.yaml:5:13 reference-missing'],
      ]);
    }));

  it('counts the last of a key that is there twice, and says so', () =>
    withFiles({ 'c/s/index.yaml': `title: First\n${YAML}`, 'c/s/one.md': 'One.\n', 'c/s/verify.sh': 'true\n' }, async (folder) => {
      expect(await items(folder)).toEqual([['c/s', 'In YAML', 1]]);
      expect(await codes(folder)).toContain('c/s/index.yaml:2 json-duplicate-key');
    }));

  it('gives way to index.json beside it, and is named', () =>
    withFiles({ 's/index.yaml': YAML, 's/index.json': JSON.stringify({ title: 'In JSON', details: { steps: [{ title: 'One', text: 'one.md' }] } }), 's/one.md': 'One.\n' }, async (folder) => {
      expect((await items(folder)).map(([, title]) => title)).toEqual(['In JSON']);
      expect(await codes(folder)).toContain('s/index.yaml:- index-twice');
    }));

  it('is none where the file is something else, such as the list of a Helm repository', () =>
    withFiles({ 'charts/index.yaml': 'apiVersion: v1\nentries: {}\n', 'templates/index.yaml': '{{ if .Values.x }}\nkind: List\n{{ end }}\n', 's/index.yaml': YAML, 's/one.md': 'One.\n', 's/verify.sh': 'true\n' }, async (folder) => {
      expect((await items(folder)).map(([, title]) => title)).toEqual(['In YAML']);
    }));

  it.each([
    ['aliases that explode', `a: &a [x, x, x, x, x, x, x, x, x]\n${['b', 'c', 'd', 'e', 'f', 'g'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[i]}`).join(', ')}]\n`).join('')}details: {steps: []}\n`, 'yaml-syntax'],
    ['nesting without end', `details: ${'['.repeat(100_000)}`, 'yaml-syntax'],
    ['fifty megabytes', `details:\n  x: ${'y'.repeat(50 * 1024 * 1024)}\n`, 'file-too-large'],
  ])('survives %s', (_name, text, code) =>
    withFiles({ 'c/s/index.yaml': text, 'c/good/index.yaml': YAML, 'c/good/one.md': 'One.\n', 'c/good/verify.sh': 'true\n' }, async (folder) => {
      expect((await items(folder)).map(([id, second]) => [id, String(second).replace(/^\S+ /, '')])).toEqual(expect.arrayContaining([['c/s', code], ['c/good', 'YAML']]));
    }));

  it('leaves out a key __proto__', () =>
    withFiles({ 'c/s/index.yaml': `${YAML}__proto__: {polluted: true}\n`, 'c/s/one.md': 'One.\n', 'c/s/verify.sh': 'true\n' }, async (folder) => {
      expect((await items(folder)).map(([, title]) => title)).toEqual(['In YAML']);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }));

  it('becomes index.json in a zip for other hosts', () =>
    withFiles({ 's/index.yaml': YAML, 's/one.md': 'One.\n', 's/verify.sh': 'true\n' }, async (folder) => {
      const { scenario } = await loadScenario(join(folder, 's'), 's', validateCheck, { root: folder });
      if (scenario === undefined) throw new Error('no scenario');
      const files = unzipSync((await exportZip(scenario, 's')).data);
      expect(Object.keys(files).sort()).toEqual(['s/index.json', 's/one.md', 's/verify.sh']);
      expect(JSON.parse(new TextDecoder().decode(files['s/index.json']))).toMatchObject({ title: 'In YAML' });
    }));
});
